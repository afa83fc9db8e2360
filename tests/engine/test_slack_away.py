"""Slack is away, refuses, or a message cannot be made: whoever has to hear of something hears of it in the end."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot.engine.models.commands import Acknowledge
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import CardNote, Note, PageNote, QuestionNote, SummaryNote, TimelineNote
from bot.ports import OutsideError
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Phase
from tests.engine.world import NEW, OLD, RUNBOOK, SAM, Room, World, broken, world

ASKED = RUNBOOK.replace("traffic: none, bake", "traffic: none, approval: {count: 1}, bake")
ASKED_BY = {"id", "actor", "at", "reply"}
SOON = ASKED.replace("working_hours:", "deadlines: {approval: 1h}\nworking_hours:")
SILENT = OutsideError("Slack's answer did not arrive", whose="Slack", again=True, code="answer_lost")
AWAY = OutsideError("Slack's answer did not arrive", whose="Slack", again=True, code="unreachable")
REFUSED = OutsideError("Slack refused: invalid_blocks", whose="a fault of the bot", again=False, code="refused")
NOT_IN = OutsideError("I am not in #sre-oncall", whose="admin", again=True, code="not_in_channel")


@contextmanager
def silent(room: Room) -> Iterator[None]:
    """Slack answers nothing at all: whether it took anything nobody knows."""
    for call in ("post", "edit", "reply"):
        room.breaks(call, SILENT)
    room.breaks("reach", AWAY)
    try:
        yield
    finally:
        room.mend()


@contextmanager
def not_taken(room: Room, which: Callable[[Note], bool], error: Exception) -> Iterator[None]:
    """Messages of one kind fail, whether posted or edited."""
    post, edit = room.post, room.edit

    async def posted(
        note: Note, *, channel: str, thread: MessageRef | None = None, broadcast: bool = False
    ) -> MessageRef:
        if which(note):
            raise error
        return await post(note, channel=channel, thread=thread, broadcast=broadcast)

    async def edited(message: MessageRef, note: Note) -> None:
        if which(note):
            raise error
        await edit(message, note)

    room.post, room.edit = posted, edited  # type: ignore[method-assign]
    try:
        yield
    finally:
        room.post, room.edit = post, edit  # type: ignore[method-assign]


def questions(w: World) -> list[QuestionNote]:
    return [note for note in w.room.notes("question") if isinstance(note, QuestionNote)]


def pages(w: World, cause: str) -> list[PageNote]:
    return [note for note in w.room.notes("page") if isinstance(note, PageNote) and note.cause == cause]


async def request(w: World) -> Request:
    found = (await w.rotation()).request
    assert found is not None
    return found


async def test_however_long_slack_is_silent_a_question_is_asked_and_its_deadline_runs_from_then(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=SOON) as w:
        assert await w.diff() == "diff_started"
        with silent(w.room):
            await w.engine.submit(w.promote_command())
            await w.later(hours=3)
            asked = await request(w)
            assert (asked.delivered_at, asked.deadline) == (None, None)
            assert await w.phase() is Phase.AWAITING_APPROVAL
        await w.later(minutes=11)
        assert len(questions(w)) == 1
        assert (await request(w)).delivered_at is not None
        assert await w.answer("approve") == "accepted"


async def test_however_long_slack_is_silent_nothing_that_was_to_be_told_is_lost(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        with silent(w.room):
            await w.later(hours=5)
            assert await w.phase() is Phase.ROLLED_BACK
        await w.later(minutes=30)
        told = [n for n in (s.note for s in w.room.said.values()) if isinstance(n, TimelineNote | SummaryNote)]
        codes = [note.code for note in told]
        for code in ("guardrail_failed", "rolling_back", "rolled_back"):
            assert codes.count(code) == 1, codes
        failed = next(note for note in told if note.code == "guardrail_failed")
        row = next(row for row in await w.store.ledger_rows("R1") if row.data.get("phase") == "rolling_back")
        assert failed.happened_at == datetime.fromisoformat(row.at)
        assert [note.happened_at for note in told if note.code in {"begun", "approved"}] == [None, None]
        assert len(pages(w, "guardrail_failed")) == 1


async def test_copies_of_a_question_come_slowly_where_slack_answers_but_not_about_them(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=ASKED) as w:
        assert await w.diff() == "diff_started"
        w.room.lost, w.room.loses = 10**6, lambda note: isinstance(note, QuestionNote)
        assert await w.promote() == "rotation_begun"
        await w.later(hours=2)
        assert 10 <= len(questions(w)) <= 18  # four at once, then one every ten minutes
        assert (await request(w)).delivered_at is None


async def test_a_page_whose_channel_does_not_take_it_stands_in_the_bot_s_own(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        post = w.room.post

        async def posted(
            note: Note, *, channel: str, thread: MessageRef | None = None, broadcast: bool = False
        ) -> MessageRef:
            if channel == "sre-oncall":
                raise NOT_IN
            return await post(note, channel=channel, thread=thread, broadcast=broadcast)

        w.room.post = posted  # type: ignore[method-assign]
        w.disk.breaks("restart", OutsideError("the unit failed", whose="sre", again=True))
        await w.steer("roll_back")
        await w.later(minutes=20)
        (page,) = pages(w, "rollback_failed")
        assert (page.meant_for, page.not_taken) == ("sre-oncall", "I am not in #sre-oncall")
        where = [said.channel for said in w.room.said.values() if said.note is page]
        assert where == ["model-rotation"]


async def test_a_card_that_cannot_be_made_holds_up_no_question_and_sre_hears_of_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        with not_taken(w.room, lambda note: isinstance(note, CardNote) and note.rotation.stage > 0, ValueError("no")):
            assert await w.promote() == "rotation_begun"
            await w.later(minutes=30)
            assert (await request(w)).delivered_at is not None
        (page,) = pages(w, "message_refused")
        assert page.facts["message"] == "update_card"
        assert "reference" in str(page.facts["detail"])


async def test_a_question_slack_refuses_is_asked_again_until_it_stands(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=ASKED) as w:
        assert await w.diff() == "diff_started"
        with not_taken(w.room, lambda note: isinstance(note, QuestionNote), REFUSED):
            assert await w.promote() == "rotation_begun"
            await w.later(hours=3)
            assert (await request(w)).delivered_at is None
            assert questions(w) == []
            (page,) = pages(w, "message_refused")
            assert page.facts["whose"] == "a fault of the bot"
        await w.later(minutes=11)
        assert [note.maybe_repeat for note in questions(w)] == [False]
        assert (await request(w)).deadline is not None


async def test_an_acknowledgement_meets_what_the_page_says_by_then(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        with broken(w.disk, "restart", OutsideError("the unit failed", whose="sre", again=True)):
            await w.steer("roll_back")
            await w.later(minutes=20)
        door = asyncio.Event()
        person = w.people.person

        async def slowly(who: str) -> object:
            if who == SAM:
                await door.wait()
            return await person(who)

        w.people.person = slowly  # type: ignore[method-assign, assignment]
        command = Acknowledge.model_validate({**w.diff_command(SAM).model_dump(include=ASKED_BY), "escalation": "E1"})
        await w.engine.submit(command)
        while await w.phase() is not Phase.ROLLED_BACK:
            w.clock.at = await w.store.next_due(w.clock.at) or w.clock.at
            await w.engine.turn()
            await asyncio.wait(w.engine.at_work, timeout=0.05)
        door.set()
        await w.settle()
        assert "acknowledged" not in await w.events("E1")
        escalation = await w.store.escalation("E1")
        assert escalation is not None
        assert escalation.closed
        assert w.holds()["pilots"] == OLD
