"""A yes can be taken back until something was done for it; what it had settled is asked anew."""

from datetime import timedelta

from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.model.questions import Choice
from tests.rotation.cast import ALICE, BOB, CAROL, SAM, comparison, plan, stage
from tests.rotation.play import Play, begun


def of_two() -> Play:
    return begun(plan(stage("staging", count=0), stage("pilots", count=2), stage("global"))).to_request(1)


def test_one_of_two_is_taken_back_and_the_other_still_counts() -> None:
    play = of_two()
    play.on(play.approve(BOB)).on(play.approve(CAROL)).in_phase("applying")
    play = of_two()
    play.on(play.approve(BOB)).on(play.withdraw(BOB))
    play.expect("post_timeline", code="yes_withdrawn", by="bob").expect("update_question")
    play.on(play.approve(CAROL)).in_phase("awaiting_approval")
    play.on(play.approve(BOB)).in_phase("applying")


def test_only_ones_own_and_only_until_it_was_used() -> None:
    play = of_two()
    play.refuses(play.withdraw(BOB), "nothing_to_withdraw")
    play.on(play.approve(BOB)).refuses(play.withdraw(CAROL), "nothing_to_withdraw")
    play.on(play.approve(CAROL)).refuses(play.withdraw(BOB), "not_in_phase")


def test_what_is_scheduled_goes_back_to_its_request_with_what_is_left() -> None:
    play = of_two()
    start = play.at + timedelta(hours=4)
    play.on(play.approve(BOB, start=start)).on(play.approve(CAROL)).in_phase("scheduled")
    play.on(play.withdraw(CAROL)).expect("clear_timer", name="begin").expect("post_question")
    play.in_phase("awaiting_approval").ignores(play.timer("begin"))
    assert play.rotation.request is not None
    assert [yes.by.name for yes in play.rotation.request.approvals] == ["bob"]
    play.on(play.approve(CAROL)).in_phase("scheduled")
    assert play.rotation.start_at == start


def test_taken_back_while_it_is_paused_it_is_asked_for_at_resume() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB, start=play.at + timedelta(hours=4))).on(play.pause()).on(play.withdraw(BOB))
    play.in_phase("paused").never("post_question")
    play.on(play.resume()).expect("post_question").in_phase("awaiting_approval")
    play.after(hours=5).ignores(play.timer("begin"))


def test_a_vote_to_break_glass_can_be_taken_back() -> None:
    play = begun(evidence=comparison(Verdict.FAIL, failed=(Dimension.QUALITY,)))
    play.on(play.read()).in_phase("awaiting_decision")
    play.on(play.decide(BOB, Choice.GO_ON, "we know")).on(play.withdraw(BOB))
    play.on(play.decide(CAROL, Choice.GO_ON, "me too")).in_phase("awaiting_decision")
    play.refuses(play.withdraw(SAM), "nothing_to_withdraw").refuses(play.withdraw(ALICE), "nothing_to_withdraw")
    play.on(play.decide(BOB, Choice.GO_ON, "after all")).never("post_question").in_phase("applying")
