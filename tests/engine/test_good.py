"""A rotation through the engine, from the command to its end."""

from pathlib import Path

from bot.rotation.model import Phase
from tests.engine.world import NEW, OLD, world


async def test_a_good_candidate_goes_all_the_way(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert w.holds() == {"staging": NEW, "pilots": NEW, "global": OLD}
        await w.later(hours=2)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        assert await w.answer("approve") == "accepted"
        await w.later(hours=4)
        assert await w.phase() is Phase.COMPLETED
        assert w.disk.log == [("staging", NEW), ("pilots", NEW), ("global", NEW)]
        assert w.disk.restarted == ["staging", "pilots", "global"]
        assert await w.pages() == []
        assert len(w.room.notes("card")) == 1
        assert len(w.room.notes("question")) == 2
