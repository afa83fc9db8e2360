"""Places that hold something else than the newest rotation of their slot left there: looked for, told, never touched.

During a rotation every quarter of an hour, daily after it. What was told of a place is remembered, so that a restart
tells nothing twice; what is found again as it should be is told, too.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from bot.engine.changes import as_json, card_again
from bot.engine.chores import ResolvePages
from bot.engine.models.notes import Drift
from bot.engine.models.plain import Facts
from bot.engine.outside import Outside
from bot.engine.records import Commit, Entry, Json, Wanted
from bot.engine.targets import read_some
from bot.ports import Store
from bot.rotation.effects import Lane, Page, PostTimeline
from bot.rotation.events import Reading
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import Standing, heirs, target_plan

DURING: Final = timedelta(minutes=15)
AFTER: Final = timedelta(days=1)
"""How often places are looked at while a rotation runs, and once it is over."""
IN_FLUX: Final = frozenset({Phase.QUEUED, Phase.APPLYING, Phase.ROLLING_BACK})
"""Phases in which the rotation reads and changes its places itself."""
OVER: Final = frozenset({Phase.COMPLETED, Phase.ROLLED_BACK})
"""Ends that left every place with a known value."""
NEWEST: Final = 20
"""So many rotations of a slot are looked through for one that runs, or that changed something."""
DRIFTED, UNREAD, AGAIN = "place_drifted", "place_unread", "place_as_it_should"


def should_hold(rotation: Rotation) -> dict[str, frozenset[str | None]]:
    """What each place may hold as far as this rotation knows; those it is changing, or has told of itself, left out."""
    models, unset_is_fine = rotation.models, heirs(rotation.plan)
    found: dict[str, frozenset[str | None]] = {}
    for target in rotation.targets:
        match target.standing:
            case Standing.WRITTEN:
                found[target.id] = frozenset({models.candidate.id})
            case Standing.RESTORED:
                found[target.id] = frozenset({rotation.set_back(target)})
            case Standing.UNTOUCHED:
                unset = {None} if target.id in unset_is_fine else set()
                found[target.id] = frozenset({models.current.id, *unset})
            case _:
                continue
    return found


def to_look_at(rotations: Iterable[Rotation]) -> list[Rotation]:
    """Of one slot's rotations, oldest first: those that run, else the newest that changed something and is over."""
    every = list(rotations)
    running = [rotation for rotation in every if not rotation.ended]
    if running:
        return [rotation for rotation in running if rotation.phase not in IN_FLUX]
    changed = [one for one in every if any(t.standing is not Standing.UNTOUCHED for t in one.targets)]
    return [one for one in changed[-1:] if one.phase in OVER]


async def look_for_drift(outside: Outside, slots: Iterable[str]) -> None:
    """Look at the places of every slot whose time has come."""
    for slot in slots:
        for rotation in to_look_at(await outside.store.rotations(slot=slot, newest=NEWEST)):
            now, looked = outside.clock.now(), await outside.store.fact(_looked(rotation))
            if looked and now - datetime.fromisoformat(looked) < (AFTER if rotation.ended else DURING):
                continue
            await outside.store.remember(_looked(rotation), now.isoformat())
            if looked or not rotation.ended:
                await _look(outside, rotation)


def _looked(rotation: Rotation) -> str:
    return f"drift_looked:{rotation.id}"


