"""Checks a runbook changes or adds: what they are read from, what they do, what silence and warm-up mean to them."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.monitor.checks import Schedule, within_limit
from bot.monitor.model import Observation, Series
from bot.monitor.reasons import Reason
from bot.monitor.tallies import Tally
from bot.monitor.watched import own, watched
from bot.rotation.evidence import CheckResult, LookResult, Verdict
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.limits import Checks
from tests.monitor.counting import evaluated
from tests.monitor.test_verdict import Bake, check
from tests.monitor.world import NEW, Behaviour, metrics, plan_of

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
Extra = Callable[[Series], Mapping[str, Any]]


def written(name: str, **rules: object) -> Checks:
    return Checks.model_validate({"by_name": {name: rules}})


def bake(checks: Checks, extra: Extra | None = None, candidate: Behaviour | None = None) -> Bake:
    """Pilots under these checks; `extra` is what the operator's own series add to each of the platform's."""
    series = metrics(counters={"truncated": "truncated_total", "tokens": "tokens_total", "squares": "squares_total"})
    made = Bake(candidate=candidate or Behaviour(), plan=plan_of(checks=checks, series=series))
    seen = made.platform.seen

    def with_extra(**how: Any) -> Observation:  # noqa: ANN401 - as `seen` is told
        window = seen(**how)
        return window.model_copy(
            update={"series": tuple(one.model_copy(update=extra(one)) for one in window.series)} if extra else {}
        )

    made.past = [
        window.model_copy(
            update={"series": tuple(one.model_copy(update=extra(one)) for one in window.series)} if extra else {}
        )
        for window in made.past
    ]
    made.platform.seen = with_extra  # type: ignore[method-assign]
    return made


def last(made: Bake) -> LookResult:
    return made.looks()[-1]


# ---------------------------------------------------------------------------------------------------- shipped, changed


def test_a_shipped_check_can_be_made_a_signal_that_holds_and_does_not_roll_back() -> None:
    dearer = Behaviour(cost=4e-3)
    assert last(bake(Checks(), candidate=dearer)).verdict is FAIL
    look = last(bake(written("cost", role="signal"), candidate=dearer))
    assert (look.verdict, look.failed) == (INCONCLUSIVE, ())
    assert [one.name for one in look.holding] == ["cost"]
    assert Reason.BEYOND_MARGIN in look.reasons


def test_a_shipped_check_that_is_only_reported_holds_nothing() -> None:
    look = last(bake(written("cost", role="report"), candidate=Behaviour(cost=4e-3)))
    assert (look.verdict, check(look, "cost").verdict, check(look, "cost").role) == (PASS, FAIL, "report")


def test_margins_limits_and_samples_are_changed_by_name() -> None:
    assert last(bake(written("cost", margin=1.5), candidate=Behaviour(cost=4e-3))).verdict is PASS
    tight = last(bake(written("latency", limit=0.2, k=1, n=1)))
    assert (check(tight, "latency").verdict, check(tight, "latency").rule) == (FAIL, "backstop 1/1")
    few = last(bake(written("errors", min_samples=10**9)))
    assert check(few, "errors").reason == Reason.TOO_FEW_REQUESTS


def test_what_may_not_roll_back_leaves_its_alpha_to_the_others() -> None:
    def bound(checks: Checks) -> float:
        low, _ = check(last(bake(checks)), "errors").interval or (None, None)
        assert low is not None
        return low

    reported = Checks.model_validate({"by_name": {name: {"role": "report"} for name in ("latency", "cost")}})
    assert bound(reported) > bound(Checks())


# ------------------------------------------------------------------------------------------------------------ one's own


def counting(new: float, old: float = 0.01) -> Extra:
    """A counter of truncated answers, at these rates."""
    chance = random.Random(7)

    def extra(series: Series) -> dict[str, Any]:
        rate = new if series.model == NEW else old
        return {"own": {"truncated": float(sum(chance.random() < rate for _ in range(int(series.requests))))}}

    return extra


RATIO: dict[str, object] = {"kind": "ratio", "dimension": "quality", "bad": "truncated", "margin": 0.01}


@pytest.mark.parametrize(("rate", "verdict"), [(0.01, PASS), (0.08, FAIL)])
def test_a_ratio_of_one_s_own_is_judged_as_the_shipped_ones_are(rate: float, verdict: Verdict) -> None:
    look = last(bake(written("truncated", **RATIO), counting(rate)))
    assert (look.verdict, check(look, "truncated").verdict) == (verdict, verdict)
    assert check(look, "truncated").unit == "share"


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, PASS), (1.9, FAIL)])
@pytest.mark.parametrize("squared", [True, False])
def test_a_mean_of_one_s_own_with_squares_or_without(factor: float, verdict: Verdict, *, squared: bool) -> None:
    chance = random.Random(3)

    def extra(series: Series) -> dict[str, Any]:
        each = [chance.gauss(300, 60) * (factor if series.model == NEW else 1) for _ in range(int(series.requests))]
        return {"own": {"tokens": sum(each), "squares": sum(one * one for one in each)}}

    rules = {"kind": "mean", "sum": "tokens", "margin": 0.5, "unit": "tokens", "dimension": "cost"}
    look = last(bake(written("tokens", **rules, **({"sum_squares": "squares"} if squared else {})), extra))
    found = check(look, "tokens")
    assert (found.verdict, found.unit) == (verdict, "tokens")
    assert found.candidate == pytest.approx(300 * factor, rel=0.05)


@pytest.mark.parametrize(("seconds", "verdict"), [(0.6, PASS), (2.0, FAIL)])
def test_a_histogram_of_one_s_own(seconds: float, verdict: Verdict) -> None:
    def extra(series: Series) -> dict[str, Any]:
        return {"own_latency": {"first": series.latency}}

    rules = {"kind": "latency", "histogram": "first"}
    look = last(bake(written("first content", **rules), extra, candidate=Behaviour(seconds=seconds)))
    assert check(look, "first content").verdict is verdict


def test_less_of_it_can_be_what_is_worse() -> None:
    rules = {**RATIO, "direction": "decrease"}
    assert check(last(bake(written("truncated", **rules), counting(0.0, old=0.2))), "truncated").verdict is FAIL


def numbered(made: Bake, *numbers: float | None) -> LookResult:
    """A look a number; None is a number nobody could read."""
    for number in numbers:
        told = {"numbers": {"bill": number}} if number is not None else {"unread": {"bill": "refused"}}
        made.look(made.platform.seen().model_copy(update=told))
    return made.judged()


def test_a_value_is_judged_by_its_limit_alone() -> None:
    rules = written("bill", kind="value", limit=100, k=2, n=3, http="http://127.0.0.1:9/bill", unit="USD")
    fine = check(numbered(bake(rules), 90, 120, 95), "bill")
    assert (fine.verdict, fine.candidate, fine.margin) == (PASS, 95, None)
    assert check(numbered(bake(rules), 90, 120, 130), "bill").rule == "backstop 2/3"
    assert check(numbered(bake(rules), 90, 95), "bill").reason == Reason.NOT_ENOUGH_EVIDENCE


def test_a_number_nobody_could_read_is_no_good_one() -> None:
    rules = written("bill", kind="value", limit=100, query="bill")
    for numbers in ((None, None, None), (90, 95, 90, None)):
        found = check(numbered(bake(rules), *numbers), "bill")
        assert (found.verdict, found.reason) == (INCONCLUSIVE, Reason.UNREAD)


# -------------------------------------------------------------------------------------------------------------- silence


def silent(made: Bake, *missing: bool) -> LookResult:
    """A look each; where it is missing the operator's own counter has no series."""
    for gone in missing:
        window = made.platform.seen()
        series = tuple(one.model_copy(update={"own": {}}) for one in window.series) if gone else window.series
        made.look(window.model_copy(update={"series": series}))
    return made.judged()


