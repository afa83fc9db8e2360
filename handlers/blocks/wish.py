"""A wish for a slot that another rotation holds: two buttons for its holder while it is open. Pure."""

from bot.engine.models.notes import WishNote
from bot.wording.text import text
from bot.wording.units import shortened
from bot.wording.wishes import giving_way, wish_text
from handlers.blocks import ids
from handlers.blocks.layout import Ask, Message, actions, button, message, sections
from handlers.blocks.values import Carried


def wish(note: WishNote) -> Message:
    """The question, or its outcome without buttons."""
    rotation, found = note.rotation, note.rotation.wish(note.wish)
    if found is None:
        gone = text(f"{note.wish} asked for {rotation.slot}, which is of no matter any more")
        return message(gone, sections(gone))
    said = wish_text(rotation, found, maybe_repeat=note.maybe_repeat)
    if not found.open:
        return message(said, sections(said))
    carried = Carried(rotation.id, question=note.wish, version=rotation.version)
    ask = Ask(f"Give way to {note.wish}?", f"{shortened(giving_way(rotation), 200)}.", "Give way", dangerous=True)
    buttons = [
        button("Give way", ids.GIVE_WAY, carried, style="danger", ask=ask),
        button("Keep going", ids.KEEP_GOING, carried),
    ]
    return message(said, [*sections(said), *actions(buttons, block_id=f"{rotation.id}-{note.wish}")])
