"""Letting something happen to a rotation: read, ask the machine, write; again when the state moved on meanwhile."""

from collections.abc import Callable
from dataclasses import replace

from bot.engine.changes import of_begin, of_event
from bot.engine.records import Outcome, Posted, StaleError, Timer, Wanted
from bot.ports import Store
from bot.rotation.events import Event
from bot.rotation.machine import Moved, Refused, transition
from bot.rotation.model.rotation import Rotation


class UnknownRotationError(LookupError):
    """There is no rotation of that id."""


async def happen(
    store: Store,
    rotation_id: str,
    event: Event,
    *,
    effect_done: Outcome | None = None,
    inbox_done: str = "",
    posted: Posted | None = None,
    fired: Timer | None = None,
    then: Callable[[Moved | Refused], Wanted] | None = None,
) -> Moved | Refused:
    """Take an event into a rotation and write all it changes in one transaction.

    `effect_done`, `inbox_done` and the timer that `fired` are ticked off in the same transaction, `posted` is kept;
    `then` says what more to do for the outcome.
    Raises UnknownRotationError, LeaseLostError, and TimerMovedError when the timer is not due any more.
    """
    while True:
        rotation = await store.rotation(rotation_id)
        if rotation is None:
            raise UnknownRotationError(rotation_id)
        outcome = transition(rotation, event)
        commit = of_event(rotation, event, outcome)
        commit = replace(
            commit,
            effect_done=effect_done,
            inbox_done=inbox_done,
            posted=posted,
            fired=fired,
            wanted=(*commit.wanted, then(outcome)) if then is not None else commit.wanted,
        )
        try:
            await store.commit(commit)
        except StaleError:
            continue
        return outcome


async def start(store: Store, moved: Moved, *, inbox_done: str, wanted: tuple[Wanted, ...] = ()) -> Rotation:
    """Write a new rotation. Raises StaleError when its id is taken."""
    commit = of_begin(moved, moved.rotation.begun_at)
    await store.commit(replace(commit, inbox_done=inbox_done, wanted=(*commit.wanted, *wanted)))
    return moved.rotation
