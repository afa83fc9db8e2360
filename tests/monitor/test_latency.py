"""Response times compared: designs, drift of tenants, tails that come in bursts."""

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.monitor.arms import Arms
from bot.monitor.histogram import Histogram
from bot.monitor.latency import compare_latency, log_quantile
from tests.monitor.counting import of_times
from tests.monitor.world import binomial

HistogramCells = Mapping[str, Histogram]

BOUNDS = (0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2.4, 3.2, 4.8, 6.4, 12.8, 25.6, math.inf)
Z = 1.645


def histogram(draw: random.Random, requests: int, median: float) -> Histogram:
    counts, left, below = [], requests, 0.0
    for bound in BOUNDS[:-1]:
        share = 0.5 * math.erfc(-(math.log(bound / median) / 0.5) / math.sqrt(2))
        left -= binomial(draw, left, min(1.0, (share - below) / (1 - below)))
        below = share
        counts.append(float(requests - left))
    return Histogram(BOUNDS, (*counts, float(requests)))


def cells(draw: random.Random, medians: dict[str, float], requests: int = 3000) -> HistogramCells:
    return {tenant: histogram(draw, requests, median) for tenant, median in medians.items()}


def test_the_bounds_of_a_quantile_cover_it_as_often_as_they_say() -> None:
    draw, runs, covered = random.Random(1), 400, 0
    true = 1.0 * math.exp(0.5 * 1.6449)
    for _ in range(runs):
        low, high = log_quantile(histogram(draw, 2000, 1.0), 1.0).bounds(1.96)
        # Reading within a bucket is linear and the truth is not: one part in fifty is allowed for it.
        covered += low - 0.02 <= math.log(true) <= high + 0.02
    assert covered / runs >= 0.95


def test_a_ratio_is_found_and_covered() -> None:
    found, covered, runs = 0.0, 0, 60
    for seed in range(runs):
        draw = random.Random(seed)
        sides = of_times([cells(draw, {"a": 1.5})], [cells(draw, {"b": 1.0})], [], [])
        comparison = compare_latency(sides, 50)
        assert comparison is not None
        assert comparison.design == "concurrent"
        found += comparison.harm()
        low, high = comparison.interval(Z)
        covered += low < 0.5 < high
    assert found / runs == pytest.approx(0.5, abs=0.02)
    assert covered / runs >= 0.8


def alarm(seed: int, *, drift: float, ratio: float = 1.0) -> bool:
    draw = random.Random(seed)
    tenants = {f"t{number}": math.exp(draw.gauss(0, 0.3)) for number in range(20)}
    now = {name: median * math.exp(draw.gauss(0.2, drift)) for name, median in tenants.items()}
    pilots = ("t0", "t1", "t2")

    def arm(medians: dict[str, float], *, mine: bool) -> list[HistogramCells]:
        return [cells(draw, {name: median for name, median in medians.items() if (name in pilots) == mine})]

    now = {name: median * (ratio if name in pilots else 1) for name, median in now.items()}
    sides = of_times(arm(now, mine=True), arm(now, mine=False), arm(tenants, mine=True), arm(tenants, mine=False))
    comparison = compare_latency(sides, 50)
    assert comparison is not None
    assert comparison.design == "tenant_did"
    return comparison.interval(Z)[0] > 0


@pytest.mark.parametrize("drift", [0.0, 0.15])
def test_tenants_that_drift_are_the_units(drift: float) -> None:
    runs = 150
    assert sum(alarm(seed, drift=drift) for seed in range(runs)) / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert sum(alarm(seed, drift=drift, ratio=1.6) for seed in range(30)) >= 28


def test_a_tail_that_comes_in_bursts_is_believed_less() -> None:
    draw = random.Random(4)

    def past(spread: float) -> list[HistogramCells]:
        return [cells(draw, {"all": math.exp(draw.gauss(0, spread))}, 1000) for _ in range(20)]

    widths = []
    for spread in (0.0, 0.2):
        sides = of_times([cells(random.Random(9), {"all": 1.0}, 1000)], [], past(spread), [])
        comparison = compare_latency(replace(sides, fair=False), 50)
        assert comparison is not None
        low, high = comparison.interval(Z)
        widths.append(high - low)
    assert widths[1] > 1.5 * widths[0]


def test_with_nothing_to_hold_against_there_is_no_comparison() -> None:
    draw = random.Random(5)
    some = [cells(draw, {"all": 1.0})]
    few = [cells(draw, {"all": 1.0}, 20)]
    assert compare_latency(of_times(some, [], [], []), 50) is None
    assert compare_latency(of_times(some, some, fair=False), 50) is None
    assert compare_latency(of_times(some, few, few, []), 50) is None
    assert compare_latency(of_times([], some, some, some), 50) is None


def test_times_that_nobody_resolves_have_a_tail_all_the_same() -> None:
    """OpenTelemetry's buckets begin at 0 seconds; whole seconds that are counted lie there."""

    def sides(candidate: float, tenants: str) -> Arms:
        def one(at_once: float) -> HistogramCells:
            return {name: Histogram((0.0, 5.0, math.inf), (at_once, 1000.0, 1000.0)) for name in tenants}

        control = {name.upper(): cell for name, cell in one(1000.0).items()}
        return of_times([one(candidate)], [control], [one(1000.0)], [control])

    for tenants in ("a", "abcdef"):
        same, slower = (compare_latency(sides(at_once, tenants), 50) for at_once in (1000.0, 500.0))
        assert same is not None
        assert slower is not None
        assert (same.harm(), slower.interval(Z)[0] > 1) == (0, True)
