"""From what a machine answered to what the store writes. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from bot.engine.chores import ResolvePages
from bot.engine.records import Commit, Entry, Json, Timer, Wanted
from bot.escalation.routing import over
from bot.rotation.effects import (
    ApplyTarget,
    ClearTimer,
    Effect,
    Lane,
    PostSummary,
    PostTimeline,
    RestoreTarget,
    SetTimer,
    UpdateCard,
    UpdateQuestion,
    lane_of,
)
from bot.rotation.events import Event
from bot.rotation.machine import Moved, Refused
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.targets import rows_of, target_plan


def as_json(model: BaseModel) -> Json:
    """A model as JSON data, what only says its default left out."""
    dumped: Any = model.model_dump(mode="json", exclude_defaults=False)
    return dumped  # type: ignore[no-any-return]


def of_event(before: Rotation, event: Event, outcome: Moved | Refused) -> Commit:
    """What an event changes: state, ledger, outbox and timers; a refusal changes the ledger only."""
    if isinstance(outcome, Refused):
        refusal: Json = {"event": as_json(event), "code": outcome.deny.code.value, "facts": outcome.deny.facts}
        return Commit(at=event.at, entries=(Entry(before.id, "refused", refusal),))
    data: Json = {"event": as_json(event), **_led_to(outcome)}
    return _moved(outcome, event.at, Entry(before.id, event.kind, data))


def of_begin(outcome: Moved, at: datetime) -> Commit:
    """What beginning a rotation writes: its first state stands in the ledger whole."""
    data: Json = {"state": as_json(outcome.rotation), **_led_to(outcome)}
    return _moved(outcome, at, Entry(outcome.rotation.id, "begun", data))


def _led_to(outcome: Moved) -> Json:
    return {"phase": outcome.rotation.phase.value, "effects": [as_json(effect) for effect in outcome.effects]}


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
        if not isinstance(effect, SetTimer | ClearTimer) and not _on_the_card(effect)
    )
    return Commit(
        at=at,
        rotation=rotation,
        entries=(entry,),
        wanted=(*wanted, *_pages_over(rotation, outcome.effects)),
        timers=timers,
    )


def _on_the_card(effect: Effect) -> bool:
    """Whether a line would tell what the card shows and the next line implies: the thread stays short without it.

    Requests that are answered by the new model begin the watch, which is told; of checks, only what changes is.
    """
    match effect:
        case PostTimeline(code="traffic_seen"):
            return True
        case PostTimeline(code="look", facts={"number": 1, "verdict": "pass" | "inconclusive", **more}):
            return not more.get("late_seconds")
        case _:
            return False


def _pages_over(rotation: Rotation, effects: Iterable[Effect]) -> Iterator[Wanted]:
    causes = sorted(
        {cause for effect in effects if isinstance(effect, PostTimeline | PostSummary) for cause in over(effect.code)}
    )
    if causes:
        yield Wanted(
            subject=rotation.id,
            lane=Lane.PAGE.value,
            key=f"{rotation.id}:{rotation.version}:resolve",
            kind="resolve_pages",
            body=as_json(ResolvePages(causes=tuple(causes))),
        )


def _lane(rotation: Rotation, effect: Effect) -> str:
    """The effect's lane; what changes a target stays in order with all that changes this one, or others of its row."""
    lane = lane_of(effect).value
    if not isinstance(effect, ApplyTarget | RestoreTarget):
        return lane
    index, _ = target_plan(rotation.plan, effect.target)
    row = rows_of(rotation.plan.stages[index])[effect.target]
    return f"{lane}.{row + 1}" if row else lane


def card_again(rotation: Rotation, at: datetime) -> Wanted:
    """The card brought up to date though the rotation itself stands where it stood."""
    effect = UpdateCard()
    return Wanted(
        subject=rotation.id,
        lane=lane_of(effect).value,
        key=f"{rotation.id}:{rotation.version}:card:{at.isoformat()}",
        kind=effect.kind,
        body=as_json(effect),
        replaces=f"{rotation.id}:card",
    )


def wanted_for(rotation: Rotation, effect: Effect, place: int) -> Wanted:
    """An effect as the outbox keeps it: its key holds the version that asked for it."""
    replaces = ""
    if isinstance(effect, UpdateCard):
        replaces = f"{rotation.id}:card"
    elif isinstance(effect, UpdateQuestion):
        replaces = f"{rotation.id}:{effect.question}"
    return Wanted(
        subject=rotation.id,
        lane=_lane(rotation, effect),
        key=f"{rotation.id}:{rotation.version}:{place}:{effect.kind}",
        kind=effect.kind,
        body=as_json(effect),
        replaces=replaces,
    )
