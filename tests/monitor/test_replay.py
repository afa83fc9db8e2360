"""Recorded history judged look by look, as people would tell what was recorded and what must come of it."""

import json
import math
import random

import pytest

from bot.monitor.checks import shared_by
from bot.monitor.recorded import RowsError, read_rows
from bot.monitor.replay import Ended
from bot.rotation.evidence import CheckResult, Verdict
from tests.monitor.recorded import ERRORS, Line, Tenants, line, replayed, two_arms
from tests.monitor.world import poisson

STRICT = {**ERRORS, "margin": 0.0}


def numbers(mean: float, sd: float, count: int) -> Line:
    """What `count` numbers with exactly this mean and deviation add up to."""
    return {"count": count, "sum": mean * count, "sum_squares": count * (mean * mean + sd * sd)}


# ------------------------------------------------------------------------------------------------ what it comes to


def test_equal_arms_pass_at_the_last_planned_look() -> None:
    looks, ended = replayed(two_arms(0.005, hourly=2000))
    assert (len(looks), ended.verdict, ended.decided_at_look, ended.reasons) == (24, "pass", 24, ())
    assert all(look.counted for look in looks)
    assert looks[-1].checks[0].rule == "split pocock 24/24"


def test_a_candidate_with_three_times_the_errors_fails_early_and_nothing_is_judged_after_that() -> None:
    looks, ended = replayed(two_arms(0.015, hourly=2000), STRICT)
    assert ended.verdict == "fail"
    assert ended.decided_at_look == len(looks) < 6
    assert ended.reasons == ("beyond_margin",)


def test_a_bake_whose_rows_end_before_its_looks_has_decided_nothing() -> None:
    _, ended = replayed(two_arms(0.005, hourly=5000, looks=23))
    assert (ended.verdict, ended.decided_at_look, ended.reasons[0]) == ("inconclusive", None, "bake_not_over")


def test_guardrails_act_after_the_bake_has_passed() -> None:
    rows = two_arms(0.005, hourly=2000, looks=24)
    worse = [{**row, "at": row["at"].replace("2026-03-0", "2026-04-0")} for row in two_arms(0.04, hourly=2000)]
    looks, ended = replayed(rows + worse)
    assert looks[23].verdict == "pass"
    assert (ended.verdict, looks[-1].checks[0].rule) == ("fail", "split always_valid")
    assert ended.decided_at_look == len(looks)


def test_rows_in_any_order_say_the_same() -> None:
    rows = list(Tenants(looks=4, past=6).rows(1))
    mixed = rows.copy()
    random.Random(2).shuffle(mixed)
    assert replayed(rows, looks=4) == replayed(mixed, looks=4)


def test_a_candidate_that_never_carried_anything_is_not_judged() -> None:
    looks, ended = replayed([line(look, "current", bad=5, total=1000) for look in range(24)])
    assert (looks, ended.verdict, ended.decided_at_look, ended.reasons) == ([], "inconclusive", None, ("no_requests",))


# ------------------------------------------------------------------------------------------- who is held against whom


def test_tenants_are_held_against_their_own_past_and_what_changed_for_the_others() -> None:
    looks, _ = replayed(list(Tenants(looks=3).rows(1)), looks=3)
    assert looks[-1].checks[0].rule == "tenant_did pocock 3/3"


def test_tenants_without_a_past_are_held_against_the_others() -> None:
    looks, _ = replayed(list(Tenants(looks=3, past=0).rows(1)), looks=3)
    assert looks[-1].checks[0].rule == "concurrent_tenants pocock 3/3"


def test_where_everybody_moved_the_same_hours_of_the_day_before_are_the_measure() -> None:
    """A day with quiet nights: held against the whole day before, the morning's looks would seem far too many."""

    def day(look: int, rate: float) -> float:
        return rate * (1 + 0.9 * math.sin(2 * math.pi * look / 24))

    rows = [line(look, "current", bad=round(20_000 * day(look, 0.01)), total=20_000) for look in range(-23, 1)]
    rows += [line(look, "candidate", bad=round(20_000 * day(look, 0.01)), total=20_000) for look in range(1, 7)]
    looks, _ = replayed(rows, looks=6)
    assert looks[-1].checks[0].rule == "same_hours pocock 6/6"
    assert {look.verdict for look in looks} <= {"pass", "inconclusive"}
    assert looks[-1].checks[0].difference == pytest.approx(0, abs=1e-4)


