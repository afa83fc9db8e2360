"""Comparing tallies between arms: errors, invalid tool calls, retries, cost.

The candidate's count is held against the count the current model would have had in its place: each tenant's requests at
that tenant's own past rate, times what changed meanwhile for everybody else (difference-in-differences with the tenant
as unit); with less at hand, less of that. Between-tenant drift is estimated by moments from those that did not move.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.monitor.arms import Arms, Design
from bot.monitor.comparison import Comparison, Estimate
from bot.monitor.designs import Basis, basis_of
from bot.monitor.tallies import Figure, Shape, Tally, dispersion, over, spread_of

UNSEEN_DRIFT = {Shape.PROPORTION: 0.15, Shape.RATE: 0.15, Shape.MEAN: 0.05}
"""By how much (a standard deviation on the log scale) everybody's rate moves from cycle to cycle: with nobody left
to compare with, that cannot be told from the candidate's doing. Of the size the tenant simulations are made with."""
_FARTHEST_LOG = 700.0


class Standard:
    """An arm's count now, beside what its tenants' base rates lead to expect: sums over tenants of whatever is needed.

    `terms` has them tenant by tenant. What is left without one of them is `sums` less its own terms.
    """

    def __init__(self, sums: NDArray[np.float64]) -> None:
        self.tenants: Figure = sums[0]
        self.seen: Figure = sums[1]
        self.expected: Figure = sums[2]
        self.expected_variance: Figure = sums[3]
        self.total: Figure = sums[4]
        self.base_total: Figure = sums[5]
        self.seen_squares: Figure = sums[6]
        self.products: Figure = sums[7]
        self.squares: Figure = sums[8]
        self.spread: Figure = sums[9]

    @staticmethod
    def terms(shape: Shape, basis: Basis, scatter: float, *, others: bool = False) -> NDArray[np.float64]:
        """Each tenant's terms, of those that moved or of the `others`; variances are of counts."""
        now, base = (basis.others, basis.others_base) if others else (basis.now, basis.base)
        ratio = now.total / base.total
        mean = ratio * base.bad
        variance = ratio * ratio * scatter * shape.variance(base.bad, base.total)
        spread = shape.variance(mean, now.total)
        squares = (now.bad * now.bad, now.bad * mean, mean * mean, spread)
        return np.array([np.ones_like(mean), now.bad, mean, variance, now.total, base.total, *squares])

    @classmethod
    def of(cls, shape: Shape, basis: Basis, scatter: float, *, others: bool = False) -> "Standard":
        """All tenants' terms added up."""
        return cls(cls.terms(shape, basis, scatter, others=others).sum(axis=1))

    @property
    def concentration(self) -> Figure:
        """The sum of the squared shares of the tenants in what is expected: 1 over their effective number."""
        return over(self.squares, self.expected * self.expected)

    def drift(self, shape: Shape, growth: Figure, scatter: float) -> Figure:
        """The variance, on the log scale, of how each tenant moved away from the others; moments, at least 0."""
        squares = self.seen_squares - 2 * growth * self.products + growth * growth * self.squares
        own = growth * growth * self.expected_variance + scatter * self.spread * (
            growth * growth if shape is Shape.MEAN else growth
        )
        freely = self.tenants / np.maximum(self.tenants - 1, 1)
        return over(np.maximum(0.0, squares * freely - own), growth * growth * self.squares)


def with_half(
    shape: Shape, expected: Figure, variance: Figure, total: Figure, base_total: Figure
) -> tuple[Figure, Figure]:
    """Expected count and its variance with half an event added to the base, so that a zero is not taken for never."""
    if shape is Shape.MEAN:
        return expected, variance
    ratio = over(total, base_total)
    return expected + 0.5 * ratio, variance + 0.5 * ratio * ratio


@dataclass(frozen=True)
class Elsewhere:
    """What changed for everybody else, and the log variance that it and the tenants' drift add to what is expected."""

    growth: Figure = 1.0
    variance: Figure = 0.0
    drift: Figure = 0.0
    concentration: Figure = 0.0

    def variance_for(self, concentration: Figure) -> Figure:
        """The log variance for tenants of that concentration: the fewer they are, the less their drift averages out."""
        return self.variance + self.drift * (concentration + self.concentration)


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
    drift = np.where(tells, rest.drift(shape, growth, scatter), 0.0)
    return Elsewhere(growth, count_variance, drift, rest.concentration)


