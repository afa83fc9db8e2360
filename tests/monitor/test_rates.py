"""Counts compared: zeros, means, what is expected by each design, and counts that come in bursts."""

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.rates import compare_rates
from bot.monitor.table import SeriesTable
from bot.monitor.tallies import Shape, Tallies, Tally, dispersion, tallies_of
from bot.monitor.watched import shipped
from bot.runbook.models.limits import Checks
from tests.monitor.counting import arms, spread
from tests.monitor.world import Platform, binomial, poisson

Cells = Mapping[str, Tally]

Z = 1.645


def one(bad: float, total: float) -> list[Cells]:
    return [{"all": Tally(bad, total)}]


def compared(sides: Arms, shape: Shape = Shape.PROPORTION, *, concurrent: bool = True) -> Comparison:
    comparison = compare_rates(shape, replace(sides, fair=concurrent), 50)
    assert comparison is not None
    return comparison


def test_a_difference_of_two_rates_has_newcombes_bounds() -> None:
    """Newcombe 1998, method 10 on 56/70 and 48/80 at 95 %: 0.0524 to 0.3339."""
    comparison = compared(arms(one(56, 70), one(48, 80), [], []))
    assert comparison.harm() == pytest.approx(0.2)
    assert comparison.interval(1.959964) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_none_of_many_is_no_proof_of_never() -> None:
    comparison = compared(arms(one(0, 400), one(0, 400), [], []))
    low, high = comparison.interval(Z)
    assert low == pytest.approx(-high)
    assert 0.004 < high < 0.01


def test_a_few_errors_against_none_are_no_proof_of_harm_and_many_are() -> None:
    few = compared(arms(one(3, 1000), one(0, 1000), [], []))
    many = compared(arms(one(30, 1000), one(0, 1000), [], []))
    assert few.interval(Z)[0] < 0.001
    assert many.interval(Z)[0] > 0.015


def test_three_of_a_hundred_where_half_a_one_was_to_be_expected_is_no_proof_at_three_standard_errors() -> None:
    """Chance shows it one time in seventy, and a bound so far out is to be crossed one time in five hundred."""
    few = compared(arms(one(3, 100), one(5000, 1_000_000), [], []))
    assert few.interval(2.9)[0] < 0 < few.interval(1.645)[0]
    many = compared(arms(one(12, 100), one(5000, 1_000_000), [], []))
    assert many.interval(2.9)[0] > 0


@pytest.mark.parametrize("past", [one(0, 5000), one(25, 5000)])
def test_what_is_expected_is_the_past_times_what_changed_for_the_others(past: list[Cells]) -> None:
    comparison = compared(arms(one(20, 1000), one(1000, 50_000), past, one(500, 50_000)))
    assert comparison.design == "pooled_did"
    rate = past[0]["all"].rate
    assert comparison.current == pytest.approx(2 * rate, abs=3e-4)


def test_means_are_compared_as_ratios_whatever_their_unit() -> None:
    for unit in (1e-6, 1.0, 1e6):
        comparison = compared(arms(one(1500 * unit, 1000), one(1000 * unit, 1000), [], []), Shape.MEAN)
        assert comparison.harm() == pytest.approx(0.5)
        half = Z * math.sqrt(2 * 2.25 / 1000)
        expected = (1.5 * math.exp(-half) - 1, 1.5 * math.exp(half) - 1)
        assert comparison.interval(Z) == pytest.approx(expected)


def test_a_mean_of_nothing_is_compared_with_nothing() -> None:
    assert compare_rates(Shape.MEAN, arms(one(0, 1000), one(5, 1000), [], []), 50) is None
    assert compare_rates(Shape.MEAN, arms(one(5, 1000), one(0, 1000), [], []), 50) is None


