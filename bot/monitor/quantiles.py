"""Comparing response times between arms where a source tells only a quantile: a summary's gauge, or a recording rule.

A quantile that is read ready-made is no count. Nobody can add two of them up, and nothing says how many requests lie
beyond it; so its error is not known beforehand and has to be told from how it scatters from look to look and from
tenant to tenant. Each look gives one reading an arm and tenant, on the log scale, and what is judged are their means:
paired look by look where both arms are there, each tenant against its own past where it has one. It takes far more
looks than a histogram does (docs/monitoring.md has both).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bot.monitor import gauges
from bot.monitor.added import NOTHING, Added, Mask, Row
from bot.monitor.arms import Arms, Design
from bot.monitor.comparison import Comparison, Estimate
from bot.monitor.gauges import Looks, mean_by
from bot.monitor.kinds import Value
from bot.monitor.rates import UNSEEN_DRIFT
from bot.monitor.repeated import Difference, bounds_around, scatter_of
from bot.monitor.tallies import Shape
from bot.monitor.tenants_apart import tenants_apart

_DRIFT: Final = UNSEEN_DRIFT[Shape.MEAN] ** 2
"""How far everybody's times move from cycle to cycle where nobody is left to tell."""
_NOTHING: Final[Row] = np.zeros(0)


@dataclass(frozen=True)
class Readings:
    """A quantile that is read ready-made, in seconds."""

    def gathered(self, cells: Mapping[str, Any], places: Mapping[str, int]) -> Added:
        """Gauges."""
        return gauges.gathered(cells, places)

    def value(self, window: Added) -> Value | None:
        """The tenants' mean by their requests, on the log scale: between the least and the largest of them."""
        if not window.there.any():
            return None
        looks = Looks.of(window, window.tenants)
        return Value(float(np.exp(np.nanmean(looks.means))), looks.total)

    def compare(self, arms: Arms, fewest: float) -> Comparison | None:
        """By `compare_readings`."""
        return compare_readings(arms, fewest)

    def doubt(self, arms: Arms) -> str:
        """None: what scatters more is less sure already."""
        del arms
        return ""


def compare_readings(arms: Arms, fewest: float) -> Comparison | None:
    """The candidate's quantile against what the current model would have shown, by the best design there is.

    The designs of `rates`. None where there is nothing to hold against; bounds are infinite where the readings are too
    few to tell how they scatter. `fewest` requests are the least an arm needs.
    """
    sides = (arms.candidate, arms.candidate_past, arms.current, arms.current_past, arms.same_hours)
    now, past, others, others_past, same_hours = (Looks.of(side, arms.width).known for side in sides)

    def enough(looks: Looks) -> bool:
        return bool(looks.there.any()) and looks.total >= fewest

    if not now.there.any():
        return None
    mine, theirs = now.beside(others)
    if arms.fair and arms.split and (mine.there & theirs.there).any():
        return _made(Design.SPLIT, now, others, _moved(_paired(mine, theirs)))
    if not arms.fair or not enough(others):
        if enough(same_hours):
            return _made(Design.SAME_HOURS, now, same_hours, _against_hours(now, same_hours))
        return _made(Design.OWN_PAST, now, past, _against_past(now, past)) if enough(past) else None
    labelled = _labelled(arms)
    if not enough(past) or not enough(others_past):
        nobody = Looks.of(NOTHING, arms.width)
        apart = tenants_apart(now, others, nobody, nobody, labelled=labelled)
        if apart is not None:
            return _made(Design.CONCURRENT_TENANTS, now, others, apart)
        return _made(Design.CONCURRENT, now, others, _moved(_whole(now, others)))
    apart = tenants_apart(now, others, past, others_past, labelled=labelled)
    if apart is not None:
        return _made(Design.TENANT_DID, now, others, apart)
    return _made(Design.POOLED_DID, now, others, _moved(_whole(now, others), _whole(past, others_past)))


def _labelled(arms: Arms) -> Mask:
    """Which columns are a tenant's."""
    labelled: Mask = np.arange(arms.width) != (-1 if arms.everybody is None else arms.everybody)
    return labelled


def _made(design: Design, now: Looks, against: Looks, found: Difference) -> Comparison:
    observed = float(np.nanmean(now.means))
    expected = observed - found.by
    return Comparison(
        design=design,
        observed=Estimate(observed, bounds_around(observed, 0.0, 0.0)),
        expected=Estimate(expected, bounds_around(expected, found.variance, found.freedoms, found.known)),
        n_observed=now.number,
        n_expected=against.number,
        relative=True,
    )


def _paired(ours: Looks, theirs: Looks) -> Row:
    """How far the tenants lie apart in each window; one that has few requests in either arm says little."""
    both = ours.there & theirs.there
    smaller = np.minimum(ours.weights, theirs.weights) if _both_known(ours, theirs) else 1.0
    return mean_by(ours.logs - theirs.logs, np.where(both, smaller, 0.0))


def _both_known(ours: Looks, theirs: Looks) -> bool:
    return math.isfinite(ours.total) and math.isfinite(theirs.total)


def _whole(ours: Looks, theirs: Looks) -> Row:
    """How far the arms lie apart in each window, each taken as one."""
    one, other = ours.beside(theirs)
    return one.means - other.means


def _moved(steps: Row, before: Row = _NOTHING, known: float = 0.0) -> Difference:
    """The mean of the steps, less what it was before; what moves both arms at once is in neither."""
    scatter = scatter_of([steps, before])
    now, then = steps[~np.isnan(steps)], before[~np.isnan(before)]
    if not len(now):
        return Difference(0.0, math.inf, 0.0)
    spread = scatter.of_mean(len(now)) + (scatter.of_mean(len(then)) if len(then) else 0.0)
    return Difference(float(now.mean() - (then.mean() if len(then) else 0.0)), spread, scatter.freedoms, known)


def _against_hours(now: Looks, same_hours: Looks) -> Difference:
    """Each look against the same hour a cycle before; where hours are missing, against all there are."""
    if len(now.logs) != len(same_hours.logs):
        return _against_past(now, same_hours)
    if (now.there & same_hours.there).any():
        return _moved(_paired(now, same_hours), known=_DRIFT)
    return _moved(_whole(now, same_hours), known=_DRIFT)


def _against_past(now: Looks, past: Looks) -> Difference:
    """Each tenant against its own mean before, so that it does not matter which of them are there."""
    usual = past.usual
    known = ~np.isnan(usual)
    if not now.covered_by(known & now.there.any(axis=0)):
        return _moved(now.means, past.means, _DRIFT)
    ours, theirs = now.where(known), past.where(known)
    steps, before = (mean_by(np.nan_to_num(side.off(usual)), side.weights) for side in (ours, theirs))
    return _moved(steps, before, _DRIFT)
