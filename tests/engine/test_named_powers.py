"""Who may do what as a runbook names them, from the click on: break-glass by three of two groups, and every verb."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.difftest.model.chat import ChatRequest, Completion
from bot.engine.facade import Facade
from bot.engine.models.notes import QuestionNote, TimelineNote
from bot.rotation.model.questions import Decision
from bot.rotation.model.rotation import Phase
from handlers.blocks.shown import shown
from tests.difftest.world import right
from tests.engine.world import FIN, GIL, MAX, MIA, NEW, OLD, REX, RUNBOOK, SAM, World, world

ZOE = "U0ZOE"
GLASS = RUNBOOK.replace("provider:", "authority: {break_glass: {groups: [ml, sre], count: 3}}\nprovider:")
EACH = GLASS.replace("count: 3", "count: 2, each: true")
WHY = "the old one is switched off tonight"


async def to_the_glass(w: World) -> None:
    """A comparison that says worse, and a rotation begun from it all the same."""
    w.people.members |= {"ml": (MIA, MAX, ZOE), "sre": (SAM,)}
    w.provider.answer = worse
    assert await w.diff() == "diff_started"
    await w.later(minutes=1)
    assert await w.promote() == "rotation_begun"
    assert await w.phase() is Phase.AWAITING_DECISION


def worse(request: ChatRequest, asked: int) -> Completion:
    return replace(right(request, asked), text="wrong" if request.model == NEW else "right")


async def breaks(w: World, who: str, reason: str = WHY) -> str:
    return await w.answer("go_on", who, reason=reason)


def missing(w: World) -> object:
    return w.room.replies[-1][1].facts.get("missing_answers")


async def glass(w: World) -> Decision:
    decision = (await w.rotation()).decision
    assert decision is not None
    return decision


def asked(w: World) -> str:
    """The open question as it stands in the thread."""
    note = next(one for one in reversed(w.room.notes("question")) if isinstance(one, QuestionNote))
    return shown(note).text


def told(w: World) -> list[str]:
    lines = (note for note in w.room.notes("timeline") if isinstance(note, TimelineNote))
    return [shown(note).text for note in lines if note.code == "decision_vote"]


async def test_three_of_two_groups_break_the_glass_over_a_restart(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=GLASS) as w:
        await to_the_glass(w)
        assert "Going on takes 3 of you, other than mia, who began this" in asked(w)
        assert await breaks(w, MIA) == "own_request"
        assert w.room.replies[-1][1].facts["groups"] == ["ml", "sre"]
        assert await breaks(w, FIN) == "not_entitled"
        assert w.room.replies[-1][1].facts["groups"] == ["ml", "sre"]
        assert await breaks(w, MAX, reason="") == "reason_needed"
        assert await breaks(w, MAX) == "answer_counts"
        assert missing(w) == [["ml", "sre"], ["ml", "sre"]]
        assert "1 of 3 answers to go on (missing: 2 answers by ML or SRE)" in asked(w)
        assert await breaks(w, MAX) == "already_approved"
        w.people.unreadable = {"sre"}
        assert await breaks(w, SAM) == "group_unresolved"
        assert w.room.replies[-1][1].facts["groups"] == ["sre"]
        w.people.unreadable = set()
        assert await breaks(w, SAM) == "answer_counts"
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["staging"]) == (Phase.AWAITING_DECISION, OLD)
    async with world(tmp_path, runbook=GLASS, outside=w) as again:
        assert [yes.by.name for yes in (await glass(again)).answers] == ["max", "sam"]
        assert await breaks(again, SAM) == "already_approved"
        assert await breaks(again, MIA) == "own_request"
        assert await again.steer("withdraw", who=SAM) == "accepted"
        assert await breaks(again, ZOE) == "answer_counts"
        assert missing(again) == [["ml", "sre"]]
        await again.later(seconds=30)
        assert (await again.phase(), again.holds()["staging"]) == (Phase.AWAITING_DECISION, OLD)
        assert told(again)[-1] == (
            f"☑️ zoe says go on (3 answers needed); still missing: 1 answer by ML or SRE. Reason: “{WHY}”"
        )
        assert await breaks(again, SAM) == "accepted"
        await again.later(seconds=30)
        rotation = await again.rotation()
        assert ("break_glass" in rotation.marks, again.holds()["staging"]) == (True, NEW)


async def test_where_one_of_each_is_asked_two_of_one_group_do_not_suffice(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=EACH) as w:
        await to_the_glass(w)
        assert "Going on takes 1 answer by ML and 1 by SRE, nobody twice, other than mia" in asked(w)
        assert await breaks(w, MAX) == "answer_counts"
        assert await breaks(w, ZOE) == "answer_counts"
        assert missing(w) == [["sre"]]
        assert (await glass(w)).outcome == ""
        assert await breaks(w, SAM) == "accepted"
        assert "break_glass" in (await w.rotation()).marks


async def test_by_the_rules_of_the_house_it_is_two_of_the_owning_group(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await to_the_glass(w)
        assert await breaks(w, SAM) == "not_entitled"
        assert await breaks(w, MAX) == "answer_counts"
        assert await breaks(w, ZOE) == "accepted"


async def test_a_rotation_goes_on_by_what_was_written_when_it_began(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=GLASS) as w:
        await to_the_glass(w)
        assert await breaks(w, MAX) == "answer_counts"
    async with world(tmp_path, outside=w) as again:
        assert await breaks(again, ZOE) == "answer_counts"
        assert await breaks(again, SAM) == "accepted"


AUTHORITY = "authority: {compare: [ml], steer: [sre], settle: [finance], freeze: [sre]}\nprovider:"
NAMED = RUNBOOK.replace("provider:", AUTHORITY)


async def test_every_verb_asks_those_whom_the_runbook_names(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=NAMED) as w:
        assert await w.diff(who=SAM) == "not_entitled"
        assert w.room.replies[-1][1].facts["groups"] == ["ml"]
        assert await w.diff(who=MAX) == "diff_started"
        await w.later(minutes=1)
        assert await w.promote(who=MAX) == "not_entitled"
        assert w.room.replies[-1][1].facts["groups"] == ["sre"]
        assert await w.promote(who=SAM) == "rotation_begun"
        await w.later(minutes=20)
        assert await w.freeze("chat", who=MAX) == "not_entitled"
        assert await w.freeze("chat", who=SAM) == "freeze_set"
        assert await w.steer("hands_off", who=MAX, reason="moving") == "not_entitled"
        assert await w.steer("hands_off", who=FIN, reason="moving") == "accepted"
        assert await w.steer("hands_on", who=SAM) == "not_entitled"
        assert await w.steer("pause", who=MAX) == "accepted"
        assert await w.steer("resume", who=MAX) == "not_entitled"
        assert await w.steer("resume", who=SAM) == "pause_lifted"
        assert await w.steer("roll_back", who=MAX) == "accepted"


async def test_a_comparison_is_stopped_by_who_may_run_one_or_steer(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=NAMED) as w:
        w.provider.door.clear()
        await w.engine.submit(w.diff_command(who=MAX))
        while not w.provider.at_the_door:
            await w.engine.turn()
        for who, code, groups in ((FIN, "not_entitled", ["ml", "sre"]), (MAX, "aborted_comparison", None)):
            command = w.steering("abort", who, "D1")
            await w.engine.submit(command)
            while (note := w.answered(command)) is None:
                await w.engine.turn()
            assert (note.code, note.facts.get("groups")) == (code, groups)


@pytest.mark.parametrize("who", [REX, GIL])
async def test_nobody_becomes_entitled_by_being_named_in_the_channel_only(tmp_path: Path, who: str) -> None:
    named = RUNBOOK.replace("provider:", "authority: {compare: [channel, ml], steer: [channel]}\nprovider:")
    async with world(tmp_path, runbook=named) as w:
        assert await w.diff(who=who) == ("no_guests" if who == GIL else "not_entitled")
        assert await w.diff(who=FIN) == "diff_started"
        await w.later(minutes=1)
        assert await w.promote(who=who) == ("no_guests" if who == GIL else "not_entitled")
        assert await w.promote(who=FIN) == "rotation_begun"


async def test_who_may_ask_the_doctor_is_who_may_steer_some_slot(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=NAMED) as w:
        facade = Facade(w.engine)
        assert await facade.may_examine(SAM, "model-rotation")
        assert not await facade.may_examine(MAX, "model-rotation")
