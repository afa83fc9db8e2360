"""Approved now, begun later: at its time it is looked at once more, and a time that was missed is asked anew."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rotation.calendar import at_work, next_opening, spans_day_off
from bot.rotation.model.rotation import Phase
from bot.runbook.models.limits import WorkingHours
from tests.rotation.cast import ALICE, BOB, CAROL, MEL, NOON, plan, stage
from tests.rotation.play import Play, begun


def scheduled(hours: float = 9) -> Play:
    play = begun().to_request(1)
    return play.on(play.approve(BOB, start=play.at + timedelta(hours=hours)))


def test_a_change_that_is_approved_for_later_waits_for_its_time_and_is_looked_at_then() -> None:
    play = scheduled().expect("set_timer", name="begin").never("preflight").in_phase("scheduled")
    play.ignores(play.timer("begin"))
    play.after(hours=9).on(play.timer("begin")).expect("preflight", stage=1).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="pilots.1")
    assert play.rotation.start_at is None


def test_what_is_not_true_any_more_at_that_time_sends_it_back_to_its_request() -> None:
    play = scheduled()
    play.after(hours=9).on(play.timer("begin"))
    play.on(play.preflighted(way_back_ok=False)).in_phase("awaiting_approval").never("apply_target")


@pytest.mark.parametrize(("late", "phase"), [(59, "applying"), (61, "awaiting_approval")])
def test_a_start_that_was_missed_by_more_than_an_hour_is_not_made_up(late: int, phase: str) -> None:
    play = scheduled()
    play.after(hours=9, minutes=late).on(play.timer("begin")).in_phase(phase)
    missed = phase == "awaiting_approval"
    assert (play.rotation.request is not None and play.rotation.request.note == "start_missed") is missed
    assert bool(play.rotation.request and play.rotation.request.approvals) is not missed


def test_of_several_approvals_the_latest_time_counts() -> None:
    play = begun(plan(stage("staging", count=0), stage("pilots", count=2), stage("global"))).to_request(1)
    at = play.at
    play.on(play.approve(BOB, start=at + timedelta(hours=3))).in_phase("awaiting_approval")
    play.on(play.approve(CAROL)).in_phase("scheduled")
    assert play.rotation.start_at == at + timedelta(hours=3)


def test_a_time_that_is_over_or_too_far_is_refused() -> None:
    play = begun().to_request(1)
    for start in (play.at, play.at - timedelta(minutes=1), play.at + timedelta(days=31)):
        play.refuses(play.approve(BOB, start=start), "start_not_possible")
    play.refuses(play.approve(BOB, start=play.at + timedelta(days=8)), "comparison_too_old")


def test_asked_for_another_time_the_request_stands_anew_without_the_old_approvals() -> None:
    play = scheduled()
    play.on(play.promote(MEL)).expect("clear_timer", name="begin").expect("post_question").in_phase("awaiting_approval")
    assert play.rotation.request is not None
    assert play.rotation.request.approvals == ()
    play.ignores(play.timer("begin"))
    play.on(play.approve(BOB)).in_phase("applying")


def test_paused_over_its_time_it_begins_at_resume_or_asks_again_where_that_was_too_late() -> None:
    for late, phase in ((0.5, "applying"), (3, "awaiting_approval")):
        play = scheduled()
        play.on(play.pause()).in_phase("paused")
        play.after(hours=9 + late).ignores(play.timer("begin")).on(play.resume()).in_phase(phase)


def test_resumed_before_its_time_it_waits_on() -> None:
    play = scheduled()
    play.on(play.pause()).after(hours=1).on(play.resume()).expect("set_timer", name="begin").in_phase("scheduled")


def test_it_can_be_ended_or_rolled_back_while_it_waits() -> None:
    play = begun(plan(stage("pilots"), stage("global")))
    play.on(play.read())
    play.on(play.approve(BOB, start=play.at + timedelta(hours=2))).in_phase("scheduled")
    play.on(play.abort(ALICE)).in_phase("aborted").ignores(play.timer("begin"))
    play = scheduled()
    play.on(play.roll_back()).in_phase("rolling_back").ignores(play.timer("begin"))
    assert play.rotation.phase is Phase.ROLLING_BACK


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)),  # Monday, before work
        (NOON, datetime(2026, 3, 3, 9, tzinfo=UTC)),  # Monday at noon: people are there
        (datetime(2026, 3, 2, 18, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (datetime(2026, 3, 6, 17, 59, tzinfo=UTC), datetime(2026, 3, 9, 9, tzinfo=UTC)),  # Friday
        (datetime(2026, 3, 8, 3, tzinfo=UTC), datetime(2026, 3, 9, 9, tzinfo=UTC)),  # Sunday
    ],
)
def test_the_next_opening_is_offered(at: datetime, opens: datetime) -> None:
    assert next_opening(at, plan()) == opens


@pytest.mark.parametrize(
    ("at", "there"),
    [(NOON, True), (datetime(2026, 3, 2, 18, tzinfo=UTC), False), (datetime(2026, 3, 7, 12, tzinfo=UTC), False)],
)
def test_when_people_are_at_work(at: datetime, there: bool) -> None:
    assert at_work(at, plan()) is there
    assert at_work(at, plan().model_copy(update={"working_hours": WorkingHours(days=())}))


@pytest.mark.parametrize(
    ("start", "hours", "off"),
    [
        (NOON, 24, False),  # Monday to Tuesday
        (datetime(2026, 3, 6, 12, tzinfo=UTC), 11, False),  # Friday noon to Friday night
        (datetime(2026, 3, 6, 12, tzinfo=UTC), 24, True),
        (datetime(2026, 3, 6, 12, tzinfo=UTC), 96, True),  # over the weekend to Tuesday
        (datetime(2026, 3, 8, 23, tzinfo=UTC), 2, True),
    ],
)
def test_a_watch_that_spans_a_day_off(start: datetime, hours: int, off: bool) -> None:
    assert spans_day_off(start, start + timedelta(hours=hours), plan()) is off


def test_the_next_opening_keeps_its_hour_over_a_change_of_the_clocks_and_without_days_is_tomorrow() -> None:
    berlin = plan().model_copy(update={"time_zone": "Europe/Berlin"})
    assert next_opening(datetime(2026, 3, 27, 17, tzinfo=UTC), berlin) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    never = plan().model_copy(update={"working_hours": WorkingHours(days=())})
    assert next_opening(NOON, never) == NOON + timedelta(days=1)
