"""What a rotation has done to the places where the setting lives."""

from collections.abc import Iterable
from enum import StrEnum

from bot.rotation.model.state import State
from bot.runbook.models.plan import Plan, StagePlan
from bot.runbook.models.targets.kinds import TargetPlan


class Standing(StrEnum):
    """What this rotation has done to a target. `WRITING` and `RESTORING`: asked for, not yet heard of.

    `UNREADABLE`: settled by hand without anybody knowing what it holds.
    """

    UNTOUCHED = "untouched"
    WRITING = "writing"
    WRITTEN = "written"
    RESTORING = "restoring"
    RESTORED = "restored"
    DRIFTED = "drifted"
    UNREADABLE = "unreadable"


class TargetState(State):
    """A target as this rotation knows it. `held` is what it held before the first write (None: unset).

    `wrote`: it holds, or may have held since, what this rotation wrote.
    """

    id: str
    standing: Standing = Standing.UNTOUCHED
    held: str | None = None
    found: str | None = None
    detail: str = ""
    wrote: bool = False


CHANGED = frozenset({Standing.WRITING, Standing.WRITTEN, Standing.RESTORING, Standing.DRIFTED})
"""Standings in which a target holds, or may hold, something this rotation wrote."""


def target_plans(plan: Plan) -> Iterable[tuple[int, TargetPlan]]:
    """Every target of a plan with the index of its stage, in the order they are applied."""
    for index, stage in enumerate(plan.stages):
        for target in stage.targets:
            yield index, target


def rows_of(stage: StagePlan) -> dict[str, int]:
    """In which row each target of a stage stands: one is changed after the other within a row, rows beside each other.

    There are at most `parallel` rows. What shares a file, an object or a restart stands in the same one.
    """
    rows: dict[str, int] = {}
    taken: dict[str, int] = {}
    begun = 0
    for target in stage.targets:
        known = sorted(taken[mark] for mark in target.shares if mark in taken)
        row = known[0] if known else begun % stage.parallel
        begun += not known
        rows[target.id] = row
        taken |= dict.fromkeys(target.shares, row)
    return rows


def heirs(plan: Plan) -> frozenset[str]:
    """The targets in which nothing set means that another's setting applies."""
    return frozenset(target.id for _, target in target_plans(plan) if target.inherits)


def target_plan(plan: Plan, target_id: str) -> tuple[int, TargetPlan]:
    """A target's stage index and plan. Raises KeyError for an unknown id."""
    for index, target in target_plans(plan):
        if target.id == target_id:
            return index, target
    raise KeyError(target_id)
