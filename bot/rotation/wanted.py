"""Whether an effect that has waited its turn is still wanted. Asked right before it is performed. Pure."""

from bot.rotation.effects import (
    ApplyTarget,
    CheckTraffic,
    Effect,
    Preflight,
    RestoreTarget,
    TakeLook,
    UpdateQuestion,
    Verify,
)
from bot.rotation.model import ENDS, Phase, Rotation, Standing


def still_wanted(rotation: Rotation, effect: Effect) -> bool:
    """False when the state has moved on so that performing the effect would be wrong or of no use.

    A write is wanted only while its attempt is being applied: after a pause, a rollback or an end it must not happen.
    Messages are always wanted: what happened is told even when more has happened since.
    """
    match effect:
        case ApplyTarget():
            return (
                rotation.phase is Phase.APPLYING
                and (effect.stage, effect.attempt) == (rotation.stage, rotation.attempt)
                and rotation.target(effect.target).standing is Standing.WRITING
            )
        case Preflight():
            return rotation.preflight and (effect.stage, effect.attempt) == (rotation.stage, rotation.attempt)
        case RestoreTarget():
            return rotation.target(effect.target).standing is Standing.RESTORING
        case CheckTraffic(back=True):
            return rotation.phase is Phase.ROLLING_BACK
        case CheckTraffic():
            return rotation.waiting_for_traffic is not None
        case TakeLook():
            bake = rotation.bake
            if rotation.phase in ENDS or rotation.phase is Phase.ROLLING_BACK or bake is None:
                return False
            return (effect.stage, effect.attempt, effect.number) == (bake.stage, bake.attempt, len(bake.looks) + 1)
        case Verify():
            return rotation.phase is Phase.VERIFYING
        case UpdateQuestion():
            return any(q is not None and q.id == effect.question for q in (rotation.request, rotation.decision))
        case _:
            return True
