"""How far a sum of coming days may lie from what past days say: a prediction interval. Pure.

Days of one weekday cost alike, those of two need not; so where two whole weeks are known every weekday has a mean of
its own. What days scatter around these means says how far the coming ones will, and how well the means are known
(prediction of a sum: Hahn and Meeker 1991, 4.7). Days that follow on each other are not independent: the scatter of
sums is that of single days times (1 + r) / (1 - r), r being how much of a day's deviation the next one keeps.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.90
"""Two-sided: one forecast in twenty lies above its interval, one below."""
_MOST_KEPT: Final = 0.9
"""Of few days more than this cannot be told from a trend."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; None: nothing says how far it may lie off in that direction."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Unit:
    """What was seen in one stretch of the usual length: a figure a stretch, and its group (a weekday, say)."""

    figure: float
    group: int


def predicted(units: Sequence[Unit], ahead: Mapping[int, float]) -> Estimate | None:
    """The sum over what lies ahead, in usual stretches by group; `units` are in the order of time.

    None where nothing was seen of a group that lies ahead. Without a stretch to spare there is no interval.
    """
    groups: dict[int, list[float]] = {}
    for unit in units:
        groups.setdefault(unit.group, []).append(unit.figure)
    ahead = {group: much for group, much in ahead.items() if much > 0}
    if not groups or not ahead.keys() <= groups.keys():
        return None
    means = {group: math.fsum(seen) / len(seen) for group, seen in groups.items()}
    value = math.fsum(much * means[group] for group, much in ahead.items())
    freedoms = len(units) - len(groups)
    if not ahead:
        return Estimate(0.0, 0.0, 0.0)
    if freedoms < 1:
        return Estimate(value, None, None)
    off = [unit.figure - means[unit.group] for unit in units]
    single = math.fsum(one * one for one in off) / freedoms
    much = math.fsum(part + part * part / len(groups[group]) for group, part in ahead.items())
    half = t_quantile((1 + CONFIDENCE) / 2, freedoms) * math.sqrt(single * _clustered(off) * much)
    return Estimate(value, max(0.0, value - half), value + half)


def _clustered(off: Sequence[float]) -> float:
    """By how much the scatter of sums is larger than independence would make it."""
    squares, count = math.fsum(one * one for one in off), len(off)
    if squares <= 0:
        return 1.0
    kept = math.fsum(one * after for one, after in pairwise(off)) / squares
    kept += (1 + 3 * kept) / count  # seen in few, it comes out too small (Kendall 1954)
    kept = min(max(kept, 0.0), _MOST_KEPT)
    return (1 + kept) / (1 - kept)


def times(left: Estimate, right: Estimate) -> Estimate:
    """The product of two independent figures that are not negative, by the recovery of variances (Zou, Donner 2008)."""
    value = left.value * right.value
    low, high = (
        _half(left.value, one, right.value, other) for one, other in ((left.low, right.low), (left.high, right.high))
    )
    return Estimate(value, None if low is None else max(0.0, value - low), None if high is None else value + high)


def plus(estimate: Estimate, known: float) -> Estimate:
    """A figure and what is known without any doubt."""
    low, high = (None if one is None else one + known for one in (estimate.low, estimate.high))
    return Estimate(estimate.value + known, low, high)


def _half(left: float, one: float | None, right: float, other: float | None) -> float | None:
    if one is None or other is None:
        return None
    return math.hypot(right * (one - left), left * (other - right))


def t_quantile(p: float, freedoms: int) -> float:
    """Student's t, exact for one and two degrees of freedom, else to 0.5 % (Hill 1970, from the normal quantile)."""
    if freedoms == 1:
        return math.tan(math.pi * (p - 0.5))
    if freedoms == 2:  # noqa: PLR2004 - the closed form is of two
        return (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p)))
    z, n = NormalDist().inv_cdf(p), freedoms
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / n**power for power, term in enumerate(terms, start=1))
