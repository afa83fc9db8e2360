"""While a question waits: it is posted again, and those to fall back on are asked too; all of it from the delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rotation.evidence import ComparedMonth, Verdict
from bot.rotation.reminding import next_reminder
from bot.runbook.models.limits import Deadlines
from bot.runbook.models.people import Fallback
from tests.rotation.cast import BOB, FAY, FINANCE, ML, NOON, SAM, SRE, STAGES, comparison, plan, stage
from tests.rotation.play import Play, begun

STEPS = (
    Fallback(group=SRE, after=timedelta(hours=4)),
    Fallback(group=FINANCE, after=timedelta(hours=20)),
)


def asked(count: int = 1) -> Play:
    return begun(plan(STAGES[0], stage("global", count=count, fallback=STEPS))).to_request(1)


def test_a_question_nobody_answers_is_posted_again_every_day_and_once_before_its_time_is_up() -> None:
    play = begun().to_request(1)
    play.on(play.delivered())
    first = play.at
    posted = []
    for _ in range(4):
        due = play.rotation.request.remind_at if play.rotation.request else None
        if due is None:
            break
        play.at = due
        play.on(play.timer("remind")).expect("post_question", question=play.request)
        play.ignores(play.delivered())
        posted.append(due - first)
    assert posted == [timedelta(days=1), timedelta(days=2), timedelta(days=3, hours=-1)]
    assert play.rotation.request is not None
    assert play.rotation.request.reminded == 3
    play.ignores(play.timer("remind"))
    play.at = first + timedelta(days=3)
    play.on(play.timer("deadline")).in_phase("paused").ignores(play.timer("remind"))


@pytest.mark.parametrize(
    ("at", "deadline", "due"),
    [
        (0, timedelta(days=3), timedelta(days=1)),
        (24, timedelta(hours=26), timedelta(hours=25)),
        (25, timedelta(hours=26), None),
        (0, timedelta(minutes=40), None),
        (0, timedelta(hours=5), timedelta(hours=4)),
    ],
)
def test_when_it_is_posted_again(at: int, deadline: timedelta, due: timedelta | None) -> None:
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    calendar = plan(deadlines=Deadlines(count="calendar"))
    found = next_reminder(start + timedelta(hours=at), start + deadline, calendar)
    assert found == (start + due if due is not None else None)


def test_what_was_not_delivered_reminds_nobody_and_falls_back_on_nobody() -> None:
    play = asked()
    play.after(days=2).ignores(play.timer("remind")).ignores(play.timer("fall_back"))
    play.refuses(play.approve(SAM), "not_entitled")


def test_a_decision_is_posted_again_before_its_default() -> None:
    play = begun(evidence=comparison(Verdict.INCONCLUSIVE)).on(begun().read())
    if play.rotation.phase != "awaiting_decision":
        play.applied().bake()
    play.on(play.delivered()).expect("set_timer", name="remind")
    play.after(hours=23).on(play.timer("remind")).expect("post_question", question=play.decision)
    assert play.rotation.decision is not None
    assert play.rotation.decision.reminded == 1


def test_the_next_group_is_asked_too_and_then_the_one_after_it() -> None:
    play = asked()
    play.on(play.delivered()).expect("set_timer", name="fall_back", due=play.at + timedelta(hours=4))
    play.refuses(play.approve(SAM), "not_entitled").after(hours=3).ignores(play.timer("fall_back"))
    play.after(hours=1).on(play.timer("fall_back"))
    play.expect("post_timeline", code="fallback_asked", groups=[ML], too=[SRE]).expect("post_question")
    play.expect("set_timer", name="fall_back", due=play.at + timedelta(hours=20))
    play.refuses(play.approve(FAY), "not_entitled")
    assert play.facts["groups"] == [ML, SRE]
    play.after(hours=20).on(play.timer("fall_back")).expect("post_timeline", groups=[ML, SRE], too=[FINANCE])
    play.never("set_timer").ignores(play.timer("fall_back"))
    play.on(play.approve(FAY)).in_phase("applying").on(play.preflighted()).expect("apply_target", target="global")


def test_an_answer_in_time_asks_nobody_else() -> None:
    play = asked()
    play.on(play.delivered()).after(hours=3).on(play.approve(BOB)).expect("clear_timer", name="fall_back")
    play.after(hours=2).ignores(play.timer("fall_back"))


def test_one_of_two_answers_and_the_next_group_makes_up_for_the_other() -> None:
    play = asked(count=2)
    play.on(play.delivered()).on(play.approve(BOB)).after(hours=4).on(play.timer("fall_back"))
    play.on(play.approve(SAM)).in_phase("applying")
    # What says nothing about the evidence keeps the yes of who was asked too.
    play.on(play.preflighted(way_back_ok=False, way_back_detail="404")).in_phase("awaiting_approval")
    play.on(play.promote()).on(play.preflighted()).expect("apply_target", target="global")


def test_absence_puts_all_of_it_off() -> None:
    play = asked()
    play.on(play.delivered())
    first = play.at
    play.on(play.was_down(hours=6)).expect("set_timer", name="remind", due=first + timedelta(days=1, hours=6))
    play.expect("set_timer", name="fall_back", due=first + timedelta(hours=10)).ignores(play.timer("fall_back"))


def test_a_pause_stops_the_clock_and_it_begins_anew_with_the_next_delivery() -> None:
    play = asked()
    play.on(play.delivered()).after(hours=1).on(play.pause()).expect("clear_timer", name="fall_back")
    play.after(days=1).ignores(play.timer("fall_back")).ignores(play.timer("remind")).on(play.resume())
    play.ignores(play.timer("fall_back")).on(play.delivered())
    play.expect("set_timer", name="fall_back", due=play.at + timedelta(hours=4))


def test_new_evidence_asks_only_those_who_come_first() -> None:
    play = asked()
    play.on(play.delivered()).after(hours=4).on(play.timer("fall_back"))
    play.on(play.renew(comparison(name="D18", finished_at=NOON))).refuses(play.approve(SAM), "not_entitled")


def test_while_only_finance_is_missing_for_the_money_nobody_else_is_asked_in_its_place() -> None:
    month = ComparedMonth(usd=7200, low=6900, high=7500, current=5900, days=7)
    rule = stage("global", fallback=STEPS)
    play = begun(plan(STAGES[0], rule), evidence=comparison().model_copy(update={"month": month})).to_request(1)
    play.on(play.delivered()).on(play.approve(BOB)).in_phase("awaiting_approval")
    play.after(hours=4).on(play.timer("fall_back")).never("post_timeline", "post_question")
    play.expect("set_timer", name="fall_back", due=play.at + timedelta(hours=4))
    # Taken back, a yes by anybody is missing again, and then the next group can make up for it.
    play.on(play.withdraw(BOB)).after(hours=4).on(play.timer("fall_back")).expect("post_timeline", too=[SRE])
