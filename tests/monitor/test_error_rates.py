"""How often a bake is judged wrong: false alarms and power, simulated under fixed seeds.

The small budgets here notice a broken rule; the slow ones state the rates.
"""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist

import pytest

from bot.monitor.rates import compare_rates
from bot.monitor.sequential import Spending, level_of
from bot.monitor.tallies import Shape, Tally
from bot.rotation.evidence import Verdict
from bot.runbook.models.limits import Checks
from tests.monitor.counting import arms
from tests.monitor.recorded import ERRORS, Line, Tenants, replayed, two_arms
from tests.monitor.test_verdict import Bake
from tests.monitor.world import GOOD, Platform, binomial, poisson

Cells = Mapping[str, Tally]


def at_most(share: float, runs: int) -> float:
    """What a share of that size shows at most in so many runs, but for one time in a thousand."""
    return share + NormalDist().inv_cdf(0.999) * math.sqrt(share * (1 - share) / runs)


def at_least(share: float, runs: int) -> float:
    return share - NormalDist().inv_cdf(0.999) * math.sqrt(share * (1 - share) / runs)


# ------------------------------------------------------------------------------------------- two arms side by side


def first_alarm(
    seed: int, *, candidate: float, current: float = 0.005, looks: int = 24, hourly: int = 500, larger: int = 1
) -> int | None:
    """The look that first says the candidate has more errors (margin 0, one guardrail), None when none does.

    The control is so many times `larger`.
    """
    draw = random.Random(seed)
    ours: list[Cells] = []
    theirs: list[Cells] = []
    for look in range(1, looks + 1):
        ours.append({"all": Tally(binomial(draw, hourly, candidate), hourly)})
        theirs.append({"all": Tally(binomial(draw, hourly * larger, current), hourly * larger)})
        comparison = compare_rates(Shape.PROPORTION, arms(ours, theirs, [], []), 50)
        assert comparison is not None
        level = level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=look, planned=24)
        if comparison.interval(level.z)[0] > 0:
            return look
    return None


def side_by_side(runs: int, **rates: float) -> list[int]:
    alarms = [first_alarm(seed, candidate=rates.get("candidate", 0.005)) for seed in range(runs)]
    return [look for look in alarms if look is not None]


def check_side_by_side(runs: int) -> None:
    assert len(side_by_side(runs)) / runs <= at_most(0.05, runs)
    doubled = side_by_side(runs, candidate=0.01)
    assert len(doubled) / runs >= at_least(0.98, runs)
    assert sum(look <= 12 for look in doubled) / runs >= at_least(0.8, runs)


def test_equal_arms_hardly_ever_alarm_and_a_doubled_error_rate_does() -> None:
    check_side_by_side(150)


@pytest.mark.slow
def test_equal_arms_hardly_ever_alarm_and_a_doubled_error_rate_does_at_length() -> None:
    check_side_by_side(3000)


@pytest.mark.parametrize(("hourly", "rate"), [(20, 0.02), (100, 0.005)])
def test_a_small_arm_beside_a_large_one_alarms_no_more_often(hourly: int, rate: float) -> None:
    """Few events are skewed, and nothing beside them is: by score bounds one bake in eleven would fail."""
    runs = 400
    alarms = [first_alarm(seed, candidate=rate, current=rate, hourly=hourly, larger=100) for seed in range(runs)]
    assert sum(look is not None for look in alarms) / runs <= 0.06


def test_a_fixed_bound_looked_at_every_hour_would_alarm_far_too_often() -> None:
    """The figures above are not for nothing: without spending, the same looks are wrong one time in six."""
    draw, walks, alarms = random.Random(3), 2000, 0
    for _ in range(walks):
        total = 0.0
        for look in range(1, 25):
            total += draw.gauss(0, 1)
            if total / math.sqrt(look) > 1.645:
                alarms += 1
                break
    assert alarms / walks > 0.15


# --------------------------------------------------------------------------------------------------- the tenant trap


@dataclass(frozen=True)
class Trap:
    """30 tenants of 20,000 requests, 3 of them pilots; rates spread by 0.5 and drifting by 0.15, each and together."""

    ratio: float = 1.0
    labelled: bool = True
    past: bool = True

    def alarm(self, seed: int) -> bool:
        draw = random.Random(seed)
        before = [0.005 * math.exp(draw.gauss(0, 0.5) - 0.125) for _ in range(30)]
        shared = draw.gauss(0, 0.15)
        now = [rate * math.exp(draw.gauss(0, 0.15) + shared) for rate in before]
        now[:3] = [rate * self.ratio for rate in now[:3]]
        sides = arms(
            [self._cells(draw, now[:3])],
            [self._cells(draw, now[3:])],
            [self._cells(draw, before[:3])] if self.past else [],
            [self._cells(draw, before[3:])] if self.past else [],
        )
        comparison = compare_rates(Shape.PROPORTION, sides, 50)
        assert comparison is not None
        return comparison.interval(level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=1, planned=1).z)[0] > 0

    def _cells(self, draw: random.Random, rates: list[float]) -> Cells:
        cells: dict[str, Tally] = {}
        for number, rate in enumerate(rates):
            name = f"tenant{number}" if self.labelled else "all"
            cells[name] = cells.get(name, Tally()) + Tally(poisson(draw, 20_000 * rate), 20_000)
        return cells

    def share(self, runs: int) -> float:
        return sum(self.alarm(seed) for seed in range(runs)) / runs


