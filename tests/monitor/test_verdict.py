"""A look at a bake, as an operator would tell it: what the platform did, and what the look says."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.monitor.membership import Membership
from bot.monitor.model import HealthReport, Observation, Series
from bot.monitor.reasons import Reason
from bot.monitor.verdict import Bake as Counted
from bot.monitor.verdict import Looked
from bot.rotation.evidence import CheckResult, LookResult, Verdict
from bot.runbook.models.limits import Checks
from bot.runbook.models.plan import Plan
from bot.runbook.models.sources import Labels
from tests.monitor.world import GOOD, ILL, NEW, OLD, START, WELL, Behaviour, Platform, metrics, plan_of, stage_plan

ORDER = ("staging", "pilots", "global")
PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


class Bake:
    """One stage's bake on a platform: windows are served one by one and each is looked at."""

    def __init__(
        self,
        stage: str = "pilots",
        candidate: Behaviour = GOOD,
        *,
        platform: Platform | None = None,
        plan: Plan | None = None,
        past: int = 4,
        planned: int = 3,
    ) -> None:
        self.platform = platform or Platform()
        self.platform.models[NEW] = candidate
        self.plan = plan or plan_of()
        self.stage = next(one for one in self.plan.stages if one.name == stage)
        self.past = [self.platform.seen() for _ in range(past)]
        self.moved = frozenset(ORDER[: ORDER.index(stage) + 1])
        for name in self.moved:
            self.platform.carries[name] = NEW
        self.planned = planned
        self.windows: list[Observation] = []

    def look(
        self,
        window: Observation | None = None,
        *,
        health: HealthReport | None = WELL,
        outage: float = 0.0,
        fallback: float = 0.0,
    ) -> LookResult:
        self.windows.append(window or self.platform.seen(outage=outage, fallback=fallback))
        return self.judged(health=health)

    def judged(self, *, health: HealthReport | None = WELL) -> LookResult:
        return self.looked(health=health).result

    def looked(
        self,
        *,
        health: HealthReport | None = WELL,
        late: bool = False,
        same: Callable[[str, str], bool] = operator.eq,
    ) -> Looked:
        """The look at the last window, all before it being drawn up anew."""
        membership = Membership(self.stage, self.plan, NEW, OLD, self.moved, same)
        bake = Counted.of(membership, self.past, self.windows[:-1], self.planned)
        return bake.look(self.windows[-1], health, len(self.windows), late=late)

    def looks(self, count: int = 3, *, outage: float = 0.0) -> list[LookResult]:
        return [self.look(outage=outage) for _ in range(count)]


def check(result: LookResult, name: str) -> CheckResult:
    return next(one for one in result.checks if one.name == name)


def width(result: CheckResult) -> float:
    low, high = result.interval or (None, None)
    assert low is not None
    assert high is not None
    return high - low


# -------------------------------------------------------------------------------------------- after the planned ones


def test_after_the_planned_looks_bounds_go_by_the_time_that_was_seen() -> None:
    bake = Bake()
    bake.looks(4)
    hourly = check(bake.judged(), "errors")
    # The same requests, seen over as much time as ten planned windows: the bound lies as far out as after ten.
    bake.windows[3] = bake.windows[3].model_copy(update={"end": bake.windows[3].start + timedelta(hours=7)})
    longer = check(bake.judged(), "errors")
    assert hourly.rule == longer.rule == "tenant_did always_valid"
    assert width(longer) > width(hourly)


# ------------------------------------------------------------------------------------------------- equal and worse


@pytest.mark.parametrize("stage", ORDER)
def test_a_candidate_as_good_as_the_current_model_passes_at_every_stage(stage: str) -> None:
    looks = Bake(stage).looks()
    assert looks[-1].verdict is PASS
    assert all(look.counted and look.verdict is not FAIL for look in looks)
    assert {one.name for one in looks[-1].checks if one.verdict is PASS} == {
        "errors",
        "latency",
        "cost",
        "attribution",
        "health",
    }


