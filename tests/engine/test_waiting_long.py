"""Rotations that wait: through a pause, a weekend, a place that is gone. Nothing advances on silence or piles up."""

from datetime import timedelta
from pathlib import Path

from bot.rotation.model.questions import Decision
from bot.rotation.model.rotation import Phase
from tests.engine.world import NEW, OLD, SAM, world


async def test_a_pause_across_the_end_of_a_quiet_stage_keeps_what_its_last_look_said(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        await w.later(minutes=7)
        assert await w.steer("pause") == "accepted"
        await w.later(minutes=40)
        assert await w.steer("resume") == "accepted"
        assert await w.phase() is Phase.AWAITING_APPROVAL
        (sealed,) = (await w.rotation()).sealed
        assert (sealed.verdict, sealed.looks) == ("pass", 3)
        assert "smoke" in {check.name for check in sealed.checks}


async def test_a_resume_does_not_advance_on_silence(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert await w.steer("pause") == "accepted"
        await w.later(hours=1, minutes=5)
        w.traffic.silent = True
        await w.later(hours=5)
        assert await w.steer("resume") == "accepted"
        # Longer than it was to be watched: somebody is asked at once.
        assert await w.phase() is Phase.AWAITING_DECISION
        question = w.question()
        assert isinstance(question, Decision)
        assert (question.question, question.group) == ("held", "sre")
        assert ("sre", "held") in await w.pages()
        w.traffic.silent = False
        await w.later(hours=2)
        assert await w.phase() is Phase.AWAITING_APPROVAL


async def test_a_short_silence_at_resume_is_waited_for(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert await w.steer("pause") == "accepted"
        await w.later(hours=1, minutes=5)
        w.traffic.silent = True
        await w.later(minutes=30)
        assert await w.steer("resume") == "accepted"
        assert await w.phase() is Phase.BAKING
        w.traffic.silent = False
        await w.later(minutes=90)
        assert await w.phase() is Phase.AWAITING_APPROVAL


async def test_an_approval_that_is_waited_for_over_a_weekend_piles_nothing_up(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        at_first = len((await w.rotation()).model_dump_json())
        await w.later(hours=60)
        rotation = await w.rotation()
        assert rotation.phase is Phase.AWAITING_APPROVAL
        assert len(rotation.model_dump_json()) - at_first < 1000
        assert rotation.watched.taken < 80
        # And it is still watched: what gets worse goes back.
        assert rotation.watched.next_window[1] - w.clock.at <= timedelta(hours=1)


async def test_a_stage_that_gets_worse_while_its_approval_is_waited_for_goes_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(hours=20)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        w.traffic.slow.add(NEW)
        await w.later(hours=6)
        assert await w.phase() is Phase.ROLLED_BACK
        assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}


async def test_a_place_that_cannot_be_read_for_a_moment_delays_the_beginning(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        await w.later(minutes=20)
        assert await w.diff(candidate="acme/other") == "diff_started"
        assert await w.promote(subject="D2") == "queued"
        w.disk.gone.add("pilots")
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=5)
        assert (await w.phase("R1"), await w.phase("R2")) == (Phase.ROLLED_BACK, Phase.QUEUED)
        assert "pilots" in (await w.rotation("R2")).start_problem
        assert w.room.codes().count("start_held") == 1
        w.disk.gone.clear()
        await w.later(minutes=2)
        assert await w.phase("R2") is Phase.BAKING


async def test_a_place_that_is_gone_for_good_is_settled_with_a_reason_and_frees_the_slot(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.gone.add("pilots")
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=10)
        assert await w.phase() is Phase.ROLLING_BACK
        reason = "the cluster was torn down"
        assert await w.steer("settle", SAM, reason=reason) == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.ROLLING_BACK
        assert "settle_failed" in w.room.codes()
        assert await w.steer("settle", SAM, reason=reason) == "accepted"
        await w.later(minutes=1)
        rotation = await w.rotation()
        assert rotation.phase is Phase.SETTLED
        assert f"pilots=unreadable: {reason}" in rotation.end_detail
        assert rotation.marks == ("settled_by_hand", "unreadable")
        await w.later(hours=1)
        assert w.room.codes()[-1] == "settled"
        assert await w.store.rotations(running=True) == []
