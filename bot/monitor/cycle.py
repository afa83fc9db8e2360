"""How much of a traffic cycle was seen: every bucket of it, with enough of what usually comes at that time. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.runbook.models.limits import TrafficCycle

_EPOCH = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday, so that the first bucket of a week is Monday's
_NOTHING = timedelta()


@dataclass(frozen=True)
class Coverage:
    """How many of a cycle's buckets were seen; `missing` are the others, by number from the cycle's begin (0)."""

    of: int
    missing: tuple[int, ...]

    @property
    def seen(self) -> int:
        """How many buckets were seen."""
        return self.of - len(self.missing)


@dataclass(frozen=True)
class Buckets:
    """What fell into each of a cycle's buckets: requests, and the time they came in."""

    requests: tuple[float, ...]
    time: tuple[timedelta, ...]

    @classmethod
    def empty(cls, cycle: TrafficCycle) -> "Buckets":
        """Nothing yet."""
        return cls((0.0,) * cycle.buckets, (_NOTHING,) * cycle.buckets)

    def with_window(self, cycle: TrafficCycle, start: datetime, end: datetime, requests: float) -> "Buckets":
        """The buckets with one more window; one across several belongs to each by its part."""
        counts, times = list(self.requests), list(self.time)
        for number, part in _parts(cycle, start, end):
            counts[number] += requests * (part / (end - start))
            times[number] += part
        return Buckets(tuple(counts), tuple(times))


def coverage(cycle: TrafficCycle, watched: Buckets, past: Buckets) -> Coverage:
    """Which buckets were watched with enough of their usual volume.

    The usual volume of a bucket is the candidate's arm's own in the `past`. Where less than half of a bucket is known
    from before, or nothing came then, it is the time that has to be enough.
    """
    width = cycle.length / cycle.buckets

    def enough(number: int) -> bool:
        before = past.time[number]
        usual = past.requests[number] / (before / width) if before * 2 >= width else 0.0
        if usual > 0:
            return watched.requests[number] >= cycle.enough * usual
        return watched.time[number] >= cycle.enough * width

    return Coverage(cycle.buckets, tuple(number for number in range(cycle.buckets) if not enough(number)))


def _parts(cycle: TrafficCycle, start: datetime, end: datetime) -> Iterator[tuple[int, timedelta]]:
    """The window cut where buckets begin: each bucket's number, and how much of the window lies in it."""
    width = cycle.length / cycle.buckets
    at = start
    while at < end:
        place = (at - _EPOCH) // width
        until = min(end, _EPOCH + (place + 1) * width)
        yield place % cycle.buckets, until - at
        at = until
