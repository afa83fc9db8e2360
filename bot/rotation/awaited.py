"""What a rotation waits for that this person can do: their own entitlement, by the gates that would be asked. Pure."""

from bot.rotation.asking import enough_approvals
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import (
    ALLOW,
    may_answer_decision,
    may_answer_request,
    may_break_glass,
    may_give_way,
    may_settle,
    may_steer,
)


def awaited_of(rotation: Rotation, actor: Actor) -> tuple[str, ...]:
    """Codes of what this person is waited for, the most pressing first; nothing where it waits for others or nobody.

    `mend`, `decide`, `approve`, `give_way`, `confirm`, `ask_again`, `resume`.
    """
    found = {
        "mend": _mend(rotation, actor),
        "decide": _decide(rotation, actor),
        "approve": _approve(rotation, actor),
        "give_way": any(wish.open for wish in rotation.wishes) and may_give_way(rotation, actor) == ALLOW,
        "confirm": "unconfirmed" in rotation.marks and may_settle(rotation.plan.authority, actor) == ALLOW,
        "ask_again": _held_up(rotation) and _mine(rotation, actor),
        "resume": rotation.phase is Phase.PAUSED and _mine(rotation, actor),
    }
    return tuple(code for code, waits in found.items() if waits)


def _held_up(rotation: Rotation) -> bool:
    """Whether everybody has said yes, and something else keeps the change from beginning."""
    return rotation.phase is Phase.AWAITING_APPROVAL and enough_approvals(rotation)


def _mine(rotation: Rotation, actor: Actor) -> bool:
    return actor.id == rotation.requester.id and may_steer(rotation.plan.authority, actor) == ALLOW


def _mend(rotation: Rotation, actor: Actor) -> bool:
    stuck = rotation.phase is Phase.ROLLING_BACK and rotation.rollback is not None and bool(rotation.rollback.trouble)
    return (stuck or rotation.phase is Phase.ERRORED) and may_settle(rotation.plan.authority, actor) == ALLOW


def _decide(rotation: Rotation, actor: Actor) -> bool:
    decision = rotation.decision
    if decision is None or not decision.open or any(answer.by.id == actor.id for answer in decision.answers):
        return False
    return may_answer_decision(decision, actor) == ALLOW and may_break_glass(rotation, decision, actor) == ALLOW


def _approve(rotation: Rotation, actor: Actor) -> bool:
    request = rotation.request
    if request is None or not request.open or any(yes.by.id == actor.id for yes in request.approvals):
        return False
    return not enough_approvals(rotation) and may_answer_request(rotation, request.stage, actor) == ALLOW
