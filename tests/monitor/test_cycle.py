"""Which parts of a traffic cycle were seen: by usual volume, by time where that is not known, never by counting."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.monitor.cycle import Buckets, Coverage
from bot.monitor.cycle import coverage as covered
from bot.runbook.models.limits import TrafficCycle

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = TrafficCycle()


@dataclass(frozen=True)
class Window:
    """So many requests from one time to another."""

    start: datetime
    end: datetime
    requests: float


def at(hour: float, length: float = 1, requests: float = 100) -> Window:
    start = MONDAY + HOUR * hour
    return Window(start, start + HOUR * length, requests)


def filled(cycle: TrafficCycle, windows: Iterable[Window]) -> Buckets:
    buckets = Buckets.empty(cycle)
    for window in windows:
        buckets = buckets.with_window(cycle, window.start, window.end, window.requests)
    return buckets


def coverage(cycle: TrafficCycle, watched: Iterable[Window], past: Iterable[Window]) -> Coverage:
    return covered(cycle, filled(cycle, watched), filled(cycle, past))


def a_day(requests: Callable[[int], float] = lambda _: 100.0, first: int = 0) -> list[Window]:
    return [at(first + hour, requests=requests((first + hour) % 24)) for hour in range(24)]


def test_a_day_like_the_one_before_is_seen_whole() -> None:
    found = coverage(DAY, a_day(first=24), a_day())
    assert (found.seen, found.of, found.missing) == (24, 24, ())


def test_a_gap_is_not_made_up_for_by_other_hours() -> None:
    watched = [window for window in a_day(first=24) if window.start.hour not in {3, 4}]
    longer = [*watched, at(48), at(49)]  # as many looks as planned
    assert len(longer) == 24
    assert coverage(DAY, longer, a_day()).missing == (3, 4)
    assert coverage(DAY, [*longer, at(51), at(52)], a_day()).missing == ()


def test_an_hour_with_too_little_of_its_usual_traffic_is_not_seen() -> None:
    def holiday(hour: int) -> float:
        return 40.0 if hour == 9 else 60.0

    assert coverage(DAY, a_day(holiday, first=24), a_day()).missing == (9,)
    assert coverage(TrafficCycle(enough=0.4), a_day(holiday, first=24), a_day()).missing == ()


def test_hours_in_which_nothing_usually_comes_need_to_be_watched_only() -> None:
    def night(hour: int) -> float:
        return 0.0 if hour < 6 else 100.0

    assert coverage(DAY, a_day(night, first=24), a_day(night)).missing == ()
    assert coverage(DAY, a_day(night, first=24)[6:], a_day(night)).missing == (0, 1, 2, 3, 4, 5)


def test_without_a_past_it_is_the_time_that_counts() -> None:
    assert coverage(DAY, a_day(), []).missing == ()
    assert coverage(DAY, [at(0, 0.4), at(1, 0.6)], []).seen == 1
    # Ten minutes of an hour say nothing of the hour.
    assert coverage(DAY, [at(24, 0.5, 1)], [at(0, 10 / 60, 1000)]).seen == 1


def test_a_window_across_buckets_belongs_to_each_by_its_part() -> None:
    four = TrafficCycle(buckets=4)
    past = [at(6 * number, 6, 600) for number in range(4)]
    assert coverage(four, [at(27, 6, 600)], past).missing == (2, 3)
    assert coverage(four, [at(28, 6, 600)], past).missing == (0, 2, 3)


@pytest.mark.parametrize(("length", "buckets"), [(timedelta(days=7), 168), (timedelta(days=7), 7), (HOUR, 3)])
def test_any_cycle_begins_where_its_clock_does(length: timedelta, buckets: int) -> None:
    cycle = TrafficCycle(length=length, buckets=buckets)
    width = length / buckets / HOUR
    found = coverage(cycle, [at(number * width, width) for number in range(buckets - 1)], [])
    assert found.missing == (buckets - 1,)
