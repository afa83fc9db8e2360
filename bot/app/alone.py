"""The bot without Slack, for the day Slack is down and nobody serves: it does the work, and leaves what is to be told.

What people are to be told stays in the outbox; whoever serves next tells it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from bot.adapters.clock import SystemClock
from bot.app.bundle import bundle, keep_scraping
from bot.app.database import sole_owner
from bot.engine.models.commands import ReplyTo
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import Note, ReplyNote
from bot.engine.models.people import Members, Person
from bot.engine.outside import Outside, Rules
from bot.engine.run import Engine
from bot.ports import Clock, OutsideError
from bot.runbook.load import Loaded
from bot.runbook.models.people import Group
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore

_UNASKED: Final = "Slack is not asked from here"


def _left() -> NoReturn:
    raise OutsideError("Slack is left to `rotate serve`", whose="rotate", again=True, code="no_slack")


class NoSlack:
    """A messenger that tells nobody: every message is left for later."""

    async def reach(self) -> None:
        """Never."""
        _left()

    async def post(
        self, note: Note, *, channel: str, thread: MessageRef | None = None, broadcast: bool = False
    ) -> MessageRef:
        """Never."""
        del note, channel, thread, broadcast
        _left()

    async def edit(self, message: MessageRef, note: Note) -> None:
        """Never."""
        del message, note
        _left()

    async def attach(self, files: Sequence[Attachment], *, under: MessageRef, words: str) -> None:
        """Never."""
        del files, under, words
        _left()

    async def reply(self, to: ReplyTo, note: ReplyNote) -> None:
        """Never."""
        del to, note
        _left()


@dataclass(frozen=True)
class RunbookDirectory:
    """What the runbook itself knows of people: groups that name their members."""

    clock: Clock

    async def person(self, person: str) -> Person:
        """Raises OutsideError: only Slack knows whether somebody is a guest."""
        raise OutsideError(f"{person}: {_UNASKED}", whose="rotate", again=False, code="no_slack")

    async def group(self, group: Group) -> Members:
        """The people the runbook lists; a user group of Slack's cannot be read."""
        problem = "" if group.people else f"user group @{group.group}: {_UNASKED}"
        return Members(ids=tuple(group.people), read_at=self.clock.now(), problem=problem)

    async def channel(self, channel: str) -> Members:
        """Unknown."""
        return Members(read_at=self.clock.now(), problem=f"#{channel}: {_UNASKED}")


@asynccontextmanager
async def looking(path: Path, loaded: Loaded) -> AsyncIterator[tuple[Outside, Rules]]:
    """Everything there is to read, beside whoever serves. Raises sqlite3.Error."""
    async with AsyncExitStack() as stack:
        store = SqliteStore(SqliteFile(path))
        await store.open()
        stack.push_async_callback(store.close)
        outside = await bundle(loaded.runbook, store, NoSlack(), RunbookDirectory(SystemClock()), stack)
        yield outside, Rules(loaded.runbook, loaded.digest)


@asynccontextmanager
async def working_alone(path: Path, loaded: Loaded) -> AsyncIterator[Engine]:
    """The engine at work in place of `rotate serve`. Raises DatabaseBusyError, sqlite3.Error."""
    async with AsyncExitStack() as stack:
        stack.callback(sole_owner(path).close)
        outside, rules = await stack.enter_async_context(looking(path, loaded))
        engine = Engine(outside, rules)
        keep_scraping(engine, outside, loaded.runbook)
        await engine.start()
        stack.push_async_callback(engine.stop)
        yield engine
