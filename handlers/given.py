"""What every listener is given: the engine, the messenger, the clock, and how to be of one workspace."""

from dataclasses import dataclass

from bot.ports import Clock
from handlers.engine import EngineFacade
from handlers.messenger import SlackMessenger


@dataclass(frozen=True)
class Given:
    """`team` is the id of the workspace the bot belongs to; empty accepts any (one token reaches one workspace)."""

    engine: EngineFacade
    messenger: SlackMessenger
    clock: Clock
    team: str = ""

    async def rotation_of(self, channel: str, thread: str) -> str:
        """The rotation whose card that thread hangs under; empty when there is none."""
        found = await self.engine.told_at(channel, thread) if thread else ""
        return found if found.startswith("R") else ""
