"""What is watched in a stage: the checks the product brings along, changed as a runbook says, and a runbook's own.

Here a check meets the counts it is read from; how it judges them is `checks`' business.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from bot.monitor.arms import Arms
from bot.monitor.checks import Check, Schedule, evaluate, within_limit, worst_tenant
from bot.monitor.histogram import histograms_of
from bot.monitor.kinds import Kind, Means, Numbers, Rates, Tail, Value
from bot.monitor.model import Series
from bot.monitor.moments import Moments
from bot.monitor.reasons import Reason
from bot.monitor.sequential import Spending
from bot.monitor.tallies import COST, ERRORS, RETRIES, TOOLS, Quantity, Shape, Tally, cells_of
from bot.rotation.evidence import CheckResult, Dimension, Verdict
from bot.runbook.models.checks import PLAIN_TOTALS, SHIPPED, CheckRules, NamedCheck
from bot.runbook.models.limits import Backstop, Checks
from bot.runbook.models.sources import Metrics

Windows = Sequence[Sequence[Series]]
"""One arm's series, window by window."""
Read = Callable[[Iterable[Series]], Mapping[str, Any]]
"""What a check counts in one window's series, by tenant; series without it are left out."""

_KINDS: Final[dict[str, Kind[Any]]] = {
    "ratio": Rates(Shape.PROPORTION),
    "latency": Tail(),
    "mean": Means(),
    "value": Numbers(),
}
_UNITS: Final = {"ratio": "share", "latency": "s"}
_SLOW: Final = frozenset({Dimension.COST})
"""What moves slowly: its alpha is spent late."""
NOBODYS: Final = "all"
"""The tenant a value is filed under: it is nobody's in particular."""


@dataclass(frozen=True)
class Seen:
    """All that was seen of both arms: over the counted windows, and before; `fair` where the control is one.

    `same_hours` are the candidate's windows a cycle before the counted ones; `numbers` what values came to in each
    counted window, by the check's name.
    """

    candidate: Windows
    current: Windows
    candidate_past: Windows
    current_past: Windows
    fair: bool
    same_hours: Windows = ()
    numbers: Sequence[Mapping[str, float]] = ()


@dataclass(frozen=True)
class Watched:
    """A check, and how it is read from the platform's series; one without `read` is a number asked for at each look."""

    check: Check
    read: Read | None = None

    def result(self, seen: Seen, schedule: Schedule) -> CheckResult:
        """What the check says of all that was seen."""
        if self.read is not None:
            return evaluate(self.check, self.arms(seen), schedule)
        name = self.check.name
        windows = [{NOBODYS: numbers[name]} if name in numbers else {} for numbers in seen.numbers]
        found = within_limit(self.check, windows)
        unread = found.reason in {Reason.NO_SERIES, Reason.SILENT}
        return found.model_copy(update={"reason": Reason.UNREAD.value}) if unread else found

    def worst(self, seen: Seen, schedule: Schedule) -> CheckResult | None:
        """The tenant whose errors have most surely got worse; of other checks none."""
        return worst_tenant(self.check, self.arms(seen), schedule) if self.read is not None else None

    def arms(self, seen: Seen) -> Arms[Any]:
        """The check's own counts of all that was seen."""
        sides = (seen.candidate, seen.current, seen.candidate_past, seen.current_past, seen.same_hours)
        candidate, current, before, others_before, same_hours = ([*map(self.cells, side)] for side in sides)
        return Arms(candidate, current, before, others_before, fair=seen.fair, same_hours=same_hours)

    def cells(self, series: Iterable[Series]) -> Mapping[str, Any]:
        """One window's counts by tenant; none of a number."""
        return self.read(series) if self.read is not None else {}

    def value(self, series: Sequence[Series]) -> Value | None:
        """One window's figure."""
        return self.check.kind.value(self.cells(series))


