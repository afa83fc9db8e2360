"""Which counts are held against which: the best design that what was seen of both arms allows, for tallies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.monitor.added import Mask
from bot.monitor.arms import Arms, Design
from bot.monitor.tallies import Tallies, Tally, tallies_of

FEWEST_TENANTS = 5
"""Fewer tenants that did not move tell nothing of how tenants drift."""
FEWEST_OF_A_TENANT = 20
"""Requests of one tenant, then and now, below which its own past is no guide."""
COVERED = 0.8
"""The share of an arm's requests that tenants with a past must make up; else tenants are pooled."""

_NOBODY = Tallies(np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Basis:
    """What the arms allow: the design, the tenants that moved beside their base, and the others beside theirs.

    `shared` is the one pool that every tenant's base is, where it is; `places` are the columns of those that moved,
    None where they are pooled.
    """

    design: Design
    now: Tallies
    base: Tallies
    others: Tallies = _NOBODY
    others_base: Tallies = _NOBODY
    shared: Tally | None = None
    places: NDArray[np.intp] | None = None

    @property
    def by_past(self) -> bool:
        """Whether nobody is left to say what changed meanwhile."""
        return self.design in {Design.OWN_PAST, Design.SAME_HOURS}

    @property
    def has_others(self) -> bool:
        """Whether there are others."""
        return len(self.others.bad) > 0

    @property
    def against(self) -> Tallies:
        """What the candidate's counts are held against."""
        return self.others if self.has_others else self.base


def basis_of(arms: Arms, fewest: float) -> Basis | None:
    """The best design there is; None where nobody has `fewest` requests to be held against."""
    width = arms.width
    now, past = tallies_of(arms.candidate, width), tallies_of(arms.candidate_past, width)
    others, others_past = tallies_of(arms.current, width), tallies_of(arms.current_past, width)
    has_past = past.total.sum() >= fewest
    if arms.fair and arms.split and (shared := _covering(now, others)).any():
        return Basis(Design.SPLIT, now.where(shared), others.where(shared), places=np.flatnonzero(shared))
    if arms.fair and others.total.sum() >= fewest:
        if not has_past or others_past.total.sum() < fewest:
            return _concurrent(now, others)
        own, rest = _covering(now, past), _covering(others, others_past)
        if own.any() and rest.sum() >= FEWEST_TENANTS:
            theirs = others.where(rest), others_past.where(rest)
            return Basis(Design.TENANT_DID, now.where(own), past.where(own), *theirs, places=np.flatnonzero(own))
        return Basis(Design.POOLED_DID, now.collapsed, past.collapsed, others.collapsed, others_past.collapsed)
    same_hours = tallies_of(arms.same_hours, width)
    if same_hours.total.sum() >= fewest:
        return _against_past(Design.SAME_HOURS, now, same_hours)
    return _against_past(Design.OWN_PAST, now, past) if has_past else None


def _covering(now: Tallies, past: Tallies) -> Mask:
    """The tenants with a past of their own; none where they are too small a part of the arm."""
    known: Mask = (now.total > 0) & (past.total >= FEWEST_OF_A_TENANT)
    return known if now.total[known].sum() >= COVERED * now.total.sum() else np.zeros_like(known)


def _concurrent(now: Tallies, others: Tallies) -> Basis:
    pool = others.pooled
    kept = others.total >= FEWEST_OF_A_TENANT
    if kept.sum() < FEWEST_TENANTS:
        return Basis(Design.CONCURRENT, now.collapsed, others.collapsed, shared=pool)
    there = (now.total > 0) | (now.bad != 0)
    mine, theirs = now.where(there), others.where(kept)
    base = Tallies(np.full_like(mine.bad, pool.bad), np.full_like(mine.total, pool.total))
    whole = theirs.pooled
    theirs_base = Tallies(np.full_like(theirs.bad, whole.bad), np.full_like(theirs.total, whole.total))
    return Basis(Design.CONCURRENT_TENANTS, mine, base, theirs, theirs_base, pool, np.flatnonzero(there))


def _against_past(design: Design, now: Tallies, past: Tallies) -> Basis:
    own = _covering(now, past)
    if not own.any():
        return Basis(design, now.collapsed, past.collapsed)
    return Basis(design, now.where(own), past.where(own), places=np.flatnonzero(own))
