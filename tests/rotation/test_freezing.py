"""A change that a freeze holds is put off to its end; what runs goes on, and nothing holds the way back."""

from datetime import timedelta

import pytest

from bot.rotation.evidence import Verdict
from bot.rotation.model.rotation import Phase
from tests.rotation.cast import BOB, CAROL, SAM, comparison, plan, stage
from tests.rotation.play import Play, begun

WEEK = timedelta(days=5)


def put_off(length: timedelta = WEEK) -> Play:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).expect("preflight", stage=1)
    return play.on(play.freeze_met(play.at + length)).in_phase("scheduled")


def test_an_approved_change_is_put_off_to_the_end_of_the_freeze_and_looked_at_again_then() -> None:
    play = put_off().expect("set_timer", name="begin").expect("post_timeline", code="put_off", written=0, places=2)
    assert play.rotation.start_at == play.at + WEEK
    play.never("apply_target").ignores(play.timer("begin"))
    play.after(days=5).on(play.timer("begin")).expect("preflight", stage=1).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="pilots.1")
    assert play.rotation.put_off is None


def test_what_is_not_true_any_more_at_the_end_sends_it_back_to_its_request() -> None:
    play = put_off(timedelta(days=8))
    play.after(days=8).on(play.timer("begin")).on(play.preflighted())
    play.in_phase("awaiting_approval").expect("post_timeline", code="sent_back", because="comparison_too_old")
    assert play.rotation.put_off is None


def test_prolonged_it_is_put_off_again_and_said_so_once() -> None:
    play = put_off()
    longer = play.at + 2 * WEEK
    play.on(play.freezes_changed()).expect("preflight").in_phase("applying")
    play.on(play.freeze_met(longer)).expect("post_timeline", code="put_off").in_phase("scheduled")
    assert play.rotation.start_at == longer
    play.on(play.freezes_changed()).on(play.freeze_met(longer)).never("post_timeline").in_phase("scheduled")


def test_lifted_early_it_begins_now() -> None:
    play = put_off()
    play.after(hours=1).on(play.freezes_changed()).expect("preflight").in_phase("applying")
    play.on(play.preflighted()).expect("apply_target")


def test_asked_for_meanwhile_it_is_looked_at_anew_and_keeps_its_approvals() -> None:
    play = put_off()
    play.on(play.promote()).expect("preflight").never("post_question")
    play.on(play.freeze_met(play.at + WEEK)).in_phase("scheduled")
    assert [yes.by for yes in play.rotation.request.approvals] == [BOB] if play.rotation.request else False


def test_a_freeze_found_before_the_freezes_changed_says_nothing_about_now() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    stale = play.freeze_met(play.at + WEEK)
    play.on(play.freezes_changed()).expect("preflight").in_phase("applying")
    play.ignores(stale).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target")


def test_a_freeze_that_a_place_found_before_it_was_lifted_is_looked_at_anew() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted())
    stale = play.freeze_met(play.at + WEEK, "pilots.1")
    play.on(play.freezes_changed()).on(stale).expect("preflight").in_phase("applying").standing(pilots_1="untouched")
    play.on(play.preflighted()).expect("apply_target", target="pilots.1")


def test_a_stage_stops_before_its_next_place_and_goes_on_with_the_rest() -> None:
    play = begun(plan(stage("pilots", "a", "b", "c"), stage("global"))).on(begun().read())
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.written("a")).expect("apply_target", target="b")
    play.on(play.freeze_met(play.at + WEEK, "b")).in_phase("scheduled").standing(a="written", b="untouched")
    play.expect("post_timeline", code="put_off", written=1, places=3)
    play.after(days=5).on(play.timer("begin")).on(play.preflighted()).expect("apply_target", target="b").never("page")
    play.on(play.written("b")).on(play.written("c")).on(play.traffic()).in_phase("baking")


def test_what_may_have_been_written_before_the_freeze_stays_to_be_accounted_for() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted())
    play.on(play.freeze_met(play.at + WEEK, "pilots.1", changed=True)).standing(pilots_1="writing")
    play.on(play.roll_back()).expect("restore_target", target="pilots.1")


