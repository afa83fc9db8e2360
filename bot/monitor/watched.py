"""What is watched in a stage: the checks the product brings along, changed as a runbook says, and a runbook's own.

Here a check meets the counts it is read from; how it judges them is `checks`' business.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bot.monitor.added import NOTHING, Added
from bot.monitor.checks import Check, within_limit
from bot.monitor.counted import OWN, OWN_LATENCY, QUANTILE, Count
from bot.monitor.kinds import Kind, Means, Numbers, Rates, Tail, Value
from bot.monitor.placed import Placed
from bot.monitor.quantiles import Readings
from bot.monitor.reading import LATENCY
from bot.monitor.reasons import Reason
from bot.monitor.sequential import Spending
from bot.monitor.tallies import Shape
from bot.rotation.evidence import CheckResult, Dimension, Verdict
from bot.runbook.models.checks import PLAIN_TOTALS, SHIPPED, WORDS, CheckRules, NamedCheck
from bot.runbook.models.limits import Backstop, Checks
from bot.runbook.models.sources import Metrics

Read = Callable[[Placed], Added]
"""What a check counts in one arm's part of a window, by tenant; series without it are left out."""

_KINDS: Final[dict[str, Kind]] = {
    "ratio": Rates(Shape.PROPORTION),
    "latency": Tail(),
    "mean": Means(),
    "value": Numbers(),
}
_UNITS: Final = {"ratio": "share", "latency": "s"}
_SLOW: Final = frozenset({Dimension.COST})
"""What moves slowly: its alpha is spent late."""


@dataclass(frozen=True)
class Watched:
    """A check, and how it is read from the platform's series; one without `read` is a number asked for at each look."""

    check: Check
    read: Read | None = None

    def cells(self, part: Placed) -> Added:
        """One arm's counts in a window; none of a number."""
        return self.read(part) if self.read is not None else NOTHING

    def value(self, part: Placed) -> Value | None:
        """One arm's figure in a window."""
        return self.check.kind.value(self.cells(part))


def of_numbers(check: Check, figures: tuple[Value | None, ...]) -> CheckResult:
    """What a check says that is asked for a number at each look."""
    found = within_limit(check, figures)
    unread = found.reason in {Reason.NO_SERIES, Reason.SILENT}
    return found.model_copy(update={"reason": Reason.UNREAD.value}) if unread else found


def watched(limits: Checks, metrics: Metrics | None) -> tuple[Watched, ...]:
    """Every check of a stage: those the product brings along, then the runbook's own, in the order of the file."""
    changes = limits.by_name
    brought = (
        replace(one, check=changed(one.check, changes[one.check.name])) if one.check.name in changes else one
        for one in shipped(limits, metrics)
    )
    mine = {name: rules for name, rules in changes.items() if name not in SHIPPED and rules.kind not in WORDS}
    return (*brought, *(own(name, rules) for name, rules in mine.items()))


def shipped(limits: Checks, metrics: Metrics | None) -> tuple[Watched, ...]:
    """Every check the product brings along, with the runbook's margins and limits.

    Latency is read from a histogram, unless `metrics` names a quantile for it.
    """
    ready_made = metrics is not None and metrics.latency_quantile is not None
    invalid = Backstop(limit=1 - limits.tool_validity_min)
    retried = Backstop(limit=limits.retry_rate_max)
    check = partial(Check, fewest=limits.min_requests)
    share, rate, mean = Rates(Shape.PROPORTION), Rates(Shape.RATE), Rates(Shape.MEAN)
    errors = check("errors", Dimension.ERRORS, "share", share, limits.errors_margin, limits.errors_backstop)
    latency = check("latency", Dimension.LATENCY, "s", Tail(), limits.latency_margin, limits.latency_backstop_s)
    read_latency = partial(Placed.histograms, name=Count.LATENCY)
    if ready_made:
        latency, read_latency = replace(latency, kind=Readings()), partial(Placed.readings, name=QUANTILE + LATENCY)
    cost = check("cost", Dimension.COST, "USD", mean, limits.cost_margin, spending=Spending.OBRIEN_FLEMING)
    tools = check("tools", Dimension.TOOLS, "share", share, limits.tools_margin, invalid)
    retries = check("retries", Dimension.TOOLS, "per request", rate, limits.tools_margin, retried)
    return (
        Watched(errors, partial(Placed.tallies, bad=Count.ERRORS, total=Count.REQUESTS)),
        Watched(latency, read_latency),
        Watched(cost, Placed.costs),
        Watched(tools, partial(Placed.tallies, bad=Count.INVALID_TOOL_CALLS, total=Count.TOOL_CALLS)),
        Watched(retries, partial(Placed.tallies, bad=Count.RETRIES, total=Count.REQUESTS)),
    )