@pytest.mark.parametrize("stage", ORDER)
@pytest.mark.parametrize(
    ("worse", "name"),
    [
        (replace(GOOD, errors=0.02), "errors"),
        (replace(GOOD, seconds=1.5), "latency"),
        (replace(GOOD, cost=5e-3), "cost"),
    ],
)
def test_a_worse_candidate_fails_within_the_bake_by_the_check_it_is_worse_at(
    stage: str, worse: Behaviour, name: str
) -> None:
    looks = Bake(stage, worse).looks()
    failed = [look for look in looks if look.verdict is FAIL]
    assert failed
    assert [one.name for one in failed[-1].failed] == [name]
    result = check(failed[-1], name)
    assert result.reason == Reason.BEYOND_MARGIN
    assert result.reason in failed[-1].reasons
    assert result.interval is not None
    assert result.margin is not None
    assert (result.interval[0] or 0) > result.margin
    assert result.n_candidate > 1000
    assert result.n_current > 1000


def test_a_figure_is_shown_in_its_own_unit_for_both_arms() -> None:
    result = Bake("global", replace(GOOD, cost=5e-3)).looks()[-1]
    cost = check(result, "cost")
    assert cost.unit == "USD"
    assert cost.candidate == pytest.approx(5e-3, rel=0.05)
    assert cost.current == pytest.approx(2e-3, rel=0.05)
    assert cost.difference == pytest.approx(1.5, rel=0.1)


def test_a_cost_of_a_hundred_thousandth_of_a_dollar_is_as_plain_as_any() -> None:
    platform = Platform(models={OLD: replace(GOOD, cost=2e-5), NEW: GOOD})
    result = Bake("pilots", replace(GOOD, cost=6e-5), platform=platform).looks()[-1]
    assert [one.name for one in result.failed] == ["cost"]


def test_failing_everything_does_not_make_a_candidate_look_cheap_or_quick() -> None:
    result = Bake("pilots", replace(GOOD, errors=0.9)).looks()[-1]
    assert "errors" in [one.name for one in result.failed]
    assert check(result, "cost").candidate == pytest.approx(2e-3, rel=0.2)


# ---------------------------------------------------------------------------------------------------------- arms


@pytest.mark.parametrize(
    ("stage", "past", "design"),
    [
        ("staging", 4, "own_past"),
        ("pilots", 4, "tenant_did"),
        ("pilots", 0, "concurrent_tenants"),
        ("global", 4, "own_past"),
    ],
)
def test_the_rule_says_which_arms_were_compared_and_by_what_bounds(stage: str, past: int, design: str) -> None:
    result = Bake(stage, past=past).looks()[-1]
    assert check(result, "errors").rule == f"{design} pocock 3/3"
    assert check(result, "cost").rule == f"{design} obrien_fleming 3/3"


def test_where_nobody_is_left_the_same_hours_a_day_before_are_the_measure() -> None:
    bake = Bake("global", past=24)
    assert [check(look, "errors").rule for look in bake.looks(2)] == ["same_hours pocock 1/3", "same_hours pocock 2/3"]
    assert check(bake.looks(1)[-1], "latency").rule == "same_hours pocock 3/3"
    late = Bake("global", past=23)  # the first hour has no counterpart
    assert check(late.look(), "errors").rule == "own_past pocock 1/3"


def test_what_a_look_found_of_the_control_is_not_looked_for_again() -> None:
    bake = Bake(past=4)
    known = []
    for _ in range(2):
        bake.windows.append(bake.platform.seen())
        known.append(bake.looked().window)
    assert [window.control for window in known] == ["steady", "steady"]
    whole, bake.windows = bake.judged(), known
    assert bake.judged() == whole
    bake.windows = [known[0].model_copy(update={"control": "moved"}), known[1]]
    assert "control_changed" in bake.judged().reasons
    bake.windows[-1] = silent = bake.windows[0].model_copy(update={"series": (), "control": ""})
    assert bake.looked().window == silent


def test_without_tenants_the_stage_and_the_others_are_compared_each_with_its_past() -> None:
    platform = Platform(tenants={"staging": ["all"], "pilots": ["all"], "global": ["all"]})
    assert check(Bake(platform=platform).looks()[-1], "errors").rule == "pooled_did pocock 3/3"


