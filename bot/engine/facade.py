"""What Slack's side and the terminal may ask of the engine: take a command, answer a question. Nothing else."""

from bot.engine import read
from bot.engine.models import Command, SlotStatus, Status
from bot.engine.run import Engine


class Facade:
    """The engine as listeners see it."""

    def __init__(self, engine: Engine) -> None:
        """Stand before a running engine."""
        self._engine = engine

    async def submit(self, command: Command) -> None:
        """Keep a command; when this returns it is on disk."""
        await self._engine.submit(command)

    async def status(self, subject: str | None = None) -> Status:
        """What is going on, everywhere or about one subject."""
        return await read.status(self._engine.outside, self._engine.rules, subject or "")

    async def slots(self) -> tuple[SlotStatus, ...]:
        """Every slot with what its targets hold now."""
        return await read.slots(self._engine.outside, self._engine.rules)
