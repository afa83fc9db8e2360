import math
from statistics import NormalDist

import pytest

from bot.monitor.histogram import Histogram, histogram, histograms_of, merged, pool
from bot.monitor.model import Series


def series(latency: dict[str, float] | None, tenant: str = "acme") -> Series:
    return Series(stage="pilots", tenant=tenant, model="m", requests=10, errors=0, latency=latency)


TIMES = histogram({"0.5": 10, "1": 60, "+Inf": 100, "2": 90})


def test_bounds_are_put_in_order_however_they_are_written() -> None:
    assert Histogram((0.5, 1.0, 2.0, math.inf), (10, 60, 90, 100)) == TIMES
    assert histogram({"1.0": 1, "5e-1": 0, "+Inf": 2}) == Histogram((0.5, 1.0, math.inf), (0, 1, 2))


def test_without_a_series_there_is_none() -> None:
    assert histograms_of([series(None), series({"+Inf": 0})]) == {}


@pytest.mark.parametrize(("rank", "seconds"), [(0.1, 0.5), (0.6, 1.0), (0.9, 2.0), (0.95, math.inf)])
def test_a_bound_is_the_quantile_of_its_count(rank: float, seconds: float) -> None:
    assert TIMES.at(rank) == pytest.approx(seconds)


@pytest.mark.parametrize("bounds", [(0.5, 1.0, 2.5, 5.0, 10.0), (0.64, 1.28, 2.56, 5.12, 10.24)])
@pytest.mark.parametrize("sigma", [0.35, 0.6, 1.0])
def test_a_ratio_of_quantiles_is_right_however_wide_the_buckets(bounds: tuple[float, ...], sigma: float) -> None:
    def seconds(median: float) -> float:
        counts = [1e6 * NormalDist().cdf(math.log(bound / median) / sigma) for bound in bounds]
        return Histogram((*bounds, math.inf), (*counts, 1e6)).at(0.95)

    for step in range(30):
        median = 0.5 * 1.03**step
        for ratio in (1.1, 1.25, 1.6):
            assert seconds(ratio * median) / seconds(median) == pytest.approx(ratio, rel=0.06)


@pytest.mark.parametrize("counts", [(0, 0, 10, 10), (10, 10, 10, 10), (0, 1, 1, 1)])
def test_nobody_beyond_a_bucket_is_no_infinity(counts: tuple[float, ...]) -> None:
    times = Histogram((1.0, 2.0, 4.0, math.inf), counts)
    values = [times.at(rank / 100) for rank in range(1, 101)]
    assert values == sorted(values)
    assert values[0] > 0
    assert values[-1] <= 4.0


def test_of_a_quantile_beyond_the_last_bound_that_much_is_known() -> None:
    assert TIMES.least(0.95) > 2.0
    assert TIMES.least(0.95) == pytest.approx(2.0)
    assert TIMES.least(0.9) == pytest.approx(2.0)


def test_empty_buckets_are_passed_over() -> None:
    assert 2.0 < Histogram((1.0, 2.0, 4.0, math.inf), (0, 0, 10, 20)).at(0.25) < 4.0


def test_counts_that_fall_from_bucket_to_bucket_are_made_to_rise() -> None:
    assert histogram({"1": 12, "2": 10, "+Inf": 20}) == Histogram((1.0, 2.0, math.inf), (12, 12, 20))


def test_histograms_add_up_by_the_bounds_both_have() -> None:
    old = Histogram((1.0, 2.0, math.inf), (1, 2, 3))
    new = Histogram((0.5, 2.0, 8.0, math.inf), (10, 20, 25, 30))
    assert old + old == Histogram((1.0, 2.0, math.inf), (2, 4, 6))
    assert old + new == Histogram((2.0, math.inf), (22, 33))
    assert old + Histogram() == Histogram() + old == old


def test_tenants_and_windows_are_added_up() -> None:
    window = histograms_of(
        [series({"1": 1, "+Inf": 2}, "a"), series({"1": 3, "+Inf": 4}, "b"), series({"1": 1, "+Inf": 1}, "a")]
    )
    assert window["a"].counts == (2, 3)
    both = merged([window, window])
    assert both["b"].counts == (6, 8)
    assert pool(both).counts == (10, 14)
