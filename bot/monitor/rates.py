"""Comparing tallies between arms: errors, invalid tool calls, retries, cost.

The candidate's count is held against the count the current model would have had in its place: each tenant's requests at
that tenant's own past rate, times what changed meanwhile for everybody else (difference-in-differences with the tenant
as unit); with less at hand, less of that. Between-tenant drift is estimated by moments from those that did not move.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison, Estimate
from bot.monitor.designs import Basis, basis_of
from bot.monitor.drift import Elsewhere, Standard, changed_elsewhere, count_variance_of, with_half
from bot.monitor.tallies import Figure, Shape, Tally, dispersion, spread_of

UNSEEN_DRIFT = {Shape.PROPORTION: 0.15, Shape.RATE: 0.15, Shape.MEAN: 0.05}
"""By how much (a standard deviation on the log scale) everybody's rate moves from cycle to cycle: with nobody left
to compare with, that cannot be told from the candidate's doing. Of the size the tenant simulations are made with."""
_FARTHEST_LOG = 700.0


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

    @cache
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
    seen = count_variance_of(shape, basis.now.pooled, scatter)
    vague = elsewhere.vague(variance / (expected * expected), seen, own.concentration)
    return estimate(rate, lambda z: log_normal_bounds(rate, vague.variance_of_all(z), z))


def _elsewhere(shape: Shape, basis: Basis, scatter: float) -> Elsewhere:
    if basis.by_past:
        return Elsewhere(variance=UNSEEN_DRIFT[shape] ** 2)
    if not basis.has_others:
        return Elsewhere()
    return changed_elsewhere(shape, basis.design, Standard.of(shape, basis, scatter, others=True), scatter)
