"""Writing targets: in order, once, and what happens when a write fails, drifts, answers twice or answers late."""

import pytest

from bot.rotation.events import TargetWritten
from bot.rotation.evidence import Verdict
from tests.rotation.cast import BOB, MEL, NED, SAM, plan, stage
from tests.rotation.play import Play, begun


def applying_pilots() -> Play:
    play = begun().to_request(1)
    return play.on(play.approve(BOB)).on(play.preflighted()).expect("apply_target", target="pilots.1")


def test_a_write_that_fails_for_good_stops_for_a_person() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "failed")).expect("page", cause="write_failed").in_phase("errored")
    play.expect("set_timer", name="reminder").standing(pilots_1="writing")
    play.refuses(play.pause(), "not_in_phase").refuses(play.abort(), "not_in_phase")
    assert play.facts["instead"] == "rollback"
    play.after(minutes=30).on(play.timer("reminder")).expect("page", cause="still_in_trouble", phase="errored")
    play.refuses(play.retry(MEL), "not_entitled")
    # A retry is the same attempt; what is left to write is looked at once more.
    play.on(play.retry(SAM)).expect("clear_timer", name="reminder").expect("preflight", attempt=1).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="pilots.1", expected="old")
    play.on(play.written("pilots.1")).on(play.written("pilots.2")).on(play.traffic()).in_phase("baking")


def test_a_failure_that_changed_nothing_leaves_the_target_alone() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "failed", changed=False)).standing(pilots_1="untouched").in_phase("errored")
    play.on(play.roll_back()).expect("restore_target", target="staging").in_phase("rolling_back")
    assert [e.target for e in play.effects if e.kind == "restore_target"] == ["staging"]


def test_an_error_before_any_change_can_still_be_aborted() -> None:
    play = begun().on(begun().read())
    play.on(play.preflighted()).on(play.written("staging", "failed", changed=False)).in_phase("errored")
    play.refuses(play.roll_back(), "nothing_to_roll_back")
    play.on(play.abort()).expect("post_summary", code="aborted").in_phase("aborted")


def test_a_target_that_drifted_is_not_taken_for_written() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "drifted", found="theirs")).expect("page", cause="target_drifted")
    play.standing(pilots_1="drifted").on(play.retry(SAM))
    play.on(play.preflighted(readings=play.held(pilots_1="theirs"))).in_phase("awaiting_approval")
    play.on(play.approve(BOB)).on(play.preflighted(readings=play.held(pilots_1="old")))
    play.expect("apply_target", target="pilots.1", expected="old")


def test_a_target_that_drifted_before_the_write_was_never_ours() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "drifted", changed=False, found="theirs")).standing(pilots_1="untouched")
    play.in_phase("errored")


def test_a_first_target_that_drifted_after_it_was_written_can_only_go_back() -> None:
    play = begun().on(begun().read())
    play.on(play.preflighted()).on(play.written("staging", "drifted", found="theirs"))
    play.expect("post_timeline", code="target_drifted", found="theirs").standing(staging="drifted").in_phase("errored")
    play.refuses(play.abort(), "not_in_phase")
    assert play.facts["instead"] == "rollback"
    play.on(play.roll_back()).expect("restore_target", target="staging", expected="new", value="old")
    # Theirs is not overwritten: both values are said, and nobody tries by themselves.
    play.on(play.restored("staging", "drifted", "changed", found="theirs")).never("set_timer")
    play.expect("post_timeline", code="restore_drifted", target="staging", found="theirs", before="old")
    play.expect("page", cause="target_drifted", target="staging", found="theirs")
    play.standing(staging="drifted").in_phase("rolling_back").ignores(play.timer("retry"))
    # Somebody sets it back: trying again finds it so.
    play.on(play.retry(SAM)).expect("restore_target", target="staging")
    play.on(play.restored("staging")).in_phase("rolled_back")