async def _look(outside: Outside, rotation: Rotation) -> None:
    wanted = should_hold(rotation)
    readings = await read_some(outside, [target_plan(rotation.plan, name)[1] for name in wanted])
    now = await outside.store.rotation(rotation.id)
    if now is None or now.version != rotation.version:
        return  # it moved on meanwhile, and may have changed them itself
    before = await _known(outside.store, rotation.id)
    after = {one.target: found for one in readings if (found := _found(one, wanted[one.target])) is not None}
    kept = {name: found for name, found in before.items() if name not in wanted}
    if after == before and not kept:
        return
    news = [
        one for one in readings if not _same(before.get(one.target), after.get(one.target))
    ]  # what is expected may have changed; that alone is no news
    at = outside.clock.now()
    told = [_tell(rotation, one, wanted[one.target], drifted=one.target in after, now=at) for one in news]
    await outside.store.commit(
        Commit(
            at=at,
            entries=tuple(entry for entry, _ in told),
            facts=((_fact(rotation.id), json.dumps(after, sort_keys=True)),),
            wanted=(*(effect for _, effects in told for effect in effects), card_again(rotation, at)),
        )
    )


def _fact(rotation_id: str) -> str:
    return f"drift:{rotation_id}"


async def _known(store: Store, rotation_id: str) -> dict[str, Json]:
    """What was found of each place at the last look, of those that were not as they should be."""
    known: dict[str, Json] = json.loads(await store.fact(_fact(rotation_id)) or "{}")
    return known


async def drifts(store: Store, rotation: Rotation) -> tuple[Drift, ...]:
    """The places somebody else changed, or that could not be read, as far as that still says something."""
    wanted, found = should_hold(rotation), await _known(store, rotation.id)
    return tuple(
        Drift(
            place=target_plan(rotation.plan, name)[1].place,
            expected=_expected(wanted[name]),
            found=str(one["found"]) if one.get("found") is not None else None,
            problem=str(one.get("problem") or ""),
        )
        for name, one in found.items()
        if name in wanted and one["wanted"] == _listed(wanted[name])
    )


def _found(reading: Reading, wanted: frozenset[str | None]) -> Json | None:
    """What is to be told of a place; None where it is as it should be."""
    if reading.problem:
        return {"problem": reading.problem, "wanted": _listed(wanted)}
    return None if reading.value in wanted else {"found": reading.value, "wanted": _listed(wanted)}


def _same(one: Json | None, other: Json | None) -> bool:
    """Whether two looks found the same, whatever was expected at each."""
    return _without_wanted(one) == _without_wanted(other)


def _without_wanted(found: Json | None) -> Json:
    return {key: value for key, value in (found or {}).items() if key != "wanted"}


def _listed(wanted: frozenset[str | None]) -> list[JsonValue]:
    return [*sorted(wanted, key=lambda value: value or "")]


def _expected(wanted: frozenset[str | None]) -> str | None:
    return max(wanted, key=lambda value: value is not None)


def _tell(
    rotation: Rotation, reading: Reading, wanted: frozenset[str | None], *, drifted: bool, now: datetime
) -> tuple[Entry, list[Wanted]]:
    _, plan = target_plan(rotation.plan, reading.target)
    facts: Facts = {"place": plan.place, "found": reading.value, "expected": _expected(wanted)}
    if reading.problem:
        code, facts = UNREAD, {"place": plan.place, "problem": reading.problem}
    else:
        code = DRIFTED if drifted else AGAIN
    stamp = f"{reading.target}:{now.isoformat()}"
    line = PostTimeline(code=code, facts=facts, number=0)
    told = [_wanted(rotation, Lane.CHAT, f"{code}:{stamp}", line.kind, as_json(line))]
    if code == DRIFTED:
        page = Page(cause=DRIFTED, facts=facts, number=0)
        told.append(_wanted(rotation, Lane.PAGE, f"page:{stamp}", page.kind, as_json(page)))
    elif code == AGAIN:
        over = ResolvePages(causes=(DRIFTED,))
        told.append(_wanted(rotation, Lane.PAGE, f"over:{stamp}", over.kind, as_json(over)))
    return Entry(rotation.id, code, {"target": reading.target, **facts}), told


def _wanted(rotation: Rotation, lane: Lane, key: str, kind: str, body: Json) -> Wanted:
    return Wanted(subject=rotation.id, lane=lane.value, key=f"{rotation.id}:{key}", kind=kind, body=body)
