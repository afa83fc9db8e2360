"""Somebody edits a place while it is watched: it is noticed, never overwritten, never taken for fine."""

from pathlib import Path

from bot.rotation.model import Phase
from tests.engine.world import NEW, OLD, world


async def test_a_place_edited_while_it_is_watched_holds_the_bake(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/pilots.env"] = "hand/made-1"
        await w.later(hours=2)
        rotation = await w.rotation()
        assert rotation.phase is not Phase.AWAITING_APPROVAL
        assert rotation.bake is not None
        assert "target_drifted" in rotation.bake.looks[-1].reasons
        assert rotation.bake.held_since is not None
        assert w.holds() == {"staging": NEW, "pilots": "hand/made-1", "global": OLD}


async def test_a_place_edited_before_the_end_is_asked_about(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(hours=2)
        assert await w.answer("approve") == "accepted"
        w.disk.values["/app/staging.env"] = "hand/made-1"
        await w.later(hours=6)
        assert await w.phase() is not Phase.COMPLETED
        assert w.holds()["staging"] == "hand/made-1"
