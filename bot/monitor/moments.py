"""Means of which the spread is known too: counts, sums and sums of squares, which can be added up like tallies."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison
from bot.monitor.rates import compare_rates
from bot.monitor.tallies import Cells, Shape, Tally

SPREAD_CHANGED = 2.0
"""A standard deviation this many times the other arm's, in either direction, is another distribution."""
_LEAST = 1e-12
"""Numbers that are all the same scatter by nothing; a bound needs something."""
FEWEST_FOR_SPREAD = 30
"""Numbers of an arm below which its spread is no figure."""


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


MomentCells = Mapping[str, Moments]
"""One window of one arm: tenant -> moments."""


def gathered(cells: MomentCells) -> Moments:
    """All tenants in one."""
    return sum(cells.values(), Moments())


def relative_variance(windows: Iterable[MomentCells]) -> float:
    """The variance of single numbers around their tenant's mean, over the squared mean; 0 where nothing is told."""
    tenants: dict[str, Moments] = {}
    for cells in windows:
        for tenant, moments in cells.items():
            tenants[tenant] = tenants.get(tenant, Moments()) + moments
    around = math.fsum(one.around_mean for one in tenants.values())
    squared_means = math.fsum(one.sum * one.mean for one in tenants.values())
    return around / squared_means if squared_means > 0 else 0.0


def compare_means(arms: Arms[Moments], fewest: float) -> Comparison | None:
    """The candidate's mean over what the current model would have shown, by the designs of `rates`.

    The scatter of single numbers is that of the arm that has more of it: a few dear requests are as likely in the
    other one. None as for rates.
    """
    rest = [*arms.current, *arms.current_past, *arms.candidate_past]
    least = max(relative_variance(arms.candidate), relative_variance(rest))
    return compare_rates(Shape.MEAN, arms.each(_tallied), fewest, max(least, _LEAST))


def _tallied(cells: MomentCells) -> Cells:
    return {tenant: Tally(one.sum, one.count) for tenant, one in cells.items()}


def spread_changed(arms: Arms[Moments]) -> bool:
    """Whether the numbers spread so differently from the other arm's that equal means would not make them alike."""
    ours = _deviation(arms.candidate)
    theirs = _deviation([*arms.current, *arms.current_past, *arms.candidate_past])
    if ours is None or theirs is None:
        return False
    return max(ours, theirs) > SPREAD_CHANGED * min(ours, theirs)


def _deviation(windows: Sequence[MomentCells]) -> float | None:
    whole = sum((gathered(cells) for cells in windows), Moments())
    return math.sqrt(whole.around_mean / (whole.count - 1)) if whole.count >= FEWEST_FOR_SPREAD else None
