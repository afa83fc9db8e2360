"""Each of the candidate's tenants held by itself against what the current model would have shown it.

The same designs as of all of them together (`designs`); where nobody is left to compare with, the arm's other tenants
tell what changed for everybody and how tenants drift, and only the tenants that stand out most are looked at. All
tenants are held at once, by column.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.monitor.arms import Arms, Design
from bot.monitor.comparison import Comparison
from bot.monitor.designs import FEWEST_OF_A_TENANT, FEWEST_TENANTS, Basis, basis_of
from bot.monitor.drift import (
    Elsewhere,
    Standard,
    Vague,
    changed_elsewhere,
    count_variance_of,
    shrunk,
    with_half,
)
from bot.monitor.far import exact_high, exact_low
from bot.monitor.rates import estimate, log_normal_bounds, scatter_of, score_bounds
from bot.monitor.tallies import Figure, Shape, Tallies, over

MOST_LOOKED_AT: Final = 10
"""Where tenants are each other's control: one that is broken is among the few that stand out most."""


@dataclass(frozen=True)
class EachTenant:
    """The rates of tenants, by column, beside what the current model would have shown each; `places` says whose."""

    shape: Shape
    design: Design
    scatter: float
    places: NDArray[np.intp]
    now: Tallies
    base: Tallies
    expected: Figure
    vague: Vague
    less_is_worse: bool

    def worse_by(self, z: float) -> Figure:
        """By how much each is worse at least, z standard errors out: the lower bound of harm, tenant by tenant."""
        rate = self.now.bad / self.now.total
        total = self.now.total / self.scatter
        expected_low, expected_high = log_normal_bounds(self.expected, self.vague.variance(z), z)
        if self.less_is_worse:
            high = _high(self.shape, rate, total, z)
            return -(rate - self.expected + np.hypot(high - rate, self.expected - expected_low))
        low = _low(self.shape, rate, total, z)
        return rate - self.expected - np.hypot(rate - low, expected_high - self.expected)

    def comparison(self, row: int) -> Comparison:
        """One tenant's."""
        rate, total = self.now.bad[row] / self.now.total[row], self.now.total[row] / self.scatter
        expected, vague = self.expected[row], self.vague.at(row)
        return Comparison(
            design=self.design,
            observed=estimate(rate, lambda z: (_low(self.shape, rate, total, z), _high(self.shape, rate, total, z))),
            expected=estimate(expected, lambda z: log_normal_bounds(expected, vague.variance(z), z)),
            n_observed=float(self.now.total[row]),
            n_expected=float(self.base.total[row]),
            relative=False,
            less_is_worse=self.less_is_worse,
        )


def compare_tenants(shape: Shape, arms: Arms, fewest: float, *, less_is_worse: bool) -> EachTenant | None:
    """Each of the candidate's tenants that has enough requests; None where they cannot be told apart."""
    basis = basis_of(arms, fewest)
    if basis is None or basis.places is None or (arms.everybody is not None and arms.everybody in basis.places):
        return None
    scatter = scatter_of(shape, arms)
    looked_at = _standing_out(basis, less_is_worse=less_is_worse) if basis.by_past else np.arange(len(basis.places))
    if basis.by_past:
        terms = Standard.terms(shape, basis.now, basis.base, scatter, drift=True)
        # Each tenant's control is the arm without it.
        rest = Standard(terms.sum(axis=1)[:, None] - terms[:, looked_at])
        elsewhere = changed_elsewhere(shape, Design.TENANT_DID, rest, scatter)
    elif basis.has_others:
        rest = Standard.of(shape, basis, scatter, others=True)
        elsewhere = changed_elsewhere(shape, basis.design, rest, scatter)
    else:
        elsewhere = Elsewhere()
    now, base = (Tallies(side.bad[looked_at], side.total[looked_at]) for side in (basis.now, shrunk(basis.base)))
    ratio = now.total / base.total
    mean, variance = ratio * base.bad, ratio * ratio * scatter * shape.variance(base.bad, base.total)
    expected, variance = with_half(shape, mean, variance, now.total, base.total)
    alone = np.where(mean > 0, 1.0, 0.0)
    vague = elsewhere.vague(over(variance, expected * expected), count_variance_of(shape, now, scatter), alone)
    rate = elsewhere.growth * expected / np.maximum(now.total, 1)
    enough = (now.total >= FEWEST_OF_A_TENANT) & (expected > 0)
    return EachTenant(
        shape=shape,
        design=basis.design,
        scatter=scatter,
        places=basis.places[looked_at][enough],
        now=now.where(enough),
        base=base.where(enough),
        expected=rate[enough],
        vague=vague.at(enough),
        less_is_worse=less_is_worse,
    )


def _low(shape: Shape, rate: Figure, total: Figure, z: float) -> Figure:
    """A tenant's lower bound: it may be of few events, and the bound of one of many tenants lies far out."""
    return score_bounds(shape, rate, total, z)[0] if shape is Shape.MEAN else exact_low(shape, rate, total, z)


def _high(shape: Shape, rate: Figure, total: Figure, z: float) -> Figure:
    """Its upper bound."""
    return score_bounds(shape, rate, total, z)[1] if shape is Shape.MEAN else exact_high(shape, rate, total, z)


def _standing_out(basis: Basis, *, less_is_worse: bool) -> NDArray[np.intp]:
    """The tenants that are furthest on the worse side of what their past and the whole arm's growth lead to expect."""
    if len(basis.now.bad) <= FEWEST_TENANTS:
        return np.zeros(0, dtype=np.intp)
    past = basis.base.pooled
    growth = basis.now.pooled.rate / past.rate if past.bad > 0 else 1.0
    expected = growth * basis.now.total * basis.base.bad / basis.base.total
    above = (basis.now.bad - expected) / np.sqrt(expected + 1)
    return np.argsort(above if less_is_worse else -above, kind="stable")[:MOST_LOOKED_AT]