def test_a_tenant_that_waits_for_the_candidate_is_no_control_but_its_own_past() -> None:
    rows = list(Tenants(looks=6).rows(3))
    moved_later = [
        {**row, "arm": "candidate"} if row["tenant"] == "t9" and row["at"] >= line(4, "")["at"] else row for row in rows
    ]
    looks, _ = replayed(moved_later, looks=6)
    assert looks[2].checks[0].n_candidate < looks[5].checks[0].n_candidate
    assert looks[-1].checks[0].rule == "tenant_did pocock 6/6"


# ------------------------------------------------------------------------------------------------ kinds, roles, limits


def latency(look: int, arm: str, slow: float) -> Line:
    counts = {"0.5": 900 - slow, "1": 980 - slow, "2": 1000 - slow / 2, "+Inf": 1000.0}
    return line(look, arm, "latency", buckets=counts)


def test_latency_is_judged_by_its_tail() -> None:
    check = {"name": "latency", "kind": "latency", "margin": 0.25}
    alike = [latency(look, arm, 0) for look in range(1, 25) for arm in ("candidate", "current")]
    assert replayed(alike, check)[1].verdict == "pass"
    slower = [
        latency(look, arm, 200 if arm == "candidate" else 0)
        for look in range(1, 25)
        for arm in ("candidate", "current")
    ]
    assert replayed(slower, check)[1].verdict == "fail"


COST = {"name": "cost", "kind": "mean", "dimension": "cost", "margin": 0.2}


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_mean_half_as_high_again_fails_whatever_its_unit(unit: float) -> None:
    rows = [
        line(look, arm, "cost", **numbers(mean * unit, mean * unit, 60))
        for look in range(1, 25)
        for arm, mean in (("candidate", 3.0), ("current", 2.0))
    ]
    looks, ended = replayed(rows, COST)
    assert ended.verdict == "fail"
    assert looks[-1].checks[0].rule.startswith("split obrien_fleming")


def test_equal_means_that_spread_quite_differently_are_no_pass() -> None:
    rows = [
        line(look, arm, "cost", **numbers(2.0, sd, 1000))
        for look in range(1, 25)
        for arm, sd in (("candidate", 1.5), ("current", 0.3))
    ]
    _, ended = replayed(rows, COST)
    assert (ended.verdict, ended.reasons) == ("inconclusive", ("spread_changed",))


def test_against_a_control_without_errors_some_errors_are_no_pass_and_many_fail() -> None:
    def rows(bad: int) -> list[Line]:
        return [
            line(look, arm, bad=bad if arm == "candidate" else 0, total=200)
            for look in range(1, 25)
            for arm in ("candidate", "current")
        ]

    assert replayed(rows(2))[1].verdict != "pass"
    assert replayed(rows(8))[1].verdict == "fail"


def test_where_less_is_worse_less_fails_and_more_does_not() -> None:
    check = {"name": "solved", "kind": "ratio", "dimension": "quality", "margin": 0.02, "direction": "decrease"}

    def rows(share: float) -> list[Line]:
        solved = {"candidate": share, "current": 0.8}
        return [
            line(look, arm, "solved", bad=round(1000 * solved[arm]), total=1000)
            for look in range(1, 25)
            for arm in solved
        ]

    assert [replayed(rows(share), check)[1].verdict for share in (0.7, 0.8, 0.9)] == ["fail", "pass", "pass"]


