"""Counts that can be added up: so many bad of so many, by tenant and window, and how unevenly they fall.

A cost is a tally too: dollars over the requests they were paid for. Nothing here knows of arms, margins or looks.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.monitor.model import Series

_FEWEST_FREEDOMS = 10
_PRIOR_FREEDOMS = 10
_COST_VARIANCE = 2.25


@dataclass(frozen=True, slots=True)
class Tally:
    """`bad` events (or dollars) over `total` requests (or tool calls)."""

    bad: float = 0.0
    total: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.bad + other.bad, self.total + other.total)

    @property
    def rate(self) -> float:
        """Bad per total; 0 where there is nothing."""
        return self.bad / self.total if self.total else 0.0


Cells = Mapping[str, Tally]
"""One window of one arm: tenant -> tally."""


class Shape(StrEnum):
    """What kind of number a tally's rate is; it decides how far from the truth the rate may be."""

    PROPORTION = "proportion"
    RATE = "rate"
    MEAN = "mean"

    @property
    def scatter(self) -> float:
        """The least dispersion there is.

        A counter of dollars says nothing of how they spread over requests, so a coefficient of variation of 1.5 is
        assumed of a mean until the tenants' own windows show more.
        """
        return _COST_VARIANCE if self is Shape.MEAN else 1.0

    def variance(self, bad: float, total: float) -> float:
        """The variance of `bad` over `total` at a dispersion of 1: itself for counts, its square over n for a mean."""
        if self is Shape.MEAN:
            return bad * bad / total if total else 0.0
        return bad


@dataclass(frozen=True)
class Quantity:
    """One thing that is counted, and how it is read from a series (None: the series has no such count)."""

    name: str
    shape: Shape
    read: Callable[[Series], Tally | None]


def _errors(series: Series) -> Tally:
    return Tally(series.errors, series.requests)


def _cost(series: Series) -> Tally | None:
    # Per answered request: an error costs little or nothing, and more errors must not make a model look cheap.
    return None if series.cost_usd is None else Tally(series.cost_usd, max(0.0, series.requests - series.errors))


def _tools(series: Series) -> Tally | None:
    if series.tool_calls is None or series.invalid_tool_calls is None:
        return None
    return Tally(series.invalid_tool_calls, series.tool_calls)


def _retries(series: Series) -> Tally | None:
    return None if series.retries is None else Tally(series.retries, series.requests)


ERRORS = Quantity("errors", Shape.PROPORTION, _errors)
COST = Quantity("cost", Shape.MEAN, _cost)
TOOLS = Quantity("tools", Shape.PROPORTION, _tools)
RETRIES = Quantity("retries", Shape.RATE, _retries)


def cells_of(quantity: Quantity, series: Iterable[Series]) -> Cells:
    """The quantity's tallies by tenant; series without it are left out with their requests."""
    cells: dict[str, Tally] = {}
    for one in series:
        tally = quantity.read(one)
        if tally is not None:
            cells[one.tenant] = cells.get(one.tenant, Tally()) + tally
    return cells


def by_tenant(windows: Sequence[Cells]) -> dict[str, Tally]:
    """The tallies of several windows added up, tenant by tenant."""
    added: dict[str, Tally] = {}
    for cells in windows:
        for tenant, tally in cells.items():
            added[tenant] = added.get(tenant, Tally()) + tally
    return added


def pooled(cells: Cells) -> Tally:
    """All tenants in one."""
    return sum(cells.values(), Tally())


def dispersion(shape: Shape, arms: Iterable[Sequence[Cells]], least: float | None = None) -> float:
    """How much more the counts scatter from window to window, within a tenant, than independent events would.

    Pearson's chi-square over its degrees of freedom, pooled over tenants and arms (McCullagh and Nelder 1989, 4.5),
    never below `least` (the shape's own scatter unless given); only that where there are too few windows to tell. What
    few windows show above it counts for a part: taken whole, chance alone would show a fifth too much at eleven.
    """
    least = shape.scatter if least is None else least
    squares, freedoms = 0.0, 0
    for windows in arms:
        for tenant, total in by_tenant(windows).items():
            if total.bad <= 0:
                continue
            seen = [cells[tenant] for cells in windows if tenant in cells and cells[tenant].total > 0]
            expected = [(tally, total.rate * tally.total) for tally in seen]
            squares += math.fsum(
                (tally.bad - mean) ** 2 / shape.variance(mean, tally.total) for tally, mean in expected
            )
            freedoms += len(seen) - 1
    if freedoms < _FEWEST_FREEDOMS:
        return least
    above = squares / freedoms - least
    return least + max(0.0, above) * freedoms / (freedoms + _PRIOR_FREEDOMS)