def test_a_check_that_saw_nothing_at_all_holds_the_end() -> None:
    look = silent(bake(written("truncated", **RATIO), counting(0.01)), True, True, True)
    assert (look.verdict, check(look, "truncated").reason) == (INCONCLUSIVE, Reason.NO_SERIES)


def test_what_was_fine_before_it_fell_silent_is_not_fine_any_more() -> None:
    look = silent(bake(written("truncated", **RATIO), counting(0.01)), False, False, False, True)
    assert (look.verdict, check(look, "truncated").reason) == (INCONCLUSIVE, Reason.SILENT)


def test_seen_at_too_few_looks_is_not_enough() -> None:
    look = silent(bake(written("truncated", **RATIO), counting(0.01)), False, True, True, False)
    assert check(look, "truncated").reason == Reason.MOSTLY_SILENT


def test_what_failed_stays_failed_however_silent_it_is_now() -> None:
    assert silent(bake(written("truncated", **RATIO), counting(0.2)), False, False, True).verdict is FAIL


def test_silence_can_be_passed_over_or_be_a_failure() -> None:
    skipped = silent(bake(written("truncated", **RATIO, no_data="skip"), counting(0.01)), True, True, True)
    assert (skipped.verdict, check(skipped, "truncated").role) == (PASS, "report")
    deadly = silent(bake(written("truncated", **RATIO, no_data="fail"), counting(0.01)), False, True, True)
    assert (deadly.verdict, check(deadly, "truncated").rule) == (FAIL, "no data 2/3")
    once = silent(bake(written("truncated", **RATIO, no_data="fail"), counting(0.01)), False, True, False)
    assert once.verdict is not FAIL


