"""Series by column: read as a sequence they are what they were made of, and kept they are the same to the last bit."""

import math
from array import array

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.model import Observation, Series
from bot.monitor.packed import joined, packed_table, table_from, taken_apart
from bot.monitor.table import SeriesTable, column, having

NUMBERS = st.one_of(st.integers(0, 2**40).map(float), st.floats(0, 1e15), st.just(0.1))
BUCKETS = st.dictionaries(st.sampled_from(("0.5", "1", "2.5", "+Inf")), NUMBERS)
SERIES = st.builds(
    Series,
    stage=st.sampled_from(("pilots", "global")),
    tenant=st.sampled_from(("all", "acme", "ünï")),
    model=st.sampled_from(("old", "new")),
    requests=NUMBERS,
    errors=NUMBERS,
    latency=st.none() | BUCKETS,
    latency_sum_s=st.none() | NUMBERS,
    cost_usd=st.none() | NUMBERS,
    tool_calls=st.none() | NUMBERS,
    invalid_tool_calls=st.none() | NUMBERS,
    retries=st.none() | NUMBERS,
    own=st.dictionaries(st.sampled_from(("cut", "tokens")), NUMBERS),
    own_latency=st.dictionaries(st.sampled_from(("first", "whole")), BUCKETS),
)


@given(st.lists(SERIES, max_size=6))
def test_a_table_is_the_series_it_was_made_of_also_once_it_was_kept(series: list[Series]) -> None:
    table = SeriesTable.of(series)
    assert list(table) == series
    assert table == series
    assert list(table_from(packed_table(table))) == series
    assert [table[at] for at in range(-len(series), 0)] == series
    assert list(table[1:]) == series[1:]
    assert list(table.only(range(0, len(series), 2))) == series[::2]
    for row, one in enumerate(series):
        assert table.has("cost_usd", row) is (one.cost_usd is not None)
        assert table.has("latency", row) is (one.latency is not None)


def test_sums_leave_out_series_that_have_no_such_count() -> None:
    rows = [Series(stage="s", model="m", requests=2, errors=0, retries=retries) for retries in (1.0, None, 2.5)]
    assert SeriesTable.of(rows).sum_of("retries") == 3.5
    assert SeriesTable.of(rows).sum_of("tool_calls") == 0


def test_a_histogram_that_every_series_has_may_have_nothing_in_it() -> None:
    bounds = {"1": array("d", [3, math.nan]), "+Inf": array("d", [4, math.nan])}
    keys = [("s", "a", "m"), ("s", "b", "m")]
    table = SeriesTable(keys, {"requests": column(2, 1), "errors": column(2, 0)}, {"latency": having(2, bounds)})
    assert [one.latency for one in table] == [{"1": 3, "+Inf": 4}, {}]
    assert table.buckets("latency") == bounds


def test_a_window_takes_a_table_as_it_is_and_looks_at_rows_one_by_one() -> None:
    row = Series(stage="s", model="m", requests=1, errors=0)
    times = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z"}
    table = SeriesTable.of([row])
    assert Observation.model_validate({**times, "series": table}).series is table
    assert list(Observation.model_validate({**times, "series": [row.model_dump()]}).series) == [row]
    with pytest.raises(ValueError, match="series"):
        Observation.model_validate({**times, "series": [{"stage": "s"}]})


@given(st.lists(st.lists(st.floats(allow_nan=False), min_size=1, max_size=5), max_size=5))
def test_columns_are_kept_exactly_in_as_few_bytes_as_they_need(columns: list[list[float]]) -> None:
    header, found = taken_apart(joined({"a": 1}, [np.array(one) for one in columns]))
    assert (header, [one.tolist() for one in found]) == ({"a": 1}, columns)


def test_counts_take_a_byte_or_two_and_what_is_the_same_throughout_takes_none() -> None:
    def size(numbers: list[float]) -> int:
        return len(joined({}, [np.array(numbers)])) - len(joined({}, [np.array([0.0])]))

    assert size([float(number % 200) for number in range(1000)]) == pytest.approx(1000, abs=20)
    assert size([float(number) for number in range(1000)]) == pytest.approx(2000, abs=20)
    assert size([number / 7 for number in range(1000)]) == pytest.approx(8000, abs=20)
    assert size([400.0] * 1000) < 20
