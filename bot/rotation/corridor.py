"""How long the way back has to last: the watches still to come, and the time it stays open after them. Pure."""

from datetime import datetime, timedelta

from bot.rotation.model.rotation import Rotation


def watched_until(rotation: Rotation, at: datetime) -> datetime:
    """The end of the stage's watch that is under way, or of the next one if it began now; waiting is not in it."""
    bake = rotation.bake
    if bake is not None and bake.stage == rotation.stage and not bake.sealed:
        return at + max(0, bake.planned - bake.counted) * bake.every
    return at + rotation.stage_plan.bake.length


def closes_at(rotation: Rotation, at: datetime) -> datetime:
    """When the way back closes at the earliest, if nothing is waited for from now on."""
    here = watched_until(rotation, at) - at
    later = sum((stage.bake.length for stage in rotation.plan.stages[rotation.stage + 1 :]), timedelta())
    return at + here + later + rotation.plan.way_back.open_after_completion


def too_short(rotation: Rotation, at: datetime) -> bool:
    """Whether the model the way back leads to is known to retire before the way back closes."""
    retires = rotation.way_back.retires if rotation.way_back is not None else None
    return retires is not None and not rotation.ended and retires < closes_at(rotation, at)
