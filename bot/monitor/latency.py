"""Comparing response times between arms from cumulative histograms, at one quantile, on the log scale.

A quantile's bounds are the quantiles at the bounds of its rank (Wilson's for a proportion), so nothing is assumed of
how times are distributed but how they lie within one bucket.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.monitor.arms import ALL, Arms, Design
from bot.monitor.comparison import Bounds, Comparison, Estimate
from bot.monitor.histogram import Histogram, HistogramCells, merged, pool
from bot.monitor.rates import COVERED, FEWEST_TENANTS
from bot.monitor.tallies import Shape, Tally, dispersion

TAIL = 0.95
"""The quantile that is judged."""
FEWEST_OF_A_TENANT = 100
"""Requests of one tenant below which its own tail is no guide: five of them beyond the quantile."""


def log_quantile(times: Histogram, scatter: float) -> Estimate:
    """The logarithm of the judged quantile; beyond the last bound its lower bound is known and its upper is not."""
    total = times.total / scatter
    finite = [bound for bound in times.bounds if math.isfinite(bound)]
    highest = finite[-1] if finite else 1.0

    def logged(rank: float) -> float:
        return math.log(min(times.at(rank), highest))

    def bounds(z: float) -> tuple[float, float]:
        stretch = 1 + z * z / total
        middle = (TAIL + z * z / (2 * total)) / stretch
        half = z * math.sqrt(TAIL * (1 - TAIL) / total + z * z / (4 * total * total)) / stretch
        up = times.at(middle + half)
        return logged(middle - half), math.log(up) if math.isfinite(up) else math.inf

    return Estimate(logged(TAIL), bounds)


def _scatter(arms: Arms[Histogram]) -> float:
    """How much more the tail scatters from window to window than independent requests would, within a tenant."""
    still = (arms.current, arms.current_past, arms.candidate_past)
    everything = sum((pool(merged(arm)) for arm in still), Histogram())
    finite = [bound for bound in everything.bounds if math.isfinite(bound)]
    if not finite or not everything.total:
        return 1.0
    wanted = (1 - TAIL) * everything.total
    bound = min(finite, key=lambda one: abs(everything.above(one) - wanted))
    tallies = [
        [{tenant: Tally(times.above(bound), times.total) for tenant, times in window.items()} for window in arm]
        for arm in still
    ]
    return dispersion(Shape.PROPORTION, tallies)


@dataclass(frozen=True)
class _Change:
    """How a tenant's quantile moved, as a logarithm, and the variance of that."""

    by: float
    variance: float


def _changes(now: HistogramCells, past: HistogramCells, scatter: float) -> dict[str, _Change]:
    changes = {}
    for tenant, times in now.items():
        before = past.get(tenant, Histogram())
        if min(times.total, before.total) < FEWEST_OF_A_TENANT:
            continue
        after, then = log_quantile(times, scatter), log_quantile(before, scatter)
        low, high = after.bounds(1)
        then_low, then_high = then.bounds(1)
        variance = ((high - low) / 2) ** 2 + ((then_high - then_low) / 2) ** 2
        changes[tenant] = _Change(after.value - then.value, variance)
    covered = sum(now[tenant].total for tenant in changes)
    if covered < COVERED * pool(now).total or any(math.isinf(change.variance) for change in changes.values()):
        return {}
    return changes


def _mean(changes: Iterable[_Change], drift: float) -> _Change:
    weights = [(change, 1 / max(change.variance + drift, 1e-12)) for change in changes]
    weight = sum(one for _, one in weights)
    return _Change(sum(change.by * one for change, one in weights) / weight, 1 / weight)


def _drift(changes: Sequence[_Change]) -> float:
    """The variance of how tenants moved apart from each other (DerSimonian and Laird 1986), at least 0."""
    mean = _mean(changes, 0.0)
    weights = [1 / max(change.variance, 1e-12) for change in changes]
    squares = sum(weight * (change.by - mean.by) ** 2 for change, weight in zip(changes, weights, strict=True))
    spare = sum(weights) - sum(weight * weight for weight in weights) / sum(weights)
    return max(0.0, (squares - (len(changes) - 1)) / spare) if spare > 0 else 0.0


