"""What is outside fails, each kind in its own way, and the database with it: what people are told, and what goes on."""

import sqlite3
from pathlib import Path

import pytest

from bot.difftest.model.chat import ChatError, ErrorKind
from bot.engine.models.notes import SummaryNote, TimelineNote
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import Standing
from tests.difftest.world import right
from tests.engine.world import MAX, NEW, OLD, SAM, World, broken, world

FOR_GOOD = OutsideError("the disk is read-only", whose="sre", again=False, code="target_refused")
FOR_NOW = OutsideError("the disk is busy", whose="sre", again=True, code="target_busy")


def told(w: World, code: str) -> list[TimelineNote | SummaryNote]:
    notes = [said.note for said in w.room.said.values()]
    return [note for note in notes if isinstance(note, TimelineNote | SummaryNote) and note.code == code]


async def test_slack_being_down_delays_no_rollback(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        with broken(w.room, "post"), broken(w.room, "edit"), broken(w.room, "reply"):
            await w.later(hours=1)
            assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}
            assert await w.phase() is Phase.ROLLED_BACK
        await w.later(minutes=5)
        assert told(w, "guardrail_failed")
        assert told(w, "rolled_back")
        assert ("sre", "guardrail_failed") in await w.pages()


async def test_a_write_that_is_refused_for_good_stops_for_a_person(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        with broken(w.disk, "write", FOR_GOOD):
            await w.answer("approve")
            await w.later(minutes=1)
        rotation = await w.rotation()
        assert rotation.phase is Phase.ERRORED
        assert rotation.target("pilots").standing is Standing.UNTOUCHED
        assert ("sre", "write_failed") in await w.pages()
        assert await w.steer("retry", SAM) == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert w.disk.log == [("staging", NEW), ("pilots", NEW)]


async def test_a_write_that_passes_at_the_second_try_is_no_news(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.disk.breaks("write", FOR_NOW, times=1)
        await w.answer("approve")
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert await w.pages() == []


async def test_a_write_whose_restart_fails_is_known_to_have_changed_the_file(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        with broken(w.disk, "restart", FOR_GOOD):
            await w.answer("approve")
            await w.later(minutes=1)
        rotation = await w.rotation()
        assert rotation.phase is Phase.ERRORED
        assert rotation.changed
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=5)
        assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}


async def test_what_somebody_else_wrote_is_drift_and_stays(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/pilots.env"] = "acme/by-hand"
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=2)
        rotation = await w.rotation()
        assert rotation.phase is Phase.ROLLING_BACK
        assert rotation.target("pilots").standing is Standing.DRIFTED
        assert w.holds()["pilots"] == "acme/by-hand"
        assert ("sre", "target_drifted") in await w.pages()
        assert await w.steer("settle", SAM) == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.SETTLED


async def test_a_restore_is_tried_until_it_goes_through(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        with broken(w.disk, "write", FOR_NOW):
            assert await w.steer("roll_back") == "accepted"
            await w.later(minutes=20)
            assert await w.phase() is Phase.ROLLING_BACK
            assert ("sre", "rollback_failed") in await w.pages()
        await w.later(minutes=40)
        assert await w.phase() is Phase.ROLLED_BACK
        assert w.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}


@pytest.mark.parametrize("call", ["read", "person"])
async def test_a_look_before_the_change_that_cannot_be_had_changes_nothing_and_says_why(
    tmp_path: Path, call: str
) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        thing = w.disk if call == "read" else w.people
        command = w.answering("approve")
        await w.engine.submit(command)
        await w.engine.turn()
        while w.engine.at_work and not (await w.rotation()).preflight:
            await w.engine.at_work[0]
        with broken(thing, call, FOR_NOW):
            await w.later(minutes=2)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        assert w.holds()["pilots"] == OLD
        (line,) = told(w, "sent_back")
        wanted = "target_unreadable" if call == "read" else "group_unresolved"
        assert line.facts["because"] == wanted
        # What was approved still holds: the change is tried again on request.
        assert await w.promote(MAX, "R1") == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING


async def test_an_unexpected_error_in_a_look_is_an_unseen_look(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.breaks("observe", ZeroDivisionError("a fault of ours"), times=3)
        await w.later(minutes=25)
        looks = (await w.rotation()).watched.looks
        assert [(look.counted, look.reasons) for look in looks] == [(False, ("look_crashed",))]
        await w.later(minutes=20)
        bake = (await w.rotation()).watched
        assert (bake.taken, bake.counted) == (2, 1)


async def test_a_comparison_that_the_provider_refuses_is_over_and_sre_hears_of_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.provider.answer = lambda _request, _times: ChatError(ErrorKind.UNAUTHORISED, "no such key", status=401)
        assert await w.diff() == "diff_started"
        await w.later(minutes=1)
        compared = await w.comparison()
        assert (compared.status, compared.whose) == ("errored", "account")
        assert ("sre", "comparison_errored") in await w.pages()
        w.provider.answer = right
        assert await w.diff() == "diff_started"
        await w.later(minutes=1)
        assert (await w.comparison("D2")).status == "finished"


async def test_a_comparison_that_crashes_time_and_again_is_not_left_running(tmp_path: Path) -> None:
    def crash(_request: object, _times: int) -> ChatError:
        raise ZeroDivisionError

    async with world(tmp_path) as w:
        w.provider.answer = crash
        assert await w.diff() == "diff_started"
        await w.later(minutes=5)
        compared = await w.comparison()
        assert compared.status == "errored"
        assert "reference" in compared.problem


async def test_what_a_broken_off_comparison_cost_counts_for_the_day(tmp_path: Path) -> None:
    async with world(tmp_path) as w:

        def out_of_credit(request: object, times: int) -> object:
            if len(w.provider.asked) > 100:
                return ChatError(ErrorKind.PAYMENT_REQUIRED, "out of credit", status=402)
            return right(request, times)  # type: ignore[arg-type]

        w.provider.answer = out_of_credit  # type: ignore[assignment]
        await w.diff()
        await w.later(minutes=1)
        compared = await w.comparison()
        assert compared.status == "errored"
        assert compared.spent_usd == pytest.approx(1.0, abs=0.15)
        w.provider.answer = right
        await w.diff()
        await w.later(minutes=1)
        second = await w.comparison("D2")
        assert second.report is not None
        assert second.report.cost_usd == pytest.approx(1.2, abs=0.01)
        assert second.spent_usd == pytest.approx(1.2 - (compared.spent_usd or 0), abs=0.15)
        # The same once more costs nothing.
        await w.diff()
        await w.later(minutes=1)
        assert (await w.comparison("D3")).spent_usd == 0


async def test_a_full_disk_loses_no_command_and_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        pages = await w.store.file.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        await limit(w, pages)
        command = w.answering("approve")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await w.engine.submit(command.model_copy(update={"reason": "x" * 100_000}))
        await limit(w, 10**6)
        await w.engine.submit(command)
        await w.later(minutes=2)
        assert await w.phase() is Phase.BAKING
        assert [entry for entry in await w.events() if entry == "approve"] == ["approve"]


async def limit(w: World, pages: int) -> None:
    await w.store.file.read(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())


async def test_a_dry_run_writes_nothing_and_says_what_it_would(tmp_path: Path) -> None:
    async with world(tmp_path, dry_run=True) as w:
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        for _ in range(3):
            await w.later(hours=1)
            if await w.phase() is Phase.AWAITING_APPROVAL:
                assert await w.answer("approve") == "accepted"
        await w.later(minutes=5)
        rotation = await w.rotation()
        assert (rotation.phase, rotation.end_detail) == (Phase.ABORTED, "dry_run")
        assert w.disk.log == []
        assert w.disk.restarted == []
        assert len(told(w, "would_set")) == 3
