"""What hangs or crashes for a moment: nothing waits for it longer than it must, and nothing is forgotten over it."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.chores import TASK
from bot.engine.models.people import Person
from bot.engine.perform import targets
from bot.engine.records import Commit
from bot.engine.worker import LIMIT, limit_of
from bot.ports import OutsideError
from bot.rotation.effects import Lane
from bot.rotation.model.rotation import Phase
from bot.runbook.models.targets.env_file import EnvFilePlan
from tests.engine.world import MAX, NEW, OLD, RUNBOOK, SAM, World, world

SLOW_RESTART = RUNBOOK.replace("restart: [reload, pilots],", "restart: [reload, pilots], restart_timeout: 20m,")


async def turns(w: World, until: Phase) -> None:
    """Let the engine work, without waiting for what hangs, until the rotation is in that phase."""
    for _ in range(500):
        await w.engine.turn()
        if await w.phase() is until:
            return
        if w.engine.at_work:
            await asyncio.wait(w.engine.at_work, timeout=0.01)
        else:
            w.clock.at = max(w.clock.at, await w.engine.due() or w.clock.at)
    raise AssertionError(await w.phase())


async def test_a_timer_that_could_not_fire_once_fires_a_moment_later(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.settle()
        due = await w.engine.due()
        assert due is not None
        commit, failed = w.store.commit, 0

        async def full(one: Commit) -> None:
            nonlocal failed
            if one.fired is not None and not failed:
                failed += 1
                raise sqlite3.OperationalError("database or disk is full")
            await commit(one)

        w.store.commit = full  # type: ignore[method-assign, assignment]
        w.clock.at = due
        await w.engine.turn()
        assert failed == 1
        again = await w.engine.due()
        assert again is not None
        assert again <= due + timedelta(seconds=5)
        w.clock.at = again
        await w.engine.turn()
        await w.settle()
        assert len((await w.rotation()).watched.looks) == 1


async def test_a_rollback_does_not_wait_for_the_look_before_a_change(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        door, person, asked = asyncio.Event(), w.people.person, 0

        async def hangs(who: str) -> Person:
            nonlocal asked
            asked += who == MAX
            if who == MAX and asked > 1:  # at the click it answers, before the change it does not
                await door.wait()
            return await person(who)

        w.people.person = hangs  # type: ignore[method-assign, assignment]
        await w.engine.submit(w.answering("approve", MAX))
        for _ in range(50):
            await w.engine.turn()
            await asyncio.wait(w.engine.at_work, timeout=0.01)
        assert (await w.rotation()).preflight
        await w.engine.submit(w.steering("roll_back", SAM))
        await turns(w, Phase.ROLLED_BACK)
        assert w.holds()["staging"] == OLD
        door.set()


async def test_giving_up_on_a_target_does_not_hang_on_that_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "LAST_READ_S", 0.01)
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        write, read, hanging = w.disk.write, w.disk.read, False

        async def refuses(target: EnvFilePlan, *, expected: str | None, value: str | None) -> bool:
            nonlocal hanging
            if value == NEW:
                hanging = True
                raise OutsideError("the share is stale", whose="sre", again=False)
            hanging = False
            return await write(target, expected=expected, value=value)

        async def hangs(target: EnvFilePlan) -> str | None:
            if hanging:
                await asyncio.Event().wait()
            return await read(target)

        w.disk.write, w.disk.read = refuses, hangs  # type: ignore[method-assign]
        await w.engine.submit(w.answering("approve", MAX))
        await turns(w, Phase.ERRORED)
        await w.engine.submit(w.steering("roll_back", SAM))
        await turns(w, Phase.ROLLED_BACK)
        assert w.holds()["staging"] == OLD


async def test_putting_back_may_take_as_long_as_setting_did(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=SLOW_RESTART) as w:
        await w.to_pilots_bake()
        await w.engine.submit(w.steering("roll_back", SAM))
        limits = {}
        claim = w.store.claim

        async def noted(*given: object) -> object:
            found = await claim(*given)  # type: ignore[arg-type]
            for one in found:
                if one.lane == Lane.TARGET:
                    limits[one.body["target"]] = await limit_of(w.engine.outside, one, TASK.validate_python(one.body))
            return found

        w.store.claim = noted  # type: ignore[method-assign, assignment]
        await w.settle()
        assert limits == {"pilots": LIMIT + timedelta(minutes=20), "staging": LIMIT + timedelta(minutes=2)}


async def test_what_is_approved_for_later_begins_then_also_over_a_restart(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        start = w.clock.at + timedelta(hours=6)
        later = w.answering("approve").model_copy(update={"start": start})
        assert await w.asks(later) == "accepted"
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        await w.later(hours=5)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        async with world(tmp_path, outside=w) as again:
            await again.later(hours=1, seconds=30)
            assert (await again.phase(), again.holds()["pilots"]) == (Phase.BAKING, NEW)
            assert "scheduled" in again.room.codes()
