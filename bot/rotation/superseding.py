"""Superseding: a queued rotation asks whoever holds its slot to give way, and the holder gives way or goes on."""

from bot.rotation.draft import Draft
from bot.rotation.ending import abort
from bot.rotation.events import GiveWay, Supersede, WishRefused
from bot.rotation.policy import ALLOW, Deny, Gate, ReasonCode, may_give_way, may_steer, wish_waits
from bot.rotation.rolling_back import start_rollback
from bot.rotation.wishes import close_wish


def ask_to_supersede(draft: Draft, event: Supersede) -> Gate:
    """Ask the holder, once; it is put to them as soon as the slot's rotation hears of it."""
    rotation = draft.rotation
    gate = may_steer(rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    if not rotation.blocked_by:
        return Deny(ReasonCode.NOBODY_HOLDS_IT)
    if event.before:
        return Deny(ReasonCode.NOT_FIRST_IN_LINE, {"before": event.before, "holder": rotation.blocked_by})
    if rotation.asked_of == rotation.blocked_by:
        return Deny(ReasonCode.ASKED_TO_GIVE_WAY, {"holder": rotation.asked_of, "refused_by": rotation.refused_by})
    reason = " ".join(event.reason.split())
    asked = {"asked_by": event.actor.name, "asked_by_id": event.actor.id, "asked_because": reason}
    draft.set(asked_of=rotation.blocked_by, refused_by="", **asked)
    draft.tell("supersede_asked", by=event.actor.name, holder=rotation.blocked_by, reason=reason)
    return ALLOW


def on_wish_refused(draft: Draft, event: WishRefused) -> None:
    """The holder goes on; this one keeps its place in line."""
    if draft.rotation.asked_of == event.holder and not draft.rotation.refused_by:
        draft.set(refused_by=event.by)
        draft.tell("supersede_refused", by=event.by, holder=event.holder)


def give_way(draft: Draft, event: GiveWay) -> Gate:
    """The holder's word: go back, or end it where nothing was changed; or go on as before."""
    rotation = draft.rotation
    gate = wish_waits(rotation, event.wish)
    if gate == ALLOW:
        gate = may_give_way(rotation, event.actor)
    if isinstance(gate, Deny):
        return gate
    by = event.actor.name
    if not event.yes:
        close_wish(draft, event.wish, "kept", by)
        draft.tell("kept_slot", by=by, wisher=event.wish)
        return ALLOW
    close_wish(draft, event.wish, "gave_way", by)
    draft.tell("gave_way", by=by, wisher=event.wish)
    if rotation.changed:
        start_rollback(draft, cause="gave_way", by=by, reason=event.reason)
    else:
        abort(draft, by=by, code="gave_way")
    return ALLOW