# -------------------------------------------------------------------------------------------------------------- warm-up


def judged(warm_up: float, *windows: Tally) -> CheckResult:
    rules = CheckRules.model_validate({**RATIO, "warm_up": warm_up, "limit": 0.5, "k": 1, "n": 1})
    arms = [{"a": one} for one in windows], [{"b": Tally(10, 1000)} for _ in windows]
    return evaluated(own("truncated", rules).check, *arms, Schedule(len(windows), 3, 0.05, 1))


def test_the_first_requests_of_a_cold_model_are_left_out() -> None:
    cold, warm = Tally(700, 1000), Tally(10, 1000)
    assert judged(0, cold, warm, warm).verdict is FAIL
    left = judged(1000, cold, warm, warm)
    assert (left.verdict is not FAIL, left.n_candidate) == (True, 2000)
    # The window in which it warmed up is left out whole.
    assert judged(1500, warm, cold, warm).n_candidate == 1000


def test_while_it_warms_up_nothing_is_said() -> None:
    found = judged(5000, Tally(700, 1000), Tally(700, 1000))
    assert (found.verdict, found.reason, found.candidate) == (INCONCLUSIVE, Reason.WARMING_UP, None)


def test_warm_up_does_not_hide_what_is_worse_for_good() -> None:
    assert judged(1000, Tally(700, 1000), Tally(700, 1000)).verdict is FAIL


# ------------------------------------------------------------------------------------------------------------- reading


def test_every_check_of_a_file_is_watched_in_its_order() -> None:
    rules = Checks.model_validate({"by_name": {"truncated": RATIO, "cost": {"role": "signal"}}})
    every = watched(rules, None)
    assert [one.check.name for one in every] == ["errors", "latency", "cost", "tools", "retries", "truncated"]
    assert [one.check.role for one in every if one.check.name == "cost"] == ["signal"]


def test_a_limit_alone_without_a_number_is_not_measured() -> None:
    bill = own("bill", CheckRules.model_validate({"kind": "value", "limit": 1, "query": "x"}))
    assert within_limit(bill.check, [None, None]).reason == Reason.NO_SERIES
