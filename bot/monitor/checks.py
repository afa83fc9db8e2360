"""The checks of a bake: what each one reads, how far it may move, and what it says at one look.

Every result carries both arms' figures, their counts, the interval, the limit and the rule that decided.

A failed guardrail is one of several that could have failed by chance, so they share the alpha by which the lower bound
of harm is drawn. A pass needs every guardrail at once, and is no likelier than its least likely part: the upper bound
is drawn by the whole alpha (an intersection-union test: Berger 1982). Both hold at every look.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.monitor.arms import Design
from bot.monitor.comparison import Comparison
from bot.monitor.histogram import histograms_of, pool
from bot.monitor.latency import TAIL, TimedSides, compare_latency
from bot.monitor.model import HealthReport, Series
from bot.monitor.rates import Sides, compare_rates
from bot.monitor.reasons import Reason
from bot.monitor.sequential import Level, Spending, level_of
from bot.monitor.tallies import COST, ERRORS, RETRIES, TOOLS, Quantity, cells_of, pooled
from bot.rotation.evidence import CheckResult, Dimension, Verdict
from bot.runbook.models.limits import Backstop, Checks
from bot.runbook.models.sources import Metrics

Windows = Sequence[Sequence[Series]]
"""One arm's series, window by window."""


@dataclass(frozen=True)
class Seen:
    """All a check looks at: both arms over the counted windows and before; `concurrent` where the control is fair."""

    candidate: Windows
    current: Windows
    candidate_past: Windows
    current_past: Windows
    concurrent: bool
    had_control: bool


@dataclass(frozen=True)
class Value:
    """One window's figure of the candidate's arm, and what it rests on."""

    figure: float
    total: float


@dataclass(frozen=True)
class Check:
    """One guardrail: its margin on the harm, its absolute limit, and how it is measured."""

    name: str
    dimension: Dimension
    unit: str
    spending: Spending
    margin: float
    backstop: Backstop | None
    value: Callable[[Sequence[Series]], Value | None]
    compare: Callable[[Seen, float], Comparison | None]


def _rate_check(
    quantity: Quantity,
) -> tuple[Callable[[Sequence[Series]], Value | None], Callable[..., Comparison | None]]:
    def value(series: Sequence[Series]) -> Value | None:
        cells = cells_of(quantity, series)
        total = pooled(cells)
        return Value(total.rate, total.total) if cells else None

    def compare(seen: Seen, fewest: float) -> Comparison | None:
        arms = (seen.candidate, seen.current, seen.candidate_past, seen.current_past)
        sides = Sides(*([cells_of(quantity, window) for window in arm] for arm in arms))
        return compare_rates(quantity.shape, sides, fewest, concurrent=seen.concurrent)

    return value, compare


def _tail(series: Sequence[Series]) -> Value | None:
    if all(one.latency is None for one in series):
        return None
    times = pool(histograms_of(series))
    return Value(times.least(TAIL) if times.total else 0.0, times.total)


def _compare_tail(seen: Seen, fewest: float) -> Comparison | None:
    arms = (seen.candidate, seen.current, seen.candidate_past, seen.current_past)
    sides = TimedSides(*([histograms_of(window) for window in arm] for arm in arms))
    return compare_latency(sides, fewest, concurrent=seen.concurrent)


def checks_of(limits: Checks) -> tuple[Check, ...]:
    """Every statistical check there is, with the runbook's margins and limits."""
    invalid = Backstop(limit=1 - limits.tool_validity_min)
    retried = Backstop(limit=limits.retry_rate_max)
    harm, slow = Spending.POCOCK, Spending.OBRIEN_FLEMING
    return (
        Check(
            "errors",
            Dimension.ERRORS,
            "share",
            harm,
            limits.errors_margin,
            limits.errors_backstop,
            *_rate_check(ERRORS),
        ),
        Check(
            "latency",
            Dimension.LATENCY,
            "s",
            harm,
            limits.latency_margin,
            limits.latency_backstop_s,
            _tail,
            _compare_tail,
        ),
        Check("cost", Dimension.COST, "USD", slow, limits.cost_margin, None, *_rate_check(COST)),
        Check("tools", Dimension.TOOLS, "share", harm, limits.tools_margin, invalid, *_rate_check(TOOLS)),
        Check("retries", Dimension.TOOLS, "per request", harm, limits.tools_margin, retried, *_rate_check(RETRIES)),
    )


def named(metrics: Metrics | None) -> frozenset[str]:
    """The checks whose series the runbook names. Without a `metrics` block none is."""
    if metrics is None:
        return frozenset()
    written = {
        "latency": metrics.latency,
        "cost": metrics.cost,
        "tools": metrics.tool_calls and metrics.invalid_tool_calls,
        "retries": metrics.retries,
    }
    return frozenset({"errors", *(name for name, series in written.items() if series)})


def unmeasured(check: Check) -> CheckResult:
    """The result of a check the runbook names no series for: reported, holding nothing up."""
    return CheckResult(
        name=check.name,
        dimension=check.dimension,
        role="report",
        verdict=Verdict.INCONCLUSIVE,
        reason=Reason.NO_SERIES,
        unit=check.unit,
    )


