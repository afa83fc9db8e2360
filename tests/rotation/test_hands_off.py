"""Hands off: nothing rolls back by itself for at most two hours; what fails pages, holds, and follows afterwards."""

from datetime import timedelta

import pytest

from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from tests.rotation.cast import ALICE, BOB, CAROL, FAY, MEL, NED, SAM, check, item, plan, stage
from tests.rotation.play import Play, begun


def off(play: Play, minutes: float | None = None) -> Play:
    return play.on(play.hands_off(minutes=minutes)).expect("set_timer", name="hands_off")


def over(play: Play) -> Play:
    """The time comes at which hands are on again."""
    assert play.rotation.hands_off is not None
    play.at = max(play.at, play.rotation.hands_off.until)
    return play.on(play.timer("hands_off"))


@pytest.mark.parametrize("by", [BOB, CAROL, SAM], ids=lambda by: by.name)
def test_ml_and_sre_may_with_a_reason_and_the_channel_hears_it(by: Actor) -> None:
    play = begun().to_baking(1)
    play.on(play.hands_off(by, minutes=30)).in_phase("baking")
    until = (play.at + timedelta(minutes=30)).isoformat()
    play.expect("post_summary", code="hands_off", by=by.name, reason="moving traffic", until=until)


@pytest.mark.parametrize("by", [FAY, MEL, NED], ids=lambda by: by.name)
def test_nobody_else_may_take_them_off_or_put_them_on(by: Actor) -> None:
    play = begun().to_baking(1)
    play.refuses(play.hands_off(by), "not_entitled")
    off(play).refuses(play.hands_on(by), "not_entitled")


def test_a_reason_is_needed_and_something_that_could_go_back() -> None:
    play = begun().to_baking(1)
    play.refuses(play.hands_off(reason=" "), "reason_needed")
    play = begun(plan(stage("pilots"), stage("global"))).on(begun().read())
    play.refuses(play.hands_off(), "nothing_to_suspend").refuses(play.hands_on(), "hands_are_on")


def test_two_hours_in_all_however_often_it_is_made_longer() -> None:
    play = begun().to_baking(1)
    play.refuses(play.hands_off(minutes=120.1), "hands_off_too_long")
    play.refuses(play.hands_off(minutes=-1), "hands_off_too_long")
    began = play.at
    off(play, minutes=60).after(minutes=50)
    play.refuses(play.hands_off(minutes=71), "hands_off_too_long")
    assert play.facts["until"] == (began + timedelta(hours=2)).isoformat()
    off(play, minutes=70).after(minutes=60)
    off(play)  # the usual hour would be too long: as long as may be
    assert play.rotation.hands_off is not None
    assert play.rotation.hands_off.until == began + timedelta(hours=2)


def test_a_failing_guardrail_pages_its_owner_once_and_holds() -> None:
    play = off(begun().to_baking(1), minutes=120).look_due(Verdict.FAIL).in_phase("baking").never("restore_target")
    play.expect("post_summary", code="guardrail_failing", stage="pilots")
    play.expect("page", cause="guardrail_failing", dimension=Dimension.LATENCY)
    play.look_due(Verdict.FAIL).never("page", "post_summary").in_phase("baking")
    worse = (check(Verdict.FAIL), check(Verdict.FAIL, Dimension.COST))
    play.look_due(Verdict.FAIL, checks=worse).expect("page", dimension=Dimension.COST).never("post_summary")


def test_what_still_fails_at_the_end_rolls_back_and_tells_the_owner() -> None:
    play = off(begun().to_baking(1)).look_due(Verdict.FAIL)
    over(play).expect("post_summary", code="hands_on", failing=True).expect("post_summary", code="guardrail_failed")
    play.expect("restore_target", target="pilots.2").expect("page", cause="guardrail_failed").in_phase("rolling_back")
    assert play.rotation.hands_off is None
    play.ignores(play.timer("hands_off"))


def test_the_timer_does_nothing_before_its_time() -> None:
    play = off(off(begun().to_baking(1), minutes=30), minutes=90)
    play.after(minutes=31).ignores(play.timer("hands_off")).in_phase("baking")


def test_hands_on_before_the_time_rolls_back_at_once_what_fails() -> None:
    play = off(begun().to_baking(1)).look_due(Verdict.FAIL)
    play.on(play.hands_on(BOB)).expect("post_summary", code="hands_on", by="bob").in_phase("rolling_back")