def test_a_target_that_drifts_before_it_is_tried_again_was_ours() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "failed")).on(play.retry(SAM)).on(play.preflighted())
    play.on(play.written("pilots.1", "drifted", changed=False, found="theirs")).standing(pilots_1="drifted")
    # Set back by somebody and then taken by a third: this time nothing of ours was there in between.
    play.on(play.retry(SAM)).on(play.preflighted(readings=play.held(pilots_1="old")))
    play.on(play.written("pilots.1", "failed", changed=False)).standing(pilots_1="untouched").on(play.retry(SAM))
    play.on(play.preflighted()).on(play.written("pilots.1", "drifted", changed=False, found="a third"))
    play.standing(pilots_1="untouched").in_phase("errored")


def test_looks_of_the_stage_before_go_on_and_still_roll_back_when_errored() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "failed"))
    play.look_due().in_phase("errored")
    play.look_due(Verdict.FAIL).expect("restore_target", target="pilots.1").expect("restore_target", target="staging")
    play.in_phase("rolling_back")


def test_the_same_answer_twice_writes_nothing_twice() -> None:
    play = applying_pilots()
    first = play.written("pilots.1")
    play.on(first).expect("apply_target", target="pilots.2").ignores(first)
    second = play.written("pilots.2")
    play.on(second).expect("check_traffic").ignores(second).ignores(first)
    waiting = play.rotation.waiting_for_traffic
    play.after(minutes=5).ignores(second)
    assert play.rotation.waiting_for_traffic == waiting


def test_a_failure_heard_again_after_the_retry_undoes_nothing() -> None:
    play = applying_pilots()
    failed = play.written("pilots.1", "failed", changed=False)
    play.on(failed).on(play.retry()).ignores(failed)
    play.on(play.preflighted()).on(play.written("pilots.1")).ignores(failed).standing(pilots_1="written")


def test_a_failure_heard_again_while_looking_once_more_stops_nothing() -> None:
    play = applying_pilots()
    failed = play.written("pilots.1", "failed")
    play.on(failed).on(play.retry()).on(failed).in_phase("applying")


def test_a_write_thought_to_have_failed_that_went_through_counts() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "failed", changed=False)).in_phase("errored")
    play.on(play.written("pilots.1")).in_phase("errored").standing(pilots_1="written")
    play.on(play.retry()).on(play.preflighted()).expect("apply_target", target="pilots.2")
    # The other way round: all went through meanwhile, so only traffic is left to see.
    play.on(play.written("pilots.2", "failed")).on(play.written("pilots.2")).in_phase("errored")
    play.on(play.retry()).expect("check_traffic").in_phase("applying")


def test_an_answer_of_an_attempt_that_was_replaced_moves_the_new_one_on() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1", "failed")).on(play.retry()).on(play.preflighted(way_back_ok=False))
    late = TargetWritten(at=play.at, attempt=1, target="pilots.1", outcome="done", changed=True)
    play.on(play.promote()).on(late).standing(pilots_1="written").never("apply_target", "check_traffic")
    play.on(play.preflighted()).expect("apply_target", target="pilots.2")


def test_a_late_answer_about_an_earlier_stage_moves_nothing() -> None:
    play = applying_pilots()
    late = TargetWritten(at=play.at, attempt=1, target="staging", outcome="failed", changed=True)
    play.ignores(late).standing(staging="written").in_phase("applying")


def test_without_traffic_the_bake_begins_after_ten_minutes_and_says_so() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1")).on(play.written("pilots.2"))
    play.ignores(play.traffic(stage=2)).ignores(play.traffic_back(1))
    play.after(minutes=9).on(play.traffic(seen=False)).expect("set_timer", name="traffic")
    play.after(minutes=1).on(play.timer("traffic")).expect("check_traffic")
    play.on(play.traffic(seen=False)).expect("post_timeline", code="no_traffic").in_phase("baking")
    assert play.rotation.bake is not None
    assert play.rotation.bake.no_traffic
    play.ignores(play.traffic()).ignores(play.timer("traffic"))