def watched(limits: Checks) -> tuple[Watched, ...]:
    """Every check of a stage: those the product brings along, then the runbook's own, in the order of the file."""
    changes = limits.by_name
    brought = (
        replace(one, check=changed(one.check, changes[one.check.name])) if one.check.name in changes else one
        for one in shipped(limits)
    )
    return (*brought, *(own(name, rules) for name, rules in changes.items() if name not in SHIPPED))


def shipped(limits: Checks) -> tuple[Watched, ...]:
    """Every check the product brings along, with the runbook's margins and limits."""
    invalid = Backstop(limit=1 - limits.tool_validity_min)
    retried = Backstop(limit=limits.retry_rate_max)
    check = partial(Check, fewest=limits.min_requests)
    errors = check("errors", Dimension.ERRORS, "share", _rates(ERRORS), limits.errors_margin, limits.errors_backstop)
    latency = check("latency", Dimension.LATENCY, "s", Tail(), limits.latency_margin, limits.latency_backstop_s)
    late = Spending.OBRIEN_FLEMING
    cost = check("cost", Dimension.COST, "USD", _rates(COST), limits.cost_margin, spending=late)
    tools = check("tools", Dimension.TOOLS, "share", _rates(TOOLS), limits.tools_margin, invalid)
    retries = check("retries", Dimension.TOOLS, "per request", _rates(RETRIES), limits.tools_margin, retried)
    return (
        Watched(errors, partial(cells_of, ERRORS)),
        Watched(latency, histograms_of),
        Watched(cost, partial(cells_of, COST)),
        Watched(tools, partial(cells_of, TOOLS)),
        Watched(retries, partial(cells_of, RETRIES)),
    )


def _rates(quantity: Quantity) -> Rates:
    return Rates(quantity.shape)


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
        warm_up=written.warm_up,
        no_data=written.no_data,
        silent_looks=(written.k, written.n),
    )


def own(name: str, rules: CheckRules) -> Watched:
    """A check of the runbook's own."""
    check, figures = check_of(rules.named(name)), rules.figures
    match rules.kind:
        case "ratio":
            bad, total = figures["bad"], figures["total"]
            return Watched(check, partial(cells_of, _quantity(name, Shape.PROPORTION, bad, total)))
        case "latency":
            return Watched(
                check, partial(histograms_of, read=lambda series: series.own_latency.get(figures["histogram"]))
            )
        case "mean" if rules.sum_squares is None:
            # A counter of a sum says nothing of how it spreads over what was summed up.
            quantity = _quantity(name, Shape.MEAN, figures["sum"], figures["count"])
            return Watched(replace(check, kind=Rates(Shape.MEAN)), partial(cells_of, quantity))
        case "mean":
            return Watched(check, partial(_moments, figures))
        case _:
            return Watched(check)


def _figure(series: Series, name: str) -> float | None:
    return getattr(series, name) if name in PLAIN_TOTALS else series.own.get(name)


def _quantity(name: str, shape: Shape, bad: str, total: str) -> Quantity:
    def read(series: Series) -> Tally | None:
        over, under = _figure(series, bad), _figure(series, total)
        return None if over is None or under is None else Tally(over, under)

    return Quantity(name, shape, read)


def _moments(figures: Mapping[str, str], series: Iterable[Series]) -> dict[str, Moments]:
    cells: dict[str, Moments] = {}
    for one in series:
        count, total, squares = (_figure(one, figures[part]) for part in ("count", "sum", "sum_squares"))
        if count is not None and total is not None and squares is not None:
            cells[one.tenant] = cells.get(one.tenant, Moments()) + Moments(count, total, squares)
    return cells


def measured(metrics: Metrics | None, limits: Checks) -> frozenset[str]:
    """The checks whose figures the runbook names. Without a `metrics` block only numbers asked elsewhere are."""
    mine = {name for name, rules in limits.by_name.items() if name not in SHIPPED}
    if metrics is None:
        return frozenset(name for name in mine if limits.by_name[name].kind == "value")
    written = {
        "latency": metrics.latency,
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
