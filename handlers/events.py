"""Events: mentions, which take the same words as the command, and whatever else arrives, which needs only an ack."""

import re
from typing import Final

from slack_bolt.async_app import AsyncApp

from handlers.commands import typed
from handlers.given import Given
from handlers.guard import Call, guarded

MENTION: Final = "app_mention"
_CALLED: Final = re.compile(r"^\s*(?:<@[UW][A-Z0-9]+(?:\|[^>]*)?>[\s,:]*)+")


def register(app: AsyncApp, given: Given) -> None:
    """Mentions by people; bots are never listened to."""

    async def mentioned(call: Call) -> None:
        event = call.body.get("event") or {}
        if not call.user or event.get("edited") or event.get("subtype") == "bot_message":
            return
        words = _CALLED.sub("", str(event.get("text") or ""))
        await typed(given, call, words or "help", f"event:{call.body.get('event_id')}")

    app.event(MENTION)(guarded(given, mentioned))


def register_rest(app: AsyncApp, given: Given) -> None:
    """Anything a listener was not written for: acked, so that Slack does not send it again."""

    async def ignored(call: Call) -> None:
        await call.ack()

    app.event("message")(guarded(given, ignored))
    app.event(re.compile(".*"))(guarded(given, ignored))
