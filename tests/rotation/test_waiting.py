"""Questions delivered, deadlines and what happens at them, reminders, absence, and the queue."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rotation.calendar import due_after
from bot.rotation.evidence import Verdict
from bot.runbook.models.limits import Deadlines, WorkingHours
from tests.rotation.cast import ALICE, BOB, NED, NOON, STAGES, comparison, plan, stage
from tests.rotation.play import Play, begun


def test_a_deadline_counts_from_the_delivery_and_only_once() -> None:
    play = begun().to_request(1)
    play.after(days=1).ignores(play.timer("deadline"))
    first = play.delivered()
    play.on(first).expect("set_timer", name="deadline", due=first.at + timedelta(days=3)).expect("update_question")
    play.after(hours=1).ignores(play.delivered())
    play.on(play.approve(BOB)).ignores(first)


def test_nobody_approves_before_any_change() -> None:
    play = begun(plan(stage("pilots"), stage("global"))).on(begun().read())
    play.on(play.delivered()).after(days=3).on(play.timer("deadline"))
    play.expect("post_summary", code="aborted", because="approval_lapsed").in_phase("aborted")


def test_nobody_approves_after_a_change_leaves_everything_as_it_is() -> None:
    play = begun(plan(STAGES[0], stage("global", count=2))).to_request(1)
    play.on(play.approve(BOB)).on(play.delivered()).after(days=3).on(play.timer("deadline"))
    play.expect("page", cause="approval_lapsed").expect("set_timer", name="reminder").in_phase("paused")
    play.refuses(play.approve(BOB.model_copy(update={"id": "U3"})), "already_decided").standing(staging="written")
    # Asked again, the yes that was given to the same evidence still counts.
    play.on(play.promote()).expect("post_question").in_phase("awaiting_approval")
    play.on(play.approve(BOB.model_copy(update={"id": "U3"}))).in_phase("applying")


def test_absence_moves_deadlines() -> None:
    play = begun().to_request(1)
    play.on(play.was_down(hours=1)).never("set_timer").on(play.delivered())
    asked = play.at
    play.on(play.was_down(hours=5)).expect("set_timer", due=asked + timedelta(days=3, hours=5))
    play.after(days=3, hours=-5).ignores(play.timer("deadline"))
    decided = begun(evidence=comparison(Verdict.FAIL))
    decided.on(decided.read()).on(decided.delivered())
    decided.on(decided.was_down(hours=5)).expect("set_timer", due=NOON + timedelta(days=1, hours=5))


def test_an_answered_question_has_no_deadline_to_move() -> None:
    play = begun().to_request(1)
    play.on(play.delivered()).on(play.approve(BOB)).on(play.was_down(hours=5)).never("set_timer")


def test_reminders_and_timers_that_mean_nothing_any_more() -> None:
    play = begun().to_baking(0)
    for name in ("reminder", "retry", "deadline", "verify", "traffic", "something else"):
        play.ignores(play.timer(name))


# ---- the queue


def test_queued_behind_another_until_the_slot_is_free() -> None:
    play = begun(blocked_by="R41").expect("post_timeline", code="queued", behind="R41")
    play.expect("set_timer", name="reminder").never("read_targets").in_phase("queued").ignores(play.read())
    play.after(days=1).on(play.timer("reminder")).expect("post_timeline", code="still_waiting", phase="queued")
    play.on(play.freed()).expect("clear_timer", name="reminder").expect("read_targets", purpose="start")
    play.ignores(play.freed()).on(play.read()).in_phase("applying").ignores(play.freed()).ignores(play.read())


def test_the_slot_is_taken_back_while_nothing_was_changed() -> None:
    play = begun(plan(stage("pilots"), stage("global"))).on(begun().read()).in_phase("awaiting_approval")
    asked = play.request
    play.on(play.taken("R41")).expect("update_question", question=asked).expect("post_timeline", behind="R41")
    play.in_phase("queued").refuses(play.pause(NED), "not_entitled")
    play.on(play.freed()).expect("read_targets").on(play.read()).expect("post_question").in_phase("awaiting_approval")


def test_the_slot_is_taken_back_while_it_is_paused() -> None:
    play = begun(plan(stage("pilots"), stage("global"))).on(begun().read())
    play.on(play.pause()).on(play.taken("R41")).in_phase("paused").on(play.freed()).never("read_targets")
    play.on(play.resume()).expect("read_targets").in_phase("queued")


def test_the_slot_stays_with_who_changed_something_or_is_over() -> None:
    play = begun().to_baking(0)
    play.ignores(play.taken("R41"))
    play.on(play.roll_back()).ignores(play.taken("R41"))
    done = begun().to_completed()
    done.ignores(done.taken("R41"))


def test_taken_while_the_targets_are_read_waits_for_its_turn() -> None:
    play = begun()
    play.on(play.taken("R41")).ignores(play.read()).on(play.freed()).expect("read_targets")


# ---- beginning


def test_who_may_not_begin_hears_why() -> None:
    with pytest.raises(AssertionError, match="not_entitled"):
        begun(requester=NED)
    with pytest.raises(AssertionError, match="comparison_too_old"):
        begun(evidence=comparison(finished_at=NOON - timedelta(days=8)))


def test_a_new_rotation_is_complete() -> None:
    play: Play = begun(requester=ALICE)
    assert [target.id for target in play.rotation.targets] == ["staging", "pilots.1", "pilots.2", "global"]
    assert play.rotation.version == 1


# ---- working days

WORKING = WorkingHours()


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-02 12:00", 1, "2026-03-03 12:00"),  # Monday noon
        ("2026-03-06 17:00", 1, "2026-03-09 17:00"),  # Friday: one hour then, eight on Monday
        ("2026-03-06 12:00", 3, "2026-03-11 12:00"),
        ("2026-03-07 10:00", 1, "2026-03-10 09:00"),  # Saturday: all of Monday
        ("2026-03-08 22:00", 1, "2026-03-10 09:00"),
        ("2026-03-06 22:00", 1, "2026-03-10 09:00"),  # Friday night
        ("2026-03-03 06:00", 1, "2026-03-04 09:00"),  # before work
        ("2026-03-07 06:00", 1, "2026-03-10 09:00"),
    ],
)
def test_a_working_day_is_a_days_working_hours(start: str, days: int, due: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert due_after(at, timedelta(days=days), plan()) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_what_is_shorter_than_a_day_runs_on_the_clock() -> None:
    saturday = datetime(2026, 3, 7, 10, tzinfo=UTC)
    assert due_after(saturday, timedelta(minutes=30), plan()) == saturday + timedelta(minutes=30)
    assert due_after(saturday, timedelta(days=1, hours=2), plan()).hour == 11


def test_no_night_and_calendar_days() -> None:
    saturday = datetime(2026, 3, 7, 10, tzinfo=UTC)
    for the_plan in (plan(working_hours=WorkingHours(days=())), plan(deadlines=Deadlines(count="calendar"))):
        assert due_after(saturday, timedelta(days=3), the_plan) == saturday + timedelta(days=3)


def test_a_working_day_over_the_change_of_the_clocks() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)  # 13:00 in Berlin; summer time begins on Sunday
    assert due_after(friday, timedelta(days=1), plan(time_zone="Europe/Berlin")) == friday + timedelta(days=3, hours=-1)
