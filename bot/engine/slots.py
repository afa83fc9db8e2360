"""Which slots stand in each other's way, and what a word means: R42, D17 or a slot's name. Pure."""

import difflib
from collections.abc import Iterable, Sequence

from bot.rotation.model.rotation import Phase, Rotation
from bot.runbook.models.plan import Plan

CLOSEST = 0.5


def neighbours(one: Plan, other: Plan) -> bool:
    """Whether two plans share a file, an object, a restart or a metric selector."""
    if one.slot == other.slot:
        return True
    shares, others = ({mark for s in p.stages for t in s.targets for mark in t.shares} for p in (one, other))
    selectors, other_selectors = ({s.metric_stage for s in p.stages if s.traffic == "live"} for p in (one, other))
    shared_series = one.metrics is not None and one.metrics == other.metrics and bool(selectors & other_selectors)
    return bool(shares & others) or shared_series


def holder(plan: Plan, running: Iterable[Rotation], *, apart_from: str = "") -> Rotation | None:
    """The rotation that holds this plan's slot or a neighbour's, past `queued`; else the first one queued for it."""
    near = [r for r in running if r.id != apart_from and neighbours(plan, r.plan)]
    for rotation in near:
        if rotation.phase is not Phase.QUEUED:
            return rotation
    return near[0] if near else None


def in_the_way(rotation: Rotation, running: Iterable[Rotation]) -> list[Rotation]:
    """What a queued rotation waits for: neighbours that hold the slot, then those that are before it in the queue.

    One that was paused in the queue lets the others pass.
    """
    near = [r for r in running if r.id != rotation.id and neighbours(rotation.plan, r.plan)]
    holding = [r for r in near if not (r.doing(Phase.QUEUED) and r.blocked_by)]
    queued = [r for r in near if r.phase is Phase.QUEUED and r.blocked_by and _number(r) < _number(rotation)]
    return [*holding, *queued]


def _number(rotation: Rotation) -> int:
    return int(rotation.id[1:])


def nearest(word: str, known: Sequence[str]) -> str:
    """The known name closest to a word, empty when none is close."""
    lowered = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=CLOSEST)
    return lowered[found[0]] if found else ""
