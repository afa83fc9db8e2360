"""A new comparison under a running rotation: what was approved stays approved, and nothing else is swapped in."""

from pathlib import Path

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.rotation.model.rotation import Phase
from tests.difftest.world import right
from tests.engine.world import FIN, MAX, NEW, OLD, OTHER, RUNBOOK, SAM, world

NAMES = ("quality", "tools", "latency", "cost")
TWO_YESES = RUNBOOK.replace(
    "restart: [reload, pilots], ", "restart: [reload, pilots], approval: {count: 2, groups: [ml, sre]}, "
)


def without_the_old_model(request: ChatRequest, times: int) -> Completion | ChatError:
    if request.model == OLD:
        return ChatError(ErrorKind.MODEL_NOT_FOUND, "it was retired", status=404)
    return right(request, times)


async def test_the_way_back_is_not_swapped_under_approvals(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=TWO_YESES) as w:
        await w.to_pilots_question()
        assert await w.answer("approve", MAX) == "yes_counts"
        before = await w.rotation()
        assert await w.diff(rollback=NEW) == "diff_started"
        await w.later(minutes=1)
        assert await w.promote(FIN, "D2") == "accepted"
        rotation = await w.rotation()
        assert (rotation.comparison.id, rotation.models) == ("D2", before.models)


async def test_the_new_model_is_refused_as_its_own_way_back(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=TWO_YESES) as w:
        await w.to_pilots_question()
        w.provider.answer = without_the_old_model
        assert await w.diff(rollback=NEW, fresh=True) == "diff_started"
        await w.later(minutes=1)
        before = await w.rotation()
        assert await w.promote(FIN, "D2") == "same_model"
        assert (await w.rotation()).models == before.models


async def test_another_way_back_is_said_and_approved_anew(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=TWO_YESES) as w:
        await w.to_pilots_question()
        assert await w.answer("approve", MAX) == "yes_counts"
        w.provider.answer = without_the_old_model
        assert await w.diff(rollback=OTHER, fresh=True) == "diff_started"
        await w.later(minutes=1)
        assert await w.promote(FIN, "D2") == "accepted"
        await w.later(seconds=5)
        assert "way_back_changed" in w.room.codes()
        request = (await w.rotation()).request
        assert request is not None
        found = {change.what: (change.before, change.after) for change in request.changes}
        assert found["way_back"] == (OLD, OTHER)
        assert found["comparison"] == ("D1", "D2")
        assert {change.name for change in request.changes if change.what == "figure"} <= set(NAMES)
        assert [name for name in request.void if name] == [(await w.people.person(MAX)).name]
        assert await w.answer("approve", SAM) == "yes_counts"
        assert await w.phase() is Phase.AWAITING_APPROVAL
        assert await w.answer("approve", MAX) == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        assert (await w.phase(), w.holds()) == (
            Phase.ROLLED_BACK,
            {"staging": OTHER, "pilots": OTHER, "global": OLD},
        )
