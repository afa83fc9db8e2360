"""The home tab: drawn anew whenever somebody opens it."""

from typing import Final

from slack_bolt.async_app import AsyncApp

from handlers.blocks.hometab import hometab
from handlers.given import Given
from handlers.guard import Call, guarded

OPENED: Final = "app_home_opened"


def register(app: AsyncApp, given: Given) -> None:
    """What runs and what waits, for whoever looks."""

    async def opened(call: Call) -> None:
        await call.ack()
        event = call.body.get("event") or {}
        if event.get("tab", "home") == "home" and call.user:
            await given.messenger.publish_home(call.user, hometab(await given.engine.status(None)))

    app.event(OPENED)(guarded(given, opened))