def test_without_a_past_the_arms_are_compared_as_they_are_and_the_reason_says_so() -> None:
    result = Bake(past=0).looks()[-1]
    assert result.verdict is PASS
    assert Reason.NO_PAST in result.reasons
    assert check(result, "errors").reason == Reason.NO_PAST


@pytest.mark.parametrize("stage", ["staging", "global"])
def test_with_neither_past_nor_control_nothing_passes(stage: str) -> None:
    result = Bake(stage, past=0).looks()[-1]
    assert result.verdict is INCONCLUSIVE
    assert result.counted
    assert Reason.NO_PAST in result.reasons


def test_pilots_that_always_had_more_errors_are_not_held_against_the_candidate() -> None:
    platform = Platform(factor=dict.fromkeys(("pilot0", "pilot1", "pilot2"), 5.0))
    platform.requests = {"staging": 2000.0, "pilots": 40_000.0, "global": 400_000.0}
    assert Bake(platform=platform).looks()[-1].verdict is PASS


def test_what_gets_worse_for_everybody_is_not_held_against_the_candidate() -> None:
    bake = Bake()
    bake.platform.factor = {name: 1.5 for names in bake.platform.tenants.values() for name in names}
    looks = bake.looks()
    assert looks[-1].verdict is not FAIL
    assert not any(look.incident for look in looks)


@pytest.mark.parametrize("tenants", [True, False])
def test_what_changed_for_everybody_is_in_what_is_expected_of_the_current_model(tenants: bool) -> None:
    platform = Platform()
    if not tenants:
        platform = Platform(tenants={"staging": ["all"], "pilots": ["mine"], "global": ["others"]})
    bake = Bake(platform=platform)
    platform.factor = {name: 1.6 for names in platform.tenants.values() for name in names}
    errors = check(bake.looks()[-1], "errors")
    assert errors.rule.startswith("tenant_did" if tenants else "pooled_did")
    assert errors.current == pytest.approx(0.008, rel=0.2)


def test_a_daily_peak_that_slows_everybody_is_neither_an_incident_nor_a_failure() -> None:
    bake = Bake("pilots", replace(GOOD, seconds=0.9))
    bake.platform.models[OLD] = replace(GOOD, seconds=0.9)
    looks = bake.looks()
    assert all(look.counted and not look.incident for look in looks)
    assert looks[-1].verdict is PASS


def test_a_stage_that_has_moved_already_is_no_control() -> None:
    bake = Bake("global")
    assert check(bake.looks()[-1], "errors").n_current == pytest.approx(80_000, rel=0.05)


def test_a_past_in_which_another_model_ran_is_none() -> None:
    bake = Bake("global", past=0)
    bake.past = [bake.platform.seen() for _ in range(4)]
    assert Reason.NO_PAST in bake.looks()[-1].reasons


def test_pilots_and_the_rest_may_share_one_stage_label() -> None:
    names = ("pilot0", "pilot1", "pilot2")
    plan = plan_of(
        stage_plan("staging"),
        stage_plan("pilots", metric_stage="production", tenants=names),
        stage_plan("global", metric_stage="production"),
    )
    bake = Bake("pilots", replace(GOOD, errors=0.03), plan=plan)
    bake.moved = frozenset({"staging", "production"})

    def relabelled(window: Observation) -> Observation:
        labels = {"pilots": "production", "global": "production"}
        series = [one.model_copy(update={"stage": labels.get(one.stage, one.stage)}) for one in window.series]
        return window.model_copy(update={"series": tuple(series)})

    bake.past = [relabelled(window) for window in bake.past]
    for _ in range(3):
        result = bake.look(relabelled(bake.platform.seen()))
    assert [one.name for one in result.failed] == ["errors"]
    assert check(result, "errors").rule == "tenant_did pocock 3/3"
    assert check(result, "errors").n_candidate == pytest.approx(6000, rel=0.1)


