"""Health and attribution of a runbook's own: what they set aside, when they fail, and what their roles do."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.monitor.kept import RUNNING, kept_bake, kept_before, kept_running
from bot.monitor.membership import Membership
from bot.monitor.model import HealthReport, Observation
from bot.monitor.reasons import Reason
from bot.monitor.verdict import Bake as Counted
from bot.monitor.words import Heard, Word
from bot.rotation.evidence import CheckResult, LookResult, Verdict
from bot.runbook.models.limits import Checks
from tests.monitor.recorded import ERRORS, Line, line, replayed, two_arms
from tests.monitor.test_verdict import Bake, check
from tests.monitor.world import NEW, OLD, START, Platform, metrics, plan_of

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
WELL, ILL, UNHEARD = Heard(True), Heard(False, "status: degraded"), Heard(None)


def judged(word: Word, heard: Sequence[Heard]) -> CheckResult:
    """What it says at the newest of these looks."""
    *before, now = heard
    return word.judged(now, [one.well for one in before])


def watching(by_name: dict[str, Any], **series: object) -> Bake:
    """A bake at the pilots, of a candidate as good as the old model."""
    return Bake(plan=plan_of(checks=Checks.model_validate({"by_name": by_name}), series=metrics(**series)))


def looked(bake: Bake, **told: object) -> LookResult:
    """The next look, over a window in which that was told."""
    return bake.look(bake.platform.seen().model_copy(update=told))


def report(*, healthy: bool) -> HealthReport:
    return HealthReport(at=START, healthy=healthy, detail="status: ok" if healthy else "status: degraded")


# ------------------------------------------------------------------------------------------------------ k of the last n


@pytest.mark.parametrize(
    ("heard", "verdict", "reason"),
    [
        ([WELL], PASS, ""),
        ([ILL], INCONCLUSIVE, Reason.UNHEALTHY),
        ([ILL, WELL], PASS, ""),
        ([ILL, WELL, ILL], FAIL, Reason.UNHEALTHY),
        ([ILL, ILL], FAIL, Reason.UNHEALTHY),
        ([ILL, WELL, WELL, ILL], INCONCLUSIVE, Reason.UNHEALTHY),
        ([ILL, ILL, WELL, WELL], PASS, ""),
        ([UNHEARD], INCONCLUSIVE, Reason.HEALTH_UNKNOWN),
        ([UNHEARD, UNHEARD, UNHEARD], INCONCLUSIVE, Reason.HEALTH_UNKNOWN),
    ],
)
def test_it_fails_when_it_is_bad_at_two_of_the_last_three_looks(
    heard: list[Heard], verdict: Verdict, reason: str
) -> None:
    found = judged(Word("gateway", "health", fails=(2, 3)), heard)
    assert (found.name, found.verdict, found.reason) == ("gateway", verdict, reason)


def test_without_k_and_n_it_holds_and_never_fails() -> None:
    assert judged(Word("gateway", "health"), [ILL] * 20).verdict is INCONCLUSIVE


def test_what_it_said_stands_beside_how_often_it_was_bad() -> None:
    assert judged(Word("gateway", "health", fails=(2, 3)), [WELL, ILL]).rule == "unhealthy 1/2: status: degraded"


def test_a_report_never_fails() -> None:
    found = judged(Word("gateway", "health", "report", fails=(1, 1)), [ILL])
    assert (found.role, found.verdict) == ("report", INCONCLUSIVE)


# --------------------------------------------------------------------------------------------------------------- health

HEALTH = {"kind": "health", "http": "http://127.0.0.1:9/readyz"}


def test_an_unwell_gateway_holds_as_an_unwell_platform_does() -> None:
    bake = watching({"gateway": HEALTH})
    first = looked(bake, health={"gateway": report(healthy=False)})
    assert (first.counted, first.verdict, "unhealthy" in first.reasons) == (False, INCONCLUSIVE, True)
    bake.windows[0] = bake.windows[0].model_copy(update={"set_aside": first.reasons[0]})  # as the engine keeps it
    again = [looked(bake, health={"gateway": report(healthy=True)}) for _ in range(3)]
    assert [look.counted for look in again] == [True] * 3
    assert check(again[-1], "gateway").verdict is PASS
    assert again[-1].verdict is PASS


def test_one_that_may_fail_rolls_back_at_the_second_bad_look() -> None:
    bake = watching({"gateway": {**HEALTH, "k": 2, "n": 3}})
    ill = {"gateway": report(healthy=False)}
    looks = [looked(bake, health=ill), looked(bake, health={"gateway": report(healthy=True)}), looked(bake, health=ill)]
    assert [look.verdict for look in looks] == [INCONCLUSIVE, PASS, FAIL]
    assert [(one.name, one.dimension.value) for one in looks[-1].failed] == [("gateway", "health")]
    assert not looks[-1].incident


def test_it_fails_also_where_the_series_have_no_answer() -> None:
    bake = watching({"gateway": {**HEALTH, "k": 1, "n": 1}})
    gone = Observation(start=START, end=START, problem="timeout", health={"gateway": report(healthy=False)})
    look = bake.look(gone)
    assert (look.verdict, look.counted, look.reasons) == (FAIL, False, ("timeout", "unhealthy"))


def test_one_nobody_heard_counts_and_cannot_pass() -> None:
    bake = watching({"gateway": HEALTH})
    looks = [looked(bake) for _ in range(3)]
    assert all(look.counted for look in looks)
    assert (looks[-1].verdict, looks[-1].reasons[-1]) == (INCONCLUSIVE, "health_unknown")


@pytest.mark.parametrize(("role", "holding"), [("signal", ["gateway"]), ("report", [])])
def test_a_signal_asks_and_a_report_is_shown_and_neither_sets_a_look_aside(role: str, holding: list[str]) -> None:
    bake = watching({"gateway": {**HEALTH, "role": role}})
    looks = [looked(bake, health={"gateway": report(healthy=False)}) for _ in range(3)]
    assert [look.counted for look in looks] == [True] * 3
    assert [one.name for one in looks[-1].holding] == holding
    assert check(looks[-1], "gateway").role == role
    assert looks[-1].verdict is (INCONCLUSIVE if holding else PASS)


# ---------------------------------------------------------------------------------------------------------- attribution

FALLBACKS = {"kind": "attribution", "bad": "fallbacks", "limit": 0.05}
COUNTER = {"counters": {"fallbacks": "fallbacks_total"}}


def answered(bake: Bake, share: float) -> LookResult:
    """A look over a window in which so large a share of each tenant's requests fell back, as a counter says."""
    seen = bake.platform.seen()
    told = [one.model_copy(update={"own": {"fallbacks": share * one.requests}}) for one in seen.series]
    return bake.look(seen.model_copy(update={"series": tuple(told)}))


