"""When a rotation away from a model has to begin at the latest, so that there is a way back to the end. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.catalog.model import Deadline
from bot.rotation.calendar import due_after
from bot.runbook.models.plan import Plan

WEEK = 7


@dataclass(frozen=True)
class Lead:
    """What lies between the start of a rotation and the end of its way back.

    `validation` is everything before the last stage is set: approvals waited for as long as they may be, earlier
    stages watched. `cycle` is the last stage's watch, `corridor` how long the way back stays open after it.
    """

    validation: timedelta
    cycle: timedelta
    corridor: timedelta

    @property
    def whole(self) -> timedelta:
        """All of it."""
        return self.validation + self.cycle + self.corridor


def lead_of(plan: Plan, around: datetime) -> Lead:
    """How long a slot's rotation takes at the longest, with the working days of the weeks before `around`."""
    asked = sum(1 for stage in plan.stages if stage.approval.needed)
    approval = _longest(plan.deadlines.approval, plan, around)
    watched = sum((stage.bake.length for stage in plan.stages[:-1]), timedelta())
    cycle = max(plan.stages[-1].bake.length, plan.traffic_cycle.length)
    return Lead(watched + asked * approval, cycle, plan.way_back.open_after_completion)


def deadline(retires: datetime, plan: Plan) -> Deadline:
    """The last safe start for a model that retires then: retirement minus validation, traffic cycle and corridor."""
    lead = lead_of(plan, retires)
    return Deadline(
        retires=retires,
        last_safe_start=retires - lead.whole,
        validation=lead.validation.total_seconds(),
        cycle=lead.cycle.total_seconds(),
        corridor=lead.corridor.total_seconds(),
    )


def _longest(length: timedelta, plan: Plan, around: datetime) -> timedelta:
    """How long a deadline in working days can take, whichever day of the week it begins on."""
    starts = [around - timedelta(days=WEEK + day) for day in range(WEEK)]
    return max(due_after(start, length, plan) - start for start in starts)
