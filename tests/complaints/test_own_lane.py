"""A lock holds what it is about and nothing else: two model settings that share nothing are changed side by side."""

from pathlib import Path

from bot.rotation.model.rotation import Phase
from tests.engine.world import MAX, NEW, OLD, OTHER, RUNBOOK, SECOND_SLOT, world

APART = SECOND_SLOT.replace("/app/global.env, restart: [reload, global]", "/app/draft.env, restart: [reload, draft]")


async def test_settings_that_share_nothing_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + APART) as w:
        w.disk.values["/app/draft.env"] = OLD
        assert await w.diff(candidate=NEW) == "diff_started"
        assert await w.promote(subject="D1") == "rotation_begun"
        assert await w.diff(slot="draft", candidate=OTHER, who=MAX) == "diff_started"
        assert await w.promote(subject="D2", who=MAX) == "rotation_begun"
        await w.later(minutes=1)
        first, second = await w.rotation("R1"), await w.rotation("R2")
        assert first.phase is Phase.BAKING
        assert (second.phase, second.blocked_by) == (Phase.AWAITING_APPROVAL, "")
        assert await w.steer("roll_back", subject="R1") == "accepted"
        await w.later(minutes=1)
        assert (await w.rotation("R2")).phase is Phase.AWAITING_APPROVAL
        assert w.disk.values["/app/staging.env"] == OLD
