"""The tenant as unit, where a quantile is read ready-made: those that moved beside those that did not. Pure."""

import math
from dataclasses import dataclass

import numpy as np

from bot.monitor.added import Mask, Row
from bot.monitor.designs import FEWEST_TENANTS
from bot.monitor.gauges import Looks, Matrix, mean_by
from bot.monitor.repeated import Difference, joined_freedoms, scatter_of


def tenants_apart(now: Looks, others: Looks, past: Looks, others_past: Looks, *, labelled: Mask) -> Difference | None:
    """How far the tenants that moved lie off, beside how far the others do; None with too few of either.

    Each is held against its own past where there is one, and what moves the others look by look is taken off all. How
    tenants drift is told by those that did not move; where those that moved scatter more, that comes on top.
    """
    now, others = now.beside(others)
    has_past = bool(past.there.any())
    usual, usual_of_others = (past.usual, others_past.usual) if has_past else (_nought(now), _nought(others))
    mine, rest = now.there.any(axis=0) & ~np.isnan(usual), others.there.any(axis=0) & ~np.isnan(usual_of_others)
    few = rest.sum() < FEWEST_TENANTS or (mine & ~labelled).any()
    if few or not now.covered_by(mine) or not others.covered_by(rest):
        return None
    theirs = _Moves.of(others.where(rest), others_past, usual_of_others)
    ours = _Moves.of(now.where(mine), past, usual, beside=theirs)
    changed, stayed = ours.changes, theirs.changes
    if not len(changed) or len(stayed) < FEWEST_TENANTS:
        return None
    apart = float(stayed.var(ddof=1)) * (1 / len(changed) + 1 / len(stayed))
    (mine_noise, freedoms), (their_noise, _) = ours.noise, theirs.noise
    more = mine_noise - their_noise if math.isfinite(their_noise) else mine_noise
    noisier = max(0.0, more) / len(changed)
    by = float(changed.mean() - stayed.mean())
    return Difference(by, apart + noisier, joined_freedoms(apart, len(stayed) - 1, noisier, freedoms))


def _nought(looks: Looks) -> Row:
    """Of tenants without a past nothing is usual: they are held against each other as they are."""
    return np.where(looks.there.any(axis=0), 0.0, math.nan)


@dataclass(frozen=True)
class _Moves:
    """How far each tenant lies from what is usual for it, look by look, less what moved the others; and so before.

    `shared` is what moved those that did not change, in each of these windows.
    """

    now: Matrix
    past: Matrix
    shared: Row
    shared_before: Row

    @classmethod
    def of(cls, now: Looks, past: Looks, usual: Row, beside: "_Moves | None" = None) -> "_Moves":
        """Those of some tenants; what moved the others is their own mean where they are the others."""
        off, off_before = now.off(usual), past.off(usual)
        shared = beside.shared if beside is not None else _mean_off(off)
        before = beside.shared_before if beside is not None else _mean_off(off_before)
        many = min(len(off_before), len(before))
        return cls(off - shared[:, None], off_before[:many] - before[:many, None], shared, before)

    @property
    def changes(self) -> Row:
        """The mean of each tenant that has one."""
        means = mean_by(self.now.T, (~np.isnan(self.now.T)).astype(np.float64))
        return means[~np.isnan(means)]

    @property
    def noise(self) -> tuple[float, float]:
        """The variance of such a mean by chance alone, and its degrees of freedom; infinite where nothing tells it."""
        read, read_before = (~np.isnan(side) for side in (self.now, self.past))
        there = read.any(axis=0)
        scatter = scatter_of([self.now[:, there], self.past[:, there]])
        looks = [read.sum(axis=0)[there], read_before.sum(axis=0)[there]]
        means = [np.mean([scatter.of_mean(one) for one in side if one]) for side in looks if side.any()]
        return float(sum(means)), scatter.freedoms


def _mean_off(off: Matrix) -> Row:
    """What moved them look by look; NaN where none of them was read."""
    return mean_by(off, (~np.isnan(off)).astype(np.float64))
