"""A figure read again and again, of which nobody knows how sure each reading is: how far their mean may be off.

How sure a reading is can only be told from how the readings scatter. What follows on each other is alike, so their
number counts for less (by the first-order autocorrelation, its bias in short series put right: Marriott and Pope 1954);
and since the scatter is estimated, too, bounds go by Student's t.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.monitor.comparison import Bounds
from bot.student import t_quantile

_MOST_ALIKE: Final = 0.95
"""Readings more alike than this are as good as one reading."""
_DOUBT: Final = 1.5
"""By so many of its own standard errors (1 over the root of the readings) the likeness is taken for more than it shows:
few readings show next to nothing of it, and readings taken for independent that are not raise false alarms."""
_LEAST: Final = 0.01**2
"""Of a reading's variance on the log scale: a summary errs by a hundredth even where it never changes."""
_FEWEST_FREEDOMS: Final = 2.0
"""With fewer degrees of freedom a bound says nothing."""
_FARTHEST: Final = 8.0
"""Standard errors from which on a planned look says nothing: `sequential` asks for no more."""

Readings = NDArray[np.float64]
"""In the order of time, one series or a column each; NaN where there is none."""


@dataclass(frozen=True)
class Scatter:
    """The variance of one reading, and how many degrees of freedom it was told from.

    `alike` is how many readings that follow on each other say as much as one that stands alone; at least 1.
    """

    variance: float
    freedoms: float
    alike: float = 1.0

    def of_mean(self, readings: float) -> float:
        """The variance of the mean of so many of them."""
        return self.variance * min(self.alike, readings) / readings


UNKNOWN: Final = Scatter(math.inf, 0.0)
"""Of readings too few to tell."""


def scatter_of(stretches: Sequence[Readings]) -> Scatter:
    """How readings scatter around the mean of their stretch; `UNKNOWN` where there are too few to tell.

    Of a stretch with several columns each is one of its own.
    """
    count = means = 0
    squares = following = 0.0
    for stretch in stretches:
        columns = stretch if stretch.ndim > 1 else stretch[:, None]
        there = ~np.isnan(columns)
        each = there.sum(axis=0)
        mean = np.where(there, columns, 0.0).sum(axis=0) / np.maximum(each, 1)
        around = np.where(there, columns - mean, 0.0)
        count, means = count + int(each.sum()), means + int((each > 0).sum())
        squares += float((around * around).sum())
        following += float((around[1:] * around[:-1]).sum())
    if count - means < 1:
        return UNKNOWN
    seen = following / squares if squares else 0.0
    unbiased = seen + (1 + 3 * seen) * means / count
    same = min(max(unbiased, 0.0) + _DOUBT / math.sqrt(count), _MOST_ALIKE)
    alike = (1 + same) / (1 - same)
    freedoms = count / alike - means
    if freedoms <= 0:
        return UNKNOWN
    return Scatter(max(squares / (alike * freedoms), _LEAST), freedoms, alike)


def bounds_around(value: float, variance: float, freedoms: float, known: float = 0.0) -> Bounds:
    """Bounds as sure as those of a normal value so many standard errors out.

    `variance` is of what was estimated with those degrees of freedom, `known` of what comes on top of it.
    """

    def bounds(z: float) -> tuple[float, float]:
        estimated = _as_t(z, freedoms) * math.sqrt(variance) if variance else 0.0
        far = math.hypot(estimated, z * math.sqrt(known))
        return value - far, value + far

    return bounds


@lru_cache(maxsize=4096)
def _as_t(z: float, freedoms: float) -> float:
    """The t that is exceeded as rarely as `z`; infinite where nothing can be said."""
    if freedoms < _FEWEST_FREEDOMS or z >= _FARTHEST:
        return math.inf
    return -t_quantile(0.5 * math.erfc(z / math.sqrt(2)), freedoms)


@dataclass(frozen=True)
class Difference:
    """By how much the candidate's logarithms lie above what was to be expected, and how far that may be off."""

    by: float
    variance: float
    freedoms: float
    known: float = 0.0


def joined_freedoms(one: float, freedoms: float, other: float, others_freedoms: float) -> float:
    """The degrees of freedom of a sum of two estimated variances (Satterthwaite 1946)."""
    if not other:
        return freedoms
    if not math.isfinite(other):
        return 0.0
    return (one + other) ** 2 / (one * one / freedoms + other * other / others_freedoms)