def test_without_a_stage_label_arms_are_told_apart_by_tenant() -> None:
    names = ("pilot0", "pilot1", "pilot2")
    plan = plan_of(
        stage_plan("staging"),
        stage_plan("pilots", tenants=names),
        stage_plan("global"),
        series=metrics(labels=Labels(tenant="tenant")),
    )
    bake = Bake("pilots", replace(GOOD, errors=0.03), plan=plan)

    def unlabelled(window: Observation) -> Observation:
        kept = [one.model_copy(update={"stage": "all"}) for one in window.series if one.stage != "staging"]
        return window.model_copy(update={"series": tuple(kept)})

    bake.past = [unlabelled(window) for window in bake.past]
    for _ in range(3):
        result = bake.look(unlabelled(bake.platform.seen()))
    assert [one.name for one in result.failed] == ["errors"]
    assert check(result, "errors").rule.startswith("tenant_did")


# ------------------------------------------------------------------------------- what is no evidence is not counted


def unanswered(problem: str) -> Observation:
    return Observation(start=START, end=START + timedelta(hours=1), problem=problem, detail="why")


@pytest.mark.parametrize(
    "problem",
    [
        "no_source",
        "unreachable",
        "timeout",
        "unauthorised",
        "bad_status",
        "bad_answer",
        "clock_skew",
        "not_scraped",
        "no_series",
    ],
)
def test_a_window_the_source_cannot_answer_for_is_not_counted(problem: str) -> None:
    result = Bake().look(unanswered(problem))
    assert (result.counted, result.verdict, result.reasons) == (False, INCONCLUSIVE, (problem,))


def test_silence_is_not_health() -> None:
    bake = Bake()
    bake.looks(2)
    result = bake.look(Observation(start=START, end=START + timedelta(hours=1)))
    assert (result.counted, result.verdict, result.reasons) == (False, INCONCLUSIVE, (Reason.NO_REQUESTS,))


def test_traffic_that_stops_in_the_candidates_arm_alone_is_noticed() -> None:
    bake = Bake()
    bake.looks(2)
    window = bake.platform.seen()
    kept = tuple(series for series in window.series if series.stage != "pilots")
    result = bake.look(window.model_copy(update={"series": kept}))
    assert (result.counted, result.reasons) == (False, (Reason.NO_REQUESTS,))


def test_a_window_that_was_not_counted_is_evidence_for_nothing_later() -> None:
    bake = Bake(planned=3)
    bake.looks(2)
    bake.look(unanswered("unreachable"))
    result = bake.look()
    assert result.verdict is PASS
    assert result.number == 4
    assert check(result, "errors").rule == "tenant_did pocock 3/3"


def test_another_model_answering_too_often_is_inconclusive_whatever_the_numbers() -> None:
    for candidate in (GOOD, replace(GOOD, errors=0.5, cost=1.0)):
        result = Bake("pilots", candidate).look(fallback=0.1)
        assert (result.counted, result.verdict) == (False, INCONCLUSIVE)
        assert result.reasons == (Reason.ANSWERED_BY_ANOTHER_MODEL,)
        served = check(result, "attribution")
        assert served.candidate == pytest.approx(0.1, abs=0.03)
        assert served.limit == 0.02


def test_a_little_fallback_is_allowed_and_counts_for_the_candidate() -> None:
    result = Bake().look(fallback=0.01)
    assert result.counted
    assert check(result, "attribution").candidate == pytest.approx(0.01, abs=0.008)


def test_what_counts_as_the_same_model_is_given() -> None:
    bake = Bake()
    window = bake.platform.seen()
    dated = [one.model_copy(update={"model": one.model + "-2026-03-01"}) for one in window.series]
    bake.windows.append(window.model_copy(update={"series": tuple(dated)}))

    def look(same: Callable[[str, str], bool]) -> LookResult:
        return bake.looked(same=same).result

    assert not look(lambda asked, named: asked == named).counted
    assert look(lambda asked, named: named.startswith(asked)).counted


# --------------------------------------------------------------------------------------------- the provider's fault


