"""The runbook's freezes on the calendar: dates inclusive, over midnight and weekends, over changes of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rotation.windows import begins_next, held_since, held_until, on_wall
from bot.runbook.models.freezes import Freeze, FreezePlan

BERLIN = "Europe/Berlin"


def freeze(start: str, end: str, zone: str = BERLIN, **more: object) -> FreezePlan:
    return Freeze.model_validate({"name": "f", "start": start, "end": end, **more}).plan(zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "since", "until"),
    [
        # dates are whole days, both included; Berlin is UTC+1 in winter
        (freeze("2026-12-18", "2027-01-03"), "2026-12-17 23:00", "2027-01-03 23:00"),
        (freeze("2026-12-24", "2026-12-24"), "2026-12-23 23:00", "2026-12-24 23:00"),
        (freeze("2026-12-18 17:30", "2026-12-21 09:00"), "2026-12-18 16:30", "2026-12-21 08:00"),
        (freeze("2026-12-18 17:30", "2026-12-21"), "2026-12-18 16:30", "2026-12-21 23:00"),
        (freeze("2026-11-27", "2026-11-30", "America/New_York"), "2026-11-27 05:00", "2026-12-01 05:00"),
        # over the night in which the clocks go back: 25 October 2026 has 25 hours
        (freeze("2026-10-25", "2026-10-25"), "2026-10-24 22:00", "2026-10-25 23:00"),
        # and forward: 29 March 2026 has 23
        (freeze("2026-03-29", "2026-03-29"), "2026-03-28 23:00", "2026-03-29 22:00"),
        # 02:30 is shown twice on 25 October: both are in it, whether it begins or ends then
        (freeze("2026-10-25 02:30", "2026-10-25 04:00"), "2026-10-25 00:30", "2026-10-25 03:00"),
        (freeze("2026-10-25 01:00", "2026-10-25 02:30"), "2026-10-24 23:00", "2026-10-25 01:30"),
        # and never on 29 March: the wall jumps from 02:00 to 03:00 at 01:00 UTC
        (freeze("2026-03-29 02:30", "2026-03-29 04:00"), "2026-03-29 01:00", "2026-03-29 02:00"),
        (freeze("2026-03-29 01:00", "2026-03-29 02:30"), "2026-03-29 00:00", "2026-03-29 01:00"),
    ],
)
def test_dates(one: FreezePlan, since: str, until: str) -> None:
    begin, end, second = utc(since), utc(until), timedelta(seconds=1)
    for inside in (begin, begin + (end - begin) / 2, end - second):
        assert (held_since(one, inside), held_until(one, inside)) == (begin, end)
    for outside in (begin - second, end):
        assert (held_since(one, outside), held_until(one, outside)) == (None, None)
    assert begins_next(one, begin - second) == begin
    assert begins_next(one, begin) is None


@pytest.mark.parametrize(
    ("one", "at", "until", "following"),
    [
        # Friday 16:00 to Monday 09:00, asked on Friday, Saturday and Monday; 6 March 2026 is a Friday
        (freeze("fri 16:00", "mon 09:00"), "2026-03-06 14:59", None, "2026-03-06 15:00"),
        (freeze("fri 16:00", "mon 09:00"), "2026-03-06 15:00", "2026-03-09 08:00", "2026-03-13 15:00"),
        (freeze("fri 16:00", "mon 09:00"), "2026-03-08 12:00", "2026-03-09 08:00", "2026-03-13 15:00"),
        (freeze("fri 16:00", "mon 09:00"), "2026-03-09 08:00", None, "2026-03-13 15:00"),
        # over the weekend on which the clocks go forward it ends at nine by the wall
        (freeze("fri 16:00", "mon 09:00"), "2026-03-28 12:00", "2026-03-30 07:00", "2026-04-03 14:00"),
        # whole days
        (freeze("sat", "sun"), "2026-03-07 00:00", "2026-03-08 23:00", "2026-03-13 23:00"),
        (freeze("sun", "sun"), "2026-03-08 12:00", "2026-03-08 23:00", "2026-03-14 23:00"),
        (freeze("Saturday", "MON 06:00"), "2026-03-09 04:59", "2026-03-09 05:00", "2026-03-13 23:00"),
        (freeze("mon 10:00", "sun"), "2026-03-08 22:00", "2026-03-08 23:00", "2026-03-09 09:00"),
        # hours of the day, over midnight
        (freeze("22:00", "06:00"), "2026-03-02 20:59", None, "2026-03-02 21:00"),
        (freeze("22:00", "06:00"), "2026-03-02 23:30", "2026-03-03 05:00", "2026-03-03 21:00"),
        (freeze("22:00", "06:00"), "2026-03-03 04:59", "2026-03-03 05:00", "2026-03-03 21:00"),
        (freeze("09:00", "17:00", "UTC"), "2026-03-03 12:00", "2026-03-03 17:00", "2026-03-04 09:00"),
        # only nights that begin on a Friday or Saturday
        (freeze("22:00", "06:00", days=["fri", 5]), "2026-03-08 04:00", "2026-03-08 05:00", "2026-03-13 21:00"),
        (freeze("22:00", "06:00", days=["fri", 5]), "2026-03-05 23:00", None, "2026-03-06 21:00"),
        # an hour of the night that the wall leaves out on 29 March is none
        (freeze("02:00", "03:00"), "2026-03-29 01:00", None, "2026-03-30 00:00"),
        # and the one that it shows twice on 25 October is held both times
        (freeze("02:00", "03:00"), "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-26 01:00"),
        (freeze("02:00", "03:00"), "2026-10-25 01:30", "2026-10-25 02:00", "2026-10-26 01:00"),
    ],
)
def test_what_comes_again(one: FreezePlan, at: str, until: str | None, following: str) -> None:
    assert held_until(one, utc(at)) == (utc(until) if until else None)
    assert begins_next(one, utc(at)) == utc(following)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    written=st.sampled_from([("22:00", "06:00"), ("fri 16:00", "mon 09:00"), ("sat", "sun"), ("02:15", "02:45")]),
)
def test_it_is_frozen_exactly_where_the_wall_says_so(at: datetime, zone: str, written: tuple[str, str]) -> None:
    at = at.replace(microsecond=0)
    one = freeze(*written, zone)
    wall = at.astimezone(ZoneInfo(zone))
    clock, day = wall.strftime("%H:%M:%S"), wall.weekday()
    said = {
        ("22:00", "06:00"): clock >= "22:00" or clock < "06:00",
        ("fri 16:00", "mon 09:00"): (day, clock) >= (4, "16:00") or (day, clock) < (0, "09:00"),
        ("sat", "sun"): day in {5, 6},
        ("02:15", "02:45"): "02:15" <= clock < "02:45",
    }[written]
    held = held_until(one, at) is not None
    twice = wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
    assert held == said or (held and twice), "in an hour that the wall shows twice, what lies between is held too"
    end, following = held_until(one, at), begins_next(one, at)
    assert end is None or end > at
    assert following is not None
    assert following > at


def test_the_wall_and_the_time() -> None:
    zone = ZoneInfo(BERLIN)
    gap = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - the clock on the wall
    assert on_wall(gap, zone) == on_wall(gap, zone, last=True) == utc("2026-03-29 01:00")
    twice = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - as above
    assert (on_wall(twice, zone), on_wall(twice, zone, last=True)) == (utc("2026-10-25 00:30"), utc("2026-10-25 01:30"))
