"""Reading and changing the places where a slot's setting lives."""

import asyncio
from collections.abc import Awaitable, Container, Iterable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from bot.engine.outside import Outside
from bot.engine.workers import wait_for_workers
from bot.ports import OutsideError
from bot.rotation.events import Reading, Refusal
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.targets import heirs, target_plans
from bot.runbook.models.plan import Plan
from bot.runbook.models.targets.kinds import TargetPlan

T = TypeVar("T")
READS: Final = 3
"""A place is read, read again to see whether it could be restored, and asked for its list."""
AT_ONCE: Final = 8
"""So many places are read at a time: forty programs started at once would be forty slow ones."""


async def changed(
    outside: Outside, target: TargetPlan, *, expected: str | None, value: str | None, stage: str
) -> str | None:
    """Change a place and have its readers take it up; answers what it holds then. Raises DriftError, OutsideError.

    `stage` is what its stage is called in the metrics.
    """
    await outside.targets[target.kind].write(target, expected=expected, value=value)
    await taken_up(outside, target, value=value, stage=stage)
    return await outside.targets[target.kind].read(target)


async def taken_up(outside: Outside, target: TargetPlan, *, value: str | None, stage: str) -> None:
    """Restart the readers of a place; return when `value` is in effect and they are well. Raises OutsideError."""
    adapter = outside.targets[target.kind]
    await adapter.restart(target)
    await adapter.wait(target, value=value)
    await wait_for_workers(outside, target, value=value, stage=stage)


async def refusals(outside: Outside, targets: Iterable[TargetPlan], model: str) -> tuple[Refusal, ...]:
    """The places that would not take a model, in order, each with the reason; also what keeps that from being known."""
    every = list(targets)
    whys = await _few_at_once([_refusal(outside, target, model) for target in every])
    return tuple(Refusal(target=target.id, why=why) for target, why in zip(every, whys, strict=True) if why)


async def _refusal(outside: Outside, target: TargetPlan, model: str) -> str:
    try:
        return await outside.targets[target.kind].refusal(target, model)
    except OutsideError as error:
        return error.what


async def read_one(outside: Outside, target: TargetPlan) -> Reading:
    """What a target holds; a failure is the reading's problem."""
    try:
        return Reading(target=target.id, value=await outside.targets[target.kind].read(target))
    except OutsideError as error:
        return Reading(target=target.id, problem=error.what)


async def read_all(outside: Outside, plan: Plan) -> tuple[Reading, ...]:
    """What every target of a slot holds, in the order they are applied."""
    return await read_some(outside, [target for _, target in target_plans(plan)])


async def read_some(outside: Outside, targets: Iterable[TargetPlan]) -> tuple[Reading, ...]:
    """What these targets hold, in their order, a few read at a time."""
    return tuple(await _few_at_once([read_one(outside, target) for target in targets]))


def time_to_read(plan: Plan) -> timedelta:
    """How long reading every place of a slot, and asking each whether it takes a model, may take at the most."""
    rounds = (target.reading for _, target in target_plans(plan))
    return sum(rounds, timedelta()) * READS / AT_ONCE


async def _few_at_once(work: Sequence[Awaitable[T]]) -> list[T]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(awaited: Awaitable[T]) -> T:
        async with gate:
            return await awaited

    return list(await asyncio.gather(*(one(awaited) for awaited in work)))


def agreed(plan: Plan, readings: tuple[Reading, ...]) -> str | None:
    """The one model all targets hold; None when they disagree, cannot be read, or hold nothing.

    A place where nothing is set and another's setting applies then disagrees with nothing.
    """
    unset_is_fine = heirs(plan)
    values = {reading.value for reading in readings if reading.value is not None or reading.target not in unset_is_fine}
    if len(values) != 1 or any(reading.problem for reading in readings):
        return None
    return values.pop()


def measured_against(plan: Plan, readings: tuple[Reading, ...], running: Iterable[Rotation]) -> str | None:
    """The model a new comparison of a slot is about: what all targets hold, or held before the slot's own rotation.

    While that one is on its way its targets hold either of its models, and new evidence for it compares the same two.
    """
    unset_is_fine = heirs(plan)
    for rotation in running:
        models = {rotation.models.current.id, rotation.models.candidate.id}
        if rotation.changed and all(not r.problem and _one_of(r, models, unset_is_fine) for r in readings):
            return rotation.models.current.id
    return agreed(plan, readings)


def _one_of(reading: Reading, models: Container[str], unset_is_fine: Container[str]) -> bool:
    return reading.value in models or (reading.value is None and reading.target in unset_is_fine)


def spelled(plan: Plan, readings: tuple[Reading, ...]) -> list[str]:
    """Each target with what it holds, as a person would say it."""
    places = {target.id: target.place for _, target in target_plans(plan)}
    return [f"{places[r.target]}: {r.problem or r.value or 'not set'}" for r in readings]
