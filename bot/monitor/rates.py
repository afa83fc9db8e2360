"""Comparing tallies between arms: errors, invalid tool calls, retries, cost.

The candidate's count is held against the count the current model would have had in its place: each tenant's requests at
that tenant's own past rate, times what changed meanwhile for everybody else (difference-in-differences with the tenant
as unit); with less at hand, less of that. Between-tenant drift is estimated by moments from those that did not move.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.monitor.arms import ALL, Arms, Design
from bot.monitor.comparison import Bounds, Comparison, Estimate
from bot.monitor.tallies import Cells, Shape, Tally, by_tenant, dispersion, pooled

FEWEST_TENANTS = 5
"""Fewer tenants that did not move tell nothing of how tenants drift."""
FEWEST_OF_A_TENANT = 20
"""Requests of one tenant, then and now, below which its own past is no guide."""
UNSEEN_DRIFT = {Shape.PROPORTION: 0.15, Shape.RATE: 0.15, Shape.MEAN: 0.05}
"""By how much (a standard deviation on the log scale) everybody's rate moves from cycle to cycle: with nobody left
to compare with, that cannot be told from the candidate's doing. Of the size the tenant simulations are made with."""
COVERED = 0.8
"""The share of an arm's requests that tenants with a past must make up; else tenants are pooled."""


@dataclass(frozen=True)
class _Standard:
    """An arm's count now, beside what its tenants' base rates lead to expect; variances are of the counts."""

    seen: float
    expected: float
    expected_variance: float
    total: float
    tenants: Mapping[str, tuple[Tally, float, float]]

    @property
    def concentration(self) -> float:
        """The sum of the squared shares of the tenants in what is expected: 1 over their effective number."""
        return sum((mean / self.expected) ** 2 for _, mean, _ in self.tenants.values()) if self.expected > 0 else 0.0


def _collapse(cells: Cells) -> dict[str, Tally]:
    return {ALL: pooled(cells)}


def _covering(now: Cells, past: Cells) -> dict[str, Tally]:
    known = {
        tenant: tally
        for tenant, tally in now.items()
        if tally.total > 0 and past.get(tenant, Tally()).total >= FEWEST_OF_A_TENANT
    }
    return known if pooled(known).total >= COVERED * pooled(now).total else {}


def _standard(shape: Shape, now: Cells, base: Cells, scatter: float) -> _Standard:
    tenants: dict[str, tuple[Tally, float, float]] = {}
    for tenant, tally in now.items():
        before = base[tenant]
        ratio = tally.total / before.total
        variance = ratio * ratio * scatter * shape.variance(before.bad, before.total)
        tenants[tenant] = (tally, ratio * before.bad, variance)
    return _Standard(
        seen=sum(tally.bad for tally, _, _ in tenants.values()),
        expected=sum(mean for _, mean, _ in tenants.values()),
        expected_variance=sum(variance for _, _, variance in tenants.values()),
        total=sum(tally.total for tally, _, _ in tenants.values()),
        tenants=tenants,
    )


def _drift(shape: Shape, standard: _Standard, growth: float, scatter: float) -> float:
    """The variance, on the log scale, of how each tenant moved away from the others; moments, at least 0."""
    count = len(standard.tenants)
    squares = own = scale = 0.0
    for tally, mean, variance in standard.tenants.values():
        expected = growth * mean
        squares += (tally.bad - expected) ** 2
        own += scatter * shape.variance(expected, tally.total) + growth * growth * variance
        scale += expected * expected
    return max(0.0, squares * count / (count - 1) - own) / scale if scale > 0 else 0.0


def _with_half(shape: Shape, standard: _Standard, base_total: float) -> tuple[float, float]:
    """Expected count and its variance with half an event added to the base, so that a zero is not taken for never."""
    if shape is Shape.MEAN or not base_total:
        return standard.expected, standard.expected_variance
    ratio = standard.total / base_total
    return standard.expected + 0.5 * ratio, standard.expected_variance + 0.5 * ratio * ratio