def test_pilots_against_the_rest_pooled_would_alarm_one_time_in_three() -> None:
    assert Trap(labelled=False, past=False).share(400) > 0.25


def check_trap(runs: int) -> None:
    assert Trap().share(runs) <= at_most(0.055, runs)
    assert Trap(past=False).share(runs) <= at_most(0.06, runs)
    assert Trap(1.5).share(runs) >= at_least(0.90, runs)  # 88 % is what one look at the end is to find
    assert Trap(2.0).share(runs) >= at_least(0.995, runs)


def test_tenants_as_units_do_not_fall_into_the_trap_and_still_find_harm() -> None:
    check_trap(300)


@pytest.mark.slow
def test_tenants_as_units_do_not_fall_into_the_trap_at_length() -> None:
    check_trap(4000)


# -------------------------------------------------------------------------------------------------------- whole bakes


def verdicts(runs: int, stage: str, **harm: float) -> list[list[Verdict]]:
    bakes = [Bake(stage, replace(GOOD, **harm), platform=Platform(seed)) for seed in range(runs)]
    return [[look.verdict for look in bake.looks()] for bake in bakes]


def check_bakes(runs: int) -> None:
    for stage in ("pilots", "global"):
        alike = verdicts(runs, stage)
        assert sum(Verdict.FAIL in looks for looks in alike) / runs <= at_most(0.01, runs)
        assert sum(looks[-1] is Verdict.PASS for looks in alike) / runs >= at_least(0.95, runs)
        for harm in ({"seconds": 1.2}, {"cost": 4e-3}, {"errors": 0.02}):
            worse = verdicts(runs, stage, **harm)
            assert sum(Verdict.FAIL in looks for looks in worse) / runs >= at_least(0.99, runs)
            assert sum(looks[-1] is Verdict.PASS for looks in worse) / runs <= at_most(0.01, runs)


def test_three_looks_at_six_thousand_requests_tell_good_from_bad() -> None:
    check_bakes(4)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_three_looks_at_six_thousand_requests_tell_good_from_bad_at_length() -> None:
    check_bakes(80)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_guardrails_together_raise_a_false_alarm_in_at_most_one_bake_in_twenty() -> None:
    """Margins of nothing: every guardrail stands right at its limit, where a false alarm is likeliest."""
    strict = Checks(errors_margin=0, latency_margin=0, cost_margin=0)
    runs, alarms = 200, 0
    for seed in range(runs):
        bake = Bake("pilots", platform=Platform(seed))
        bake.plan = bake.plan.model_copy(update={"checks": strict})
        alarms += any(look.verdict is Verdict.FAIL for look in bake.looks())
    assert alarms / runs <= at_most(0.05, runs)


def test_a_candidate_right_at_the_margin_hardly_ever_passes() -> None:
    """Passing is evidence: twice the errors, at a margin of half a point on half a percent, is no pass."""
    runs = 15
    passed = sum(looks[-1] is Verdict.PASS for looks in verdicts(runs, "pilots", errors=0.0101))
    assert passed / runs <= at_most(0.05, runs)


# ----------------------------------------------------------------------------------------- whole cycles, as recorded


STRICT = {**ERRORS, "margin": 0.0}
"""A margin of nothing: every equal arm stands right at it, where a false alarm is likeliest."""
CYCLES = {
    "tenants with a past": Tenants(),
    "rates that wander from hour to hour, volume with a day": Tenants(wander=0.3, daily=0.5),
    "tenants without a past": Tenants(past=0),
    "nobody left to compare with": Tenants(moved=30, wander=0.3, daily=0.5),
}


def failed_by(rows: Iterable[Line], *checks: dict[str, object], looks: int = 24) -> int | None:
    """The look at which a bake of these rows fails; None where it never does."""
    _, ended = replayed(list(rows), *checks, looks=looks)
    return ended.decided_at_look if ended.verdict is Verdict.FAIL else None


def check_cycles(runs: int) -> None:
    for name, cycle in CYCLES.items():
        false = sum(failed_by(cycle.rows(seed), STRICT) is not None for seed in range(runs))
        assert false / runs <= at_most(0.05, runs), name
    worse = [failed_by(Tenants(ratio=1.5).rows(seed), STRICT) for seed in range(runs)]
    assert sum(look is not None for look in worse) / runs >= at_least(0.8, runs)


def test_whole_cycles_hardly_ever_roll_back_an_innocent_candidate() -> None:
    check_cycles(25)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_whole_cycles_hardly_ever_roll_back_an_innocent_candidate_at_length() -> None:
    check_cycles(600)


def several(count: int, seed: int, looks: int) -> list[Line]:
    """So many guardrails of equal arms, each with counts of its own."""
    named = [two_arms(0.005, looks=looks, seed=1000 * seed + number) for number in range(count)]
    return [{**row, "check": f"check {number}"} for number, rows in enumerate(named) for row in rows]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [1, 3, 5])
def test_three_days_of_waiting_after_the_bake_cost_one_percent_more_at_most(count: int) -> None:
    runs = 500
    checks = [{**STRICT, "name": f"check {number}"} for number in range(count)]
    failed = [failed_by(several(count, seed, 24 + 72), *checks) for seed in range(runs)]
    assert sum(look is not None and look <= 24 for look in failed) / runs <= at_most(0.05, runs)
    assert sum(look is not None for look in failed) / runs <= at_most(0.06, runs)
