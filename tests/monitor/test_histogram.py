import math
from statistics import NormalDist

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest

from bot.monitor.added import Added
from bot.monitor.histogram import Histogram, Histograms, gathered
from bot.monitor.histogram import histogram as risen
from bot.monitor.model import Series
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.table import SeriesTable


def series(latency: dict[str, float] | None, tenant: str = "acme") -> Series:
    return Series(stage="pilots", tenant=tenant, model="m", requests=10, errors=0, latency=latency)


def histogram(written: dict[str, float]) -> Histogram:
    return risen({float(bound): count for bound, count in written.items()})


def read(rows: list[Series]) -> tuple[Added, dict[str, int]]:
    """Each tenant's histograms in one window, and the tenants' columns."""
    table = SeriesTable.of(rows)
    places = with_tenants({}, (one.tenant for one in rows))
    return Placed(table, range(len(rows)), places).histograms("latency"), places


TIMES = histogram({"0.5": 10, "1": 60, "+Inf": 100, "2": 90})


def test_bounds_are_put_in_order_however_they_are_written() -> None:
    assert Histogram((0.5, 1.0, 2.0, math.inf), (10, 60, 90, 100)) == TIMES
    assert histogram({"1.0": 1, "5e-1": 0, "+Inf": 2}) == Histogram((0.5, 1.0, math.inf), (0, 1, 2))


def test_without_a_series_there_is_none() -> None:
    assert not read([series(None), series({"+Inf": 0})])[0].there.any()


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
    window, places = read(
        [series({"1": 1, "+Inf": 2}, "a"), series({"1": 3, "+Inf": 4}, "b"), series({"1": 1, "+Inf": 1}, "a")]
    )
    assert Histograms.of(window, 2).counts[:, places["a"]].tolist() == [2, 3]
    both = Histograms.of(window + window, 2)
    assert both.counts[:, places["b"]].tolist() == [6, 8]
    assert both.pooled.counts == (10, 14)


def test_bounds_a_deployment_changed_are_added_up_by_those_all_windows_had() -> None:
    """Whatever the order: one tenant has both sets of bounds, one the old, one the new."""
    old, new = {"1": 1.0, "2": 2.0, "+Inf": 3.0}, {"0.5": 10.0, "2": 20.0, "8": 25.0, "+Inf": 30.0}
    places = {"a": 0, "b": 1, "c": 2}
    first = Placed(SeriesTable.of([series(old, "a"), series(old, "b")]), range(2), places).histograms("latency")
    second = Placed(SeriesTable.of([series(new, "a"), series(new, "c")]), range(2), places).histograms("latency")
    for whole in (first + second, second + first):
        times = Histograms.of(whole, 3)
        assert times.pooled == Histogram((2.0, math.inf), (44, 66))
        for place, alone in enumerate((histogram(old) + histogram(new), histogram(old), histogram(new))):
            for rank in (0.05, 0.3, 0.5, 0.9):
                assert times.at(rank)[place] == pytest.approx(alone.at(rank))


@pytest.mark.parametrize("counts", [(0, 0, 10, 10), (10, 10, 10, 10), (0, 1, 1, 1), (3, 3, 50, 80)])
def test_a_column_of_tenants_is_read_as_each_of_them_is(counts: tuple[float, ...]) -> None:
    alone = Histogram((1.0, 2.0, 4.0, math.inf), counts)
    names = {f"t{number}": number for number in range(100)}
    times = Histograms.of(gathered(dict.fromkeys(names, alone), names), 100)
    ranks = np.arange(1, 101) / 100
    assert times.at(ranks).tolist() == pytest.approx([alone.at(rank) for rank in ranks])
