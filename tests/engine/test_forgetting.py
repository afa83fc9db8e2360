"""What nothing is judged by any more does not stay: housekeeping of what was measured."""

from datetime import timedelta
from pathlib import Path

from bot.rotation.model.rotation import Phase
from tests.engine.world import World, world


async def measured(w: World) -> int:
    """How many windows are kept."""
    rows = await w.store.file.read(lambda db: list(db.query("SELECT count(*) AS n FROM measurements")))
    return int(rows[0]["n"])


async def test_what_was_measured_is_forgotten_a_month_after_the_end(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(hours=2)
        kept = await measured(w)
        assert kept
        await w.store.forget(w.clock.at + timedelta(days=365))
        assert await measured(w) == kept  # it has not ended
        assert await w.steer("roll_back") == "accepted"
        await w.later(hours=1)
        assert await w.phase() is Phase.ROLLED_BACK
        await w.store.forget(w.clock.at - timedelta(hours=2))
        assert await measured(w)
        await w.store.forget(w.clock.at + timedelta(seconds=1))
        assert await measured(w) == 0
