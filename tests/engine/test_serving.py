"""Serving: one process a database, a dry run that writes nothing, Slack away while work goes on, answers too late."""

import fcntl
import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.database import DatabaseBusyError, sole_owner
from bot.engine.house import HOUSE
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import Standing
from tests.engine.world import MAX, NEW, OLD, OTHER, broken, world


def test_a_second_server_is_told_who_serves_and_the_next_may(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    with sole_owner(path):
        with pytest.raises(DatabaseBusyError, match=rf"rotate.db is already served by process {os.getpid()};"):
            sole_owner(path)
        with sole_owner(tmp_path / "other.db"):
            pass
    with sole_owner(path) as lock:
        lock.seek(0)
        assert lock.read() == str(os.getpid())


def test_the_word_of_a_server_that_died_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "rotate.db.lock").write_text("99999", encoding="utf-8")
    with (
        sole_owner(tmp_path / "rotate.db"),
        (tmp_path / "rotate.db.lock").open(encoding="utf-8") as same,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(same, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_a_dry_run_says_what_it_would_do_and_writes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, dry_run=True) as w:
        before = w.holds()
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        for _ in range(2):
            await w.later(minutes=5)
            assert await w.phase() is Phase.AWAITING_APPROVAL
            assert await w.answer("approve") == "accepted"
        await w.later(minutes=5)
        rotation = await w.rotation()
        assert (rotation.phase, rotation.end_detail, rotation.marks) == (Phase.ABORTED, "dry_run", ("dry_run",))
        assert (w.disk.log, w.disk.restarted, w.holds()) == ([], [], before)
        assert not rotation.ever_changed
        assert len(w.room.notes("card")) == 1


async def test_slack_being_away_delays_no_change_of_a_target_and_nothing_is_left_untold(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        back = w.steering("roll_back", reason="slow")
        before = w.clock.at
        with broken(w.room, "post"), broken(w.room, "edit"), broken(w.room, "reply"):
            told = len(w.room.said)
            await w.engine.submit(back)
            await w.settle()
            assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}
            assert w.clock.at == before
            await w.later(minutes=10)
            assert await w.phase() is Phase.ROLLED_BACK
            assert (len(w.room.said), w.answered(back)) == (told, None)
        await w.later(minutes=2)
        answer = w.answered(back)
        assert answer is not None
        assert answer.code == "accepted"
        assert [code for code in w.room.codes() if code in {"rolling_back", "rolled_back"}] == [
            "rolling_back",
            "rolled_back",
        ]


async def test_an_answer_nobody_can_be_given_any_more_is_dropped(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        early, late = w.diff_command(slot="early"), w.diff_command(MAX, slot="late")
        w.room.breaks("reply", OutsideError("Slack is away", whose="Slack", again=True))
        await w.engine.submit(early)
        await w.later(minutes=20)
        await w.engine.submit(late.model_copy(update={"at": w.clock.at}))
        await w.later(minutes=11)
        w.room.mend()
        await w.later(minutes=1)
        assert w.answered(early) is None
        answer = w.answered(late)
        assert answer is not None
        assert answer.code == "unknown_slot"
        assert await w.store.backlog(w.clock.at) == []
        assert {timer.subject for timer in await w.store.due_timers(w.clock.at + timedelta(days=1))} == {HOUSE}


async def test_a_target_that_somebody_changed_by_hand_is_not_written_over(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.disk.values["/app/pilots.env"] = OTHER
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=1)
        rotation = await w.rotation()
        assert w.holds() == {"staging": NEW, "pilots": OTHER, "global": OLD}
        assert rotation.phase is Phase.AWAITING_APPROVAL
        assert rotation.request is not None
        assert rotation.request.note == "targets_changed"


async def test_a_way_back_leaves_what_somebody_changed_by_hand_and_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/pilots.env"] = OTHER
        assert await w.steer("roll_back", reason="slow") == "accepted"
        await w.later(seconds=5)
        rotation = await w.rotation()
        assert w.holds() == {"staging": OLD, "pilots": OTHER, "global": OLD}
        assert rotation.phase is Phase.ROLLING_BACK
        assert rotation.target("pilots").standing is Standing.DRIFTED
        assert ("sre", "target_drifted") in await w.pages()
        assert await w.steer("settle") == "accepted"
        assert await w.phase() is Phase.SETTLED
        assert w.holds()["pilots"] == OTHER


async def test_a_later_rotation_s_changes_keep_an_earlier_one_from_going_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_the_end()
        assert await w.diff(candidate=OTHER) == "diff_started"
        assert await w.promote(subject="D2") == "rotation_begun"
        await w.later(seconds=5)
        assert (await w.rotation("R2")).ever_changed
        back = w.steering("roll_back", subject="R1")
        assert await w.asks(back) == "later_rotation"
        answer = w.answered(back)
        assert answer is not None
        assert answer.facts["rotation"] == "R2"  # the one to go back from first
        assert w.holds() == {"staging": OTHER, "pilots": NEW, "global": NEW}


async def test_a_way_back_is_open_for_a_while_after_the_end(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_the_end()
        w.clock.at += timedelta(days=7, hours=1)
        assert await w.steer("roll_back") == "way_back_closed"
        assert w.holds() == {"staging": NEW, "pilots": NEW, "global": NEW}
