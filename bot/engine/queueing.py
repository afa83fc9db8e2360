"""Who waits behind whom: slots given back to the first in the queue, and taken by a rollback that may not wait."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.engine.happen import happen
from bot.engine.slots import in_the_way, neighbours
from bot.ports import Store
from bot.rotation.events import SlotFreed, SlotTaken, SlotUnwanted, SlotWanted, WishRefused
from bot.rotation.model.rotation import Phase, Rotation


async def keep_queue(store: Store, now: datetime) -> None:
    """Let the first of a queue begin when what it waited for is over; send one back that a late rollback overtakes.

    A completed rotation that is rolled back after all has the right of way over a later one that changed nothing yet.
    """
    told: set[str] = set()
    while (moved := await _first_moved(store, now, told)) is not None:
        told.add(moved)
    await _pass_wishes_on(store, now)


async def _first_moved(store: Store, now: datetime, told: Collection[str]) -> str | None:
    """Tell one rotation what has changed for it, and answer which; the others are looked at anew, as it then stands."""
    running = await store.rotations(running=True)
    going_back = [rotation for rotation in running if rotation.phase is Phase.ROLLING_BACK]
    for rotation in running:
        if rotation.id in told or (rotation.phase is Phase.PAUSED and rotation.blocked_by):
            continue  # one that is paused in the queue takes its place again when it is resumed
        event = _blocked(rotation, running, now) if rotation.blocked_by else _overtaken(rotation, going_back, now)
        if event is not None:
            await happen(store, rotation.id, event)
            return rotation.id
    return None


async def _pass_wishes_on(store: Store, now: datetime) -> None:
    """Tell holders who wants their slot, or does not any more, and who asked what the holder said. Once each."""
    running = {rotation.id: rotation for rotation in await store.rotations(running=True)}
    for rotation in running.values():
        holder = running.get(rotation.asked_of)
        if holder is not None and rotation.blocked_by == holder.id and not rotation.refused_by:
            event = _of_wish(rotation, holder, now)
            if event is not None:
                await happen(store, rotation.id if isinstance(event, WishRefused) else holder.id, event)
        for wish in rotation.wishes:
            wisher = running.get(wish.rotation)
            if wish.open and (wisher is None or wisher.asked_of != rotation.id):
                await happen(store, rotation.id, SlotUnwanted(at=now, rotation=wish.rotation))


def _of_wish(rotation: Rotation, holder: Rotation, now: datetime) -> SlotWanted | WishRefused | None:
    wish = holder.wish(rotation.id)
    if wish is None:
        if holder.rollback is not None:
            return None
        asked = {"by": rotation.asked_by, "by_id": rotation.asked_by_id, "reason": rotation.asked_because}
        return SlotWanted.model_validate({"at": now, "rotation": rotation.id, **asked})
    return WishRefused(at=now, holder=holder.id, by=wish.decided_by) if wish.outcome == "kept" else None


def _blocked(rotation: Rotation, running: Sequence[Rotation], now: datetime) -> SlotFreed | SlotTaken | None:
    before = [other.id for other in in_the_way(rotation, running)]
    if not before:
        return SlotFreed(at=now)
    return None if rotation.blocked_by in before else SlotTaken(at=now, by=before[0])


def _overtaken(rotation: Rotation, going_back: Sequence[Rotation], now: datetime) -> SlotTaken | None:
    if rotation.changed:
        return None
    found = (o.id for o in going_back if o.id != rotation.id and neighbours(o.plan, rotation.plan))
    by = next(found, None)
    return SlotTaken(at=now, by=by) if by is not None else None
