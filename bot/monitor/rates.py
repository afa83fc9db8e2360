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
from bot.monitor.far import exact_low
from bot.monitor.tallies import Figure, Shape, Tally, dispersion, spread_of

UNSEEN_DRIFT = {Shape.PROPORTION: 0.15, Shape.RATE: 0.15, Shape.MEAN: 0.05}
"""By how much (a standard deviation on the log scale) everybody's rate moves from cycle to cycle: with nobody left
to compare with, that cannot be told from the candidate's doing. Of the size the tenant simulations are made with."""
_FARTHEST_LOG = 700.0
_ALIKE = 2
"""A control whose variance is 0.7 of the candidate's (its square: a half), or more, leaves nothing of the skewness."""


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


def _observed(shape: Shape, tally: Tally, scatter: float, expected: Estimate) -> Estimate:
    """The candidate's rate beside what was to be expected.

    Of two arms as large as each other the difference is as likely to lie above as below, few events as there are, and
    score bounds hold. Beside a far larger arm it is as skewed as the events themselves: score bounds three standard
    errors out are crossed several times as often as they say. So the exact lower bound takes their place, by as much of
    the one arm's skewness as the other's leaves, were both alike (third moments of events go by variances squared).
    """
    plain, total = rate_of(shape, tally, scatter), tally.total / scatter
    if shape is Shape.MEAN or not tally.bad:
        return plain

    def bounds(z: float) -> tuple[float, float]:
        low, high = plain.bounds(z)
        alike = float(score_bounds(shape, expected.value, total, z)[1]) - expected.value
        left = max(0.0, 1 - _ALIKE * (expected.margins(z)[1] / alike) ** 4) if alike > 0 else 0.0
        return low - left * max(0.0, low - float(exact_low(shape, tally.rate, total, z))), high

    return Estimate(plain.value, bounds)


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
    seen = _observed(shape, observed, scatter, expected)
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
