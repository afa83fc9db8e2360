"""The last safe start, at its edges: working days, weekends, a cycle longer than the watch."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.catalog.retirement import deadline, lead_of
from tests.catalog.making import NOW, plan

CALENDAR = "deadlines: {count: calendar}\n"


def test_it_is_the_retirement_minus_validation_cycle_and_corridor() -> None:
    # Staging asks nobody, pilots and global wait for up to three days each; staging 15 min and pilots 4 h are watched.
    retires = datetime(2027, 2, 1, tzinfo=UTC)
    due = deadline(retires, plan(CALENDAR))
    validation = timedelta(days=6, hours=4, minutes=15)
    assert timedelta(seconds=due.validation) == validation
    assert (timedelta(seconds=due.cycle), timedelta(seconds=due.corridor)) == (timedelta(days=1), timedelta(days=7))
    assert due.last_safe_start == retires - validation - timedelta(days=8)


@pytest.mark.parametrize("day", range(7))
def test_three_working_days_are_five_of_the_calendar_at_the_most_whenever_it_retires(day: int) -> None:
    # Whoever asks on a Wednesday morning is answered by Monday; asked on a Friday night, by Thursday morning.
    lead = lead_of(plan("deadlines: {approval: 3d}\n"), NOW + timedelta(days=day))
    assert lead.validation == 2 * timedelta(days=5) + timedelta(hours=4, minutes=15)


def test_a_cycle_longer_than_the_last_watch_is_waited_for_and_a_corridor_of_nothing_costs_nothing() -> None:
    lines = "traffic_cycle: {length: 7d}\nway_back: {open_after_completion: 0s}\n" + CALENDAR
    lead = lead_of(plan(lines), NOW)
    assert (lead.cycle, lead.corridor) == (timedelta(days=7), timedelta())
    assert lead.whole == lead.validation + timedelta(days=7)
