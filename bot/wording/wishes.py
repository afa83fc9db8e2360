"""A queued rotation wants the slot another holds: what its holder is asked, and what came of it."""

from bot.rotation.model.rotation import Rotation
from bot.rotation.model.wishes import SlotWish
from bot.wording.names import changed_stages
from bot.wording.requests import REPEAT
from bot.wording.text import Code, Line, Quote, Someone, Text, When, line, text


def giving_way(rotation: Rotation) -> str:
    """What giving way does, for the message and its dialog."""
    if not changed_stages(rotation):
        return f"{rotation.id} ends; nothing was changed so far"
    return f"{rotation.id} goes back to {rotation.models.after_rollback.id} first"


def wish_text(rotation: Rotation, wish: SlotWish, *, maybe_repeat: bool = False) -> Text:
    """The whole message: who asks whom for what, what either answer does, and that silence changes nothing."""
    if not wish.open:
        return text(_outcome(rotation, wish), REPEAT if maybe_repeat else "")
    asks = f": {wish.by} asks you to give way to {wish.rotation}, which waits in line for {rotation.slot}"
    return text(
        line(Someone(rotation.requester.id), asks),
        REPEAT if maybe_repeat else "",
        line("Reason: ", Quote(wish.reason)) if wish.reason else "No reason was given",
        line("Give way: ", Code(rotation.models.candidate.id), f" is given up here. {giving_way(rotation)}"),
        "Keep going: nothing changes, and who asked is told. No answer changes nothing either",
        "Only who began this rotation can answer. Anybody who may end it or roll it back still can, as ever",
    )


def _outcome(rotation: Rotation, wish: SlotWish) -> Line:
    at = (", ", When(wish.decided_at)) if wish.decided_at is not None else ()
    match wish.outcome:
        case "gave_way":
            return line(f"☑️ {wish.decided_by} gave way to {wish.rotation}", *at)
        case "kept":
            return line(f"☑️ {wish.decided_by} keeps going; {wish.rotation} waits in line", *at)
        case _:
            return line(f"{wish.rotation} asked for {rotation.slot}, which is of no matter any more", *at)