def test_more_than_one_event_a_request_is_a_rate() -> None:
    comparison = compared(arms(one(2500, 1000), one(1000, 1000), [], []), Shape.RATE)
    assert comparison.harm() == pytest.approx(1.5)
    assert comparison.interval(Z)[0] == pytest.approx(1.5 - Z * math.sqrt(3.5 / 1000), rel=0.02)


def test_nobody_to_hold_against_is_no_comparison() -> None:
    alone = arms(one(5, 1000), [], [], [])
    assert compare_rates(Shape.PROPORTION, alone, 50) is None
    assert compare_rates(Shape.PROPORTION, arms(one(5, 1000), one(1, 49), one(1, 49), []), 50) is None
    assert compare_rates(Shape.PROPORTION, arms([], one(5, 1000), [], []), 50) is None


def test_tenants_new_to_the_stage_make_it_one_pool() -> None:
    now: list[Cells] = [{"old": Tally(5, 500), "new": Tally(5, 500)}]
    past: list[Cells] = [{"old": Tally(10, 1000)}]
    others: list[Cells] = [{f"t{n}": Tally(10, 1000) for n in range(10)}]
    assert compared(arms(now, others, past, others)).design == "pooled_did"
    known: list[Cells] = [{"old": Tally(10, 1000), "new": Tally(10, 1000)}]
    assert compared(arms(now, others, known, others)).design == "tenant_did"


def windows(draw: random.Random, burst: float, count: int = 30) -> list[Cells]:
    return [{"all": Tally(poisson(draw, 20 * math.exp(draw.gauss(0, burst))), 4000)} for _ in range(count)]


def test_events_that_come_one_by_one_scatter_as_such_and_bursts_scatter_more() -> None:
    draw = random.Random(3)
    calm = [dispersion(Shape.PROPORTION, [spread(windows(draw, 0.0))]) for _ in range(40)]
    bursts = [dispersion(Shape.PROPORTION, [spread(windows(draw, 0.7))]) for _ in range(40)]
    assert sum(calm) / len(calm) < 1.3
    assert sum(bursts) / len(bursts) > 5
    assert min(calm) >= 1


def test_too_few_windows_tell_nothing_of_scatter() -> None:
    draw = random.Random(3)
    assert dispersion(Shape.PROPORTION, [spread(windows(draw, 3.0, count=5))]) == 1
    assert dispersion(Shape.MEAN, []) == 2.25


def test_scatter_is_not_taken_from_the_arm_that_is_judged() -> None:
    """A candidate that breaks half-way through would else be excused by its own breaking."""
    draw = random.Random(8)
    broken: list[Cells] = [{"all": Tally(binomial(draw, 1000, rate), 1000)} for rate in (0.005,) * 15 + (0.05,) * 15]
    calm: list[Cells] = [{"all": Tally(binomial(draw, 10_000, 0.005), 10_000)} for _ in range(30)]
    assert compared(arms(broken, calm, [], [])).interval(Z)[0] > 0.02


def counted(check: str, table: SeriesTable) -> dict[str, Tallies]:
    """What a shipped check reads of all series, by tenant."""
    watched = next(one for one in shipped(Checks(), None) if one.check.name == check)
    places = with_tenants({}, (tenant for _, tenant, _ in table.keys))
    found = watched.cells(Placed(table, range(len(table)), places))
    tallies = tallies_of(found, len(places))
    return {name: Tallies(*(row[place] for row in tallies)) for name, place in places.items() if found.there[place]}


def test_errors_cost_nothing_and_series_without_a_cost_are_left_out_with_their_requests() -> None:
    seen = Platform().seen()
    whole = SeriesTable.of(seen.series)
    with_cost, errors = counted("cost", whole), counted("errors", whole)
    assert with_cost["pilot0"].total == errors["pilot0"].total - errors["pilot0"].bad
    half = [
        series.model_copy(update={"cost_usd": None}) if series.stage == "global" else series for series in seen.series
    ]
    assert set(counted("cost", SeriesTable.of(half))) == {"probe", "pilot0", "pilot1", "pilot2"}
