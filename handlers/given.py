"""What every listener is given: the engine, the messenger, the clock, and how to be of one workspace."""

from dataclasses import dataclass

from bot.engine.models import MessageRef
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
        if not thread:
            return ""
        status = await self.engine.status(None)
        cards: dict[str, MessageRef] = status.cards
        found = (key for key, card in cards.items() if (card.channel, card.ts) == (channel, thread))
        return next(found, "")