def test_a_share_of_successes_is_judged_as_that_of_failures_is() -> None:
    """To the last digit: that a share lies near 1 makes it no vaguer than one near 0."""
    failures = list(Tenants(base=0.02, looks=6, past=6).rows(3))
    successes = [{**row, "bad": row["total"] - row["bad"]} for row in failures]
    by_failures, _ = replayed(failures, ERRORS, looks=6)
    by_successes, _ = replayed(successes, {**ERRORS, "direction": "decrease"}, looks=6)
    for one, other in zip(by_failures, by_successes, strict=True):
        assert one.reasons == other.reasons
        for mine, theirs in zip(one.checks, other.checks, strict=True):
            assert (mine.name, mine.verdict, mine.reason, mine.rule) == (
                *(theirs.name, theirs.verdict, theirs.reason, theirs.rule),
            )
            assert theirs.interval == pytest.approx(mine.interval)
            assert mine.candidate is not None
            assert mine.current is not None
            assert (theirs.candidate, theirs.current) == pytest.approx((1 - mine.candidate, 1 - mine.current))


def test_signals_alone_are_no_pass_and_it_is_said_why() -> None:
    looks, ended = replayed(two_arms(0.005, hourly=5000), {**ERRORS, "role": "signal"})
    assert (ended.verdict, ended.reasons) == ("inconclusive", ("no_guardrail",))
    assert looks[-1].checks[0].verdict is Verdict.PASS


def test_an_absolute_limit_is_broken_by_k_of_the_last_n_looks() -> None:
    check = {**ERRORS, "margin": 0.9, "limit": 0.08, "k": 2, "n": 3}
    bad = {1: 100, 2: 50, 3: 50, 4: 100, 5: 50, 6: 100}
    rows = [line(look, "candidate", bad=bad[look], total=1000) for look in bad]
    rows += [line(look, "current", bad=50, total=1000) for look in bad]
    looks, ended = replayed(rows, check, looks=6)
    assert (ended.verdict, ended.decided_at_look, ended.reasons) == ("fail", 6, ("beyond_limit",))
    assert looks[-1].checks[0].rule == "backstop 2/3"


def test_too_few_samples_are_never_a_pass() -> None:
    check = {**ERRORS, "margin": 0.5, "min_samples": 1000}
    _, ended = replayed(two_arms(0.0, 0.0, hourly=40), check)
    assert (ended.verdict, ended.reasons) == ("inconclusive", ("too_few_requests",))


def test_a_number_is_judged_by_its_limit_alone() -> None:
    check = {"name": "invoice", "kind": "value", "limit": 100.0, "k": 2, "n": 3}

    def rows(*values: float) -> list[Line]:
        return [line(look, "candidate", "invoice", value=value) for look, value in enumerate(values, start=1)]

    assert replayed(rows(90, 120, 90, 95), check, looks=4)[1].verdict == "pass"
    assert replayed(rows(90, 120, 90, 130), check, looks=4)[1] == Ended("fail", 4, ("beyond_limit",))  # type: ignore[arg-type]


def test_a_signal_that_fails_rolls_nothing_back_and_a_report_holds_nothing() -> None:
    rows = two_arms(0.02, hourly=2000)
    fine = [{**row, "check": "tools"} for row in two_arms(0.005, hourly=5000, seed=2)]
    tools = {"name": "tools", "kind": "ratio", "dimension": "tools", "margin": 0.05}
    signal = replayed(rows + fine, {**STRICT, "role": "signal"}, tools)[1]
    assert (signal.verdict, "beyond_margin" in signal.reasons) == ("inconclusive", True)
    assert replayed(rows + fine, {**STRICT, "role": "report"}, tools)[1].verdict == "pass"


# ------------------------------------------------------------------------------------- what does not count, and whose


def test_looks_in_which_another_model_answered_do_not_count() -> None:
    served = {"name": "served", "kind": "attribution", "limit": 0.05}
    rows = two_arms(0.005, hourly=2000, looks=26)
    rows += [line(look, "candidate", "served", bad=300 if look in {3, 4} else 10, total=2000) for look in range(1, 27)]
    looks, ended = replayed(rows, ERRORS, served)
    assert [look.number for look in looks if not look.counted] == [3, 4]
    assert looks[2].reasons == ("answered_by_another_model",)
    assert (ended.verdict, ended.decided_at_look) == ("pass", 26)


