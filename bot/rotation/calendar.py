"""Counting time the way people do: working days in the runbook's time zone. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.runbook.models.limits import WorkingHours
from bot.runbook.models.plan import Plan


def due_after(start: datetime, length: timedelta, plan: Plan) -> datetime:
    """When `length` from `start` is over.

    Whole days are working days where the plan counts so and names any: a day that begins outside working hours begins
    with the next of them, so that every day given holds one day's working hours. What is shorter runs on the clock.
    """
    hours = plan.working_hours
    if plan.deadlines.count == "calendar" or not hours.days or length.days < 1:
        return start + length
    local = _at_work(start.astimezone(ZoneInfo(plan.time_zone)), hours)
    left = length.days
    while left > 0:
        local += timedelta(days=1)
        if local.weekday() in hours.days:
            left -= 1
    return local.astimezone(start.tzinfo) + (length - timedelta(days=length.days))


def next_opening(at: datetime, plan: Plan) -> datetime:
    """When working hours begin next after `at`, in its zone; where no days are named, 24 hours on."""
    hours = plan.working_hours
    if not hours.days:
        return at + timedelta(days=1)
    local = at.astimezone(ZoneInfo(plan.time_zone))
    opens = _at_work(local, hours)
    if opens == local:  # people are at work: the next morning
        opens = _at_work(datetime.combine(local.date(), hours.end, tzinfo=local.tzinfo), hours)
    return opens.astimezone(at.tzinfo)


def at_work(at: datetime, plan: Plan) -> bool:
    """Whether people are at work then; where no days are named, they always may be."""
    hours = plan.working_hours
    local = at.astimezone(ZoneInfo(plan.time_zone))
    return not hours.days or _at_work(local, hours) == local


def spans_day_off(start: datetime, end: datetime, plan: Plan) -> bool:
    """Whether a day between them, whole or in part, is none on which people work."""
    zone, days = ZoneInfo(plan.time_zone), plan.working_hours.days
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    dates = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return bool(days) and any(date.weekday() not in days for date in dates)


def _at_work(local: datetime, hours: WorkingHours) -> datetime:
    if local.weekday() in hours.days and hours.start <= local.time() < hours.end:
        return local
    if local.time() >= hours.start:
        local += timedelta(days=1)
    while local.weekday() not in hours.days:
        local += timedelta(days=1)
    return datetime.combine(local.date(), hours.start, tzinfo=local.tzinfo)
