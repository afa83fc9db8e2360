"""Where accepted commands wait and are carried out: each person's in their order, one person's never behind another's.

A way back waits behind nothing its own person asked for before. What begins something is decided one at a time, so that
two people cannot begin the same thing at the same moment.
"""

import asyncio
import contextlib

import structlog

from bot.engine.answers import answer
from bot.engine.intake import carry_out
from bot.engine.models.commands import Answer, Command, Diff, LiftFreeze, Promote, SetFreeze, Spend, Steer
from bot.engine.outside import Outside, Rules
from bot.engine.records import Accepted, Commit, StaleError
from bot.engine.worker import waiting_time
from bot.ports import OutsideError
from bot.rotation.model.questions import Choice

log = structlog.get_logger()

TRIES = 3
"""After so many unexpected errors a command is answered with a reference instead of being tried again."""


class Desk:
    """The commands that wait, and the tasks that carry them out."""

    def __init__(self, outside: Outside, rules: Rules) -> None:
        """Take the ports and the rules."""
        self._outside = outside
        self._rules = rules
        self._beginning = asyncio.Lock()
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._tries: dict[str, int] = {}

    @property
    def at_work(self) -> list[asyncio.Task[None]]:
        """The queues that are being worked off."""
        return list(self._queues.values())

    async def has_new(self) -> bool:
        """Whether a command waits in a queue that nobody works off."""
        return any(_queue_of(item.command) not in self._queues for item in await self._outside.store.waiting())

    async def take(self) -> list[asyncio.Task[None]]:
        """Start on every queue that nobody works off; answers the new tasks."""
        found: dict[str, list[Accepted]] = {}
        for item in await self._outside.store.waiting():
            found.setdefault(_queue_of(item.command), []).append(item)
        started = []
        for name, items in found.items():
            if name not in self._queues:
                task = asyncio.get_running_loop().create_task(self._work_off(name, items))
                self._queues[name] = task
                started.append(task)
        return started

    async def _work_off(self, name: str, items: list[Accepted]) -> None:
        try:
            for item in items:
                if not await self._done(item):
                    return
                self._tries.pop(item.id, None)
        finally:
            del self._queues[name]

    async def _done(self, item: Accepted) -> bool:
        """Whether a command is over; otherwise it has waited a while and is to be tried again, before later ones."""
        try:
            await self._carry_out(item.command)
        except OutsideError as error:
            if not error.again:
                return await self._answered(item, error)
        except StaleError:
            pass  # somebody was faster: what it means now is found out anew
        except Exception:
            log.exception("command_crashed", command=item.id, kind=item.command.kind)
            if self._tries.get(item.id, 0) + 1 >= TRIES:
                return await self._answered(item, None)
        else:
            return True
        return await self._later(item)

    async def _carry_out(self, command: Command) -> None:
        begins = isinstance(command, Diff | Spend | Promote)
        async with self._beginning if begins else contextlib.nullcontext():
            await carry_out(self._outside, self._rules, command, self._outside.clock.now())

    async def _later(self, item: Accepted) -> bool:
        tries = self._tries[item.id] = self._tries.get(item.id, 0) + 1
        await self._outside.clock.sleep(waiting_time(tries).total_seconds())
        return False

    async def _answered(self, item: Accepted, error: OutsideError | None) -> bool:
        told = (
            answer(item.command, "outside_failed", what=error.what, whose=error.whose)
            if error is not None and error.whose != "rotate"
            else answer(item.command, "internal_error", reference=item.id)
        )
        try:
            await self._outside.store.commit(
                Commit(at=self._outside.clock.now(), wanted=(told,), inbox_done=item.id),
            )
        except Exception:
            log.exception("answer_unrecorded", command=item.id)
            return await self._later(item)
        return True


def _queue_of(command: Command) -> str:
    if isinstance(command, SetFreeze | LiftFreeze):  # stopping waits behind no comparison that is being begun
        return f"{command.actor}:freeze"
    back = (isinstance(command, Steer) and command.verb == "roll_back") or (
        isinstance(command, Answer) and command.answer in {"reject", Choice.ROLL_BACK}
    )
    return f"{command.actor}:back" if back else command.actor
