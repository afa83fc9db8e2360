"""Commands from a terminal of the bot's machine: who somebody is there, what is answered, also while Slack is away."""

from pathlib import Path

from bot.app.terminal import answered
from bot.engine.models.commands import Answer, Promote, Steer
from bot.engine.models.notes import TimelineNote
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from tests.engine.test_slack_away import silent
from tests.engine.world import MAX, MIA, NEW, OLD, RUNBOOK, World, world

AT = "terminal:{}@web1"
OPERATED = RUNBOOK.replace("provider:", f"operators: {{max: {MAX}, mia: {MIA}}}\nprovider:")
APPROVED = OPERATED.replace("operators:", "terminal_approvals: true\noperators:")
LISTED = APPROVED.replace("group: ml}", f"people: [{MAX}, {MIA}]}}")


async def code_of(w: World, command: Steer | Promote | Answer) -> str:
    """What a command is answered with, read where a terminal reads it; nobody in Slack is told."""
    await w.engine.submit(command)
    await w.settle()
    note = await answered(w.store, command)
    assert not [to for to, _ in w.room.replies if to.terminal]
    return note.code if note is not None else ""


async def test_anybody_there_pauses_and_rolls_back_while_slack_is_away_and_it_is_told_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        root = AT.format("root")
        with silent(w.room):
            w.people.breaks("person", OutsideError("Slack is away", whose="Slack", again=True, code="unreachable"))
            assert await code_of(w, w.steering("pause", root)) == "accepted"
            assert await w.phase() is Phase.PAUSED
            assert await code_of(w, w.steering("resume", root)) == "not_an_operator"
            assert await code_of(w, w.steering("roll_back", root, reason="errors")) == "accepted"
            await w.later(minutes=20)
            assert await w.phase() is Phase.ROLLED_BACK
            assert set(w.holds().values()) == {OLD}
            assert not [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "paused"]
        await w.later(hours=1)
        paused = [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "paused"]
        assert [n.facts["by"] for n in paused] == [root]


async def test_an_operator_approves_by_the_rules_of_their_person(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=APPROVED) as w:
        await w.to_pilots_question()
        assert await code_of(w, w.answering("approve", AT.format("root"))) == "not_an_operator"
        assert await code_of(w, w.answering("approve", AT.format("mia"))) == "own_request"
        assert await code_of(w, w.answering("approve", AT.format("max"))) == "accepted"
        await w.later(seconds=30)
        rotation = await w.rotation()
        assert (rotation.phase, w.holds()["pilots"]) == (Phase.BAKING, NEW)
        asked = [q for q in rotation.past if q.id.startswith("R1-Q")]
        given = [yes.by for q in (*asked, rotation.request) for yes in getattr(q, "approvals", ())]
        assert [(by.id, by.name, by.terminal) for by in given] == [(MAX, AT.format("max"), "approving")]


async def test_without_the_runbooks_leave_an_operator_approves_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=OPERATED) as w:
        await w.to_pilots_question()
        assert await code_of(w, w.answering("approve", AT.format("max"))) == "no_terminal_approvals"
        assert await code_of(w, w.steering("pause", AT.format("max"))) == "accepted"
        assert await code_of(w, w.steering("resume", AT.format("max"))) == "accepted"


async def test_while_slack_is_away_a_group_only_slack_knows_denies_and_one_the_runbook_lists_does_not(
    tmp_path: Path,
) -> None:
    for text, said in ((APPROVED, "group_unresolved"), (LISTED, "accepted")):
        (tmp_path / said).mkdir()
        async with world(tmp_path / said, runbook=text) as w:
            await w.to_pilots_question()
            w.people.away()
            assert await code_of(w, w.answering("approve", AT.format("max"))) == said


async def test_an_operator_begins_a_rotation_and_is_its_requester(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=APPROVED) as w:
        assert await w.diff() == "diff_started"
        assert await code_of(w, w.promote_command(AT.format("root"))) == "not_an_operator"
        assert await code_of(w, w.promote_command(AT.format("max"))) == "rotation_begun"
        await w.later(minutes=20)
        assert (await w.rotation()).requester.id == MAX
        assert await w.answer("approve", who=MAX) == "own_request"
        assert await w.answer("approve", who=MIA) == "accepted"
