"""Reading the places where a slot's setting lives."""

import asyncio
from collections.abc import Iterable

from bot.engine.outside import Outside
from bot.ports import OutsideError
from bot.rotation.events import Reading
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.targets import target_plans
from bot.runbook.models.plan import Plan, TargetPlan


async def read_one(outside: Outside, target: TargetPlan) -> Reading:
    """What a target holds; a failure is the reading's problem."""
    try:
        return Reading(target=target.id, value=await outside.targets[target.kind].read(target))
    except OutsideError as error:
        return Reading(target=target.id, problem=error.what)


async def read_all(outside: Outside, plan: Plan) -> tuple[Reading, ...]:
    """What every target of a slot holds, in the order they are applied."""
    return tuple(await asyncio.gather(*(read_one(outside, target) for _, target in target_plans(plan))))


def agreed(readings: tuple[Reading, ...]) -> str | None:
    """The one model all targets hold; None when they disagree, cannot be read, or hold nothing."""
    values = {reading.value for reading in readings}
    if len(values) != 1 or any(reading.problem for reading in readings):
        return None
    return values.pop()


def measured_against(readings: tuple[Reading, ...], running: Iterable[Rotation]) -> str | None:
    """The model a new comparison of a slot is about: what all targets hold, or held before the slot's own rotation.

    While that one is on its way its targets hold either of its models, and new evidence for it compares the same two.
    """
    for rotation in running:
        models = {rotation.models.current.id, rotation.models.candidate.id}
        if rotation.changed and all(not r.problem and r.value in models for r in readings):
            return rotation.models.current.id
    return agreed(readings)


def spelled(plan: Plan, readings: tuple[Reading, ...]) -> list[str]:
    """Each target with what it holds, as a person would say it."""
    places = {target.id: target.place for _, target in target_plans(plan)}
    return [f"{places[r.target]}: {r.problem or r.value or 'not set'}" for r in readings]
