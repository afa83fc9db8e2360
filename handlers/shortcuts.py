"""Shortcuts on a message: what it is about, explained to whoever asked."""

import re
from typing import Final

from slack_bolt.async_app import AsyncApp

from handlers.commands import show_status, show_why
from handlers.given import Given
from handlers.guard import Call, answer, guarded

WHAT_HAPPENED: Final = "what_happened"


def register(app: AsyncApp, given: Given) -> None:
    """The one shortcut there is, and a true answer for one of another version."""

    async def what_happened(call: Call) -> None:
        await explain(given, call)

    async def another(call: Call) -> None:
        await answer(given, call, "stale_button")

    app.shortcut(WHAT_HAPPENED)(guarded(given, what_happened))
    app.shortcut(re.compile(".*"))(guarded(given, another))


async def explain(given: Given, call: Call) -> None:
    """Tell how the rotation of a message, or of the thread it stands in, came to where it is."""
    message = call.body.get("message") or {}
    places = dict.fromkeys(str(message.get(key) or "") for key in ("ts", "thread_ts"))
    found = [await given.engine.told_at(call.reply_to.channel, ts) for ts in places if ts]
    subject = next((name for name in found if name[:1] in {"R", "D"}), "")
    if not subject:
        await answer(given, call, "nothing_here")
        return
    await call.ack()
    show = show_why if subject.startswith("R") else show_status
    await show(given, call.reply_to, subject)
