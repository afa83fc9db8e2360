"""The home tab: drawn when somebody opens it, and again by itself whenever something has happened since."""

import asyncio
from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp

from bot.ports import OutsideError
from handlers.blocks.hometab import hometab
from handlers.given import Given
from handlers.guard import Call, guarded

log = structlog.get_logger("handlers")

OPENED: Final = "app_home_opened"
REFRESHED_EVERY_S: Final = 15.0
"""Two hundred people's tabs at most, four times a minute at most: what happens meanwhile is shown together."""
AT_ONCE: Final = 20
"""Tabs drawn in one round: Slack takes about a hundred a minute."""


class Homes:
    """Everybody's home tab, as it was last shown. After a restart each is shown once more."""

    def __init__(self, given: Given) -> None:
        """Take what every listener is given."""
        self._given = given
        self._shown: dict[str, int] = {}
        self._writing = asyncio.Lock()

    async def opened(self, reader: str) -> None:
        """Show somebody their tab, and keep it up to date from now on. Raises OutsideError."""
        async with self._writing:
            await self._given.engine.home_opened(reader)
        await self._show([reader])

    async def refresh(self) -> None:
        """Draw the tabs anew that were shown before something happened, those that have waited longest first."""
        newest = await self._given.engine.newest()
        viewers = await self._given.engine.home_viewers()
        behind = [reader for reader in viewers if self._shown.get(reader, -1) < newest]
        await self._show(sorted(behind, key=lambda reader: self._shown.get(reader, -1))[:AT_ONCE], keep_on=True)

    async def _show(self, readers: list[str], *, keep_on: bool = False) -> None:
        newest = await self._given.engine.newest()
        for reader, home in zip(readers, await self._given.engine.homes(readers), strict=True):
            try:
                await self._given.messenger.publish_home(reader, hometab(home))
            except OutsideError as error:
                if not keep_on:
                    raise
                log.warning("home tab not shown", reader=reader, why=error.what)
                if not error.again:
                    async with self._writing:
                        await self._given.engine.home_gone(reader)
                continue
            self._shown[reader] = newest


def register(app: AsyncApp, given: Given) -> Homes:
    """What runs and what waits, for whoever looks; the answer keeps it up to date."""
    homes = Homes(given)

    async def opened(call: Call) -> None:
        await call.ack()
        event = call.body.get("event") or {}
        if event.get("tab", "home") == "home" and call.user:
            await homes.opened(call.user)

    app.event(OPENED)(guarded(given, opened))
    return homes