def test_a_look_in_which_a_fallback_answered_counts_for_nothing() -> None:
    bake = watching({"fallbacks": FALLBACKS}, **COUNTER)
    fallen = answered(bake, 0.2)
    assert (fallen.counted, fallen.reasons) == (False, ("answered_by_another_model",))
    assert check(fallen, "attribution").verdict is PASS  # by the label of who answered all is well
    assert check(fallen, "fallbacks").candidate == pytest.approx(0.2)
    looks = [answered(bake, 0.01) for _ in range(3)]
    assert looks[-1].verdict is PASS
    found = check(looks[-1], "fallbacks")
    assert (found.verdict, found.limit, found.n_candidate > 1000) == (PASS, 0.05, True)


def test_its_limit_is_the_shipped_ones_where_it_names_none() -> None:
    rules = {name: value for name, value in FALLBACKS.items() if name != "limit"}
    bake = watching({"fallbacks": rules}, **COUNTER)
    assert not answered(bake, 0.03).counted
    assert answered(bake, 0.01).counted


def test_a_counter_that_is_not_there_counts_and_cannot_pass() -> None:
    bake = watching({"fallbacks": FALLBACKS}, **COUNTER)
    looks = [looked(bake) for _ in range(3)]
    assert all(look.counted for look in looks)
    assert (looks[-1].verdict, looks[-1].reasons) == (INCONCLUSIVE, ("no_series",))


SERVED = {"kind": "attribution", "query": "served", "limit": 0.98, "direction": "decrease"}


@pytest.mark.parametrize(("share", "counted"), [(1.0, True), (0.98, True), (0.9, False)])
def test_a_share_that_is_asked_for_may_be_the_right_models(share: float, *, counted: bool) -> None:
    look = looked(watching({"served": SERVED}), numbers={"served": share})
    assert look.counted is counted
    assert check(look, "served").candidate == pytest.approx(1 - share)
    assert check(look, "served").limit == pytest.approx(0.02)


