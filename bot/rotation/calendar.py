"""Counting time the way people do: working days in the runbook's time zone. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.runbook.models.plan import Plan


def due_after(start: datetime, length: timedelta, plan: Plan) -> datetime:
    """When `length` from `start` is over.

    Whole days are working days at the same local hour where the plan counts so and names any; what is shorter than a
    day runs on the clock.
    """
    days = plan.working_hours.days
    if plan.deadlines.count == "calendar" or not days:
        return start + length
    local = start.astimezone(ZoneInfo(plan.time_zone))
    left = length.days
    while left > 0:
        local += timedelta(days=1)
        if local.weekday() in days:
            left -= 1
    return local.astimezone(start.tzinfo) + (length - timedelta(days=length.days))
