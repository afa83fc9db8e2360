"""Hands off and on again: automatic rollback is suspended for at most two hours, and what failed meanwhile follows."""

from bot.rotation.applying import resume_applying
from bot.rotation.concluding import verify
from bot.rotation.draft import Draft
from bot.rotation.events import HandsOffIt, HandsOnIt
from bot.rotation.guardrails import go_back
from bot.rotation.model.hands_off import LONGEST, USUAL, HandsOff
from bot.rotation.model.rotation import Phase
from bot.rotation.policy import ALLOW, Deny, Gate, ReasonCode, may_settle

TIMER = "hands_off"


def take_hands_off(draft: Draft, event: HandsOffIt) -> Gate:
    """Suspend automatic rollback, or suspend it until another time; together at most two hours."""
    gate = may_settle(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    rotation, before = draft.rotation, draft.rotation.hands_off
    if not rotation.changed:
        return Deny(ReasonCode.NOTHING_TO_SUSPEND, {"phase": rotation.phase.value})
    reason = " ".join(event.reason.split())
    if not reason:
        return Deny(ReasonCode.REASON_NEEDED, {"event": event.kind})
    since = before.at if before is not None else event.at
    until = event.at + (USUAL if event.lasts is None else event.lasts)
    if event.lasts is None:
        until = min(until, since + LONGEST)
    if not event.at < until <= since + LONGEST:
        return Deny(ReasonCode.HANDS_OFF_TOO_LONG, {"until": (since + LONGEST).isoformat()})
    now = {"by": event.actor.name, "at": since, "until": until, "reason": reason}
    kept = {} if before is None else {"failing": before.failing, "unmet": before.unmet}
    draft.set(hands_off=HandsOff.model_validate({**now, **kept}))
    draft.wake(TIMER, until)
    draft.announce("hands_off", by=event.actor.name, reason=reason, until=until.isoformat())
    return ALLOW


def put_hands_on(draft: Draft, event: HandsOnIt) -> Gate:
    """End it before its time."""
    gate = may_settle(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    if draft.rotation.hands_off is None:
        return Deny(ReasonCode.HANDS_ARE_ON)
    _end(draft, by=event.actor.name)
    return ALLOW


def on_hands_off_timer(draft: Draft) -> None:
    """Its time is over."""
    off = draft.rotation.hands_off
    if off is not None and draft.at >= off.until:
        _end(draft, by="")


def _end(draft: Draft, by: str) -> None:
    """Rollback is automatic again: what still fails rolls back now, a list that was not met is gone through anew."""
    off = draft.rotation.hands_off
    draft.forget(TIMER)
    draft.set(hands_off=None)
    failing = off.failing if off is not None else None
    draft.announce("hands_on", by=by, failing=failing is not None)
    if failing is not None:
        go_back(draft, failing)
        return
    if draft.rotation.phase is Phase.VERIFYING:
        verify(draft)
    decision = draft.rotation.decision
    if draft.rotation.phase is Phase.AWAITING_DECISION and decision is not None and decision.deadline is not None:
        draft.wake("deadline", max(draft.at, decision.deadline))  # a default that would have rolled back was put off


def on_go_on_timer(draft: Draft) -> None:
    """The check that failed is fine again: take up what stood still because of it."""
    rotation = draft.rotation
    if rotation.held_back:
        return
    if rotation.phase is Phase.VERIFYING:
        verify(draft)
    elif rotation.phase is Phase.APPLYING and not rotation.preflight and rotation.waiting_for_traffic is None:
        resume_applying(draft)
