"""Shortcuts on a message: what it is about, explained to whoever asked, or taken back after one question."""

import re
from typing import Final

from slack_bolt.async_app import AsyncApp

from bot.engine.models.commands import Steer
from bot.rotation.model.rotation import Rotation
from handlers.blocks import private
from handlers.blocks.steering import could
from handlers.commands import show_status, show_why
from handlers.given import Given
from handlers.guard import Call, answer, guarded

WHAT_HAPPENED: Final = "what_happened"
ROLL_THIS_BACK: Final = "roll_this_back"


def register(app: AsyncApp, given: Given) -> None:
    """The shortcuts there are, and a true answer for one of another version."""

    async def what_happened(call: Call) -> None:
        await explain(given, call)

    async def roll_this_back(call: Call) -> None:
        await ask_back(given, call)

    async def another(call: Call) -> None:
        await answer(given, call, "stale_button")

    app.shortcut(WHAT_HAPPENED)(guarded(given, what_happened))
    app.shortcut(ROLL_THIS_BACK)(guarded(given, roll_this_back))
    app.shortcut(re.compile(".*"))(guarded(given, another))


async def explain(given: Given, call: Call) -> None:
    """Tell how the rotation of a message, or of the thread it stands in, came to where it is."""
    subject = await _subject(given, call)
    if not subject:
        await answer(given, call, "nothing_here")
        return
    await call.ack()
    show = show_why if subject.startswith("R") else show_status
    await show(given, call.reply_to, subject)


async def ask_back(given: Given, call: Call) -> None:
    """Say back what rolling back the rotation of a message would do, with the button that does it.

    Where nothing can be taken back, the engine says why not.
    """
    rotation = await _rotation(given, await _subject(given, call))
    if rotation is None:
        await answer(given, call, "nothing_here")
        return
    await call.ack()
    if could(rotation, "roll_back"):
        await given.messenger.whisper(call.reply_to, private.asked_back(rotation, "roll_back", ""))
        return
    command = f"shortcut:{call.body.get('trigger_id')}"
    said = {"id": command, "actor": call.user, "at": given.clock.now(), "reply": call.reply_to}
    await given.engine.submit(Steer.model_validate({**said, "verb": "roll_back", "subject": rotation.id}))


async def _subject(given: Given, call: Call) -> str:
    """The rotation or comparison a message, or the thread it stands in, is about; empty where there is none."""
    message = call.body.get("message") or {}
    places = dict.fromkeys(str(message.get(key) or "") for key in ("ts", "thread_ts"))
    found = [await given.engine.told_at(call.reply_to.channel, ts) for ts in places if ts]
    return next((name for name in found if name[:1] in {"R", "D"}), "")


async def _rotation(given: Given, subject: str) -> Rotation | None:
    """The rotation of that name, or the one that began from a comparison."""
    if subject.startswith("R"):
        found = await given.engine.why(subject)
        return found.note.rotation if found is not None else None
    slots = (await given.engine.status(subject)).slots if subject else ()
    return slots[0].rotation if slots else None
