"""The bot was not there for a while: nothing is lost, nothing is done twice, and nobody's time ran meanwhile."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import Note, TimelineNote
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Phase
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from bot.wording.text import plain_line
from bot.wording.timeline import timeline_line
from tests.engine.world import CASES, NEW, OLD, World, world


async def deadline(w: World) -> Request:
    request = (await w.rotation()).request
    assert request is not None
    assert request.deadline is not None
    return request


async def test_a_deadline_moves_on_by_the_time_nobody_was_there_once(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        before = (await deadline(w)).deadline
        last = w.clock.at
        await w.store.remember("alive_at", last.isoformat())
    w.clock.at = last + timedelta(hours=5)
    async with world(tmp_path, outside=w) as again:
        after = (await deadline(again)).deadline
        assert after is not None
        assert before is not None
        assert after - before == timedelta(hours=5)
        assert (await again.store.fact("alive_at")) == again.clock.at.isoformat()
    async with world(tmp_path, outside=again) as third:
        assert (await deadline(third)).deadline == after
        await third.later(seconds=1)
        told = [n for n in third.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "was_down"]
        assert [note.facts["seconds"] for note in told] == [5 * 3600.0]


async def test_a_restart_is_no_absence(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        await w.store.remember("alive_at", w.clock.at.isoformat())
    w.clock.at += timedelta(seconds=20)
    async with world(tmp_path, outside=w) as again:
        await again.settle()
        assert "was_down" not in again.room.codes()


async def test_a_message_under_way_when_it_is_told_to_stop_is_not_said_again_at_the_next_start(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        said, answered, post = asyncio.Event(), asyncio.Event(), w.room.post

        async def slowly(note: Note, *, channel: str, **more: Any) -> MessageRef:  # noqa: ANN401 - handed on
            posted = await post(note, channel=channel, **more)
            said.set()
            await answered.wait()
            return posted

        w.room.post = slowly  # type: ignore[method-assign]
        await w.engine.submit(w.diff_command())
        while not said.is_set():
            await w.engine.turn()
            await asyncio.wait(w.engine.at_work, timeout=0.01)
        stopping = asyncio.ensure_future(w.engine.stop())
        asyncio.get_running_loop().call_later(0.05, answered.set)
        await stopping
        w.room.post = post  # type: ignore[method-assign]
    async with world(tmp_path, outside=w) as again:
        await again.settle()
        assert len(again.room.notes("comparison")) == 1


async def test_looks_that_were_missed_are_taken_over_their_own_windows(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        bake = (await w.rotation()).watched
        began = bake.started_at
        await w.store.remember("alive_at", w.clock.at.isoformat())
    w.clock.at += timedelta(minutes=50)  # two looks of twenty minutes are overdue
    async with world(tmp_path, outside=w) as again:
        again.traffic.asked.clear()
        await again.settle()
        windows = [(start - began, end - began) for start, end in again.traffic.asked if start >= began]
        step = timedelta(minutes=20)
        assert windows[:2] == [(0 * step, step), (step, 2 * step)]
        bake = (await again.rotation()).watched
        assert (bake.taken, bake.counted) == (2, 2)
        taken = [row.data["event"] for row in await again.store.ledger_rows("R1") if row.name == "look_taken"]
        assert [event["result"]["late"] for event in taken[-2:]] == [True, False]  # type: ignore[index, call-overload]
        looks = [n for n in again.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "look"]
        (first,) = [note for note in looks if note.facts["stage"] == "pilots"]
        assert (first.facts["late_seconds"], first.facts["more_late"]) == (1815.0, 1)


async def test_a_check_of_a_quiet_stage_that_was_missed_is_said_to_be_late(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        await w.later(seconds=1)
        assert await w.phase() is Phase.BAKING
        await w.store.remember("alive_at", w.clock.at.isoformat())
    w.clock.at += timedelta(minutes=11)  # two checks of five minutes are overdue
    async with world(tmp_path, outside=w) as again:
        await again.settle()
        looks = [n for n in again.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "look"]
        assert looks[0].facts["more_late"] == 1
        assert "judged 6 min" in plain_line(timeline_line("look", looks[0].facts))


async def test_a_write_that_was_under_way_when_the_process_died_is_done_once(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        # The file is written and the process dies before anybody hears of it.
        w.disk.breaks("written", asyncio.CancelledError(), times=1)
        await w.engine.submit(w.answering("approve"))
        await w.settle()
        assert w.disk.log[-1] == ("pilots", NEW)
        assert "target_written" not in (await w.events())[-2:]
    w.disk.mend()
    async with world(tmp_path, outside=w) as again:
        await again.later(minutes=1)
        assert await again.phase() is Phase.BAKING
        assert again.disk.log == [("staging", NEW), ("pilots", NEW)]
        assert again.disk.restarted.count("pilots") == 1


async def test_a_command_that_was_kept_and_not_carried_out_is_carried_out_at_the_next_start(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.store.accept(w.diff_command(), w.clock.at)
    async with world(tmp_path, outside=w) as again:
        await again.later(seconds=5)
        assert (await again.comparison()).status == "finished"
        assert [note.code for _, note in again.room.replies] == ["diff_started"]


async def test_what_the_terminal_wrote_is_seen(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        other = SqliteStore(SqliteFile(tmp_path / "rotate.db"))
        await other.open()
        await other.accept(w.steering("roll_back"), w.clock.at)
        await other.close()
        await w.later(minutes=5)
        assert await w.phase() is Phase.ROLLED_BACK
        assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}


async def test_a_comparison_goes_on_where_it_stopped_and_asks_nothing_twice(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.engine.submit(w.diff_command())
        going_on = asyncio.ensure_future(w.settle())
        while len(w.provider.asked) < CASES:  # noqa: ASYNC110 - the provider is no more than a list
            await asyncio.sleep(0)
        going_on.cancel()
    assert isinstance((await asyncio.gather(going_on, return_exceptions=True))[0], asyncio.CancelledError)
    asked = len(w.provider.asked)
    async with world(tmp_path, outside=w) as again:
        await again.later(seconds=5)
        compared = await again.comparison()
        assert compared.status == "finished"
        assert compared.report is not None
        assert compared.report.calls == 2 * CASES
        repeated = compared.report.repeated_calls
        assert repeated <= 8  # as many as were in flight
        assert len(again.provider.asked) - asked <= 2 * CASES - asked + repeated
