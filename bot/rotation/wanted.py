"""Whether an effect that has waited its turn is still wanted. Asked right before it is performed. Pure."""

from typing import assert_never

from bot.rotation.baking import UNWATCHED
from bot.rotation.effects import (
    ApplyTarget,
    CheckTraffic,
    Effect,
    Preflight,
    ReadTargets,
    RestoreTarget,
    TakeLook,
    UpdateQuestion,
    Verify,
)
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import Standing


def still_wanted(rotation: Rotation, effect: Effect) -> bool:
    """False when the state has moved on so that performing the effect would be wrong or of no use.

    A write is wanted only while its attempt is being applied: after a pause, a rollback or an end it must not happen.
    Messages are always wanted: what happened is told even when more has happened since.
    """
    match effect:
        case ApplyTarget():
            return (
                rotation.phase is Phase.APPLYING
                and not rotation.preflight
                and (effect.stage, effect.attempt) == (rotation.stage, rotation.attempt)
                and rotation.target(effect.target).standing is Standing.WRITING
            )
        case Preflight():
            here = (effect.stage, effect.attempt) == (rotation.stage, rotation.attempt)
            return rotation.phase is Phase.APPLYING and rotation.preflight and here
        case RestoreTarget():
            return rotation.target(effect.target).standing is Standing.RESTORING
        case TakeLook():
            bake = rotation.bake
            if rotation.phase in UNWATCHED or bake is None:
                return False
            return (effect.stage, effect.attempt, effect.number) == (bake.stage, bake.attempt, bake.taken + 1)
        case UpdateQuestion():
            return rotation.question(effect.question) is not None
        case ReadTargets() | CheckTraffic() | Verify():
            return _awaited(rotation, effect)
        case _:
            return True


def _awaited(rotation: Rotation, effect: ReadTargets | CheckTraffic | Verify) -> bool:
    match effect:
        case ReadTargets(purpose="start"):
            return rotation.phase is Phase.QUEUED and not rotation.blocked_by
        case ReadTargets():
            return rotation.settling
        case CheckTraffic(back=True):
            return rotation.phase is Phase.ROLLING_BACK
        case CheckTraffic():
            return rotation.waiting_for_traffic is not None
        case Verify():
            return rotation.phase is Phase.VERIFYING
        case _:
            assert_never(effect)
