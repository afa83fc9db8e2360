"""What changed for everybody but the candidate's tenants, and how tenants drift: told by those that did not move.

The tenant is the unit. Each is held against its own past; how far they lie apart beyond what chance gives is their
drift, and the fewer of them tell it, the more room is left for it. Pure, for one arm or, by column, for each tenant.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.monitor.added import Mask
from bot.monitor.arms import Design
from bot.monitor.designs import Basis
from bot.monitor.far import as_t, widened
from bot.monitor.tallies import Figure, Shape, Tallies, Tally, over

PRIOR_EVENTS: Final = 4
"""What the arm's rate is worth beside a tenant's own past: tenants' rates differ by half (1 over the root of it)."""
_KNOWN: Final = 1e9
"""Degrees of freedom of what nothing has to be told of."""
_PLAIN: Final = 7
"""Terms that are always there."""
_FEWEST_FREEDOMS: Final = 0.5
"""Where one tenant is nearly all, as good as nothing tells how the others drift."""


class Standard:
    """An arm's count now, beside what its tenants' base rates lead to expect: sums over tenants of whatever is needed.

    `terms` has them tenant by tenant. What is left without one of them is `sums` less its own terms. Only where drift
    is to be told there is what tells it.
    """

    def __init__(self, sums: NDArray[np.float64]) -> None:
        self.tenants: Figure = sums[0]
        self.seen: Figure = sums[1]
        self.expected: Figure = sums[2]
        self.expected_variance: Figure = sums[3]
        self.total: Figure = sums[4]
        self.base_total: Figure = sums[5]
        self.squares: Figure = sums[6]
        self.told: Told | None = Told(*sums[7:]) if len(sums) > _PLAIN else None

    @staticmethod
    def terms(shape: Shape, now: Tallies, base: Tallies, scatter: float, *, drift: bool) -> NDArray[np.float64]:
        """Each tenant's terms, with those of its drift if they are asked for; variances are of counts."""
        ratio = now.total / base.total
        mean = ratio * base.bad
        variance = ratio * ratio * scatter * shape.variance(base.bad, base.total)
        plain = (np.ones_like(mean), now.bad, mean, variance, now.total, base.total, mean * mean)
        if not drift:
            return np.array(plain)
        likely = _likely(shape, now, base)
        variance = ratio * ratio * scatter * shape.variance(likely, base.total)
        spread = shape.variance(ratio * likely, now.total)
        weight = over(1.0, variance + scatter * spread)
        part = weight * mean * mean
        told = (now.bad * now.bad, now.bad * mean, mean * mean, variance, spread)
        return np.array([*plain, *(weight * one for one in told), part * part])

    @classmethod
    def of(cls, shape: Shape, basis: Basis, scatter: float, *, others: bool = False) -> "Standard":
        """All terms added up, of the tenants that moved or of the `others`, which tell how tenants drift."""
        now, base = (basis.others, basis.others_base) if others else (basis.now, basis.base)
        return cls(cls.terms(shape, now, base, scatter, drift=others).sum(axis=1))

    @property
    def concentration(self) -> Figure:
        """The sum of the squared shares of the tenants in what is expected: 1 over their effective number."""
        return over(self.squares, self.expected * self.expected)

    def drift(self, shape: Shape, growth: Figure, scatter: float) -> "Drift":
        """How each tenant moved away from the others, by moments (DerSimonian and Laird 1986).

        Each counts by how surely it tells: a large one does not tell how all the others drift.
        """
        told = self.told
        if told is None:
            message = "drift was not asked for"
            raise ValueError(message)
        squares = told.seen_squares - 2 * growth * told.products + growth * growth * told.squares
        own = growth * growth * told.variance + scatter * told.spread * (
            growth * growth if shape is Shape.MEAN else growth
        )
        freedoms = np.maximum(over(told.squares * told.squares, told.parts) - 1, _FEWEST_FREEDOMS)
        freely = (freedoms + 1) / freedoms
        drift = over(np.maximum(0.0, squares * freely - own), growth * growth * told.squares)
        # Each tenant's term is 1, and its drift on top, times a chi-square of one degree of freedom.
        terms = self.tenants + 2 * drift * told.squares
        return Drift(drift, freedoms, 2 * freely * over(terms, told.squares * told.squares))


class Told(NamedTuple):
    """Sums over tenants that tell how these drift, each tenant's divided by the variance of its count."""

    seen_squares: Figure
    products: Figure
    squares: Figure
    variance: Figure
    spread: Figure
    parts: Figure


class Drift(NamedTuple):
    """The variance, on the log scale, of how tenants move away from each other: told with so many degrees of freedom.

    `doubt` is the variance of that estimate which chance alone gives it, by the events that were counted.
    """

    variance: Figure = 0.0
    freedoms: Figure = _KNOWN
    doubt: Figure = 0.0