def score_bounds(shape: Shape, rate: Figure, total: Figure, z: float) -> tuple[Figure, Figure]:
    """Bounds of a rate: Wilson's for proportions, Poisson's score bounds for rates, log-normal for means.

    `total` is what the rate rests on, less what it scatters more than independent events.
    """
    if shape is Shape.MEAN:
        spread = np.exp(z * np.sqrt(1 / total))
        return rate / spread, rate * spread
    half = z * np.sqrt(rate / total + z * z / (4 * total * total))
    middle = rate + z * z / (2 * total)
    if shape is Shape.RATE:
        return middle - half, middle + half
    stretch = 1 + z * z / total
    share = np.minimum(rate, 1.0)
    inner = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / stretch
    more = rate > 1
    low = np.where(more, middle - half, middle / stretch - inner)
    return low, np.where(more, middle + half, middle / stretch + inner)


def log_normal_bounds(value: Figure, variance: Figure, z: float) -> tuple[Figure, Figure]:
    """Bounds of what is normal on the log scale."""
    spread = np.exp(np.minimum(z * np.sqrt(variance), _FARTHEST_LOG))
    return value / spread, value * spread


def estimate(value: Figure, bounds: Callable[[float], tuple[Figure, Figure]]) -> Estimate:
    """One figure with its bounds, as plain numbers."""

    def plain(z: float) -> tuple[float, float]:
        low, high = bounds(z)
        return float(low), float(high)

    return Estimate(float(value), plain)


def rate_of(shape: Shape, tally: Tally, scatter: float) -> Estimate:
    """A rate that was seen."""
    return estimate(tally.rate, lambda z: score_bounds(shape, tally.rate, tally.total / scatter, z))


def _logged(rate: Estimate) -> Estimate:
    def bounds(z: float) -> tuple[float, float]:
        low, high = rate.bounds(z)
        return math.log(low) if low > 0 else -math.inf, math.log(high)

    return Estimate(math.log(rate.value), bounds)


def compare_rates(shape: Shape, arms: Arms, fewest: float, least: float | None = None) -> Comparison | None:
    """The candidate's rate against what the current model would have shown, by the best design the counts allow.

    `fewest` requests are the least an arm needs to be held against; None where there is nothing to hold against, or
    where a mean is not above 0 in both arms. `least` is the scatter there is at least, where more is known of it than
    the shape tells.
    """
    basis = basis_of(arms, fewest)
    if basis is None:
        return None
    scatter = scatter_of(shape, arms, least)
    observed = basis.now.pooled
    expected = _expected(shape, basis, scatter) if observed.total > 0 else None
    if expected is None or (shape is Shape.MEAN and observed.bad <= 0):
        return None
    seen = rate_of(shape, observed, scatter)
    relative = shape is Shape.MEAN
    return Comparison(
        design=basis.design,
        observed=_logged(seen) if relative else seen,
        expected=_logged(expected) if relative else expected,
        n_observed=observed.total,
        n_expected=basis.against.pooled.total,
        relative=relative,
    )


def scatter_of(shape: Shape, arms: Arms, least: float | None = None) -> float:
    """How unevenly counts fall, told by every arm but the one that is judged."""
    return dispersion(shape, map(spread_of, (arms.current, arms.current_past, arms.candidate_past)), least)


def _expected(shape: Shape, basis: Basis, scatter: float) -> Estimate | None:
    """The rate the current model would have shown in the candidate's place; None where there is none to tell from."""
    if len(basis.base.bad) == 1 and not basis.has_others and not basis.by_past and shape is not Shape.MEAN:
        return rate_of(shape, basis.base.pooled, scatter)
    own = Standard.of(shape, basis, scatter)
    variance, base_total = own.expected_variance, own.base_total
    if basis.shared is not None:
        # Every tenant is held against the same pool, so its error does not average out over them.
        ratio, base_total = own.total / basis.shared.total, basis.shared.total
        variance = ratio * ratio * scatter * shape.variance(basis.shared.bad, base_total)
    expected, variance = with_half(shape, own.expected, variance, own.total, base_total)
    if expected <= 0:
        return None
    elsewhere = _elsewhere(shape, basis, scatter)
    rate = float(elsewhere.growth * expected / own.total)
    log_variance = variance / (expected * expected) + elsewhere.variance_for(own.concentration)
    return estimate(rate, lambda z: log_normal_bounds(rate, log_variance, z))


def _elsewhere(shape: Shape, basis: Basis, scatter: float) -> Elsewhere:
    if basis.by_past:
        return Elsewhere(variance=UNSEEN_DRIFT[shape] ** 2)
    if not basis.has_others:
        return Elsewhere()
    return changed_elsewhere(shape, basis.design, Standard.of(shape, basis, scatter, others=True), scatter)
