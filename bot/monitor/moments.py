"""Means of which the spread is known too: counts, sums and sums of squares, which can be added up like tallies."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.monitor import tallies
from bot.monitor.added import Added, Row
from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison
from bot.monitor.rates import compare_rates
from bot.monitor.tallies import Shape, over

SPREAD_CHANGED = 2.0
"""A standard deviation this many times the other arm's, in either direction, is another distribution."""
_LEAST = 1e-12
"""Numbers that are all the same scatter by nothing; a bound needs something."""
FEWEST_FOR_SPREAD = 30
"""Numbers of an arm below which its spread is no figure."""
ROWS: Final = tallies.ROWS + 1
"""The sum of squares, then the rows of a tally: the sum over how many numbers."""


@dataclass(frozen=True, slots=True)
class Moments:
    """How many numbers there are, their sum, and the sum of their squares."""

    count: float = 0.0
    sum: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.count + other.count, self.sum + other.sum, self.squares + other.squares)

    @property
    def mean(self) -> float:
        """Their mean; 0 where there are none."""
        return self.sum / self.count if self.count else 0.0

    @property
    def around_mean(self) -> float:
        """The sum of the squared distances from their mean."""
        return max(0.0, self.squares - self.sum * self.mean)


def counted(count: Row, total: Row, squares: Row, there: Row) -> Added:
    """One window's rows; `there` says which tenants had such numbers at all."""
    tally = tallies.counted(total, count, there)
    return Added(np.vstack([squares, tally.rows]), tally.squares)


def gathered(cells: Mapping[str, Moments], places: Mapping[str, int]) -> Added:
    """One window's rows from moments by tenant."""
    columns = np.zeros((4, len(places)))
    for tenant, one in cells.items():
        columns[:, places[tenant]] = one.count, one.sum, one.squares, 1
    return counted(*columns)


def tallied(added: Added) -> Added:
    """The rows of sums over how many, as of a tally."""
    return Added(added.rows[1:], added.squares) if len(added.rows) else added


def whole(added: Added) -> Moments:
    """All tenants in one."""
    squares, total, count = added.sized(ROWS, added.tenants)[:3].sum(axis=1).tolist()
    return Moments(count, total, squares)


def relative_variance(added: Added) -> float:
    """The variance of single numbers around their tenant's mean, over the squared mean; 0 where nothing is told."""
    squares, total, count = added.sized(ROWS, added.tenants)[:3]
    of_means = over(total * total, count)
    around = float(np.maximum(0.0, squares - of_means).sum())
    squared_means = float(of_means.sum())
    return around / squared_means if squared_means > 0 else 0.0


def _rest(arms: Arms) -> Added:
    """Every arm but the one that is judged, in one."""
    return arms.current + arms.current_past + arms.candidate_past


def compare_means(arms: Arms, fewest: float) -> Comparison | None:
    """The candidate's mean over what the current model would have shown, by the designs of `rates`.

    The scatter of single numbers is that of the arm that has more of it: a few dear requests are as likely in the
    other one. None as for rates.
    """
    least = max(relative_variance(arms.candidate), relative_variance(_rest(arms)))
    return compare_rates(Shape.MEAN, arms.each(tallied), fewest, max(least, _LEAST))


def spread_changed(arms: Arms) -> bool:
    """Whether the numbers spread so differently from the other arm's that equal means would not make them alike."""
    ours, theirs = _deviation(arms.candidate), _deviation(_rest(arms))
    if ours is None or theirs is None:
        return False
    return max(ours, theirs) > SPREAD_CHANGED * min(ours, theirs)


def _deviation(added: Added) -> float | None:
    one = whole(added)
    return math.sqrt(one.around_mean / (one.count - 1)) if one.count >= FEWEST_FOR_SPREAD else None
