"""Comparing response times between arms from cumulative histograms, at one quantile, on the log scale.

A quantile's bounds are the quantiles at the bounds of its rank (Wilson's for a proportion), so nothing is assumed of
how times are distributed but how they lie within one bucket.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from bot.monitor.added import Row
from bot.monitor.arms import Arms, Design
from bot.monitor.comparison import Bounds, Comparison, Estimate
from bot.monitor.designs import COVERED, FEWEST_TENANTS
from bot.monitor.histogram import Histogram, Histograms, beyond
from bot.monitor.tallies import Shape, dispersion

TAIL: Final = 0.95
"""The quantile that is judged."""
FEWEST_OF_A_TENANT: Final = 100
"""Requests of one tenant below which its own tail is no guide: five of them beyond the quantile."""
_LEAST_VARIANCE: Final = 1e-12
_LEAST_S: Final = 1e-9
"""Of a histogram with a bound of 0 seconds the tail may lie there, and nothing has no logarithm."""


def _ranks(total: Row | float, z: float) -> tuple[Row | float, Row | float]:
    """The ranks between which the judged one lies, z standard errors out (Wilson's bounds)."""
    stretch = 1 + z * z / total
    middle = (TAIL + z * z / (2 * total)) / stretch
    half = z * np.sqrt(TAIL * (1 - TAIL) / total + z * z / (4 * total * total)) / stretch
    return middle - half, middle + half


def log_quantile(times: Histogram, scatter: float) -> Estimate:
    """The logarithm of the judged quantile; beyond the last bound its lower bound is known and its upper is not."""
    total = times.total / scatter
    finite = [bound for bound in times.bounds if math.isfinite(bound)]
    highest = finite[-1] if finite else 1.0

    def logged(rank: float) -> float:
        return math.log(max(min(times.at(rank), highest), _LEAST_S))

    def bounds(z: float) -> tuple[float, float]:
        low, high = map(float, _ranks(total, z))
        up = times.at(high)
        return logged(low), math.log(max(up, _LEAST_S)) if math.isfinite(up) else math.inf

    return Estimate(logged(TAIL), bounds)


class _Changes(NamedTuple):
    """How tenants' quantiles moved, as logarithms, and the variances of that."""

    by: Row
    variance: Row


_NONE: Final = _Changes(np.zeros(0), np.zeros(0))


def _log_quantiles(times: Histograms, scatter: float) -> _Changes:
    """`log_quantile` of each tenant, and its variance: the square of half the way between its bounds at 1."""
    low, high = _ranks(times.total / scatter, 1.0)
    ranked = (np.minimum(times.at(low), times.highest), times.at(high), np.minimum(times.at(TAIL), times.highest))
    lowest, up, at = (np.maximum(one, _LEAST_S) for one in ranked)
    return _Changes(np.log(at), ((np.log(up) - np.log(lowest)) / 2) ** 2)


def _changes(now: Histograms, past: Histograms, scatter: float) -> _Changes:
    """How each tenant moved from its own past; none where too few of them can say so."""
    known = np.minimum(now.total, past.total) >= FEWEST_OF_A_TENANT
    if not known.any() or now.total[known].sum() < COVERED * now.total.sum():
        return _NONE
    after, then = _log_quantiles(now.where(known), scatter), _log_quantiles(past.where(known), scatter)
    variance = after.variance + then.variance
    return _Changes(after.by - then.by, variance) if np.isfinite(variance).all() else _NONE


def _mean(changes: _Changes, drift: float) -> tuple[float, float]:
    """The mean change and its variance, each tenant weighed by how well it is known."""
    weights = 1 / np.maximum(changes.variance + drift, _LEAST_VARIANCE)
    weight = float(weights.sum())
    return float((changes.by * weights).sum()) / weight, 1 / weight


def _drift(changes: _Changes) -> float:
    """The variance of how tenants moved apart from each other (DerSimonian and Laird 1986), at least 0."""
    mean, _ = _mean(changes, 0.0)
    weights = 1 / np.maximum(changes.variance, _LEAST_VARIANCE)
    squares = float((weights * (changes.by - mean) ** 2).sum())
    spare = float(weights.sum() - (weights * weights).sum() / weights.sum())
    return max(0.0, (squares - (len(weights) - 1)) / spare) if spare > 0 else 0.0


def _scatter(arms: Arms) -> float:
    """How much more the tail scatters from window to window than independent requests would, within a tenant."""
    still = (arms.current, arms.current_past, arms.candidate_past)
    everything = sum((Histograms.of(arm, arm.tenants).pooled for arm in still), Histogram())
    finite = [bound for bound in everything.bounds if math.isfinite(bound)]
    if not finite or not everything.total:
        return 1.0
    wanted = (1 - TAIL) * everything.total
    bound = min(finite, key=lambda one: abs(everything.above(one) - wanted))
    return dispersion(Shape.PROPORTION, [beyond(arm, bound) for arm in still if bound in arm.bounds])


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


def compare_latency(arms: Arms, fewest: float) -> Comparison | None:
    """The candidate's quantile against what the current model would have shown, by the best design there is.

    The same designs as for rates, except that without a past tenants are pooled. None where there is nothing to hold
    against. `fewest` requests are the least an arm needs.
    """
    width = arms.width
    sides = (arms.candidate, arms.candidate_past, arms.current, arms.current_past)
    now, past, others, others_past = (Histograms.of(side, width) for side in sides)
    mine, before, rest, rest_before = (side.pooled for side in (now, past, others, others_past))
    if not mine.total:
        return None
    scatter = _scatter(arms)
    observed = log_quantile(mine, scatter)
    if arms.fair and arms.split and (pair := _shared_tenants(now, others)):
        mine, rest = pair
        return _made(Design.SPLIT, log_quantile(mine, scatter), log_quantile(rest, scatter), (mine.total, rest.total))
    has_past = before.total >= fewest
    if not arms.fair or rest.total < fewest:
        same_hours = Histograms.of(arms.same_hours, width).pooled
        if same_hours.total >= fewest:
            then = log_quantile(same_hours, scatter)
            return _made(Design.SAME_HOURS, observed, then, (mine.total, same_hours.total))
        if not has_past:
            return None
        return _made(Design.OWN_PAST, observed, log_quantile(before, scatter), (mine.total, before.total))
    if not has_past or rest_before.total < fewest:
        return _made(Design.CONCURRENT, observed, log_quantile(rest, scatter), (mine.total, rest.total))
    own, theirs = _changes(now, past, scatter), _changes(others, others_past, scatter)
    if len(own.by) and len(theirs.by) >= FEWEST_TENANTS and not _unlabelled(arms, now):
        drift = _drift(theirs)
        (ours, our_variance), (shared, shared_variance) = _mean(own, drift), _mean(theirs, drift)
        exact = Estimate(observed.value, _exactly(observed.value))
        spread = _symmetric(observed.value - ours + shared, our_variance + shared_variance)
        return _made(Design.TENANT_DID, exact, spread, (mine.total, rest.total))
    parts = [log_quantile(one, scatter) for one in (before, rest, rest_before)]
    value = parts[0].value + parts[1].value - parts[2].value
    expected_by_others = _sum_of(value, parts[:2], parts[2:])
    return _made(Design.POOLED_DID, observed, expected_by_others, (mine.total, rest.total))


def _unlabelled(arms: Arms, now: Histograms) -> bool:
    """Whether all there is carries no tenant label."""
    return arms.everybody is not None and bool(now.total[arms.everybody] > 0) and int((now.total > 0).sum()) == 1


def _shared_tenants(now: Histograms, others: Histograms) -> tuple[Histogram, Histogram] | None:
    """Both arms' times of the tenants that both serve; None where they are too small a part of the candidate's."""
    shared = (now.total > 0) & (others.total >= FEWEST_OF_A_TENANT)
    mine, theirs = now.where(shared).pooled, others.where(shared).pooled
    return (mine, theirs) if shared.any() and mine.total >= COVERED * now.pooled.total else None


def _exactly(value: float) -> Bounds:
    return lambda _: (value, value)


def _made(design: Design, observed: Estimate, expected: Estimate, sizes: tuple[float, float]) -> Comparison:
    return Comparison(design, observed, expected, sizes[0], sizes[1], relative=True)
