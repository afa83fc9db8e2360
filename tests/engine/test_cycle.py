"""The last stage's watch in a running bot: an hour nobody could see is waited for, a day later."""

from pathlib import Path

from bot.rotation.model.rotation import Phase
from bot.wording.cards import bake_words
from tests.engine.world import RUNBOOK, World, world

THREE_HOURS = RUNBOOK.replace("slots:\n", "traffic_cycle: {length: 3h, buckets: 3}\nslots:\n")


async def to_global_bake(w: World) -> None:
    await w.to_pilots_bake()
    await w.later(hours=1, minutes=1)
    assert await w.answer("approve") == "accepted"
    await w.later(seconds=30)
    assert (await w.rotation()).stage_plan.name == "global"
    assert await w.phase() is Phase.BAKING


async def test_an_hour_without_an_answer_is_seen_a_cycle_later(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=THREE_HOURS) as w:
        await to_global_bake(w)
        w.traffic.silent = True
        await w.later(hours=1, minutes=5)
        w.traffic.silent = False
        await w.later(hours=2)
        # Two of three looks were seen; the third of three would be at another hour.
        rotation = await w.rotation()
        assert (rotation.watched.counted, rotation.phase) == (2, Phase.BAKING)
        newest = rotation.watched.newest_seen
        assert newest is not None
        assert (newest.cycle_seen, newest.cycle_of) == (2, 3)
        await w.later(hours=1, minutes=5)
        assert await w.phase() is Phase.COMPLETED


async def test_all_looks_and_not_all_hours_is_not_the_end(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=THREE_HOURS) as w:
        await to_global_bake(w)
        await w.later(hours=1, minutes=1)
        w.traffic.per_hour /= 10  # a tenth of what usually comes at this hour
        await w.later(hours=1)
        w.traffic.per_hour *= 10
        await w.later(hours=1, minutes=1)
        rotation = await w.rotation()
        assert (rotation.watched.counted, rotation.phase) == (3, Phase.BAKING)
        assert bake_words(rotation.watched).endswith("2 of 3 parts of the traffic cycle seen")
        await w.later(hours=2, minutes=5)
        assert await w.phase() is Phase.COMPLETED
