"""What is frozen now, and what will be: the freezes that somebody set, and the runbook's. Nothing here changes any."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.engine.changes import of_event
from bot.engine.models.shown import FreezeShown
from bot.engine.outside import Outside, Rules
from bot.engine.records import Commit, Timer
from bot.ports import Store
from bot.rotation.events import FreezesChanged
from bot.rotation.freezes import holding, lifters, turns
from bot.rotation.machine import transition
from bot.rotation.model.freezes import Binding, Freeze, Scope
from bot.rotation.model.rotation import Rotation
from bot.rotation.windows import begins_next, held_since, held_until
from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import Plan, plan_for

AHEAD: Final = timedelta(days=14)
"""The runbook's freezes that begin within this are listed, too."""
TURN: Final = "freezes"
"""The house's timer for the next moment at which a freeze begins or ends."""


async def held(store: Store, rotation: Rotation, at: datetime) -> Binding | None:
    """What holds the next change of a rotation; None where nothing does."""
    return holding(rotation, at, await store.freezes(at))


def every_plan(runbook: Runbook) -> list[Plan]:
    """The plan of every slot, as the file has it."""
    return [plan_for(runbook, slot) for slot in runbook.slots]


async def listed(store: Store, runbook: Runbook, now: datetime) -> tuple[FreezeShown, ...]:
    """Every freeze in force, the one that ends first at the top; then those of the runbook that begin soon."""
    return shown(runbook, await store.freezes(now), now)


def shown(runbook: Runbook, set_by_hand: Iterable[Freeze], now: datetime) -> tuple[FreezeShown, ...]:
    """The same, of the freezes that somebody set."""
    plans = every_plan(runbook)
    found = [_by_hand(plans, freeze) for freeze in set_by_hand] + list(_written(runbook, now))
    return tuple(sorted(found, key=lambda one: (not one.in_force, one.until if one.in_force else one.begins)))


def concerning(slot: str, stages: Sequence[str], freezes: Iterable[FreezeShown]) -> tuple[FreezeShown, ...]:
    """Those in force that hold a stage of a slot."""
    return tuple(
        one
        for one in freezes
        if one.in_force
        and (not one.slots or slot in one.slots)
        and (not one.stages or any(stage in one.stages for stage in stages))
    )


def _by_hand(plans: Sequence[Plan], freeze: Freeze) -> FreezeShown:
    scope = freeze.scope
    return FreezeShown(
        freeze=freeze.id,
        slots=(scope.name,) if scope.kind == "slot" else (),
        stages=(scope.name,) if scope.kind == "stage" else (),
        by=freeze.name,
        reason=freeze.reason,
        begins=freeze.set_at,
        until=freeze.until,
        lifters=lifters(plans, scope),
    )


def _written(runbook: Runbook, now: datetime) -> Iterator[FreezeShown]:
    for written in runbook.freezes:
        plan = written.plan(runbook.time_zone)
        since, until = held_since(plan, now), held_until(plan, now)
        begins = since or begins_next(plan, now)
        if begins is None or begins > now + AHEAD:
            continue
        end = until or held_until(plan, begins)
        yield FreezeShown(
            freeze=written.name,
            slots=written.slots,
            stages=written.stages,
            reason=written.reason,
            begins=begins,
            until=end or begins,
            in_force=since is not None,
        )


async def told_to_running(store: Store, at: datetime, scope: Scope | None = None) -> tuple[Commit, ...]:
    """What tells each running rotation (of a scope) that the freezes have changed."""
    return tuple(
        of_event(rotation, event, transition(rotation, event))
        for rotation in await store.rotations(running=True)
        if scope is None or concerns(scope, rotation)
        for event in (FreezesChanged(at=at),)
    )


def concerns(scope: Scope, rotation: Rotation) -> bool:
    """Whether a freeze of that scope can hold a change of a rotation's."""
    return any(scope.covers(rotation.slot, stage.name) for stage in rotation.plan.stages)


async def next_turn(store: Store, rules: Rules, at: datetime, freezes: Iterable[Freeze] | None = None) -> Timer:
    """The house's timer for the next moment after `at` at which a freeze begins or ends; none due where none does."""
    running = [rotation.plan for rotation in await store.rotations(running=True)]
    plans = [*every_plan(rules.runbook), *running]
    return Timer("house", TURN, turns(plans, freezes if freezes is not None else await store.freezes(at), at))


async def look_at_freezes(outside: Outside, rules: Rules) -> Commit:
    """A freeze began or ended: every running rotation looks at what that means for it."""
    now = outside.clock.now()
    return Commit(
        at=now,
        more=await told_to_running(outside.store, now),
        timers=(await next_turn(outside.store, rules, now),),
        facts=((LAST_TURN, now.isoformat()),),
    )


LAST_TURN: Final = f"looked_at:{TURN}"
"""The fact that says when it was last looked whether a freeze began or ended."""
