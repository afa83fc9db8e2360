"""What is counted of a series, by name: the counts the product knows, and those an operator named. Pure.

A count's name is the field of `Series` it stands in, or `own.NAME` or `own_latency.NAME` for the operator's own;
`quantile.NAME` is none, but a gauge of which no count can be made. This is the one place that knows where a count
stands; sources and adders go by names.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from bot.monitor.model import Series

OWN, OWN_LATENCY, QUANTILE = "own.", "own_latency.", "quantile."
ABSENT_TENANT = "all"

Key = tuple[str, str, str]
"""Stage, tenant, model."""
Buckets = Mapping[str, float]
"""A histogram: upper bound in seconds, as written -> cumulative count."""


class Count(StrEnum):
    """What the product counts, by the name of its field in `Series`."""

    REQUESTS = "requests"
    ERRORS = "errors"
    LATENCY = "latency"
    LATENCY_SUM = "latency_sum_s"
    COST = "cost_usd"
    TOOL_CALLS = "tool_calls"
    INVALID_TOOL_CALLS = "invalid_tool_calls"
    RETRIES = "retries"


def is_histogram(count: str) -> bool:
    """Whether the count is one of buckets."""
    return count == Count.LATENCY or count.startswith(OWN_LATENCY)


def is_quantile(count: str) -> bool:
    """Whether it is the gauge of a quantile: of several none is the sum, and none is the difference of two."""
    return count.startswith(QUANTILE)


def is_own(count: str) -> bool:
    """Whether the operator named the count."""
    return count.startswith((OWN, OWN_LATENCY))


def values_of(series: Series) -> Iterator[tuple[str, float]]:
    """Every single number the series has, by its count's name."""
    for count in Count:
        value = None if count is Count.LATENCY else getattr(series, count.value)
        if value is not None:
            yield count, value
    for name, value in series.own.items():
        yield OWN + name, value
    for name, value in series.quantiles.items():
        yield QUANTILE + name, value


def histograms_in(series: Series) -> Iterator[tuple[str, Buckets]]:
    """Every histogram the series has, by its count's name."""
    if series.latency is not None:
        yield Count.LATENCY, series.latency
    for name, buckets in series.own_latency.items():
        yield OWN_LATENCY + name, buckets


def series_of(key: Key, values: Mapping[str, float], histograms: Mapping[str, Buckets]) -> Series:
    """The series with these counts; a count without a value is one the source does not have."""
    stage, tenant, model = key
    known: dict[str, Any] = {name: values[name] for name in Count if name in values}
    latency = histograms.get(Count.LATENCY)
    return Series(
        stage=stage,
        tenant=tenant,
        model=model,
        **{Count.REQUESTS.value: 0.0, Count.ERRORS.value: 0.0, **known},
        latency=None if latency is None else dict(latency),
        own={name.removeprefix(OWN): value for name, value in values.items() if name.startswith(OWN)},
        own_latency={
            name.removeprefix(OWN_LATENCY): dict(buckets)
            for name, buckets in histograms.items()
            if name.startswith(OWN_LATENCY)
        },
        quantiles={name.removeprefix(QUANTILE): value for name, value in values.items() if name.startswith(QUANTILE)},
    )