@pytest.mark.parametrize("stage", ["pilots", "staging"])
def test_both_arms_failing_together_is_an_incident_and_never_a_failure(stage: str) -> None:
    bake = Bake(stage)
    bake.looks(1)
    looks = [bake.look(outage=0.6), bake.look(outage=0.9), bake.look(outage=1.0)]
    assert all(look.incident and not look.counted and look.verdict is INCONCLUSIVE for look in looks)
    assert all(look.reasons == (Reason.BOTH_ARMS_WORSE,) for look in looks)
    errors = check(looks[0], "errors")
    assert errors.candidate == pytest.approx(0.6, abs=0.05)
    assert errors.current == pytest.approx(0.6, abs=0.05)
    assert looks[0].failed == ()


def test_after_an_incident_the_bake_goes_on_as_if_it_had_not_been() -> None:
    bake = Bake()
    bake.looks(1)
    assert bake.look(outage=0.6).incident
    looks = bake.looks(2)
    assert [look.verdict for look in looks] == [PASS, PASS]
    assert check(looks[-1], "errors").candidate == pytest.approx(0.005, abs=0.003)


def test_an_outage_is_known_for_one_without_a_past_too() -> None:
    result = Bake(past=0).look(outage=0.6)
    assert result.incident
    assert result.reasons == (Reason.BOTH_ARMS_WORSE,)


def test_an_outage_below_the_limit_is_known_by_the_looks_before_it() -> None:
    bake = Bake(past=0, planned=8)
    bake.looks(3)
    result = bake.look(outage=0.05)  # the limit is 8 %
    assert (result.incident, result.counted, result.reasons) == (True, False, (Reason.BOTH_ARMS_WORSE,))


def test_the_candidate_failing_far_more_than_the_provider_explains_fails() -> None:
    bake = Bake("pilots", replace(GOOD, errors=0.5))
    looks = bake.looks(3, outage=0.02)
    assert looks[-1].verdict is FAIL
    assert not looks[-1].incident


def test_the_current_model_alone_failing_is_no_cover_for_the_candidate() -> None:
    bake = Bake("pilots", replace(GOOD, errors=0.07))
    bake.platform.models[OLD] = replace(GOOD, errors=0.02)
    result = bake.looks()[-1]
    assert result.verdict is FAIL
    assert check(result, "errors").rule.startswith("own_past")
    assert Reason.CONTROL_CHANGED in result.reasons


def test_the_current_model_alone_failing_says_nothing_for_the_candidate_either() -> None:
    bake = Bake("pilots")
    bake.platform.models[OLD] = replace(GOOD, errors=0.2)
    result = bake.looks()[-1]
    assert (result.verdict, result.reasons[0]) == (INCONCLUSIVE, Reason.CONTROL_CHANGED)
    assert len(set(result.reasons)) == len(result.reasons)
    errors = check(result, "errors")
    assert (errors.rule.split()[0], errors.verdict, errors.reason) == ("own_past", INCONCLUSIVE, "control_changed")


def test_another_model_in_the_control_is_no_control() -> None:
    bake = Bake("pilots")
    bake.platform.models["acme/third"] = replace(GOOD, errors=0.002)
    bake.platform.carries["global"] = "acme/third"
    result = bake.looks()[-1]
    assert check(result, "errors").rule.startswith("own_past")
    assert Reason.CONTROL_CHANGED in result.reasons


def test_an_outage_when_everything_has_moved_is_told_by_health() -> None:
    bake = Bake("global")
    bake.looks(1)
    held = bake.look(outage=0.6, health=ILL)
    assert (held.verdict, held.counted, held.incident) == (INCONCLUSIVE, False, True)
    assert Reason.UNHEALTHY in held.reasons
    assert held.failed == ()


def test_a_window_set_aside_stays_set_aside() -> None:
    bake = Bake("global")
    bake.looks(1)
    held = bake.look(outage=0.6, health=ILL)
    bake.windows[-1] = bake.windows[-1].model_copy(update={"set_aside": held.reasons[0]})
    assert [look.verdict for look in bake.looks(2)] == [PASS, PASS]


def test_an_outage_when_everything_has_moved_is_told_by_what_the_old_model_still_answers() -> None:
    bake = Bake("global")
    bake.looks(1)
    result = bake.look(outage=0.6, fallback=0.015)
    assert result.incident
    assert result.reasons == (Reason.BOTH_ARMS_WORSE,)


