"""Counts that can be added up: so many bad of so many, tenant by tenant, and how unevenly they fall.

A cost is a tally too: dollars over the requests they were paid for. Nothing here knows of arms, margins or looks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np

from bot.monitor.added import Added, Mask, Row

_FEWEST_FREEDOMS = 10
_PRIOR_FREEDOMS = 10
_COST_VARIANCE = 2.25
ROWS: Final = 5
"""Bad, total; bad in windows with a total, and how many of those; windows."""

Figure = Any
"""A float, or an array of them: the arithmetic is the same for one arm and for each of its tenants."""


def over(one: Figure, other: Figure) -> Figure:
    """One over the other; 0 where the other is not above 0."""
    there = other > 0
    return np.where(there, one / np.where(there, other, 1.0), 0.0)


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


class Tallies(NamedTuple):
    """Tallies of several tenants, by column."""

    bad: Row
    total: Row

    def where(self, kept: Mask) -> "Tallies":
        """Those of some of the tenants."""
        return Tallies(self.bad[kept], self.total[kept])

    @property
    def pooled(self) -> Tally:
        """All tenants in one."""
        return Tally(float(self.bad.sum()), float(self.total.sum()))

    @property
    def collapsed(self) -> "Tallies":
        """All tenants as one."""
        return Tallies(self.bad.sum(keepdims=True), self.total.sum(keepdims=True))


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

    def variance(self, bad: Figure, total: Figure) -> Figure:
        """The variance of `bad` over `total` at a dispersion of 1: itself for counts, its square over n for a mean."""
        return over(bad * bad, total) if self is Shape.MEAN else bad


def counted(bad: Row, total: Row, there: Row) -> Added:
    """One window's rows; `there` says which tenants had such counts at all, be they 0."""
    rows, some = np.empty((ROWS, len(bad))), total > 0
    rows[0], rows[1], rows[3], rows[4] = bad, total, some, there > 0
    np.multiply(bad, some, out=rows[2])
    squares = np.zeros((1, len(bad)))
    np.divide(bad * bad, total, out=squares[0], where=some)
    return Added(rows, squares)


def others_of(added: Added) -> Added:
    """What was not bad, counted in its place: of a share near 1 its complement is what scatters as events do."""
    if not len(added.rows):
        return added
    rows = added.rows.copy()
    rows[0], rows[2] = np.maximum(0.0, rows[1] - rows[0]), np.maximum(0.0, rows[1] - rows[2])
    squares = added.rows[1] - 2 * added.rows[2] + added.squares if len(added.squares) else added.squares
    return replace(added, rows=rows, squares=squares)


def gathered(cells: Mapping[str, Tally], places: Mapping[str, int]) -> Added:
    """One window's rows from tallies by tenant."""
    at = [places[tenant] for tenant in cells]
    columns = np.zeros((3, len(places)))
    columns[0, at] = [one.bad for one in cells.values()]
    columns[1, at] = [one.total for one in cells.values()]
    columns[2, at] = 1
    return counted(*columns)


def tallies_of(added: Added, tenants: int) -> Tallies:
    """What was bad of how many, of so many tenants."""
    return Tallies(*added.sized(ROWS, tenants)[:2])


class Spread(NamedTuple):
    """What tells how unevenly one arm's tallies fall: sums over the windows in which a tenant had a total."""

    bad: Row
    total: Row
    squares: Row
    within: Row
    windows: Row


def spread_of(added: Added) -> Spread:
    """How an arm's tallies fall."""
    rows = added.sized(ROWS, added.tenants)
    return Spread(rows[0], rows[1], added.squares[0] if len(added.squares) else rows[0], rows[2], rows[3])


def dispersion(shape: Shape, arms: Iterable[Spread], least: float | None = None) -> float:
    """How much more the counts scatter from window to window, within a tenant, than independent events would.

    Pearson's chi-square over its degrees of freedom, pooled over tenants and arms (McCullagh and Nelder 1989, 4.5),
    never below `least` (the shape's own scatter unless given); only that where there are too few windows to tell. What
    few windows show above it counts for a part: taken whole, chance alone would show a fifth too much at eleven.

    A tenant's sum over windows of (b - r n)^2 / v, with r its rate over all of them, is written out so that sums of b,
    n and b^2 / n are all it takes: v is r n for counts, r^2 n for a mean.
    """
    least = shape.scatter if least is None else least
    together = [np.concatenate(rows) for rows in zip(*arms, strict=True)]
    if not together:
        return least
    seen = (together[0] > 0) & (together[1] > 0)
    bad, total, of_squares, within, windows = (row[seen] for row in together)
    rate = bad / total
    chi = of_squares / rate - 2 * within + rate * total
    squares = float((chi / rate if shape is Shape.MEAN else chi).clip(0).sum())
    freedoms = float(windows.sum()) - len(windows)
    if freedoms < _FEWEST_FREEDOMS:
        return least
    above = squares / freedoms - least
    return least + max(0.0, above) * freedoms / (freedoms + _PRIOR_FREEDOMS)