def test_what_is_fine_again_goes_on_as_if_nothing_had_been() -> None:
    play = off(begun().to_baking(1), minutes=120).look_due(Verdict.FAIL).look_due(Verdict.FAIL)
    # Both planned looks were seen, but what fails completes nothing.
    play.in_phase("baking").look_due().expect("post_timeline", code="guardrail_recovered")
    play.expect("post_summary", code="stage_passed").in_phase("awaiting_approval")
    over(play).expect("post_summary", code="hands_on", failing=False).in_phase("awaiting_approval")
    play.look_due(Verdict.FAIL).in_phase("rolling_back")


def test_silence_does_not_count_as_fine() -> None:
    play = off(begun().to_baking(1)).look_due(Verdict.FAIL)
    play.look_due(Verdict.INCONCLUSIVE, counted=False, reasons=("no_requests",)).in_phase("baking")
    over(play).in_phase("rolling_back")


def test_nothing_is_begun_while_a_check_fails() -> None:
    play = off(begun().to_request(1)).look_due(Verdict.FAIL).in_phase("awaiting_approval")
    play.refuses(play.approve(BOB), "guardrail_failing")
    play.look_due().on(play.approve(BOB)).in_phase("applying")
    play.look_due(Verdict.FAIL).on(play.preflighted()).never("apply_target").in_phase("awaiting_approval")
    play.expect("post_timeline", code="sent_back", because="guardrail_failing").expect("post_question")
    play.look_due().on(play.promote()).on(play.preflighted()).expect("apply_target", target="pilots.1")


def test_a_stage_half_set_stands_still_and_goes_on_when_it_is_fine_again() -> None:
    play = off(begun().to_request(1), minutes=120)
    play.on(play.approve(BOB)).on(play.preflighted()).expect("apply_target", target="pilots.1")
    play.look_due(Verdict.FAIL).on(play.written("pilots.1")).never("apply_target").in_phase("applying")
    play.ignores(play.timer("go_on"))
    play.look_due().expect("set_timer", name="go_on").on(play.timer("go_on")).expect("preflight", stage=1)
    play.on(play.preflighted()).expect("apply_target", target="pilots.2")


def test_nobody_goes_on_against_a_check_that_fails() -> None:
    play = off(begun().to_baking(1), minutes=120)
    play.look_due().look_due(Verdict.INCONCLUSIVE).in_phase("awaiting_decision")
    play.look_due(Verdict.FAIL).in_phase("awaiting_decision")
    play.refuses(play.decide(SAM, Choice.GO_ON, "it will pass"), "guardrail_failing")
    play.on(play.decide(SAM, Choice.ROLL_BACK)).in_phase("rolling_back")


def test_a_default_that_would_roll_back_waits_until_hands_are_on() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE).in_phase("awaiting_decision")
    play.on(play.delivered()).after(days=1, minutes=-30)
    off(play).after(minutes=30).on(play.timer("deadline")).expect("set_timer", name="deadline")
    play.in_phase("awaiting_decision")
    over(play).expect("set_timer", name="deadline").on(play.timer("deadline")).in_phase("rolling_back")


def test_the_default_is_still_due_at_its_own_time_after_a_short_hands_off() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    play.on(play.delivered())
    assert play.rotation.decision is not None
    due = play.rotation.decision.deadline
    over(off(play)).expect("set_timer", name="deadline", due=due).in_phase("awaiting_decision")


def test_a_person_rolls_back_as_ever() -> None:
    play = off(begun().to_baking(1)).look_due(Verdict.FAIL)
    play.on(play.roll_back(FAY)).expect("clear_timer", name="hands_off").in_phase("rolling_back")
    assert play.rotation.hands_off is None


def test_the_list_at_the_end_is_gone_through_anew_when_hands_are_on() -> None:
    play = off(begun().to_verifying())
    play.on(play.verified(item("not_met"))).expect("page", cause="verification_failing").in_phase("verifying")
    over(play).expect("verify").in_phase("verifying")
    play.on(play.verified(item("not_met"))).expect("page", cause="verification_failed").in_phase("rolling_back")
    play = off(begun().to_verifying())
    play.on(play.verified(item("not_met")))
    over(play).on(play.verified()).in_phase("completed")


def test_nothing_is_completed_while_a_check_fails() -> None:
    play = off(begun().to_verifying(), minutes=120).look_due(Verdict.FAIL).in_phase("verifying")
    play.on(play.verified()).in_phase("verifying").never("post_summary")
    play.look_due().on(play.timer("go_on")).expect("verify").on(play.verified()).in_phase("completed")


def test_paused_and_hands_off_are_two_things() -> None:
    play = begun().to_baking(1)
    play.on(play.pause())
    off(play).look_due(Verdict.FAIL).in_phase("paused").on(play.resume(ALICE)).in_phase("baking")
    over(play).in_phase("rolling_back")
