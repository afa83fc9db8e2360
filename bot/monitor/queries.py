"""From the series an operator names to the PromQL that counts them over one window. Pure.

A window's count must add up with its neighbours' and must not miss what is new. `increase` does neither: it
extrapolates to the window's edges, and it drops a series' first sample, which is all there is of a model that has just
begun to answer. So each series is counted by what it shows at both ends:

- known at the start: last value less the value at the start; the value at the end alone after a reset, and `increase`
  (which adds up what is between several resets) where one is seen inside the window;
- not known at the start, on a target (`job`, `instance`) that was: from 0, the label set is new and so is its counter;
- on a target not seen before: by `increase`, since an old process may only just be scraped, with all its past in its
  counters.

The gauge of a quantile is counted by nothing. What it showed is read over the window a minute at a time and averaged,
over processes too; what is no quantile of anything (NaN, or 0, where there were no requests) is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.monitor.counted import OWN, OWN_LATENCY, QUANTILE, Count, is_histogram, is_quantile
from bot.monitor.reading import LATENCY
from bot.monitor.selectors import Selector, SelectorError, parse_selector
from bot.runbook.models.file import Runbook
from bot.runbook.models.sources import WINDOW, Metrics

_LOOKBACK = "5m"  # how old a value may be and still stand for the window's start: Prometheus's own staleness limit
_EXISTED = "1d"
_READINGS, _CLOSEST = 60, timedelta(seconds=1)
"""A gauge is read so many times a window, at least so far apart."""
_TAILS = frozenset({"0.95", ".95", "0.950"})
QUANTILE_LABEL = "quantile"
"""Tells a summary's quantiles apart."""
_MILLI = 1000
_HISTOGRAM_ENDINGS = ("_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Query:
    """One instant query, to be asked at the window's end; `by` are the labels its answer is grouped by."""

    count: str
    text: str
    by: tuple[str, ...]


def _written(metrics: Metrics) -> Iterator[tuple[str, str, str]]:
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
    for name, text in metrics.counters.items():
        yield OWN + name, f"counters.{name}", text
    for name, text in metrics.histograms.items():
        yield OWN_LATENCY + name, f"histograms.{name}", text
    if metrics.latency_quantile:
        yield QUANTILE + LATENCY, "latency_quantile", metrics.latency_quantile
    for name, text in metrics.quantiles.items():
        yield QUANTILE + name, f"quantiles.{name}", text


def _selector(count: str, text: str) -> Selector:
    selector = parse_selector(text)
    if not is_histogram(count) and count != Count.LATENCY_SUM:
        return selector
    ending = next((one for one in _HISTOGRAM_ENDINGS if selector.name.endswith(one)), "")
    base = selector.name.removesuffix(ending)
    return selector.renamed(base + ("_sum" if count == Count.LATENCY_SUM else "_bucket"))


def selectors(metrics: Metrics) -> dict[str, Selector]:
    """The series behind each count the runbook names; queries of one's own have none. Raises SelectorError."""
    return {count: _selector(count, text) for count, _, text in _written(metrics) if WINDOW not in text}


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


def readings_of(selector: Selector, window: timedelta, by: tuple[str, ...]) -> str:
    """The query that reads a quantile's gauge over the window that ends at the time it is asked for."""
    step = max(window / _READINGS, _CLOSEST)
    shown = f"(({selector} > 0) < Inf)[{length(window)}:{length(step)}]"
    return f"avg by ({', '.join(by)}) (avg_over_time({shown}))"


def queries(metrics: Metrics, window: timedelta) -> tuple[Query, ...]:
    """One query for each count the runbook names. Raises SelectorError."""
    beside = _selector(Count.REQUESTS, metrics.requests)
    return tuple(_query(metrics, count, text, window, beside) for count, _, text in _written(metrics))


def _query(metrics: Metrics, count: str, text: str, window: timedelta, beside: Selector) -> Query:
    by = grouping(metrics)
    if WINDOW in text:
        return Query(count, text.replace(WINDOW, length(window)), by)
    if is_quantile(count):
        labels = (*by, QUANTILE_LABEL)
        return Query(count, readings_of(_selector(count, text), window, labels), labels)
    labels = (*by, "le") if is_histogram(count) else by
    return Query(count, increase_of(_selector(count, text), window, labels, beside=beside), labels)


def may_never_happen(count: str) -> bool:
    """Whether the count's series may rightly have nothing to show."""
    return count in {Count.ERRORS, Count.RETRIES, Count.INVALID_TOOL_CALLS} or count.startswith(OWN)


def existence(selector: Selector) -> str:
    """The query that answers something when the series has existed in the last day, whatever its labels."""
    return f"count(last_over_time({selector.name}[{_EXISTED}]))"


def problems(metrics: Metrics) -> list[str]:
    """What is wrong with the series written in `metrics:`, one line each, field first; empty when nothing is."""
    found: list[str] = []
    for count, field, text in _written(metrics):
        if count == Count.LATENCY_SUM:
            continue
        try:
            query = _query(metrics, count, text, timedelta(minutes=5), parse_selector("up"))
        except SelectorError as error:
            found.append(f"metrics.{field}: {error}")
            continue
        reason = query_problem(query.text) or (_ungrouped(query) if WINDOW in text else "")
        reason = reason or (_not_the_tail(text) if field == "latency_quantile" else "")
        if reason:
            found.append(f"metrics.{field}: {text!r} {reason}")
    return found


def _sum_of(count: str) -> str:
    return "an avg" if is_quantile(count) else "a sum"


def query_problems(runbook: Runbook) -> list[str]:
    """What is wrong with the series and queries of a whole runbook, one line each, field first."""
    found = problems(runbook.metrics) if runbook.metrics is not None else []
    blocks = [("checks", runbook.checks)]
    blocks += [(f"slots.{name}.checks", slot.checks) for name, slot in runbook.slots.items() if slot.checks is not None]
    for path, checks in blocks:
        for name, rules in checks.by_name.items():
            if rules.query is not None:
                text = rules.query.replace(WINDOW, "5m")
                if reason := query_problem(text):
                    found.append(f"{path}.by_name.{name}.query: {rules.query!r} {reason}")
    return found + [
        f"slots.{slot}.stages.{stage}: the workers' query {workers.query!r} {reason}"
        for slot, written in runbook.slots.items()
        for stage, block in written.stages.items()
        for workers in (target.workers for target in block.places)
        if workers is not None and workers.query is not None
        if (reason := query_problem(workers.query.replace(WINDOW, "5m")))
    ]


def query_problem(text: str) -> str:
    """Why Prometheus would not take the query; empty when it would."""
    import promql_parser

    try:
        promql_parser.parse(text)
    except ValueError as error:
        return f"makes no query Prometheus would take: {error}"
    return ""


def _not_the_tail(text: str) -> str:
    """Why a summary's quantile is not the one the shipped check is about."""
    if WINDOW in text:
        return ""
    named = [one.value for one in parse_selector(text).matchers if one.label == QUANTILE_LABEL and one.operator == "="]
    if not named or named[0] in _TAILS:
        return ""
    return "is another quantile than the 95th; name it in `quantiles`, with a check of its own (kind: latency)"


def _ungrouped(query: Query) -> str:
    """Why rows of a query of one's own cannot be told apart: every label that says whose they are has to be kept."""
    import promql_parser

    parsed = promql_parser.parse(query.text)
    while isinstance(parsed, promql_parser.ParenExpr):
        parsed = parsed.expr
    if not isinstance(parsed, promql_parser.AggregateExpr) or parsed.modifier is None:
        what = f"has to be {_sum_of(query.count)} by ({', '.join(query.by)}) (...)"
        return f"{what}, so that it can be told whose figures they are"
    kept = {str(label) for label in parsed.modifier.labels}
    missing = [label for label in query.by if label not in kept]
    if parsed.modifier.type != promql_parser.AggModifierType.By or missing:
        return f"has to group by ({', '.join(query.by)}): {', '.join(missing) or 'without'} is not enough"
    return ""
