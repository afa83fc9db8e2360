"""Who waits behind whom: slots given back to the first in the queue, and taken by a rollback that may not wait."""

from datetime import datetime

from bot.engine.happen import happen
from bot.engine.slots import in_the_way, neighbours
from bot.ports import Store
from bot.rotation.events import SlotFreed, SlotTaken
from bot.rotation.model import Phase


async def keep_queue(store: Store, now: datetime) -> None:
    """Let the first of a queue begin when what it waited for is over; send one back that a late rollback overtakes.

    A completed rotation that is rolled back after all has the right of way over a later one that changed nothing yet.
    """
    running = await store.rotations(running=True)
    going_back = [rotation for rotation in running if rotation.phase is Phase.ROLLING_BACK]
    for rotation in running:
        if rotation.blocked_by:
            before = [other.id for other in in_the_way(rotation, running)]
            if not before:
                await happen(store, rotation.id, SlotFreed(at=now))
            elif rotation.blocked_by not in before:
                await happen(store, rotation.id, SlotTaken(at=now, by=before[0]))
        elif not rotation.changed:
            for other in going_back:
                if other.id != rotation.id and neighbours(other.plan, rotation.plan):
                    await happen(store, rotation.id, SlotTaken(at=now, by=other.id))
                    break
