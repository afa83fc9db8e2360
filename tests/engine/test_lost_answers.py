"""Messages whose answer was lost, and messages that somebody deleted: repeated once, and it says that it may be one."""

from pathlib import Path

from bot.engine.models.notes import CardNote, ComparisonNote, QuestionNote, SummaryNote, TimelineNote
from bot.rotation.model.rotation import Phase
from handlers.blocks.shown import shown
from tests.engine.world import World, broken, world

REPEAT = "may be a repeat"


def marked(w: World) -> list[str]:
    """What of all that stands in the channels says that it may be a repeat."""
    return [said.note.kind for said in w.room.said.values() if REPEAT in shown(said.note).text]


async def test_a_comparison_whose_first_message_got_no_answer_is_posted_again_and_says_so_to_the_end(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as w:
        w.room.lost = 1
        assert await w.diff() == "diff_started"
        await w.later(seconds=5)
        first, second = w.room.notes("comparison")
        assert isinstance(first, ComparisonNote)
        assert isinstance(second, ComparisonNote)
        assert not first.maybe_repeat
        assert second.comparison.status == "finished"
        assert marked(w) == ["comparison"]


async def test_a_card_whose_answer_was_lost_is_repeated_once_and_only_the_new_one_is_kept_up_to_date(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        w.room.lost = 1
        assert await w.promote() == "rotation_begun"
        await w.later(minutes=20)
        first, second = [said for said in w.room.said.values() if isinstance(said.note, CardNote)]
        assert isinstance(second.note, CardNote)
        assert (first.edits, second.note.rotation.phase) == (0, Phase.AWAITING_APPROVAL)
        assert "card" in marked(w)
        assert {said.thread for said in w.room.said.values() if said.thread} == {second.ts}


async def test_a_request_whose_answer_was_lost_is_asked_again_and_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        w.room.lost, w.room.loses = 1, lambda note: isinstance(note, QuestionNote)
        await w.later(minutes=20)
        first, second = w.room.notes("question")
        assert isinstance(first, QuestionNote)
        assert isinstance(second, QuestionNote)
        assert (first.maybe_repeat, second.maybe_repeat) == (False, True)
        assert marked(w) == ["question"]
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert marked(w) == ["question"]  # the other one still stands there with its buttons


async def test_a_line_is_repeated_once_however_often_answers_are_lost(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.room.lost, w.room.loses = 100, lambda note: isinstance(note, TimelineNote) and note.code == "approved"
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=5)
        said = [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "approved"]
        assert [note.maybe_repeat for note in said] == [False, True]
        assert await w.phase() is Phase.BAKING


async def test_what_slack_refused_is_not_called_a_repeat(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        with broken(w.room, "post"):
            assert await w.diff() == "diff_started"
            await w.later(minutes=2)
        await w.later(minutes=2)
        assert len(w.room.notes("comparison")) == 1
        assert marked(w) == []


async def test_a_deleted_card_comes_back_and_the_request_with_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        w.room.gone |= {said.ts for said in w.room.said.values() if isinstance(said.note, CardNote)}
        await w.later(minutes=20)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        standing = [said for said in w.room.said.values() if said.ts not in w.room.gone]
        (card,) = [said for said in standing if isinstance(said.note, CardNote)]
        (question,) = [said for said in standing if isinstance(said.note, QuestionNote)]
        assert question.thread == card.ts
        assert await w.answer("approve") == "accepted"


async def test_a_deleted_request_keeps_nothing_from_going_on(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.room.gone |= {said.ts for said in w.room.said.values() if isinstance(said.note, QuestionNote)}
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=5)
        assert await w.phase() is Phase.BAKING
        assert any(isinstance(n, SummaryNote) and n.code == "stage_passed" for n in w.room.notes("summary"))
