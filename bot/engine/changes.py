"""From what a machine answered to what the store writes. Pure."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from bot.engine.records import Commit, Entry, Json, Timer, Wanted
from bot.rotation.effects import ClearTimer, Effect, SetTimer, UpdateCard, UpdateQuestion, lane_of
from bot.rotation.events import Event
from bot.rotation.machine import Moved, Refused
from bot.rotation.model import Rotation


def as_json(model: BaseModel) -> Json:
    """A model as JSON data, what only says its default left out."""
    dumped: Any = model.model_dump(mode="json", exclude_defaults=False)
    return dumped  # type: ignore[no-any-return]


def of_event(before: Rotation, event: Event, outcome: Moved | Refused) -> Commit:
    """What an event changes: state, ledger, outbox and timers; a refusal changes the ledger only."""
    if isinstance(outcome, Refused):
        refusal: Json = {"event": as_json(event), "code": outcome.deny.code.value, "facts": outcome.deny.facts}
        return Commit(at=event.at, entries=(Entry(before.id, "refused", refusal),))
    entry = Entry(before.id, event.kind, {"event": as_json(event), "phase": outcome.rotation.phase.value})
    return _moved(outcome, event.at, entry)


def of_begin(outcome: Moved, at: datetime) -> Commit:
    """What beginning a rotation writes: its first state stands in the ledger whole."""
    return _moved(outcome, at, Entry(outcome.rotation.id, "begun", {"state": as_json(outcome.rotation)}))


def _moved(outcome: Moved, at: datetime, entry: Entry) -> Commit:
    rotation = outcome.rotation
    timers = tuple(
        Timer(rotation.id, effect.name, effect.due if isinstance(effect, SetTimer) else None)
        for effect in outcome.effects
        if isinstance(effect, SetTimer | ClearTimer)
    )
    wanted = tuple(
        wanted_for(rotation, effect, place)
        for place, effect in enumerate(outcome.effects)
        if not isinstance(effect, SetTimer | ClearTimer)
    )
    return Commit(at=at, rotation=rotation, entries=(entry,), wanted=wanted, timers=timers)


def wanted_for(rotation: Rotation, effect: Effect, place: int) -> Wanted:
    """An effect as the outbox keeps it: its key holds the version that asked for it."""
    replaces = ""
    if isinstance(effect, UpdateCard):
        replaces = f"{rotation.id}:card"
    elif isinstance(effect, UpdateQuestion):
        replaces = f"{rotation.id}:{effect.question}"
    return Wanted(
        subject=rotation.id,
        lane=lane_of(effect).value,
        key=f"{rotation.id}:{rotation.version}:{place}:{effect.kind}",
        kind=effect.kind,
        body=as_json(effect),
        replaces=replaces,
    )