def _relative_variance(shape: Shape, seen: float, total: float, scatter: float) -> float:
    if shape is Shape.MEAN:
        return scatter / total if total else math.inf
    return scatter / (seen + 0.5)


def _score_bounds(shape: Shape, tally: Tally, scatter: float) -> Bounds:
    """Bounds of a rate: Wilson's for proportions, Poisson's score bounds for rates, log-normal for means."""

    def bounds(z: float) -> tuple[float, float]:
        rate, total = tally.rate, tally.total / scatter
        if shape is Shape.MEAN:
            spread = math.exp(z * math.sqrt(1 / total))
            return rate / spread, rate * spread
        if shape is Shape.RATE or rate > 1:
            half = z * math.sqrt(rate / total + z * z / (4 * total * total))
            middle = rate + z * z / (2 * total)
            return middle - half, middle + half
        stretch = 1 + z * z / total
        middle = (rate + z * z / (2 * total)) / stretch
        half = z * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total)) / stretch
        return middle - half, middle + half

    return bounds


def _logged(estimate: Estimate) -> Estimate:
    def bounds(z: float) -> tuple[float, float]:
        low, high = estimate.bounds(z)
        return math.log(low) if low > 0 else -math.inf, math.log(high)

    return Estimate(math.log(estimate.value), bounds)


def _log_normal(value: float, variance: float) -> Estimate:
    def bounds(z: float) -> tuple[float, float]:
        spread = math.exp(min(z * math.sqrt(variance), 700.0))
        return value / spread, value * spread

    return Estimate(value, bounds)


@dataclass(frozen=True)
class _Basis:
    """What the arms allow: the design, each arm's cells now, and the base they are held against."""

    design: Design
    now: Cells
    base: Cells
    others: Cells
    others_base: Cells

    def without(self, tenant: str) -> "_Basis":
        """The arm's other tenants as the control of one of them."""
        rest = {name: tally for name, tally in self.now.items() if name != tenant}
        return replace(self, design=Design.TENANT_DID, others=rest, others_base=self.base)

    @property
    def held_against(self) -> Cells:
        """The base of the tenants that are there now."""
        return {tenant: self.base[tenant] for tenant in self.now}


def _concurrent(now: Cells, others: Cells) -> _Basis:
    pool = pooled(others)
    tenants = [tenant for tenant, tally in others.items() if tally.total >= FEWEST_OF_A_TENANT]
    if len(tenants) < FEWEST_TENANTS:
        return _Basis(Design.CONCURRENT, _collapse(now), {ALL: pool}, {}, {})
    kept = {tenant: others[tenant] for tenant in tenants}
    return _Basis(Design.CONCURRENT_TENANTS, now, dict.fromkeys(now, pool), kept, dict.fromkeys(kept, pooled(kept)))


def _basis(arms: Arms[Tally], fewest: float) -> _Basis | None:
    now, past = by_tenant(arms.candidate), by_tenant(arms.candidate_past)
    others, others_past = by_tenant(arms.current), by_tenant(arms.current_past)
    has_past = pooled(past).total >= fewest
    if arms.fair and arms.split and (control := _shared_tenants(now, others)):
        return _Basis(Design.SPLIT, {tenant: now[tenant] for tenant in control}, control, {}, {})
    if arms.fair and pooled(others).total >= fewest:
        if not has_past or pooled(others_past).total < fewest:
            return _concurrent(now, others)
        own, rest = _covering(now, past), _covering(others, others_past)
        if own and len(rest) >= FEWEST_TENANTS:
            return _Basis(Design.TENANT_DID, own, past, rest, others_past)
        return _Basis(Design.POOLED_DID, _collapse(now), _collapse(past), _collapse(others), _collapse(others_past))
    same_hours = by_tenant(arms.same_hours)
    if pooled(same_hours).total >= fewest:
        return _against_past(Design.SAME_HOURS, now, same_hours)
    return _against_past(Design.OWN_PAST, now, past) if has_past else None


