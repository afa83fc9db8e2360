"""A bot that dies at any commit while a freeze is set, a stage approved under it, and the freeze lifted."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest

from bot.engine.models.commands import Command
from bot.engine.models.notes import FreezeNote
from bot.engine.records import Commit
from bot.rotation.freezes import binding
from bot.rotation.model.rotation import Phase
from bot.runbook.models.targets.env_file import EnvFilePlan
from tests.engine.world import NEW, OLD, Disk, World, world


class Killed(BaseException):
    """The process is gone: nothing after this happens in it."""


class Life:
    """One life of the bot: it ends at a commit, right before or right after it is written."""

    def __init__(self, w: World, ends_at: int, *, written: bool) -> None:
        self._w, self._ends_at, self._written = w, ends_at, written
        self._commit = w.store.commit
        self.commits = 0
        self.over = asyncio.Event()
        w.store.commit = self._one_more  # type: ignore[method-assign]

    async def _one_more(self, commit: Commit) -> None:
        self.commits += 1
        if self.commits == self._ends_at and self._written:
            await self._commit(commit)
        if self.commits >= self._ends_at:
            self.over.set()
            raise Killed
        await self._commit(commit)

    async def lived(self, script: Awaitable[None]) -> None:
        """Go through a script until its end, or that of this life."""
        going, over = asyncio.ensure_future(script), asyncio.ensure_future(self.over.wait())
        await asyncio.wait({going, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if self.over.is_set():
            going.cancel()
        await asyncio.gather(going, over, return_exceptions=True)
        if not self.over.is_set():
            await going  # what it found wrong is raised


def never_while_frozen(w: World) -> None:
    """Let every write assert that nothing held it when it began."""

    async def watched(target: EnvFilePlan, *, expected: str | None, value: str | None) -> bool:
        rotation = await w.rotation()
        held = binding(rotation.plan, "pilots", w.clock.at, await w.store.freezes(w.clock.at))
        assert held is None or value == OLD, f"{target.id} is changed while {held} holds it"
        return await Disk.write(w.disk, target, expected=expected, value=value)

    w.disk.write = watched  # type: ignore[method-assign]


async def died_at(folder: Path, point: int, *, written: bool) -> bool:
    """Whether there was such a commit; however it went, the next life comes to the same end."""
    folder.mkdir()
    done = 0

    async def go_on(w: World, commands: Sequence[Command]) -> None:
        nonlocal done
        for command in commands:
            await w.store.accept(command, w.clock.at)  # it is acked then, and must not be lost
            done += 1
            await w.settle()
            assert w.holds()["pilots"] == OLD

    async with world(folder) as w:
        await w.to_pilots_question()
        never_while_frozen(w)
        freezes = w.freezing("all", "2h"), w.freezing("chat", "3h")
        script: list[Command] = [freezes[0], w.answering("approve"), freezes[1], w.lifting("all")]
        life = Life(w, point, written=written)
        await life.lived(go_on(w, script))
    async with world(folder, outside=w) as again:
        never_while_frozen(again)
        await again.settle()
        await go_on(again, script[done:])
        await again.later(minutes=5)
        assert (await again.phase(), again.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        assert [freeze.id for freeze in await again.store.freezes(again.clock.at)] == ["F2"]
        rows = [(row.subject, row.name) for row in await again.store.ledger_rows() if row.subject.startswith("F")]
        assert sorted(rows) == [("F1", "freeze_lifted"), ("F1", "freeze_set"), ("F2", "freeze_set")]
        notes = [note for note in again.room.notes("freeze") if isinstance(note, FreezeNote)]
        assert {(note.freeze.id, f"freeze_{note.what}") for note in notes} == set(rows)
        assert len([note for note in notes if not note.maybe_repeat]) == len(rows)
        await again.later(hours=3)
        assert (await again.phase(), again.holds()["pilots"]) == (Phase.BAKING, NEW)
        assert [entry for entry in again.disk.log if entry[0] == "pilots"] == [("pilots", NEW)]
    return life.over.is_set()


@pytest.mark.parametrize("written", [False, True])
async def test_killed_at_any_commit_nothing_is_lost_nothing_comes_twice_and_nothing_is_changed_while_frozen(
    tmp_path: Path, *, written: bool
) -> None:
    point = 2 if written else 1
    while await died_at(tmp_path / str(point), point, written=written):
        point += 3  # together by two in three of them
    assert point > 15, "there were hardly any commits to die at"
