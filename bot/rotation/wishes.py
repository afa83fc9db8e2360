"""Wishes of queued rotations for the slot this one holds: heard, answered, and closed when they are of no matter."""

from bot.rotation.draft import Draft
from bot.rotation.effects import PostWish, UpdateWish
from bot.rotation.events import SlotUnwanted, SlotWanted
from bot.rotation.model.wishes import SlotWish


def on_slot_wanted(draft: Draft, event: SlotWanted) -> None:
    """Put the wish to the holder, once; where this is going back or over the slot comes free by itself."""
    rotation = draft.rotation
    if rotation.ended or rotation.rollback is not None or rotation.wish(event.rotation) is not None:
        return
    wish = SlotWish(rotation=event.rotation, by=event.by, by_id=event.by_id, reason=event.reason, at=event.at)
    draft.set(wishes=(*rotation.wishes, wish))
    draft.do(PostWish(wish=event.rotation, number=draft.number()))


def on_slot_unwanted(draft: Draft, event: SlotUnwanted) -> None:
    """Whoever wanted it does not wait any more."""
    close_wish(draft, event.rotation, "over", "")


def close_wish(draft: Draft, wisher: str, outcome: str, by: str) -> None:
    """Give an open wish its outcome, and take its buttons away."""
    wish = draft.rotation.wish(wisher)
    if wish is None or not wish.open:
        return
    closed = wish.model_copy(update={"outcome": outcome, "decided_by": by, "decided_at": draft.at})
    draft.set(wishes=tuple(closed if one.rotation == wisher else one for one in draft.rotation.wishes))
    draft.do(UpdateWish(wish=wisher))


def close_wishes(draft: Draft) -> None:
    """The slot comes free: nobody is asked for it any more."""
    for wish in draft.rotation.wishes:
        close_wish(draft, wish.rotation, "over", "")