def _against_past(design: Design, now: Cells, past: Cells) -> _Basis:
    own = _covering(now, past)
    return _Basis(design, own or _collapse(now), past if own else _collapse(past), {}, {})


def _shared_tenants(now: Cells, others: Cells) -> dict[str, Tally]:
    """The current arm of the candidate's own tenants; empty where it says too little of them."""
    return {tenant: others[tenant] for tenant in _covering(now, others)}


def compare_rates(shape: Shape, arms: Arms[Tally], fewest: float, least: float | None = None) -> Comparison | None:
    """The candidate's rate against what the current model would have shown, by the best design the counts allow.

    `fewest` requests are the least an arm needs to be held against; None where there is nothing to hold against, or
    where a mean is not above 0 in both arms. `least` is the scatter there is at least, where more is known of it than
    the shape tells.
    """
    basis = _basis(arms, fewest)
    if basis is None:
        return None
    scatter = dispersion(shape, (arms.current, arms.current_past, arms.candidate_past), least)
    observed = pooled(basis.now)
    expected = _expected(shape, basis, scatter) if observed.total > 0 else None
    if expected is None or (shape is Shape.MEAN and observed.bad <= 0):
        return None
    seen = Estimate(observed.rate, _score_bounds(shape, observed, scatter))
    relative = shape is Shape.MEAN
    return Comparison(
        design=basis.design,
        observed=_logged(seen) if relative else seen,
        expected=_logged(expected) if relative else expected,
        n_observed=observed.total,
        n_expected=pooled(basis.others or basis.held_against).total,
        relative=relative,
    )


def _expected(shape: Shape, basis: _Basis, scatter: float) -> Estimate | None:
    """The rate the current model would have shown in the candidate's place; None where there is none to tell from."""
    held = basis.held_against
    by_past = basis.design in {Design.OWN_PAST, Design.SAME_HOURS}
    if len(held) == 1 and not basis.others and not by_past and shape is not Shape.MEAN:
        (base,) = held.values()
        return Estimate(base.rate, _score_bounds(shape, base, scatter))
    own = _standard(shape, basis.now, basis.base, scatter)
    total = pooled(held).total
    if basis.design in {Design.CONCURRENT, Design.CONCURRENT_TENANTS}:
        # Every tenant is held against the same pool, so its error does not average out over them.
        pool = next(iter(held.values()))
        own, total = _shared(shape, own, pool, scatter), pool.total
    expected, variance = _with_half(shape, own, total)
    if expected <= 0:
        return None
    return _grown(own, expected, variance, _elsewhere(shape, basis, scatter))


def _grown(own: _Standard, expected: float, variance: float, elsewhere: "_Elsewhere") -> Estimate:
    rate = elsewhere.growth * expected / own.total
    return _log_normal(rate, variance / (expected * expected) + elsewhere.variance_for(own))


def _shared(shape: Shape, own: _Standard, base: Tally, scatter: float) -> _Standard:
    ratio = own.total / base.total
    variance = ratio * ratio * scatter * shape.variance(base.bad, base.total)
    return _Standard(own.seen, own.expected, variance, own.total, own.tenants)


@dataclass(frozen=True)
class _Elsewhere:
    """What changed for everybody else, and the log variance that it and the tenants' drift add to what is expected."""

    growth: float = 1.0
    variance: float = 0.0
    drift: float = 0.0
    concentration: float = 0.0

    def variance_for(self, own: _Standard) -> float:
        """The log variance for these tenants: the fewer they are, the less their drift averages out."""
        return self.variance + (self.drift * (own.concentration + self.concentration) if self.drift else 0.0)


