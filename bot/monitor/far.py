"""Bounds far out that hold of few: of a rate however few events it rests on, and where few tell how far things vary.

Looks that are taken again and again, and tenants of which the worst is picked, ask for bounds three or four standard
errors out. There a normal bound of five errors is crossed six times as often as it says. These formulas are closed, so
that a thousand tenants are one sum; rarely are they nearer than the exact bounds, and then by less than a hundredth.
"""

from typing import Final

import numpy as np

from bot.monitor.tallies import Figure, Shape

_FARTHEST_EXPONENT: Final = 700.0
_NONE: Final = 1 / 9
"""Of fewer events nothing is known from below."""


def exact_low(shape: Shape, rate: Figure, total: Figure, z: float) -> Figure:
    """The lower bound of counted events: Clopper and Pearson's of a proportion, Garwood's of a rate, by cube roots.

    `total` is what the rate rests on, less what it scatters more than independent events. Source: Paulson 1942; with no
    end of others it is Wilson and Hilferty's of 1931.
    """
    bad = rate * total
    if shape is Shape.RATE:
        return _least(bad, np.inf, z) / total
    good = np.maximum(total - bad, 0.0) + 1
    share = _least(bad, good, z)
    return np.where(rate > 1, _least(bad, np.inf, z) / total, share / (share + good))


def exact_high(shape: Shape, rate: Figure, total: Figure, z: float) -> Figure:
    """The upper bound, as the lower one."""
    bad = rate * total
    most = _most(bad, z) / total
    if shape is Shape.RATE:
        return most
    others = _least(np.maximum(total - bad, 0.0), bad + 1, z)
    return np.where(rate > 1, most, 1 - others / (others + bad + 1))


def _least(events: Figure, others: Figure, z: float) -> Figure:
    """How many events there are at least to be expected, beside so many others."""
    one, other = 1 / (9 * np.maximum(events, _NONE)), 1 / (9 * others)
    mine, theirs = 1 - one, 1 - other
    inside = np.maximum(mine * mine * other + theirs * theirs * one - z * z * one * other, 0.0)
    roots = np.maximum(mine * mine - z * z * one, 0.0) / (mine * theirs + z * np.sqrt(inside))
    return np.where(events > _NONE, events * roots**3, 0.0)


def _most(events: Figure, z: float) -> Figure:
    """How many events there are at most to be expected."""
    more = events + 1
    return more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3


def as_t(z: float, freedoms: Figure) -> Figure:
    """The t that is exceeded as rarely as `z`, by Wallace's formula (1959); of few degrees of freedom it is larger."""
    exponent = (z * (8 * freedoms + 3) / (8 * freedoms + 1)) ** 2 / freedoms
    return np.sqrt(freedoms * np.expm1(np.minimum(exponent, _FARTHEST_EXPONENT)))


def widened(variance: Figure, doubt: Figure, z: float) -> Figure:
    """The variance that makes a bound `z` standard errors out as sure as it says, where it was itself estimated.

    `doubt` is the variance of that estimate. A figure is that far off because it is, or because it varies more than it
    seems to; the likeliest of both together is what counts (the exponents of their tails, added up at their least).
    """
    told = doubt > 0
    square = np.where(told, z * z * doubt, 1.0)
    over_more = np.sqrt(variance * variance + 3 * square) + variance
    return np.where(told, 2 * (variance + square / over_more) ** 2 / over_more, variance)
