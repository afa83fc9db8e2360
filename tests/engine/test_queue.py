"""One rotation holds a slot: who waits, who is next, and who must give way to a late rollback."""

import asyncio
from datetime import timedelta
from pathlib import Path

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.rotation.model.rotation import Phase
from tests.difftest.world import right
from tests.engine.world import MAX, MIA, NEW, OLD, OTHER, RUNBOOK, SECOND_SLOT, World, world

THIRD = "acme/third"
APPROVED_FIRST = "traffic: none, approval: {count: 1}, bake"


async def compared(w: World, *candidates: str) -> None:
    for candidate in candidates:
        assert await w.diff(candidate=candidate) == "diff_started"


async def test_the_queue_is_let_in_one_at_a_time(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await compared(w, NEW, OTHER, THIRD)
        assert await w.promote(subject="D1") == "rotation_begun"
        assert await w.promote(subject="D2") == "queued"
        assert await w.promote(subject="D3") == "queued"
        await w.later(minutes=20)
        assert await w.answer("reject") == "accepted"
        await w.later(minutes=5)
        assert await w.phase("R1") is Phase.ROLLED_BACK
        first, second = await w.rotation("R2"), await w.rotation("R3")
        assert first.phase is Phase.BAKING
        assert (second.phase, second.blocked_by) == (Phase.QUEUED, "R2")


async def test_two_people_who_promote_at_the_same_moment_do_not_both_get_the_slot(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await compared(w, NEW, OTHER)
        await asyncio.gather(
            w.engine.submit(w.promote_command(MIA, "D1")), w.engine.submit(w.promote_command(MAX, "D2"))
        )
        await w.settle()
        await w.later(minutes=1)
        phases = sorted([await w.phase("R1"), await w.phase("R2")])
        assert phases == [Phase.BAKING, Phase.QUEUED]


async def test_two_people_who_compare_the_same_at_the_same_moment_share_the_run(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await asyncio.gather(w.engine.submit(w.diff_command(MIA)), w.engine.submit(w.diff_command(MAX)))
        await w.settle()
        assert sorted(note.code for _, note in w.room.replies) == ["diff_running", "diff_started"]


async def test_promoting_the_same_candidate_again_renews_what_runs_or_waits(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await compared(w, NEW, OTHER)
        assert await w.promote(subject="D1") == "rotation_begun"
        assert await w.promote(subject="D2") == "queued"
        assert await w.diff(candidate=OTHER, fresh=True) == "diff_started"
        assert await w.promote(subject="D3") == "accepted"
        assert (await w.rotation("R2")).comparison.id == "D3"
        assert await w.store.rotation("R3") is None


async def test_slots_that_share_a_file_are_neighbours(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + SECOND_SLOT) as w:
        await compared(w, NEW)
        assert await w.promote(subject="D1") == "rotation_begun"
        assert await w.diff(slot="draft", candidate=OTHER) == "diff_started"
        assert await w.promote(subject="D2") == "queued"
        assert (await w.rotation("R2")).blocked_by == "R1"


async def test_a_late_rollback_takes_the_slot_back_from_one_that_changed_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK.replace("traffic: none, bake", "approval: {count: 1}, bake")) as w:
        await w.to_the_end()
        w.provider.asked.clear()
        assert await w.diff(candidate=OTHER) == "diff_started"
        assert await w.promote(subject="D2") == "rotation_begun"
        await w.later(minutes=1)
        assert await w.phase("R2") is Phase.AWAITING_APPROVAL
        assert await w.steer("roll_back", subject="R1") == "accepted"
        assert (await w.rotation("R2")).blocked_by == "R1"
        await w.later(minutes=10)
        assert await w.phase("R1") is Phase.ROLLED_BACK
        assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}
        # It was compared with what is not there any more.
        assert await w.phase("R2") is Phase.ABORTED


async def test_one_that_was_paused_in_the_queue_does_not_share_the_slot_it_let_others_pass_to(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK.replace("traffic: none, bake", APPROVED_FIRST)) as w:
        await compared(w, NEW, OTHER, THIRD)
        assert [await w.promote(subject=d) for d in ("D1", "D2", "D3")] == ["rotation_begun", "queued", "queued"]
        assert await w.steer("pause", subject="R2") == "accepted"
        assert await w.steer("abort", subject="R1") == "accepted"
        await w.later(seconds=5)
        assert await w.phase("R3") is Phase.AWAITING_APPROVAL
        assert await w.steer("resume", subject="R2") == "accepted"
        await w.later(seconds=5)
        second = await w.rotation("R2")
        assert (second.phase, second.blocked_by) == (Phase.QUEUED, "R3")
        assert await w.answer("approve", rotation="R3") == "accepted"
        assert await w.steer("roll_back", subject="R3") == "accepted"
        await w.later(minutes=15)
        assert await w.phase("R2") is Phase.AWAITING_APPROVAL


async def test_slots_that_are_compared_with_the_same_suite_wait_for_each_other(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + SECOND_SLOT) as w:
        w.provider.door.clear()
        await w.engine.submit(w.diff_command())
        await w.engine.submit(w.diff_command(MAX, slot="draft"))
        for _ in range(120):
            await w.engine.turn()
            await asyncio.wait(w.engine.at_work, timeout=0.01)
            w.clock.at += timedelta(seconds=1)
        assert [(await w.comparison(d)).status for d in ("D1", "D2")] == ["running", "running"]
        w.provider.door.set()
        await w.later(minutes=1)
        assert [(await w.comparison(d)).status for d in ("D1", "D2")] == ["finished", "finished"]
        assert await w.pages() == []


async def test_what_is_seen_while_a_neighbour_goes_back_is_no_data(tmp_path: Path) -> None:
    shared = SECOND_SLOT.replace("/app/global.env", "/app/live.env")  # the restart is what they share
    async with world(tmp_path, runbook=RUNBOOK + shared) as w:
        w.disk.values["/app/live.env"] = OLD
        await w.to_the_end()
        assert await w.diff(slot="draft", candidate=OTHER) == "diff_started"
        assert await w.promote(subject="D2") == "rotation_begun"
        await w.later(minutes=1)
        assert await w.answer("approve", rotation="R2") == "accepted"
        await w.later(minutes=1)
        assert await w.phase("R2") is Phase.BAKING
        w.traffic.slow.add(OTHER)
        assert await w.steer("roll_back", subject="R1") == "accepted"
        await w.later(minutes=31)
        second = await w.rotation("R2")
        assert second.phase is Phase.BAKING
        assert [(look.counted, look.reasons) for look in second.watched.looks] == [(False, ("neighbour_going_back",))]
        await w.later(minutes=31)
        assert await w.phase("R2") is Phase.ROLLED_BACK  # what is seen after that is its own


async def test_a_model_that_is_gone_is_no_way_back_though_its_stored_answers_stand_in(tmp_path: Path) -> None:
    def without_the_old(request: ChatRequest, asked: int) -> Completion | ChatError:
        return ChatError(ErrorKind.MODEL_NOT_FOUND, "gone") if request.model == OLD else right(request, asked)

    async with world(tmp_path) as w:
        await compared(w, NEW)
        w.provider.answer = without_the_old
        assert await w.diff(candidate=OTHER, rollback=THIRD) == "diff_started"
        report = (await w.comparison("D2")).report
        assert report is not None
        assert report.mode == "stored_current"
        assert await w.promote(subject="D2") == "rotation_begun"
        rotation = await w.rotation("R1")
        assert (rotation.models.rollback.id, rotation.models.restore_named) == (THIRD, True)
        assert not rotation.comparison.candidate_alone