def changed(check: Check, rules: CheckRules) -> Check:
    """A shipped check with what a runbook changes of it."""
    before = check.backstop
    k = rules.k or (before.k if before else 2)
    n = max(k, rules.n or (before.n if before else 3))
    limit = rules.limit if rules.limit is not None else before.limit if before else None
    return replace(
        check,
        role=rules.role or check.role,
        margin=check.margin if rules.margin is None else rules.margin,
        backstop=None if limit is None else Backstop(limit=limit, k=k, n=n),
        fewest=rules.min_samples or check.fewest,
        warm_up=rules.warm_up or 0,
        no_data=rules.no_data or "hold",
        silent_looks=(k, n),
    )


def check_of(written: NamedCheck) -> Check:
    """The check a line of a file describes."""
    dimension = Dimension(written.about)
    dollars = "USD" if written.kind == "mean" and dimension is Dimension.COST else ""
    return Check(
        name=written.name,
        dimension=dimension,
        unit=written.unit or _UNITS.get(written.kind, dollars),
        kind=_KINDS[written.kind],
        margin=written.allowed,
        backstop=None if written.limit is None else Backstop(limit=written.limit, k=written.k, n=written.n),
        spending=Spending.OBRIEN_FLEMING if dimension in _SLOW else Spending.POCOCK,
        role=written.role,
        fewest=written.min_samples,
        less_is_worse=written.direction == "decrease",
        warm_up=0 if written.kind == "value" else written.warm_up,  # a number has no requests
        no_data=written.no_data,
        silent_looks=(written.k, written.n),
    )


def own(name: str, rules: CheckRules) -> Watched:
    """A check of the runbook's own."""
    check, named = check_of(rules.named(name)), {field: count_of(one) for field, one in rules.figures.items()}
    match rules.kind:
        case "ratio":
            return Watched(check, partial(Placed.tallies, bad=named["bad"], total=named["total"]))
        case "latency" if rules.quantile is not None:
            read = partial(Placed.readings, name=QUANTILE + rules.quantile)
            return Watched(replace(check, kind=Readings()), read)
        case "latency":
            return Watched(check, partial(Placed.histograms, name=OWN_LATENCY + rules.figures["histogram"]))
        case "mean" if rules.sum_squares is None:
            # A counter of a sum says nothing of how it spreads over what was summed up.
            read = partial(Placed.tallies, bad=named["sum"], total=named["count"])
            return Watched(replace(check, kind=Rates(Shape.MEAN)), read)
        case "mean":
            return Watched(
                check, partial(Placed.moments, count=named["count"], total=named["sum"], squares=named["sum_squares"])
            )
        case _:
            return Watched(check)


def count_of(name: str) -> str:
    """The count that is meant by a name in a runbook."""
    return name if name in PLAIN_TOTALS else OWN + name


def measured(metrics: Metrics | None, limits: Checks) -> frozenset[str]:
    """The checks whose figures the runbook names. Without a `metrics` block only numbers asked elsewhere are."""
    mine = {name for name, rules in limits.by_name.items() if name not in SHIPPED and rules.kind not in WORDS}
    if metrics is None:
        return frozenset(name for name in mine if limits.by_name[name].kind == "value")
    written = {
        "latency": metrics.latency or metrics.latency_quantile,
        "cost": metrics.cost,
        "tools": metrics.tool_calls and metrics.invalid_tool_calls,
        "retries": metrics.retries,
    }
    return frozenset({"errors", *(name for name, series in written.items() if series), *mine})


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
