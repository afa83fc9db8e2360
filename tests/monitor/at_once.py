"""What windows come to, worked out from all of them at once and by definition: what the fold has to come to as well.

Plain sums over lists, tenant by tenant, from the series themselves; nothing here adds one window to those before it.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np  # noqa: TID253 (tests may be heavy)

from bot.monitor.added import NOTHING, Added
from bot.monitor.histogram import Histogram
from bot.monitor.histogram import histogram as risen
from bot.monitor.kinds import Kind, Means, Rates, Tail
from bot.monitor.model import Series
from bot.monitor.moments import Moments
from bot.monitor.tallies import Tally

Windows = Sequence[Mapping[str, Any]]


def rates_at_once(cells: Sequence[Tally]) -> tuple[list[float], list[float]]:
    """One tenant's rows of tallies, and the squares."""
    seen = [one for one in cells if one.total > 0]
    whole = [math.fsum(one.bad for one in cells), math.fsum(one.total for one in cells)]
    rows = [*whole, math.fsum(one.bad for one in seen), len(seen), len(cells)]
    return rows, [math.fsum(one.bad**2 / one.total for one in seen)]


def means_at_once(cells: Sequence[Moments]) -> tuple[list[float], list[float]]:
    rows, squares = rates_at_once([Tally(one.sum, one.count) for one in cells])
    return [math.fsum(one.squares for one in cells), *rows], squares


def times_at_once(cells: Sequence[Histogram], bounds: Sequence[float]) -> tuple[list[float], list[float]]:
    timed = [one for one in cells if one.total > 0]
    have = {bound: [one for one in timed if bound in one.bounds] for bound in bounds}
    counts = [math.fsum(one.counts[one.bounds.index(bound)] for one in have[bound]) for bound in bounds]
    lacks = [len(timed) - len(have[bound]) for bound in bounds]
    squares = [math.fsum(one.above(bound) ** 2 / one.total for one in have[bound]) for bound in bounds]
    return [*counts, *lacks, math.fsum(one.total for one in timed), len(timed)], squares


def at_once(kind: Kind, windows: Windows, places: Mapping[str, int], *, squares: bool = True) -> Added:
    """All windows of one arm."""
    each = {tenant: [window[tenant] for window in windows if tenant in window] for tenant in places}
    bounds: list[float] = []
    match kind:
        case Rates():
            found = {tenant: rates_at_once(cells) for tenant, cells in each.items()}
        case Means():
            found = {tenant: means_at_once(cells) for tenant, cells in each.items()}
        case Tail():
            timed = [one for cells in each.values() for one in cells if one.total > 0]
            bounds = sorted({bound for one in timed for bound in one.bounds})
            found = {tenant: times_at_once(cells, bounds) for tenant, cells in each.items()}
        case _:
            raise AssertionError(kind)
    if not any(each.values()) or (isinstance(kind, Tail) and not bounds):
        return NOTHING
    rows = np.array([found[tenant][0] for tenant in places], dtype=float).T
    told = np.array([found[tenant][1] for tenant in places], dtype=float).T
    return Added(rows, told, tuple(bounds)) if squares else Added(rows, bounds=tuple(bounds))


Read = Callable[[Series], Any]


def by_tenant(series: Iterable[Series], read: Read) -> dict[str, Any]:
    """What each tenant's series come to in one window; those without such a count are left out."""
    cells: dict[str, Any] = {}
    for one in series:
        counted = read(one)
        if counted is not None:
            cells[one.tenant] = cells[one.tenant] + counted if one.tenant in cells else counted
    return cells


def _costs(one: Series) -> Tally | None:
    return None if one.cost_usd is None else Tally(one.cost_usd, max(0.0, one.requests - one.errors))


def _tools(one: Series) -> Tally | None:
    if one.tool_calls is None or one.invalid_tool_calls is None:
        return None
    return Tally(one.invalid_tool_calls, one.tool_calls)


def _times(buckets: Mapping[str, float] | None) -> Histogram | None:
    times = risen({float(bound): count for bound, count in (buckets or {}).items()})
    return times if times.total > 0 else None


def _lengths(one: Series) -> Moments | None:
    names = ("answers", "length", "squared")
    return Moments(*(one.own[name] for name in names)) if all(name in one.own for name in names) else None


READ: dict[str, Read] = {
    "errors": lambda one: Tally(one.errors, one.requests),
    "latency": lambda one: _times(one.latency),
    "cost": _costs,
    "tools": _tools,
    "retries": lambda one: None if one.retries is None else Tally(one.retries, one.requests),
    "truncated": lambda one: Tally(one.own["cut"], one.requests) if "cut" in one.own else None,
    "length": _lengths,
    "first": lambda one: _times(one.own_latency.get("first")),
}
"""Each check of `tests.monitor.test_running`, as it is read from one series."""