@pytest.mark.parametrize("outcome", ["failed", "drifted"])
def test_a_place_beside_it_that_fails_while_the_rest_is_put_off_stops_for_a_person(outcome: str) -> None:
    wide = stage("pilots", "a", "b").model_copy(update={"parallel": 2})
    play = begun(plan(wide, stage("global"))).on(begun().read())
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.freeze_met(play.at + WEEK, "b"))
    play.on(play.written("a", outcome)).in_phase("errored").expect("page")  # type: ignore[arg-type]


def test_a_place_beside_it_that_is_written_meanwhile_is_recorded() -> None:
    wide = stage("pilots", "a", "b").model_copy(update={"parallel": 2})
    play = begun(plan(wide, stage("global"))).on(begun().read())
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.freeze_met(play.at + WEEK, "b"))
    play.on(play.written("a")).in_phase("scheduled").standing(a="written", b="untouched")


def test_a_running_watch_goes_on_and_its_end_asks_for_the_next_stage_which_does_not_begin() -> None:
    play = begun().to_baking(1)
    play.on(play.freezes_changed()).in_phase("baking").bake().in_phase("awaiting_approval").never("apply_target")
    play.on(play.approve(CAROL)).on(play.freeze_met(play.at + WEEK)).in_phase("scheduled")


def test_a_guardrail_that_fails_while_it_is_put_off_rolls_back_and_so_does_anybody_entitled() -> None:
    for event in ("guardrail", "person"):
        play = begun().to_baking(1).bake()
        play.on(play.approve(CAROL)).on(play.freeze_met(play.at + WEEK))
        if event == "guardrail":
            play.look_due(Verdict.FAIL)
        else:
            play.on(play.roll_back(SAM))
        play.in_phase("rolling_back").expect("restore_target", target="pilots.2")
        assert play.rotation.put_off is None


def test_paused_over_a_change_of_the_freezes_it_is_looked_at_anew_at_resume() -> None:
    play = put_off()
    play.on(play.pause()).on(play.freezes_changed()).never("preflight").in_phase("paused")
    play.on(play.resume()).expect("preflight").in_phase("applying")


def test_paused_while_it_is_looked_at_the_freeze_is_found_again_at_resume() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    met = play.freeze_met(play.at + WEEK)
    play.on(play.pause()).ignores(met).in_phase("paused")
    play.on(play.resume()).expect("preflight").on(play.freeze_met(play.at + WEEK)).in_phase("scheduled")


def test_an_end_that_was_missed_by_more_than_an_hour_is_asked_for_again() -> None:
    for late, phase in ((59, "applying"), (61, "awaiting_approval")):
        play = put_off()
        play.after(days=5, minutes=late).on(play.freezes_changed()).in_phase(phase)


def test_a_yes_that_is_taken_back_meanwhile_is_asked_for_anew() -> None:
    play = put_off()
    play.on(play.withdraw(BOB)).expect("post_question").in_phase("awaiting_approval")
    assert play.rotation.put_off is None


def test_an_open_request_and_the_card_are_brought_up_to_date_when_the_freezes_change() -> None:
    play = begun().to_request(1)
    play.on(play.freezes_changed()).expect("update_question").expect("update_card").in_phase("awaiting_approval")
    play = begun().to_completed()
    play.ignores(play.freezes_changed())


def test_the_first_stage_that_needs_no_yes_is_put_off_too() -> None:
    play = begun().on(begun().read()).expect("preflight", stage=0)
    play.on(play.freeze_met(play.at + WEEK)).in_phase("scheduled")
    play.on(play.abort()).in_phase("aborted").ignores(play.freezes_changed())
    assert play.rotation.phase is Phase.ABORTED


def test_new_evidence_meanwhile_is_refused_as_for_any_scheduled_change() -> None:
    play = put_off()
    play.refuses(play.renew(comparison(name="D18")), "not_in_phase")