def test_an_outage_when_everything_has_moved_and_health_is_well_is_the_candidates() -> None:
    assert Bake("global").looks(2, outage=0.6)[-1].verdict is FAIL


def test_money_is_never_the_providers_fault() -> None:
    result = Bake("global", replace(GOOD, cost=6e-3)).look(health=ILL)
    assert [one.name for one in result.failed] == ["cost"]
    assert result.counted


# ----------------------------------------------------------------------------------------------------------- health


def test_an_unhealthy_platform_holds_a_bake_that_nothing_else_is_wrong_with() -> None:
    bake = Bake()
    bake.looks(2)
    result = bake.look(health=ILL)
    assert (result.counted, result.verdict, result.incident) == (False, INCONCLUSIVE, False)
    assert Reason.UNHEALTHY in result.reasons


def test_an_unhealthy_platform_does_not_cover_for_a_candidate_that_fails_alone() -> None:
    bake = Bake("pilots", replace(GOOD, errors=0.1))
    bake.looks(1)
    result = bake.look(health=ILL)
    assert result.verdict is FAIL
    assert result.counted


def test_an_unhealthy_platform_covers_for_a_candidate_when_the_current_model_is_worse_too() -> None:
    bake = Bake("pilots", replace(GOOD, errors=0.07))
    bake.platform.models[OLD] = replace(GOOD, errors=0.02)
    bake.looks(1)
    result = bake.look(health=ILL)
    assert (result.verdict, result.counted, result.incident) == (INCONCLUSIVE, False, True)


def test_health_that_could_not_be_read_is_not_health() -> None:
    bake = Bake()
    bake.looks(2)
    result = bake.look(health=None)
    assert result.verdict is INCONCLUSIVE
    assert Reason.HEALTH_UNKNOWN in result.reasons


def test_health_nobody_named_is_reported_and_holds_nothing_up() -> None:
    bake = Bake(plan=plan_of(health=None))
    bake.looks(2)
    result = bake.look(health=None)
    assert result.verdict is PASS
    assert (check(result, "health").role, check(result, "health").reason) == ("report", Reason.NO_SERIES)


@pytest.mark.parametrize(("health", "verdict", "counted"), [(WELL, PASS, True), (ILL, INCONCLUSIVE, False)])
def test_a_stage_without_traffic_is_told_by_health_alone(health: HealthReport, verdict: Verdict, counted: bool) -> None:
    plan = plan_of(stage_plan("staging", traffic="none"), stage_plan("pilots"), stage_plan("global"))
    result = Bake("staging", plan=plan).look(Observation(start=START, end=START + timedelta(hours=1)), health=health)
    assert (result.verdict, result.counted) == (verdict, counted)
    assert [one.name for one in result.checks] == ["health"]


# ------------------------------------------------------------------------------------------ series, samples, limits


def test_a_series_nobody_named_is_reported_once_and_holds_nothing_up() -> None:
    result = Bake(plan=plan_of(series=metrics(cost=None))).looks()[-1]
    assert result.verdict is PASS
    assert result.reasons.count(Reason.NO_SERIES) == 1
    cost = check(result, "cost")
    assert (cost.role, cost.verdict, cost.reason) == ("report", INCONCLUSIVE, Reason.NO_SERIES)


def test_a_named_series_that_is_not_there_is_no_pass() -> None:
    bake = Bake()
    for _ in range(3):
        result = bake.look(bake.platform.seen(without=["cost_usd"]))
    assert result.verdict is INCONCLUSIVE
    assert (check(result, "cost").role, check(result, "cost").reason) == ("guardrail", Reason.NO_SERIES)


def test_the_alpha_that_fails_is_shared_and_the_one_that_passes_is_not() -> None:
    alone, shared = (
        check(Bake(plan=plan_of(series=series)).looks()[-1], "errors").interval
        for series in (metrics(latency=None, cost=None), metrics())
    )
    assert alone is not None
    assert shared is not None
    assert (shared[0] or 0) < (alone[0] or 0)
    assert shared[1] == alone[1]