def test_who_answered_being_unknown_is_no_pass_and_takes_nothing_away_from_what_is_known() -> None:
    checks = (ERRORS, {"name": "who", "kind": "attribution"})
    looks, ended = replayed(two_arms(0.005, hourly=5000), *checks)
    assert all(look.counted for look in looks)
    assert (ended.verdict, ended.reasons) == ("inconclusive", ("no_series",))
    assert replayed(two_arms(0.02, hourly=5000), *checks)[1].verdict == "fail"
    silent = [line(look, "candidate", "who", bad=0, total=0) for look in range(1, 25)]
    looks, _ = replayed(two_arms(0.005, hourly=5000) + silent, *checks)
    assert not any(look.counted for look in looks)


def test_an_unwell_platform_holds_and_does_not_excuse_a_candidate_that_fails_alone() -> None:
    health = {"name": "platform", "kind": "health"}
    unwell = [line(look, "candidate", "platform", healthy=look > 2) for look in range(1, 25)]
    looks, _ = replayed(two_arms(0.005, hourly=2000) + unwell, ERRORS, health)
    assert [look.number for look in looks if look.reasons == ("unhealthy",)] == [1, 2]
    _, ended = replayed(two_arms(0.2, hourly=2000) + unwell, ERRORS, health)
    assert (ended.verdict, ended.decided_at_look) == ("fail", 1)


def test_silence_about_health_is_not_health() -> None:
    rows = two_arms(0.005, hourly=2000)
    _, ended = replayed(rows, ERRORS, {"name": "platform", "kind": "health"})
    assert (ended.verdict, "health_unknown" in ended.reasons) == ("inconclusive", True)