def test_a_share_nobody_could_read_counts_and_cannot_pass() -> None:
    bake = watching({"served": SERVED})
    looks = [looked(bake, unread={"served": "http://x answered 503"}) for _ in range(3)]
    assert (looks[-1].counted, looks[-1].verdict, looks[-1].reasons[-1]) == (True, INCONCLUSIVE, "unread")
    assert "503" in check(looks[-1], "served").rule


def test_fallbacks_at_two_of_three_looks_roll_back_where_the_runbook_says_so() -> None:
    bake = watching({"fallbacks": {**FALLBACKS, "k": 2, "n": 3}}, **COUNTER)
    looks = [answered(bake, share) for share in (0.2, 0.0, 0.2)]
    assert [look.verdict for look in looks] == [INCONCLUSIVE, INCONCLUSIVE, FAIL]
    assert [one.dimension.value for one in looks[-1].failed] == ["attribution"]


# ----------------------------------------------------------------------------------------------------- recorded history


def history(bad_at: set[int], check_name: str, *, health: bool) -> list[Line]:
    rows = two_arms(0.005, hourly=2000)
    for look in range(1, 25):
        counted: Line = (
            {"healthy": look not in bad_at} if health else {"bad": 400 if look in bad_at else 4, "total": 2000}
        )
        rows.append(line(look, "candidate", check_name, **counted))
    return rows


@pytest.mark.parametrize("kind", ["health", "attribution"])
def test_in_recorded_history_one_that_may_fail_ends_it(kind: str) -> None:
    rows = history({5, 7}, "word", health=kind == "health")
    word = {"name": "word", "kind": kind}
    _, held = replayed(rows, ERRORS, word)
    assert held.verdict != "fail"
    looks, ended = replayed(rows, ERRORS, {**word, "k": 2, "n": 3})
    assert (ended.verdict, ended.decided_at_look) == ("fail", 7)
    assert [look.number for look in looks if not look.counted and look.verdict is INCONCLUSIVE] == [5]


@pytest.mark.parametrize(("role", "verdict"), [("signal", "inconclusive"), ("report", "pass")])
def test_in_recorded_history_a_signal_and_a_report_set_nothing_aside(role: str, verdict: str) -> None:
    rows = history({22, 23, 24}, "word", health=True)
    looks, ended = replayed(rows, ERRORS, {"name": "word", "kind": "health", "role": role})
    assert all(look.counted for look in looks)
    assert ended.verdict == verdict


# --------------------------------------------------------------------------------------------------- from look to look


def test_what_was_heard_and_read_is_kept_from_look_to_look_whether_looks_counted_or_not() -> None:
    """A bake by what was kept from the look before says what one drawn up anew from all windows says."""
    series = metrics(latency=None, latency_quantile='llm_seconds{quantile="0.95"}', **COUNTER)
    rules = {"gateway": {**HEALTH, "k": 2, "n": 3}, "fallbacks": {**FALLBACKS, "role": "signal"}}
    plan = plan_of(checks=Checks.model_validate({"by_name": rules}), series=series)
    bake = Bake(plan=plan, platform=Platform(quantiles=True), past=6, planned=12)
    membership = Membership(bake.stage, plan, NEW, OLD, bake.moved)
    begun = Counted.of(membership, bake.past, (), 12)
    kept = {**kept_before(begun.before, "rules"), RUNNING: kept_running(begun.running, "rules", 0)}
    verdicts = []
    for number in range(1, 9):
        window = bake.platform.seen().model_copy(update={"health": {"gateway": report(healthy=number not in {3, 5})}})
        read = kept_bake(membership, 12, "rules", kept, number)
        assert read is not None
        looked = read.look(window, None, number)
        aside = {} if looked.result.counted else {"set_aside": looked.result.reasons[0]}
        bake.windows.append(looked.window.model_copy(update=aside))
        kept[RUNNING] = kept_running(looked.bake(counted=looked.result.counted).running, "rules", number)
        anew = Counted.of(membership, bake.past, bake.windows, 12)
        assert kept_running(anew.running, "rules", number) == kept[RUNNING]
        verdicts.append((looked.result.counted, looked.result.verdict is FAIL))
    counted, unheard = (True, False), (False, False)
    assert verdicts[:4] == [counted, counted, unheard, counted]
    assert verdicts[4][1]
    latency = check(looked.result, "latency")
    assert latency.rule.startswith("tenant_did pocock")
    assert latency.interval is not None