def _elsewhere(shape: Shape, basis: _Basis, scatter: float) -> _Elsewhere:
    if basis.design in {Design.OWN_PAST, Design.SAME_HOURS}:
        return _Elsewhere(variance=UNSEEN_DRIFT[shape] ** 2)
    if not basis.others:
        return _Elsewhere()
    rest = _standard(shape, basis.others, basis.others_base, scatter)
    if rest.expected <= 0 and shape is Shape.MEAN:
        return _Elsewhere(variance=math.inf)
    if basis.design is Design.CONCURRENT_TENANTS:
        return _Elsewhere(drift=_drift(shape, rest, 1.0, scatter), concentration=rest.concentration)
    base_total = pooled({tenant: basis.others_base[tenant] for tenant in basis.others}).total
    expected, variance = _with_half(shape, rest, base_total)
    half = 0.0 if shape is Shape.MEAN else 0.5
    growth = (rest.seen + half) / expected
    if growth <= 0:
        return _Elsewhere(variance=math.inf)
    count_variance = _relative_variance(shape, rest.seen, rest.total, scatter) + variance / (expected * expected)
    if basis.design is Design.POOLED_DID:
        return _Elsewhere(growth, count_variance)
    return _Elsewhere(growth, count_variance, _drift(shape, rest, growth, scatter), rest.concentration)


PRIOR_EVENTS = 4
"""What the arm's rate is worth beside a tenant's own past: tenants' rates differ by half (1 over the root of it)."""
MOST_LOOKED_AT = 10
"""Where tenants are each other's control: one that is broken is among the few that stand out most."""


def _shrunk(base: Tally, whole: Tally) -> Tally:
    """A tenant's past with what is known of tenants in general: a small one's few errors alone tell next to nothing."""
    return base + Tally(PRIOR_EVENTS, PRIOR_EVENTS / whole.rate) if whole.bad > 0 else base


def _standing_out(basis: _Basis) -> list[str]:
    """The tenants whose counts lie furthest above what their own past and the whole arm's growth lead to expect."""
    if len(basis.now) <= FEWEST_TENANTS:
        return []
    past = pooled(basis.held_against)
    growth = pooled(basis.now).rate / past.rate if past.bad > 0 else 1.0

    def above(tenant: str) -> float:
        expected = growth * basis.base[tenant].rate * basis.now[tenant].total
        return (basis.now[tenant].bad - expected) / math.sqrt(expected + 1)

    return sorted(basis.now, key=above, reverse=True)[:MOST_LOOKED_AT]


def compare_tenants(shape: Shape, arms: Arms[Tally], fewest: float) -> dict[str, Comparison]:
    """Each of the candidate's tenants held by itself against what the current model would have shown it.

    The same designs as of all of them together; where nobody is left to compare with, the arm's other tenants tell
    what changed for everybody and how tenants drift, and only the tenants that stand out most are looked at. A tenant
    with too few requests is left out, and where tenants cannot be told apart there is none.
    """
    basis = _basis(arms, fewest)
    if basis is None or ALL in basis.now:
        return {}
    scatter = dispersion(shape, (arms.current, arms.current_past, arms.candidate_past))
    by_past = basis.design in {Design.OWN_PAST, Design.SAME_HOURS}
    tenants = _standing_out(basis) if by_past else list(basis.now)
    whole = pooled(basis.held_against)
    shared = None if by_past else _elsewhere(shape, basis, scatter)
    found = {}
    for tenant in tenants:
        tally, base = basis.now[tenant], _shrunk(basis.base[tenant], whole)
        own = _standard(shape, {tenant: tally}, {tenant: base}, scatter)
        expected, variance = _with_half(shape, own, base.total)
        if tally.total < FEWEST_OF_A_TENANT or expected <= 0:
            continue
        elsewhere = shared or _elsewhere(shape, basis.without(tenant), scatter)
        found[tenant] = Comparison(
            design=basis.design,
            observed=Estimate(tally.rate, _score_bounds(shape, tally, scatter)),
            expected=_grown(own, expected, variance, elsewhere),
            n_observed=tally.total,
            n_expected=base.total,
            relative=False,
        )
    return found