def test_time_the_bot_was_away_is_not_ten_minutes_without_traffic() -> None:
    play = applying_pilots()
    play.on(play.written("pilots.1")).on(play.written("pilots.2"))
    play.on(play.was_down(minutes=30)).on(play.traffic(seen=False)).in_phase("applying")


def test_abort_while_nothing_is_written_yet() -> None:
    play = begun().on(begun().read()).in_phase("applying")
    play.refuses(play.abort(NED), "not_entitled")
    found = play.preflighted()
    play.on(play.abort()).in_phase("aborted").ignores(found)


def test_abort_once_a_write_was_asked_for_offers_the_way_back() -> None:
    play = begun().on(begun().read())
    play.on(play.preflighted()).refuses(play.abort(), "not_in_phase")
    assert play.facts["instead"] == "rollback"
    play.on(play.written("staging")).in_phase("baking").refuses(play.abort(), "not_in_phase")
    assert play.facts["instead"] == "rollback"


# ---- a write that answers after its attempt is over


def test_a_write_that_lands_while_going_back_is_put_back_by_that() -> None:
    play = applying_pilots()
    play.on(play.roll_back()).expect("restore_target", target="pilots.1", expected="new", value="old")
    play.ignores(play.written("pilots.1")).standing(pilots_1="restoring")
    play.on(play.restored("pilots.1")).on(play.restored("staging")).expect("check_traffic", back=True, model="old")


def test_a_write_that_lands_after_its_restore_is_restored_again() -> None:
    play = applying_pilots()
    play.on(play.roll_back()).on(play.restored("pilots.1")).on(play.restored("staging"))
    play.after(minutes=2).on(play.written("pilots.1")).expect("restore_target", target="pilots.1", value="old")
    play.expect("page", cause="late_write").in_phase("rolling_back")
    # Until it is back, traffic seen before proves nothing.
    play.ignores(play.traffic_back(1)).ignores(play.timer("traffic"))
    play.on(play.restored("pilots.1")).expect("check_traffic", back=True, since=play.at)


@pytest.mark.parametrize("end", ["rolled_back", "aborted"])
def test_a_write_that_lands_after_the_end_is_undone_without_leaving_it(end: str) -> None:
    if end == "aborted":
        play = begun(plan(stage("pilots", count=0), stage("global")))
        play.on(play.read()).on(play.preflighted()).on(play.written("pilots", "failed", changed=False))
        play.on(play.abort())
    else:
        play = begun(plan(stage("pilots", count=0), stage("global")))
        play.on(play.read()).on(play.preflighted()).on(play.roll_back()).on(play.restored("pilots"))
        play.on(play.traffic_back(0))
    play.in_phase(end).ignores(play.written("pilots", "failed", changed=False))
    play.on(play.written("pilots")).expect("restore_target", target="pilots").expect("page", cause="late_write")
    play.in_phase(end).standing(pilots="restoring")
    # Undoing it can fail too: it is tried again, and SRE is told once.
    play.on(play.restored("pilots", "failed")).expect("set_timer", name="retry").expect("page", cause="rollback_failed")
    play.after(minutes=30).on(play.timer("retry")).expect("restore_target", target="pilots").in_phase(end)
    play.on(play.restored("pilots", "failed")).never("page")
    play.on(play.restored("pilots")).standing(pilots="restored").in_phase(end).ignores(play.restored("pilots"))


def test_an_answer_heard_again_after_completion_says_nothing() -> None:
    play = begun().to_completed()
    play.ignores(play.written("pilots.1")).in_phase("completed")


def test_a_write_that_lands_in_the_queue_is_undone() -> None:
    play = begun(plan(stage("pilots", count=0), stage("global")))
    play.on(play.read()).on(play.preflighted()).on(play.written("pilots", "failed", changed=False))
    play.on(play.taken("R41")).in_phase("queued")
    play.on(play.written("pilots")).expect("restore_target", target="pilots").in_phase("queued")
