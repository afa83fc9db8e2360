"""Tests that stay valid when they are looked at again and again: alpha spending and always-valid bounds.

Only the arithmetic of how far out a bound must lie at a given look lives here; what is bounded is the checks' business.
Sources: Lan and DeMets 1983 (spending), Armitage, McPherson and Rowe 1969 (the recursion), Waudby-Smith et al., arXiv
2103.06476, equations 9, 155 and 161 (always-valid).
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import mul
from statistics import NormalDist

_NORMAL = NormalDist()
_FARTHEST = 8.0  # standard errors; the chance beyond is 6e-16, below what double arithmetic adds up to
_STEP = 0.25  # of one increment's standard deviation; Simpson's rule on it is exact to about 1e-6
_REACH = 7.0  # increments' standard deviations beyond which the normal kernel is nothing
MOST_PLANNED = 250
"""Beyond so many planned looks bounds are always-valid: the recursion would take seconds and gain nothing."""


class Spending(StrEnum):
    """How a bake's alpha is spent over its looks: early and evenly, or late."""

    POCOCK = "pocock"
    OBRIEN_FLEMING = "obrien_fleming"


def spent(spending: Spending, alpha: float, fraction: float) -> float:
    """The one-sided alpha that may have been spent once `fraction` (0 to 1) of the planned looks are over."""
    at = min(max(fraction, 0.0), 1.0)
    if at == 0:
        return 0.0
    if spending is Spending.POCOCK:
        return alpha * math.log(1 + (math.e - 1) * at)
    return math.erfc(_NORMAL.inv_cdf(1 - alpha / 2) / math.sqrt(2 * at))


def _beyond(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class _Walk:
    """A random walk with unit normal steps that has not crossed yet.

    `mass[i]` is its density at `top - i * _STEP` times the quadrature weight there.
    """

    top: float
    mass: tuple[float, ...]

    def crossing(self, bound: float) -> float:
        """The chance that the next step ends above `bound`."""
        return math.fsum(
            mass * _beyond(bound - self.top + number * _STEP) for number, mass in enumerate(self.mass) if mass > 0
        )

    def density(self, at: float) -> float:
        """The density of the walk after its next step, at `at`."""
        return math.fsum(
            mass * _density(at - self.top + number * _STEP) for number, mass in enumerate(self.mass) if mass > 0
        )

    def stepped(self, bound: float, bottom: float) -> "_Walk":
        """The walk after its next step, kept to those that end between `bottom` and `bound`."""
        points = 2 * math.ceil((bound - bottom) / (2 * _STEP)) + 1
        shift = (self.top - bound) / _STEP
        reach = math.ceil(_REACH / _STEP)
        first_offset = math.floor(shift) - reach
        kernel = [_density((first_offset + number - shift) * _STEP) for number in range(2 * reach + 2)]
        mass = []
        for point in range(points):
            start = point + first_offset
            piece = self.mass[max(0, start) : max(0, start + len(kernel))]
            mass.append(sum(map(mul, piece, kernel[max(0, -start) :])))
        return _Walk(bound, _weighted(mass))


def _weighted(density: list[float]) -> tuple[float, ...]:
    third = _STEP / 3
    last = len(density) - 1
    return tuple(
        value * third * (1 if number in {0, last} else 4 if number % 2 else 2) for number, value in enumerate(density)
    )


def _first(bound: float) -> _Walk:
    points = 2 * math.ceil((bound + _FARTHEST) / (2 * _STEP)) + 1
    return _Walk(bound, _weighted([_density(bound - number * _STEP) for number in range(points)]))


def _solve(walk: _Walk, chance: float, guess: float, farthest: float) -> float:
    """The bound the walk's next step crosses with `chance`: Newton's steps kept inside a shrinking bracket."""
    if walk.crossing(farthest) >= chance:
        return farthest
    low, high = -farthest, farthest
    bound = min(guess, farthest)
    for _ in range(60):
        over = walk.crossing(bound) - chance
        low, high = (bound, high) if over > 0 else (low, bound)
        slope = walk.density(bound)
        following = bound + over / slope if slope > 0 else (low + high) / 2
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - bound) < 1e-7 * farthest:
            return following
        bound = following
    return bound


@lru_cache(maxsize=256)
def boundaries(spending: Spending, alpha: float, planned: int) -> tuple[float, ...]:
    """The one-sided z bounds of `planned` equally informative looks, so that all together err with `alpha` at most.

    A bound of 8 or more means that nothing can be said at that look. Looks whose information is more alike than
    equal steps (a baseline they share, drift of the tenants) err less often than `alpha`.
    """
    bounds: list[float] = []
    walk: _Walk | None = None
    before = 0.0
    for look in range(1, planned + 1):
        root = math.sqrt(look)
        until = spent(spending, alpha, look / planned)
        chance = until - before
        if walk is None:
            bound = -_NORMAL.inv_cdf(chance) if chance > _beyond(_FARTHEST) else _FARTHEST
            walk = _first(bound)
        else:
            bound = _solve(walk, chance, bounds[-1] * root, _FARTHEST * root) if chance > 0 else _FARTHEST * root
            walk = walk.stepped(bound, -_FARTHEST * root)
        before = until
        bounds.append(bound / root)
    return tuple(bounds)


def always_valid_z(alpha: float, information: float, tuning: float) -> float:
    """How many standard errors a two-sided always-valid bound lies out, valid at every look there will ever be.

    `information` is what has been seen (requests, or looks), `tuning` the amount, in the same unit, at which the bound
    is tightest; it must not change while the test runs. For a one-sided bound give twice the alpha.
    """
    scaled = information * _rho_squared(alpha, tuning)
    return math.sqrt(2 * (scaled + 1) / scaled * math.log(math.sqrt(scaled + 1) / alpha))


def always_valid_p(difference: float, variance: float, *, alpha: float, information: float, tuning: float) -> float:
    """The two-sided p value that stays valid however often it is read; `variance` is that of `difference`."""
    scaled = information * _rho_squared(alpha, tuning)
    exponent = scaled * difference * difference / variance / (2 * (scaled + 1))
    log_evidence = exponent - math.log(scaled + 1) / 2
    return min(1.0, math.exp(-log_evidence))


def _rho_squared(alpha: float, tuning: float) -> float:
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuning


AFTER_PLAN_ALPHA = 0.01
"""What all looks after the planned ones may err with, together and apart from the planned ones' alpha."""


@dataclass(frozen=True)
class Level:
    """How far out the bounds of one look lie: `z` standard errors, by `rule` (`pocock 2/3`, `always_valid`)."""

    z: float
    rule: str


def level_of(spending: Spending, *, alpha: float, guardrails: int, look: int, planned: int) -> Level:
    """The level of the `look`-th counted look of `planned` (from 1), alpha shared evenly over the guardrails.

    Looks after the planned ones have an alpha of their own and are always-valid, tightest at the plan's end. They may
    be any distance apart: `look` is then the time that was seen, in planned windows.
    """
    share = max(1, guardrails)
    if look > planned:
        return Level(always_valid_z(2 * AFTER_PLAN_ALPHA / share, look, planned), "always_valid")
    if planned > MOST_PLANNED:
        return Level(always_valid_z(2 * alpha / share, look, planned), "always_valid")
    return Level(boundaries(spending, alpha / share, planned)[look - 1], f"{spending} {look}/{planned}")
