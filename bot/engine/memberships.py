"""Who joins or leaves the groups that a running rotation still asks: looked for, told in its thread, recorded.

Nothing is decided here: whoever approves is looked up for that click, and once more right before the change. What was
told is remembered with it, so that a restart tells nothing twice.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from bot.engine.changes import as_json
from bot.engine.models.people import Members
from bot.engine.models.plain import Facts
from bot.engine.outside import Outside, Rules
from bot.engine.records import Commit, Entry, Json, Wanted
from bot.ports import OutsideError, Store
from bot.rotation.effects import Lane, PostTimeline
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.quorum import asked_groups
from bot.runbook.models.people import GroupName

CHANGED, UNREAD, READ_AGAIN = "group_changed", "group_unread", "group_read_again"
TOLD_AT: Final = 2
"""Looks in a row at which a group could not be read before that is told: a single one may be a hiccup."""
Told = tuple[str, Facts]


def still_asked(rotation: Rotation) -> tuple[GroupName, ...]:
    """The groups whose yes this rotation may still ask for: of its stages to come, in time, or for a decision."""
    if rotation.ended or rotation.phase is Phase.ROLLING_BACK:
        return ()
    to_come = range(rotation.stage, len(rotation.plan.stages))
    asked = {group for index in to_come for group in asked_groups(rotation, index)}
    asked |= {step.group for index in to_come for step in rotation.plan.stages[index].approval.fallback}
    if rotation.decision is not None and rotation.decision.open:
        asked |= {*rotation.decision.groups}
    return tuple(group for group in GroupName if group in asked)


async def look_at_groups(outside: Outside, rules: Rules, slots: Iterable[str]) -> None:
    """Look at the groups of every running rotation, and tell in its thread what has changed since the last look."""
    read: dict[GroupName, Members] = {}
    for slot in slots:
        for rotation in await outside.store.rotations(slot=slot, running=True):
            for group in still_asked(rotation):
                if group not in read:
                    read[group] = await outside.directory.group(rules.runbook.groups.of(group))
            await _look(outside, rotation, {group: read[group] for group in still_asked(rotation)})


async def _look(outside: Outside, rotation: Rotation, found: dict[GroupName, Members]) -> None:
    before = await _known(outside.store, rotation.id)
    after, told = dict(before), list[Told]()
    for group, members in found.items():
        was = before.get(group.value, {})
        now = after[group.value] = _kept(was, members)
        named: list[JsonValue] = [group.value]
        told += [(code, {"groups": named, **facts}) for code, facts in _reading(was, now)]
        joined, left = _moved(was, now)
        if joined or left:
            gave = {yes.by.id for yes in rotation.request.approvals} if rotation.request is not None else set()
            facts: Facts = {"joined": await _names(outside, joined), "left": await _names(outside, left)}
            void = await _names(outside, [person for person in left if person in gave])
            told.append((CHANGED, {"groups": named, **facts, "void": void}))
    if after == before:
        return
    at = outside.clock.now()
    await outside.store.commit(
        Commit(
            at=at,
            entries=tuple(Entry(rotation.id, code, facts) for code, facts in told),
            facts=((_fact(rotation.id), json.dumps(after, sort_keys=True)),),
            wanted=tuple(_line(rotation, code, facts, at) for code, facts in told),
        )
    )


def _kept(was: Json, members: Members) -> Json:
    """What is remembered of a group: who was in it when it could last be read, and for how many looks it cannot be."""
    if members.problem:
        misses = was.get("misses")
        return {**was, "misses": (misses if isinstance(misses, int) else 0) + 1, "problem": members.problem}
    return {"ids": list[JsonValue](sorted(members.ids)), "misses": 0, "problem": ""}


def _reading(was: Json, now: Json) -> list[Told]:
    """That a group cannot be read, once it was so twice in a row; and that it can again, where that was told."""
    if now["misses"] == TOLD_AT:
        return [(UNREAD, {"problem": now["problem"]})]
    misses = was.get("misses")
    told = isinstance(misses, int) and misses >= TOLD_AT and not now["misses"]
    return [(READ_AGAIN, {})] if told else []


def _moved(was: Json, now: Json) -> tuple[list[str], list[str]]:
    """Who joined and who left since the group could be read last; nobody the first time."""
    before, after = was.get("ids"), now.get("ids")
    if not isinstance(before, list) or not isinstance(after, list):
        return [], []
    joined = [str(person) for person in after if person not in before]
    return joined, [str(person) for person in before if person not in after]


async def _names(outside: Outside, people: Iterable[str]) -> list[JsonValue]:
    """What people are called; somebody who cannot be looked up by their id."""
    names: list[JsonValue] = []
    for person in people:
        try:
            names.append((await outside.directory.person(person)).name)
        except OutsideError:
            names.append(person)
    return names


def _line(rotation: Rotation, code: str, facts: Facts, at: datetime) -> Wanted:
    line = PostTimeline(code=code, facts=facts, number=0)
    key = f"{rotation.id}:{code}:{facts['groups']}:{at.isoformat()}"
    return Wanted(subject=rotation.id, lane=Lane.CHAT.value, key=key, kind=line.kind, body=as_json(line))


def _fact(rotation_id: str) -> str:
    return f"members:{rotation_id}"


async def _known(store: Store, rotation_id: str) -> dict[str, Json]:
    """Who was in each group at the last look that could read it, and why it could not be read at the last one."""
    known: dict[str, Json] = json.loads(await store.fact(_fact(rotation_id)) or "{}")
    return known
