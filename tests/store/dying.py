"""A process beside the test: `python -m tests.store.dying each|accept DATABASE`.

`each` forks a life for every statement of a large commit, which is killed right before it, each on a copy of the
database; it prints their exit codes as JSON. `accept` puts a command into the inbox and ends.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from bot.engine.models.messages import MessageRef
from bot.engine.records import Commit, Entry, Outcome, Posted, Timer
from bot.store.library import Database
from tests.rotation.play import begun
from tests.store.making import NOW, claim, command, comparison, later, opened, want, wanted


def large(effect: Outcome) -> Commit:
    """A commit that changes every table an event changes."""
    return Commit(
        at=NOW,
        rotation=begun().rotation,
        comparison=comparison(),
        entries=tuple(Entry("R42", f"row {number}", {}) for number in range(3)),
        wanted=(wanted("b"), wanted("c", replaces="R1:card")),
        timers=(Timer("R42", "look", NOW), Timer("R42", "ask", NOW)),
        facts=(("alive_at", NOW.isoformat()),),
        posted=Posted("R42", "card", MessageRef(channel="C1", ts="1.0")),
        inbox_done="c1",
        effect_done=effect,
        more=(Commit(at=NOW, entries=(Entry("R42", "last", {}),)),),
    )


async def prepare(path: Path) -> None:
    """What there is before the commit: a command that waits, an effect that is held."""
    async with opened(path) as store:
        await store.accept(command("c1"), NOW)
        await want(store, wanted("a"))
        await claim(store)


async def transact(path: Path, point: int) -> int:
    """Commit, and die before that statement of it. How many there were; 0 is never reached."""
    passed = 0

    def step(_statement: str) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(db: Database) -> None:
        db.conn.set_trace_callback(step)

    async with opened(path) as store:
        await store.file.read(watch)
        passed = 0
        await store.commit(large(Outcome(1, 1, "done")))
        return passed


def each(path: Path) -> list[int]:
    """The exit codes of one life for every point, until one lived."""
    ends: list[int] = []
    for point in count(1):
        copy = path.with_suffix(f".{point}")
        shutil.copy(path, copy)
        child = os.fork()
        if not child:
            asyncio.run(transact(copy, point))
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if not ends[-1]:
            break
    return ends


async def accept(path: Path) -> None:
    """As the terminal does."""
    async with opened(path) as store:
        await store.accept(command("from elsewhere"), later(seconds=1))


if __name__ == "__main__":
    what, database = sys.argv[1], Path(sys.argv[2])
    if what == "each":
        sys.stdout.write(json.dumps(each(database)))
    elif what == "accept":
        asyncio.run(accept(database))
