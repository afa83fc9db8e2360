"""Somebody joins or leaves a group that a rotation still asks: told once in its thread, with what that means."""

from datetime import timedelta
from pathlib import Path

from bot.engine.memberships import still_asked
from bot.engine.models.notes import TimelineNote
from bot.engine.replay import differences, fold
from bot.rotation.model.rotation import Phase
from bot.rotation.model.state import MACHINE_VERSION
from bot.runbook.models.people import GroupName
from bot.wording.text import plain_line
from bot.wording.timeline import timeline_line
from tests.engine.world import FIN, MAX, MIA, OLD, RUNBOOK, SAM, World, world

TWO = RUNBOOK.replace("bake: {length: 1h, looks: 3}", "approval: {count: 2, groups: [ml, sre]}, bake: {length: 1h}")


def told(w: World) -> list[str]:
    notes = [note for note in w.room.notes("timeline") if isinstance(note, TimelineNote)]
    return [plain_line(timeline_line(n.code, n.facts)) for n in notes if n.code.startswith("group_")]


async def looks(w: World, minutes: int = 2) -> None:
    w.clock.at += timedelta(minutes=minutes)
    await w.engine.look_at_groups()
    await w.settle()


async def test_who_joins_and_who_leaves_is_told_once_and_recorded(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        await looks(w)
        assert told(w) == []
        w.people.members["ml"] = (MIA, SAM)
        await looks(w)
        await looks(w)
        assert told(w) == ["ℹ️ ML: sam joined and max left"]
        rows = [(row.name, row.data) for row in await w.store.ledger_rows("R1")]
        assert [data["left"] for name, data in rows if name == "group_changed"] == [["max"]]
        assert differences(await w.rotation(), MACHINE_VERSION, fold(rows)) == []
        w.people.members["ml"] = (MIA, MAX)
        await looks(w)
        assert told(w)[1:] == ["ℹ️ ML: max joined and sam left"]


async def test_the_yes_of_somebody_who_left_is_said_to_count_no_longer_and_does_not(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=TWO) as w:
        await w.to_pilots_question()
        await looks(w)
        assert await w.answer("approve", who=MAX) == "yes_counts"
        w.people.members["ml"] = (MIA,)
        await looks(w)
        assert told(w) == [
            "ℹ️ ML: max left. The approval of max counts no longer unless they are back before the change"
        ]
        assert await w.answer("approve", who=SAM) == "accepted"
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.AWAITING_APPROVAL, OLD)


async def test_a_group_that_cannot_be_read_is_told_after_two_looks_and_when_it_can_be_again(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        await looks(w)
        w.people.unreadable = {"ml"}
        await looks(w)
        assert told(w) == []
        await looks(w)
        await looks(w)
        (said,) = told(w)
        assert said.startswith(
            "⚠️ Who is in ML cannot be read: user group @ml: Slack is away. Until it can, its members"
        )
        w.people.unreadable = set()
        w.people.members["ml"] = (MIA,)
        await looks(w)
        assert told(w)[1:] == ["✅ Who is in ML can be read again", "ℹ️ ML: max left"]
        w.people.unreadable = {"ml"}
        await looks(w)
        w.people.unreadable = set()
        await looks(w)
        assert len(told(w)) == 3


async def test_after_a_restart_nothing_is_told_twice_and_what_came_meanwhile_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        await looks(w)
        w.people.members["ml"] = (MIA, MAX, FIN)
        await looks(w)
    async with world(tmp_path, outside=w) as again:
        again.people.members["ml"] = (MIA, MAX, FIN)
        await looks(again)
        assert told(again) == ["ℹ️ ML: fin joined"]
        again.people.members["ml"] = (MIA, FIN)
        await looks(again)
        assert told(again)[1:] == ["ℹ️ ML: max left"]


async def test_groups_that_are_not_asked_any_more_are_nobodys_news(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        await looks(w)
        assert still_asked(await w.rotation()) == (GroupName.ML,)
        w.people.members["finance"] = ()
        w.people.members["sre"] = ()
        await looks(w)
        assert told(w) == []
        assert await w.steer("roll_back") == "accepted"
        w.people.members["ml"] = ()
        await looks(w)
        assert told(w) == []


async def test_a_yes_is_recorded_with_the_membership_it_was_checked_against_and_its_age(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.people.age = timedelta(seconds=8)
        assert await w.answer("approve", who=MAX) == "accepted"
        await w.settle()
        notes = [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "approved"]
        (line,) = [plain_line(timeline_line(n.code, n.facts)) for n in notes]
        assert line == "✅ max approved pilots for ML (membership read 8 s before)"
        rows = [row.data for row in await w.store.ledger_rows("R1") if row.name == "approve"]
        (event,) = [data["event"] for data in rows]
        assert isinstance(event, dict)
        actor = event["actor"]
        assert isinstance(actor, dict)
        assert actor["groups"] == ["ml"]
        assert actor["read_at"] is not None
