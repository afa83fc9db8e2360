"""Calendar months and days as people live them in a time zone, where days have 23 to 25 hours. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_LONGEST_MONTH: Final = timedelta(days=31)


@dataclass(frozen=True, order=True)
class Span:
    """From `start` up to `end`, both in UTC; `end` is not in it."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> float:
        """How long it is; 0 where it ends before it starts."""
        return max(0.0, (self.end - self.start) / timedelta(hours=1))

    def since(self, moment: datetime) -> "Span":
        """The part from `moment` on; one without any time where that is after its end."""
        return Span(min(max(self.start, moment), self.end), self.end)


def month_of(moment: datetime, zone: ZoneInfo) -> Span:
    """The month `moment` lies in; it must be aware."""
    first = moment.astimezone(zone).date().replace(day=1)
    return Span(_midnight(first, zone), _midnight(_month_on(first), zone))


def month_after(month: Span, zone: ZoneInfo) -> Span:
    """The month that begins where this one ends."""
    return month_of(month.end, zone)


def days_of(span: Span, zone: ZoneInfo) -> Iterator[Span]:
    """The span cut at each midnight, in order; the first and the last piece may be parts of a day."""
    start = span.start
    while start < span.end:
        tomorrow = _midnight(start.astimezone(zone).date() + _DAY, zone)
        yield Span(start, min(tomorrow, span.end))
        start = tomorrow


def whole_days_before(moment: datetime, count: int, zone: ZoneInfo) -> list[Span]:
    """The `count` days that were over by then, the last one first."""
    today = moment.astimezone(zone).date()
    ends = [today - _DAY * number for number in range(count)]
    return [Span(_midnight(end - _DAY, zone), _midnight(end, zone)) for end in ends]


def weekday(span: Span, zone: ZoneInfo) -> int:
    """The day of the week a span begins on, Monday 0."""
    return span.start.astimezone(zone).weekday()


def _month_on(first: date) -> date:
    return (first + _LONGEST_MONTH).replace(day=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins. Where clocks skip midnight, the first moment after it (PEP 495: the offset before it)."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