def test_both_arms_worse_together_is_the_providers_doing() -> None:
    steady = list(Tenants(looks=12).rows(5))
    rows = [
        {**row, "bad": row["total"] // 5} if row["at"] in {line(look, "")["at"] for look in (5, 6)} else row
        for row in steady
    ]
    looks, ended = replayed(rows, ERRORS, looks=10)
    assert [look.number for look in looks if look.incident] == [5, 6]
    assert looks[4].reasons == ("both_arms_worse",)
    assert ended.verdict != "fail"


def jumping(look_of_jump: int, **rates: float) -> list[Line]:
    """Two arms of 0.5 % without a past, of which those named show another rate from that look on."""
    before, after = (
        two_arms(0.005, hourly=5000),
        two_arms(rates.get("candidate", 0.005), rates.get("current", 0.005), hourly=5000),
    )
    return before[: 2 * (look_of_jump - 1)] + after[2 * (look_of_jump - 1) :]


def test_without_a_past_or_a_limit_the_looks_before_tell_both_arms_worse_from_a_pass() -> None:
    looks, ended = replayed(jumping(9, candidate=0.05, current=0.05), {**ERRORS, "margin": 0.01})
    assert [look.number for look in looks if look.incident] == list(range(9, 25))
    assert (ended.verdict, ended.reasons) == ("inconclusive", ("bake_not_over", "both_arms_worse"))


def test_a_change_in_the_control_alone_is_no_pass_and_no_failure() -> None:
    _, ended = replayed(jumping(9, current=0.05))
    assert (ended.verdict, "control_changed" in ended.reasons) == ("inconclusive", True)
    steady = list(Tenants(looks=12).rows(5))
    broken = [
        {**row, "bad": row["total"] // 3} if int(row["tenant"][1:]) > 9 and row["at"] > line(3, "")["at"] else row
        for row in steady
    ]
    wide = {**ERRORS, "margin": 0.01}
    assert replayed(steady, wide, looks=12)[1].verdict == "pass"
    looks, ended = replayed(broken, wide, looks=12)
    assert (ended.verdict, ended.reasons) == ("inconclusive", ("control_changed",))
    assert looks[-1].checks[0].rule.startswith("same_hours")


def test_a_look_in_which_tenants_moved_leaves_their_past_the_measure() -> None:
    """In the hour of the change both models served the pilots: no split that could be held against itself."""
    rows = list(Tenants(ratio=2.0).rows(3))
    moving = [row for row in rows if row["at"] == line(1, "")["at"] and row["arm"] == "candidate"]
    halves = [{**row, "arm": "current", "bad": row["bad"] // 4, "total": row["total"] // 2} for row in moving]
    looks, ended = replayed(rows + halves, STRICT)
    assert ended.verdict == "fail"
    assert looks[-1].checks[0].rule.startswith("tenant_did")
    by_half = [{**row, "arm": arm} for row in rows if row["arm"] == "candidate" for arm in ("candidate", "current")]
    looks, _ = replayed(by_half, STRICT)
    assert looks[-1].checks[0].rule.startswith("split")


def test_traffic_that_stops_is_no_evidence() -> None:
    rows = [
        row
        for row in two_arms(0.005, hourly=2000)
        if not (row["arm"] == "candidate" and row["at"] == line(7, "")["at"])
    ]
    looks, ended = replayed(rows)
    assert (looks[6].counted, looks[6].reasons) == (False, ("no_requests",))
    assert ended.reasons[0] == "bake_not_over"


# ------------------------------------------------------------------------------------------------------- wrong lines


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"check": "erors"}, "there is no check 'erors'; did you mean errors?"),
        ({"arm": "canary"}, "arm: expected candidate or current, found 'canary'"),
        ({"at": "yesterday"}, "at: 'yesterday' is no time as in RFC 3339"),
        ({"at": "2026-03-02T09:00:00"}, "has no time zone"),
        ({"bad": -1}, "bad: -1 is less than nothing"),
        ({"bad": 11}, "bad: 11 of 10 is more than all"),
        ({"bad": "1"}, "bad: a number is expected"),
        ({"bad": True}, "bad: a number is expected"),
        ({"total": 1e19}, "total: 1e+19 is more than can be counted"),
        ({"total": None}, "total: a number is expected"),
        ({"tenant": ""}, "tenant: a text is expected"),
        ({"tenant": 7}, "tenant: a text is expected"),
        ({"bad": int("9" * 400)}, "more than can be counted"),
        ({"bad": -int("9" * 400)}, "more than can be counted"),
        ({"at": "0001-01-01T00:00:00Z"}, "is no time anything was recorded at"),
        ({"at": "9999-12-31T23:59:59Z"}, "is no time anything was recorded at"),
        ({"tenant": "acme"}, "tenant 'acme' of it, where line 2 has all tenants in one"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(change: Line, told: str) -> None:
    good = line(1, "candidate", bad=1, total=10)
    with pytest.raises(RowsError) as caught:
        read_rows(["", json.dumps(good), json.dumps({**good, **change})], {"errors": "ratio"})
    ((number, what),) = caught.value.problems
    assert (number, told in what) == (3, True), what


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"bad": 1, "total": 9, "bad": 7}', "bad stands in it twice"),
        ("{", "is not JSON"),
        ("[1]", "is no JSON object"),
        ('{"at": "2026-03-02T09:00:00Z"}', "check is missing"),
    ],
)
def test_what_is_no_row(text: str, told: str) -> None:
    with pytest.raises(RowsError, match=told):
        read_rows([text], {"errors": "ratio"})


def test_the_same_count_twice_is_refused_and_every_wrong_line_is_told() -> None:
    good = json.dumps(line(1, "candidate", bad=1, total=10))
    with pytest.raises(RowsError) as caught:
        read_rows([good, good, "no"], {"errors": "ratio"})
    assert [number for number, _ in caught.value.problems] == [2, 3]
    assert "line 1 has counted" in caught.value.problems[0][1]
    with pytest.raises(RowsError, match="no row is in it"):
        read_rows([" ", ""], {"errors": "ratio"})


