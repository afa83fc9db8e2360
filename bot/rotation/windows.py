"""The runbook's freezes on the calendar: whether one holds at a moment, until when, and when the next begins. Pure.

They are written by the clock on the wall. An hour that the wall shows twice is frozen both times where it is in the
freeze, one that it leaves out is over at once: a freeze from 02:30 begins when the wall jumps from 02:00 to 03:00.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.runbook.models.freezes import FreezePlan, Once

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def held_until(freeze: FreezePlan, at: datetime) -> datetime | None:
    """The end of the time of this freeze that `at` is in, in UTC; None where it is in none."""
    ends = [end for begin, end in _around(freeze, at) if begin <= at < end]
    return max(ends, default=None)


def held_since(freeze: FreezePlan, at: datetime) -> datetime | None:
    """When the time of this freeze that `at` is in began, in UTC; None where it is in none."""
    return min((begin for begin, end in _around(freeze, at) if begin <= at < end), default=None)


def begins_next(freeze: FreezePlan, at: datetime) -> datetime | None:
    """When this freeze begins next after `at`, in UTC; None where it never does again."""
    return min((begin for begin, _ in _around(freeze, at) if begin > at), default=None)


def _around(freeze: FreezePlan, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times of a freeze that `at` may be in, and the next ones after it."""
    zone, when = ZoneInfo(freeze.time_zone), freeze.when
    if isinstance(when, Once):
        yield _span(when.begins, when.ends, zone)
        return
    today = at.astimezone(zone).date()
    for number in range(-8, 9):
        day = today + number * _DAY
        if day.weekday() in when.days:
            begins = datetime.combine(day, when.begins)
            begin, end = _span(begins, datetime.combine(day + when.later * _DAY, when.ends), zone)
            if begin < end:  # a night's hour that the wall leaves out is none that night
                yield begin, end


def _span(begins: datetime, ends: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return on_wall(begins, zone), on_wall(ends, zone, last=True)


def on_wall(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """When the clock on the wall shows this, in UTC: the first time, or the `last`; if it never does, when it jumps."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    low, high = second, first  # the wall leaves it out: the jump is between the two
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
