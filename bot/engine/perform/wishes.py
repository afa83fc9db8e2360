"""The message that puts a queued rotation's wish for a slot to whoever holds it."""

from bot.engine.models.notes import WishNote
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat.cards import edited, in_thread
from bot.engine.records import Claimed, Posted
from bot.rotation.effects import PostWish, UpdateWish
from bot.rotation.model.rotation import Rotation


async def post_wish(
    outside: Outside, rules: Rules, rotation: Rotation, effect: PostWish, claimed: Claimed
) -> Posted | None:
    """Put another rotation's wish for the slot to its holder, as a broadcast message in the thread."""
    repeat = claimed.lost > 0
    if rotation.wish(effect.wish) is None:
        return None
    note = WishNote(rotation=rotation, wish=effect.wish, maybe_repeat=repeat)
    message = await in_thread(outside, rules, rotation, note, claimed, broadcast=True)
    return Posted(rotation.id, _wish_name(effect.wish), message.model_copy(update={"maybe_repeat": repeat}))


def _wish_name(wisher: str) -> str:
    return f"wish:{wisher}"


async def update_wish(outside: Outside, rotation: Rotation, effect: UpdateWish) -> None:
    """Bring that message up to date."""
    standing = await outside.store.message(rotation.id, _wish_name(effect.wish))
    if standing is not None:
        note = WishNote(rotation=rotation, wish=effect.wish, maybe_repeat=standing.maybe_repeat)
        await edited(outside, standing, note)