@pytest.mark.parametrize(
    ("kind", "counted", "told"),
    [
        ("mean", {"count": 10, "sum": 100, "sum_squares": 1}, "sum_squares: smaller than numbers of that sum can have"),
        ("mean", {"count": 10, "sum": 100}, "sum_squares is missing"),
        ("latency", {"buckets": {"1": 5}}, '"\\+Inf" is missing'),
        ("latency", {"buckets": {"1": 5, "2": 3, "+Inf": 9}}, "counts are cumulative"),
        ("latency", {"buckets": {"a": 5, "+Inf": 9}}, "'a' is no upper bound"),
        ("latency", {"buckets": {"0.5": 5, "0.50": 6, "+Inf": 9}}, "two upper bounds are the same"),
        ("latency", {"buckets": []}, "a mapping of upper bounds"),
        ("latency", {"buckets": {"-1": 0, "+Inf": 9}}, "'-1' is no upper bound"),
        ("latency", {"buckets": {"1": -3, "+Inf": 9}}, "buckets: 1: -3 is less than nothing"),
        ("health", {"healthy": "yes"}, "true or false"),
        ("value", {"value": "many"}, "value: a number"),
    ],
)
def test_what_other_kinds_refuse(kind: str, counted: Line, told: str) -> None:
    with pytest.raises(RowsError, match=told):
        read_rows([json.dumps(line(1, "candidate", "x", **counted))], {"x": kind})


def test_a_field_that_says_whose_it_is_and_is_misspelt_is_not_passed_over() -> None:
    good = {**line(1, "candidate", bad=1, total=10), "source": "prometheus"}
    assert len(read_rows([json.dumps(good)], {"errors": "ratio"})) == 1
    misspelt = {("tennant" if name == "tenant" else name): value for name, value in good.items()}
    with pytest.raises(RowsError, match="tennant: did you mean tenant"):
        read_rows([json.dumps(misspelt)], {"errors": "ratio"})


def test_of_many_wrong_lines_only_the_first_are_kept_in_mind() -> None:
    with pytest.raises(RowsError) as caught:
        read_rows(["no"] * 1000, {"errors": "ratio"})
    assert (len(caught.value.problems), caught.value.more) == (20, 980)


def test_times_are_told_apart_by_when_and_not_by_how_they_are_written() -> None:
    written = ("2026-03-02T09:00:00Z", "2026-03-02t08:00:00z", "2026-03-02T15:30:00+05:30")
    rows = [json.dumps({**line(1, "candidate", bad=1, total=10), "at": text}) for text in written]
    assert [row.line for row in read_rows(rows, {"errors": "ratio"})] == [2, 1, 3]


def test_rows_of_any_order_of_kinds_are_read_back() -> None:
    draw = random.Random(1)
    rows = [line(look, "candidate", bad=poisson(draw, 5), total=100) for look in range(1, 4)]
    read = read_rows(map(json.dumps, reversed(rows)), {"errors": "ratio"})
    assert [row.at.isoformat() for row in read] == [row["at"] for row in rows]


# ---------------------------------------------------------------------------------------------------- the worst tenant


def of_tenants(rate_of_one: float, **check: object) -> list[CheckResult]:
    """The checks after three looks of a share that is 0.5 for everybody but, since it has the candidate, one tenant."""
    rows = [
        line(look, "candidate" if look > 0 and number < 4 else "current", "share", f"t{number}", bad=bad, total=1000)
        for look in range(-5, 4)
        for number in range(12)
        for bad in (round(1000 * (rate_of_one if look > 0 and number == 2 else 0.5)) + (look + number) % 3,)
    ]
    looks, _ = replayed(rows, {"name": "share", "kind": "ratio", "margin": 0.1, **check}, looks=3)
    return list(looks[-1].checks)


@pytest.mark.parametrize(("direction", "better", "worse"), [("increase", 0.3, 0.7), ("decrease", 0.7, 0.3)])
def test_the_worst_tenant_is_worse_the_way_the_check_is(direction: str, better: float, worse: float) -> None:
    assert all(one.verdict is not Verdict.FAIL for one in of_tenants(better, direction=direction))
    _, worst = of_tenants(worse, direction=direction)
    assert (worst.name, worst.verdict, worst.reason) == ("share of t2", "fail", "worst_tenant")
    assert worst.difference == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(("tenants", "share"), [(2, 2), (99, 99), (100, 100), (101, 110), (1000, 1000), (1003, 1100)])
def test_tenants_that_come_and_go_ask_for_no_bound_of_their_own(tenants: int, share: int) -> None:
    assert shared_by(tenants) == share