def test_too_few_requests_say_nothing_even_when_most_fail() -> None:
    platform = Platform(requests={"staging": 10, "pilots": 10, "global": 10_000})
    for result in Bake("pilots", replace(GOOD, errors=0.7), platform=platform).looks(2):
        assert result.counted
        assert result.verdict is INCONCLUSIVE
        assert check(result, "errors").reason == Reason.TOO_FEW_REQUESTS


def test_few_requests_add_up_over_the_looks() -> None:
    platform = Platform(requests={"staging": 30, "pilots": 30, "global": 10_000})
    looks = Bake("pilots", replace(GOOD, errors=0.7), platform=platform, planned=24).looks(4)
    assert looks[0].verdict is INCONCLUSIVE
    assert looks[-1].verdict is FAIL


def test_not_enough_to_tell_is_no_pass() -> None:
    platform = Platform(requests={"staging": 300, "pilots": 300, "global": 10_000})
    result = Bake(platform=platform).look()
    assert result.verdict is INCONCLUSIVE
    assert Reason.NOT_ENOUGH_EVIDENCE in result.reasons


def test_an_absolute_limit_needs_no_control_and_no_past() -> None:
    bake = Bake("global", replace(GOOD, errors=0.2), past=0)
    first, second = bake.look(), bake.look()
    assert first.verdict is INCONCLUSIVE
    assert second.verdict is FAIL
    errors = check(second, "errors")
    assert (errors.reason, errors.rule, errors.limit) == (Reason.BEYOND_LIMIT, "backstop 2/2", 0.08)


def test_an_absolute_limit_broken_once_in_three_looks_is_not_enough() -> None:
    bake = Bake("global", past=0)
    good, bad = GOOD, replace(GOOD, errors=0.2)
    verdicts = []
    for behaviour in (good, bad, good, good, bad):
        bake.platform.models[NEW] = behaviour
        verdicts.append(bake.look().verdict)
    assert FAIL not in verdicts


def test_a_slow_tail_breaks_its_limit_too() -> None:
    result = Bake("global", replace(GOOD, seconds=3.5), past=0).looks(2)[-1]
    assert [(one.name, one.reason) for one in result.failed] == [("latency", Reason.BEYOND_LIMIT)]


def test_times_beyond_the_last_bucket_are_never_a_pass() -> None:
    platform = Platform(models={OLD: replace(GOOD, seconds=9.0), NEW: GOOD})
    limits = Checks.model_validate({"latency_backstop_s": {"limit": 1000}})
    result = Bake("global", replace(GOOD, seconds=9.5), platform=platform, plan=plan_of(checks=limits)).looks()[-1]
    latency = check(result, "latency")
    assert (latency.verdict, latency.reason) == (INCONCLUSIVE, Reason.BEYOND_BUCKETS)


@pytest.mark.parametrize(
    ("worse", "name"), [(replace(GOOD, invalid=0.15), "tools"), (replace(GOOD, retries=0.5), "retries")]
)
def test_tools_are_watched_where_their_series_are_named(worse: Behaviour, name: str) -> None:
    named = metrics(
        tool_calls="llm_tool_calls_total", invalid_tool_calls="llm_bad_calls_total", retries="llm_retries_total"
    )
    plan = plan_of(series=named)
    assert Bake(plan=plan).looks()[-1].verdict is PASS
    assert [one.name for one in Bake("pilots", worse, plan=plan).looks()[-1].failed] == [name]


# -------------------------------------------------------------------------------------------------- longer and later


def test_looks_after_the_planned_ones_are_judged_by_bounds_that_always_hold() -> None:
    platform = Platform(requests={"staging": 5000, "pilots": 5000, "global": 50_000})
    looks = Bake(platform=platform, planned=2).looks(4)
    assert check(looks[1], "errors").rule == "tenant_did pocock 2/2"
    assert check(looks[3], "errors").rule == "tenant_did always_valid"
    assert looks[3].verdict is PASS


def test_a_late_look_says_so() -> None:
    bake = Bake()
    bake.windows.append(bake.platform.seen())
    result = bake.looked(late=True).result
    assert result.late
    assert (result.window_start, result.window_end) == (bake.windows[0].start, bake.windows[0].end)


