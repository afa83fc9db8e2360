"""Why what somebody asked for is not possible in this phase: who may not do it at all is told that first. Pure."""

from typing import assert_never

from pydantic import JsonValue

from bot.rotation.events import (
    Abort,
    Approve,
    ConfirmByHand,
    Decide,
    GiveWay,
    HandsOffIt,
    HandsOnIt,
    HumanEvent,
    PauseIt,
    Promote,
    Reject,
    RenewComparison,
    Resume,
    Retry,
    RollBack,
    SettleByHand,
    Supersede,
    Withdraw,
)
from bot.rotation.model.rotation import Rotation
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    ReasonCode,
    may_give_way,
    may_pause,
    may_roll_back,
    may_settle,
    may_steer,
    question_waits,
    rollback_possible,
    wish_waits,
)


def _entitled(rotation: Rotation, event: HumanEvent) -> Gate:
    """Whether it is theirs to ask for at all; an answer's question says itself who may give one."""
    match event:
        case RollBack():
            return may_roll_back(rotation, event.actor)
        case Retry() | SettleByHand() | ConfirmByHand() | HandsOffIt() | HandsOnIt():
            return may_settle(rotation.plan.authority, event.actor)
        case PauseIt():
            return may_pause(event.actor)
        case Promote() | Resume() | Abort() | Supersede() | RenewComparison():
            return may_steer(rotation.plan.authority, event.actor)
        case GiveWay():
            return may_give_way(rotation, event.actor)
        case Approve() | Withdraw() | Reject() | Decide():
            return ALLOW
        case _:
            assert_never(event)


def not_here(rotation: Rotation, event: HumanEvent) -> Deny:
    """Why it is not possible now; who may not do it in any phase is told that first."""
    gate = _entitled(rotation, event)
    if isinstance(gate, Deny):
        return gate
    match event:
        case GiveWay():
            gate = wish_waits(rotation, event.wish)
        case Approve() | Reject():
            gate = question_waits(rotation, rotation.request, event.request)
        case Decide():
            gate = question_waits(rotation, rotation.decision, event.decision)
        case RollBack():
            gate = rollback_possible(rotation, event.at, event.later_rotation)
        case PauseIt() if rotation.pause is not None:
            gate = Deny(ReasonCode.ALREADY_PAUSED, {"by": rotation.pause.by})
        case _:
            pass
    if isinstance(gate, Deny):
        return gate
    if rotation.ended:
        return Deny(ReasonCode.ALREADY_ENDED, {"phase": rotation.phase.value})
    facts: dict[str, JsonValue] = {"phase": rotation.phase.value, "event": event.kind}
    if isinstance(event, Abort) and rotation.changed:
        facts["instead"] = "rollback"
    if rotation.pause is not None:
        facts |= {"paused_by": rotation.pause.by, "since": rotation.pause.at.isoformat()}
    return Deny(ReasonCode.NOT_IN_PHASE, facts)
