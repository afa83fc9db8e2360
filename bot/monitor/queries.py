"""From the series an operator names to the PromQL that counts them over one window. Pure.

A window's count must add up with its neighbours' and must not miss what is new. `increase` does neither: it
extrapolates to the window's edges, and it drops a series' first sample, which is all there is of a model that has just
begun to answer. So each series is counted by what it shows at both ends:

- known at the start: last value less the value at the start; the value at the end alone after a reset, and `increase`
  (which adds up what is between several resets) where one is seen inside the window;
- not known at the start, on a target (`job`, `instance`) that was: from 0, the label set is new and so is its counter;
- on a target not seen before: by `increase`, since an old process may only just be scraped, with all its past in its
  counters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.monitor.selectors import Selector, SelectorError, parse_selector
from bot.runbook.models.sources import Metrics

_LOOKBACK = "5m"  # how old a value may be and still stand for the window's start: Prometheus's own staleness limit
_EXISTED = "1d"
_MILLI = 1000
_HISTOGRAM_ENDINGS = ("_bucket", "_sum", "_count")


class Count(StrEnum):
    """What is counted, by the name of its field in `Series`."""

    REQUESTS = "requests"
    ERRORS = "errors"
    LATENCY = "latency"
    LATENCY_SUM = "latency_sum_s"
    COST = "cost_usd"
    TOOL_CALLS = "tool_calls"
    INVALID_TOOL_CALLS = "invalid_tool_calls"
    RETRIES = "retries"


@dataclass(frozen=True)
class Query:
    """One instant query, to be asked at the window's end; `by` are the labels its answer is grouped by."""

    count: Count
    text: str
    by: tuple[str, ...]


def _written(metrics: Metrics) -> Iterator[tuple[Count, str, str]]:
    """What is counted, the field of the file it is written in, and what is written there."""
    yield Count.REQUESTS, "requests", metrics.requests
    yield Count.ERRORS, "errors", metrics.errors
    optional = (
        (Count.LATENCY, "latency", metrics.latency),
        (Count.LATENCY_SUM, "latency", metrics.latency),
        (Count.COST, "cost", metrics.cost),
        (Count.TOOL_CALLS, "tool_calls", metrics.tool_calls),
        (Count.INVALID_TOOL_CALLS, "invalid_tool_calls", metrics.invalid_tool_calls),
        (Count.RETRIES, "retries", metrics.retries),
    )
    for count, field, text in optional:
        if text:
            yield count, field, text


def _selector(count: Count, text: str) -> Selector:
    selector = parse_selector(text)
    if count not in {Count.LATENCY, Count.LATENCY_SUM}:
        return selector
    ending = next((one for one in _HISTOGRAM_ENDINGS if selector.name.endswith(one)), "")
    base = selector.name.removesuffix(ending)
    return selector.renamed(base + ("_bucket" if count is Count.LATENCY else "_sum"))


def selectors(metrics: Metrics) -> dict[Count, Selector]:
    """The series behind each count the runbook names. Raises SelectorError."""
    return {count: _selector(count, text) for count, _, text in _written(metrics)}


def grouping(metrics: Metrics) -> tuple[str, ...]:
    """The labels that say stage, tenant and model, as far as the runbook names them."""
    labels = metrics.labels
    return tuple(label for label in (labels.stage, labels.tenant, labels.model) if label)


def length(window: timedelta) -> str:
    """A PromQL duration, to the millisecond."""
    milliseconds = max(1, round(window / timedelta(milliseconds=1)))
    return f"{milliseconds}ms" if milliseconds % _MILLI else f"{milliseconds // _MILLI}s"


def increase_of(selector: Selector, window: timedelta, by: tuple[str, ...], *, beside: Selector) -> str:
    """The query that counts a counter over the window that ends at the time it is asked for.

    A target is known when it showed this counter, or the one it stands `beside`, at the window's start.
    """
    over = length(window)
    now = f"last_over_time({selector}[{over}])"
    then = f"last_over_time({selector}[{_LOOKBACK}] offset {over})"
    grown = f"increase({selector}[{over}])"
    names = dict.fromkeys((selector.name, beside.name))
    known = " or ".join(f"last_over_time({name}[{_LOOKBACK}] offset {over})" for name in names)
    was_reset = f"(resets({selector}[{over}]) > 0)"
    branches = (
        f"(({now} - {then}) >= 0) unless {was_reset}",
        f"{grown} and {was_reset} and {then}",
        f"{now} and ({now} < {then})",
        f"({now} unless {then}) and on (job, instance) ({known})",
        f"{grown} unless {then}",
    )
    return f"sum by ({', '.join(by)}) (" + " or ".join(f"({branch})" for branch in branches) + ")"


def queries(metrics: Metrics, window: timedelta) -> tuple[Query, ...]:
    """One query for each count the runbook names. Raises SelectorError."""
    by = grouping(metrics)
    made = []
    named = selectors(metrics)
    for count, selector in named.items():
        labels = (*by, "le") if count is Count.LATENCY else by
        text = increase_of(selector, window, labels, beside=named[Count.REQUESTS])
        made.append(Query(count, text, labels))
    return tuple(made)


MAY_NEVER_HAPPEN = frozenset({Count.ERRORS, Count.RETRIES, Count.INVALID_TOOL_CALLS})
"""Counts whose series may rightly have nothing to show."""


def existence(selector: Selector) -> str:
    """The query that answers something when the series has existed in the last day, whatever its labels."""
    return f"count(last_over_time({selector.name}[{_EXISTED}]))"


def problems(metrics: Metrics) -> list[str]:
    """What is wrong with the series written in `metrics:`, one line each, field first; empty when nothing is."""
    import promql_parser

    found: list[str] = []
    for count, field, text in _written(metrics):
        if count is Count.LATENCY_SUM:
            continue
        try:
            selector = _selector(count, text)
            query = increase_of(selector, timedelta(minutes=5), grouping(metrics), beside=selector)
        except SelectorError as error:
            found.append(f"metrics.{field}: {error}")
            continue
        try:
            promql_parser.parse(query)
        except ValueError as error:
            found.append(f"metrics.{field}: {text!r} makes no query Prometheus would take: {error}")
    return found