def test_a_result_survives_being_stored() -> None:
    for bake in (Bake(), Bake("global", replace(GOOD, errors=0.5)), Bake(past=0)):
        for result in (*bake.looks(2), bake.look(fallback=0.5), bake.look(outage=0.9)):
            assert LookResult.model_validate_json(result.model_dump_json()) == result


def reasons_of(looks: Sequence[LookResult]) -> set[str]:
    return {reason for look in looks for reason in look.reasons}


def test_every_reason_a_look_gives_is_on_the_list() -> None:
    listed = {reason.value for reason in Reason}
    for stage in ORDER:
        for past in (0, 4):
            bake = Bake(stage, replace(GOOD, errors=0.02), past=past)
            looks = [*bake.looks(2), bake.look(fallback=0.2), bake.look(outage=0.5), bake.look(health=ILL)]
            assert reasons_of(looks) <= listed


def test_series_of_stages_nobody_planned_are_left_out() -> None:
    bake = Bake()
    bake.looks(2)
    window = bake.platform.seen()
    stray = Series(stage="elsewhere", tenant="x", model="acme/third", requests=1e6, errors=1e6)
    assert bake.look(window.model_copy(update={"series": (*window.series, stray)})).verdict is PASS


# -------------------------------------------------------------------------------------------------- one broken tenant


def broken(bake: Bake, tenant: str, chance: float) -> Callable[..., Observation]:
    """What the platform shows when that share of one tenant's requests fails, whatever the model."""
    seen = bake.platform.seen

    def shown(**how: float) -> Observation:
        window = seen(**how)  # type: ignore[arg-type]  # as `seen` is told
        series = tuple(
            one.model_copy(update={"errors": round(one.requests * chance)}) if one.tenant == tenant else one
            for one in window.series
        )
        return window.model_copy(update={"series": series})

    return shown


@pytest.mark.parametrize(("stage", "tenant"), [("pilots", "pilot7"), ("global", "tenant11")])
def test_one_broken_tenant_is_not_hidden_by_a_good_mean(stage: str, tenant: str) -> None:
    platform = Platform()
    platform.tenants = {
        **platform.tenants,
        "pilots": [f"pilot{n}" for n in range(100)],
        "global": [f"tenant{n}" for n in range(150)],
    }
    platform.requests = {"staging": 2000.0, "pilots": 10_000.0, "global": 15_000.0}
    bake = Bake(stage, platform=platform)
    platform.seen = broken(bake, tenant, 0.3)  # type: ignore[method-assign]
    look = bake.looks()[-1]
    assert check(look, "errors").verdict is not FAIL
    assert [(one.name, one.reason) for one in look.failed] == [(f"errors of {tenant}", Reason.WORST_TENANT)]
    worst = check(look, f"errors of {tenant}")
    assert (worst.tenant, worst.whole) == (tenant, "errors")
    assert worst.candidate == pytest.approx(0.3, abs=0.05)


def test_the_worst_of_well_tenants_is_told_and_holds_nothing() -> None:
    look = Bake().looks()[-1]
    (worst,) = [one for one in look.checks if one.name.startswith("errors of ")]
    assert (look.verdict, worst.role, worst.verdict) == (PASS, "report", INCONCLUSIVE)


def test_beside_a_check_that_fails_as_a_whole_its_worst_tenant_is_only_told() -> None:
    look = Bake(candidate=Behaviour(errors=0.2)).looks()[-1]
    assert [one.name for one in look.failed] == ["errors"]
    (worst,) = [one for one in look.checks if one.name.startswith("errors of ")]
    assert (worst.role, worst.verdict) == ("report", FAIL)


def test_a_tenant_that_was_broken_before_is_not_the_candidate_s_doing() -> None:
    bake = Bake(past=0)
    bake.platform.seen = broken(bake, "pilot1", 0.1)  # type: ignore[method-assign]
    for name in bake.moved:
        bake.platform.carries[name] = OLD
    bake.past = [bake.platform.seen() for _ in range(4)]
    for name in bake.moved:
        bake.platform.carries[name] = NEW
    assert not bake.looks()[-1].failed