def _symmetric(value: float, variance: float) -> Estimate:
    def bounds(z: float) -> tuple[float, float]:
        half = z * math.sqrt(variance)
        return value - half, value + half

    return Estimate(value, bounds)


def _sum_of(value: float, plus: Sequence[Estimate], minus: Sequence[Estimate]) -> Estimate:
    def bounds(z: float) -> tuple[float, float]:
        added, taken = [one.margins(z) for one in plus], [one.margins(z) for one in minus]
        low = math.hypot(*(below for below, _ in added), *(above for _, above in taken))
        high = math.hypot(*(above for _, above in added), *(below for below, _ in taken))
        return value - low, value + high

    return Estimate(value, bounds)


def compare_latency(arms: Arms[Histogram], fewest: float) -> Comparison | None:
    """The candidate's quantile against what the current model would have shown, by the best design there is.

    The same designs as for rates, except that without a past tenants are pooled. None where there is nothing to hold
    against. `fewest` requests are the least an arm needs.
    """
    now, past = merged(arms.candidate), merged(arms.candidate_past)
    others, others_past = merged(arms.current), merged(arms.current_past)
    mine, before = pool(now), pool(past)
    rest, rest_before = pool(others), pool(others_past)
    if not mine.total:
        return None
    scatter = _scatter(arms)
    observed = log_quantile(mine, scatter)
    if arms.fair and arms.split and (pair := _shared_tenants(now, others)):
        mine, rest = pair
        return _made(Design.SPLIT, log_quantile(mine, scatter), log_quantile(rest, scatter), (mine.total, rest.total))
    has_past = before.total >= fewest
    same_hours = pool(merged(arms.same_hours))
    if not arms.fair or rest.total < fewest:
        if same_hours.total >= fewest:
            then = log_quantile(same_hours, scatter)
            return _made(Design.SAME_HOURS, observed, then, (mine.total, same_hours.total))
        if not has_past:
            return None
        return _made(Design.OWN_PAST, observed, log_quantile(before, scatter), (mine.total, before.total))
    if not has_past or rest_before.total < fewest:
        return _made(Design.CONCURRENT, observed, log_quantile(rest, scatter), (mine.total, rest.total))
    own, theirs = _changes(now, past, scatter), _changes(others, others_past, scatter)
    if own and len(theirs) >= FEWEST_TENANTS and set(now) != {ALL}:
        drift = _drift(list(theirs.values()))
        ours, shared = _mean(own.values(), drift), _mean(theirs.values(), drift)
        expected = observed.value - ours.by + shared.by
        exact = Estimate(observed.value, _exactly(observed.value))
        spread = _symmetric(expected, ours.variance + shared.variance)
        return _made(Design.TENANT_DID, exact, spread, (mine.total, rest.total))
    parts = [log_quantile(one, scatter) for one in (before, rest, rest_before)]
    value = parts[0].value + parts[1].value - parts[2].value
    expected_by_others = _sum_of(value, parts[:2], parts[2:])
    return _made(Design.POOLED_DID, observed, expected_by_others, (mine.total, rest.total))


def _shared_tenants(now: HistogramCells, others: HistogramCells) -> tuple[Histogram, Histogram] | None:
    """Both arms' times of the tenants that both serve; None where they are too small a part of the candidate's."""
    shared = [tenant for tenant in now if others.get(tenant, Histogram()).total >= FEWEST_OF_A_TENANT]
    mine, theirs = (pool({tenant: arm[tenant] for tenant in shared}) for arm in (now, others))
    return (mine, theirs) if shared and mine.total >= COVERED * pool(now).total else None


def _exactly(value: float) -> Bounds:
    return lambda _: (value, value)


def _made(design: Design, observed: Estimate, expected: Estimate, sizes: tuple[float, float]) -> Comparison:
    return Comparison(design, observed, expected, sizes[0], sizes[1], relative=True)
