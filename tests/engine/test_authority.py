"""Whose yes counts, from the click to the written target: named administrators, and one of each of several groups."""

from pathlib import Path

from bot.engine.models.notes import TimelineNote
from bot.rotation.model.rotation import Phase
from tests.engine.world import FIN, MAX, NEW, OLD, RUNBOOK, SAM, world

ADMINISTERED = RUNBOOK.replace("provider:", f"administrators: [{SAM}]\nprovider:")
RULE = "approval: {fallback: [{group: sre, after: 2h}]}, bake: {length: 1h, looks: 3}"
FALLING_BACK = RUNBOOK.replace("bake: {length: 1h, looks: 3}", RULE)
EACH = RUNBOOK.replace(
    "bake: {length: 1h, looks: 3}", "approval: {groups: [ml, finance], each: true}, bake: {length: 1h}"
)


async def test_an_administrator_approves_for_a_group_that_cannot_be_read_and_it_is_carried_out(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=ADMINISTERED) as w:
        await w.to_pilots_question()
        assert await w.answer("approve", who=SAM) == "not_entitled"
        w.people.unreadable = {"ml"}
        assert await w.answer("approve", who=MAX) == "group_unresolved"
        assert await w.answer("approve", who=SAM) == "accepted"
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.BAKING, NEW)


async def test_a_member_s_yes_waits_while_their_group_cannot_be_read_right_before_the_change(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=EACH) as w:
        await w.to_pilots_question()
        assert await w.answer("approve", who=MAX) == "yes_counts"
        w.people.unreadable = {"ml"}
        assert await w.answer("approve", who=FIN) == "accepted"
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.AWAITING_APPROVAL, OLD)
        w.people.unreadable = set()
        await w.promote(subject="R1")
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.BAKING, NEW)


async def test_ml_and_finance_are_two_people_and_who_is_missing_is_answered(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=EACH) as w:
        await w.to_pilots_question()
        assert await w.answer("approve", who=SAM) == "not_entitled"
        assert await w.answer("approve", who=FIN) == "yes_counts"
        assert w.room.replies[-1][1].facts["missing"] == [["ml"]]
        await w.later(seconds=30)
        assert w.holds()["pilots"] == OLD
        assert await w.answer("approve", who=MAX) == "accepted"
        await w.later(seconds=30)
        assert w.holds()["pilots"] == NEW


async def test_who_is_asked_too_in_time_approves_and_it_is_told_in_the_thread(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=FALLING_BACK) as w:
        await w.to_pilots_question()
        assert await w.answer("approve", who=SAM) == "not_entitled"
        await w.later(hours=2, minutes=1)
        told = [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "fallback_asked"]
        assert [(n.facts["groups"], n.facts["too"]) for n in told] == [(["ml"], ["sre"])]
        assert await w.answer("approve", who=SAM) == "accepted"
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.BAKING, NEW)