def evaluate(check: Check, seen: Seen, limits: Checks, *, look: int, planned: int, guardrails: int) -> CheckResult:
    """What the check says at the `look`-th counted look, over all counted windows so far."""
    values = [value for window in seen.candidate if (value := check.value(window)) is not None]
    counted = sum(value.total for value in values)
    levels = Levels(
        level_of(check.spending, alpha=limits.alpha, guardrails=guardrails, look=look, planned=planned),
        level_of(check.spending, alpha=limits.alpha, guardrails=1, look=look, planned=planned),
    )
    comparison = check.compare(seen, limits.min_requests) if counted else None
    result = _described(check, comparison, levels)
    result = _with(result, {"n_candidate": counted})
    if broken := _broken(check.backstop, values, limits.min_requests):
        update = {
            "verdict": Verdict.FAIL,
            "reason": Reason.BEYOND_LIMIT,
            "rule": broken,
            "candidate": values[-1].figure,
        }
        return _with(result, update)
    if not values:
        return _with(result, {"reason": Reason.NO_SERIES})
    if counted < limits.min_requests:
        return _with(result, {"reason": Reason.TOO_FEW_REQUESTS})
    if comparison is None:
        reason = Reason.TOO_FEW_REQUESTS if seen.had_control and seen.concurrent else Reason.NO_PAST
        return _with(result, {"reason": reason})
    return _with(result, _decided(check, comparison, levels))


@dataclass(frozen=True)
class Levels:
    """How far out the two bounds lie: the lower one, which fails, and the upper one, which passes."""

    fail: Level
    succeed: Level

    def interval(self, comparison: Comparison) -> tuple[float, float]:
        """The bounds of harm."""
        return comparison.interval(self.fail.z)[0], comparison.interval(self.succeed.z)[1]


def _described(check: Check, comparison: Comparison | None, levels: Levels) -> CheckResult:
    result = CheckResult(
        name=check.name,
        dimension=check.dimension,
        verdict=Verdict.INCONCLUSIVE,
        unit=check.unit,
        margin=check.margin,
        limit=check.backstop.limit if check.backstop else None,
    )
    if comparison is None:
        return result
    low, high = levels.interval(comparison)
    return result.model_copy(
        update={
            "rule": f"{comparison.design} {levels.fail.rule}",
            "candidate": comparison.candidate,
            "current": comparison.current,
            "difference": comparison.harm(),
            "interval": (_finite(low), _finite(high)),
            "n_current": comparison.n_expected,
        },
    )


def _with(result: CheckResult, changes: Mapping[str, object]) -> CheckResult:
    return CheckResult.model_validate({**dict(result), **changes})


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _decided(check: Check, comparison: Comparison, levels: Levels) -> dict[str, object]:
    low, high = levels.interval(comparison)
    no_past = comparison.design in {Design.CONCURRENT, Design.CONCURRENT_TENANTS}
    if low > check.margin:
        return {"verdict": Verdict.FAIL, "reason": Reason.BEYOND_MARGIN}
    if high < check.margin:
        return {"verdict": Verdict.PASS, "reason": Reason.NO_PAST if no_past else ""}
    if check.name == "latency" and math.isinf(high):
        return {"reason": Reason.BEYOND_BUCKETS}
    return {"reason": Reason.NOT_ENOUGH_EVIDENCE}


def _broken(backstop: Backstop | None, values: Sequence[Value], fewest: float) -> str:
    """The rule that fired, empty while fewer than k of the last n windows are beyond the limit."""
    if backstop is None:
        return ""
    recent = values[-backstop.n :]
    beyond = sum(value.total >= fewest and value.figure > backstop.limit for value in recent)
    return f"backstop {beyond}/{len(recent)}" if beyond >= backstop.k else ""


def attribution(total: float, share: float, limit: float) -> CheckResult:
    """Whether the configured model answered, in one window of `total` requests of which it did not answer `share`."""
    reason = Reason.NO_REQUESTS if not total else Reason.ANSWERED_BY_ANOTHER_MODEL if share > limit else ""
    return CheckResult(
        name="attribution",
        dimension=Dimension.ATTRIBUTION,
        verdict=Verdict.INCONCLUSIVE if reason else Verdict.PASS,
        reason=reason,
        rule="answered by another model",
        unit="share",
        candidate=share if total else None,
        limit=limit,
        n_candidate=total,
    )


def health(report: HealthReport | None, *, named_in_runbook: bool) -> CheckResult:
    """The platform's own word. Without an endpoint in the runbook it is reported as not measured."""
    result = CheckResult(
        name="health", dimension=Dimension.HEALTH, verdict=Verdict.INCONCLUSIVE, rule="health endpoint"
    )
    if report is not None:
        if report.healthy:
            return _with(result, {"verdict": Verdict.PASS})
        return _with(result, {"reason": Reason.UNHEALTHY})
    if named_in_runbook:
        return _with(result, {"reason": Reason.HEALTH_UNKNOWN})
    return _with(result, {"role": "report", "reason": Reason.NO_SERIES})