def _likely(shape: Shape, now: Tallies, base: Tallies) -> Figure:
    """What each tenant would have had before, told by both times: by one alone it looks surer where it had fewer."""
    both = Tallies(base.bad + now.bad, base.total + now.total)
    known = both if shape is Shape.MEAN else shrunk(both)
    return over(known.bad, known.total) * base.total * over(base.pooled.rate, both.pooled.rate)


def shrunk(base: Tallies) -> Tallies:
    """Tenants' past with what is known of tenants in general: a small one's few errors alone tell next to nothing."""
    whole = base.pooled
    return Tallies(base.bad + PRIOR_EVENTS, base.total + PRIOR_EVENTS / whole.rate) if whole.bad > 0 else base


def with_half(
    shape: Shape, expected: Figure, variance: Figure, total: Figure, base_total: Figure
) -> tuple[Figure, Figure]:
    """Expected count and its variance with half an event added to the base, so that a zero is not taken for never."""
    if shape is Shape.MEAN:
        return expected, variance
    ratio = over(total, base_total)
    return expected + 0.5 * ratio, variance + 0.5 * ratio * ratio


NO_DRIFT: Final = Drift()


@dataclass(frozen=True)
class Elsewhere:
    """What changed for everybody else, and the log variance that it and the tenants' drift add to what is expected."""

    growth: Figure = 1.0
    variance: Figure = 0.0
    drift: Drift = NO_DRIFT
    concentration: Figure = 0.0

    def vague(self, own: Figure, seen: Figure, concentration: Figure) -> "Vague":
        """How far off what is expected of tenants of that concentration may be, its `own` variance coming on top."""
        alone = concentration + self.concentration
        drift, freedoms, doubt = self.drift
        return Vague(own + self.variance, seen, alone * drift, freedoms + 0 * alone, alone * alone * doubt)


@dataclass(frozen=True)
class Vague:
    """How far what is expected may lie off on the log scale, beside what was `seen` of it: variances.

    `counts` is chance's part; `drift`, how tenants move away from each other, is told with few degrees of freedom, and
    `doubt` is the variance of it that chance is to blame for.
    """

    counts: Figure
    seen: Figure
    drift: Figure
    freedoms: Figure
    doubt: Figure

    def at(self, kept: Mask | int) -> "Vague":
        """That of some of the tenants, or of one."""
        return Vague(*(one[kept] for one in (self.counts, self.seen, self.drift, self.freedoms, self.doubt)))

    def variance(self, z: float) -> Figure:
        """The variance of what is expected of one tenant, for a bound so far out."""
        drift = np.where(self.drift > 0, self.drift * (as_t(z, self.freedoms) / z) ** 2, 0.0)
        return self._widened(self.counts + drift, self.doubt, z)

    def variance_of_all(self, z: float) -> Figure:
        """That of what is expected of all tenants together.

        Their bounds lie nearer, and take for news at every look what is the same drift at all of them; so there is less
        to allow for.
        """
        doubt = self.doubt + 2 * self.drift * self.drift / self.freedoms
        return self._widened(self.counts + self.drift, doubt, z)

    def _widened(self, variance: Figure, doubt: Figure, z: float) -> Figure:
        return np.maximum(variance, widened(variance + self.seen, doubt, z) - self.seen)


def changed_elsewhere(shape: Shape, design: Design, rest: Standard, scatter: float) -> Elsewhere:
    """What the others say, by a design that has others."""
    if design is Design.CONCURRENT_TENANTS:
        return Elsewhere(drift=rest.drift(shape, 1.0, scatter), concentration=rest.concentration)
    half = 0.0 if shape is Shape.MEAN else 0.5
    expected, variance = with_half(shape, rest.expected, rest.expected_variance, rest.total, rest.base_total)
    growth = over(rest.seen + half, expected)
    tells = growth > 0
    of_count = over(scatter, rest.total) if shape is Shape.MEAN else scatter / (rest.seen + half)
    count_variance = np.where(tells, of_count + over(variance, expected * expected), np.inf)
    growth = np.where(tells, growth, 1.0)
    if design is Design.POOLED_DID:
        return Elsewhere(growth, count_variance)
    drift, freedoms, doubt = rest.drift(shape, growth, scatter)
    drift = Drift(np.where(tells, drift, 0.0), freedoms, np.where(tells, doubt, 0.0))
    return Elsewhere(growth, count_variance, drift, rest.concentration)


def count_variance_of(shape: Shape, now: Tallies | Tally, scatter: float) -> Figure:
    """The log variance of a count that was seen."""
    if shape is Shape.MEAN:
        return over(scatter, now.total)
    share = np.minimum(over(now.bad, now.total), 1.0) if shape is Shape.PROPORTION else 0.0
    return scatter * (1 - share) / (now.bad + 0.5)
