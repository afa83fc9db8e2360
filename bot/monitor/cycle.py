"""How much of a traffic cycle was seen: every bucket of it, with enough of what usually comes at that time. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.monitor.membership import Window
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


@dataclass
class _Bucket:
    """What fell into one bucket: requests, and the time they came in."""

    requests: float = 0.0
    time: timedelta = _NOTHING


def coverage(cycle: TrafficCycle, watched: Iterable[Window], past: Iterable[Window]) -> Coverage:
    """Which buckets were watched with enough of their usual volume.

    The usual volume of a bucket is the candidate's arm's own in the `past`. Where less than half of a bucket is known
    from before, or nothing came then, it is the time that has to be enough.
    """
    now, before = _filled(cycle, watched), _filled(cycle, past)
    width = cycle.length / cycle.buckets
    missing = [
        number
        for number in range(cycle.buckets)
        if not _enough(now[number], before[number], width=width, least=cycle.enough)
    ]
    return Coverage(cycle.buckets, tuple(missing))


def _enough(now: _Bucket, before: _Bucket, *, width: timedelta, least: float) -> bool:
    usual = before.requests / (before.time / width) if before.time * 2 >= width else 0.0
    if usual > 0:
        return now.requests >= least * usual
    return now.time >= least * width


def _filled(cycle: TrafficCycle, windows: Iterable[Window]) -> list[_Bucket]:
    buckets = [_Bucket() for _ in range(cycle.buckets)]
    for window in windows:
        whole = window.observation.end - window.observation.start
        for number, part in _parts(cycle, window.observation.start, window.observation.end):
            buckets[number].requests += window.requests * (part / whole)
            buckets[number].time += part
    return buckets


def _parts(cycle: TrafficCycle, start: datetime, end: datetime) -> Iterator[tuple[int, timedelta]]:
    """The window cut where buckets begin: each bucket's number, and how much of the window lies in it."""
    width = cycle.length / cycle.buckets
    at = start
    while at < end:
        place = (at - _EPOCH) // width
        until = min(end, _EPOCH + (place + 1) * width)
        yield place % cycle.buckets, until - at
        at = until
