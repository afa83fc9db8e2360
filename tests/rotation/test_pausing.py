"""Pausing: this rotation does not advance, wherever it is; guardrails still roll back, watching goes on."""

import pytest

from bot.rotation.evidence import Verdict
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from tests.rotation.cast import ALICE, BOB, FAY, FINANCE, MEL, ML, NED, SAM, STAGES, comparison, item, plan, stage
from tests.rotation.play import Play, begun


def paused(play: Play) -> Play:
    return play.on(play.pause()).expect("clear_timer", name="deadline").expect("set_timer", name="reminder")


def test_who_may_pause_and_how_often() -> None:
    play = begun().to_baking(0)
    play.refuses(play.pause(NED), "not_entitled")
    play.on(play.pause(MEL)).in_phase("paused").refuses(play.pause(), "already_paused")
    assert play.facts["by"] == "mel"
    play.refuses(play.resume(NED), "not_entitled")
    play.on(play.resume(SAM)).in_phase("baking").refuses(play.resume(), "not_in_phase")


def test_the_owner_is_told_again_every_working_day() -> None:
    play = paused(begun().to_baking(0))
    for _ in range(2):
        play.after(days=1).on(play.timer("reminder")).expect("post_timeline", code="still_waiting")
        play.expect("set_timer", name="reminder")
    play.on(play.resume()).expect("clear_timer", name="reminder").ignores(play.timer("reminder"))


def test_paused_before_the_change_is_looked_at_anew_at_resume() -> None:
    play = paused(begun().on(begun().read()))
    play.ignores(play.preflighted()).in_phase("paused")
    play.after(days=2).on(play.resume()).expect("preflight", stage=0).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="staging")


def test_paused_while_writing_stops_before_the_next_target() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted())
    paused(play).on(play.written("pilots.1")).never("apply_target").standing(pilots_1="written", pilots_2="untouched")
    play.on(play.resume()).expect("preflight", stage=1).on(play.preflighted()).expect("apply_target", target="pilots.2")


def test_paused_while_the_last_target_is_written_watches_what_was_changed() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.written("pilots.1"))
    paused(play).on(play.written("pilots.2")).expect("check_traffic").in_phase("paused")
    play.on(play.traffic(seen=False)).expect("set_timer", name="traffic")
    play.on(play.timer("traffic")).expect("check_traffic").on(play.traffic()).expect("set_timer", name="look")
    play.in_phase("paused").look_due(Verdict.FAIL).in_phase("rolling_back")


def test_paused_while_waiting_for_traffic_looks_at_once_at_resume() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.written("pilots.1")).on(play.written("pilots.2"))
    paused(play).on(play.resume()).expect("check_traffic").in_phase("applying")


def test_a_write_that_fails_while_paused_stops_for_a_person() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted())
    paused(play).on(play.written("pilots.1", "failed")).expect("page", cause="write_failed").in_phase("errored")


def test_a_bake_that_ends_while_paused_goes_on_at_resume() -> None:
    play = paused(begun().to_baking(0)).bake().in_phase("paused").never("post_question")
    play.on(play.resume()).expect("post_summary", code="stage_passed").in_phase("awaiting_approval")


def test_what_is_seen_after_the_last_planned_look_does_not_undo_what_that_one_said() -> None:
    play = paused(begun().to_baking(0)).bake()
    # Looks after the planned ones ask for no smoke run, so they cannot say fine.
    for _ in range(3):
        play.look_due(Verdict.INCONCLUSIVE)
    play.on(play.resume()).expect("post_summary", code="stage_passed", verdict="pass", looks=2)
    play.in_phase("awaiting_approval")
    assert play.rotation.sealed[-1].checks[0].verdict is Verdict.PASS


def test_what_the_last_planned_look_could_not_tell_is_asked_at_resume() -> None:
    play = paused(begun().to_baking(1)).look_due().look_due(Verdict.INCONCLUSIVE).look_due()
    play.on(play.resume()).in_phase("awaiting_decision")
    assert play.rotation.decision is not None
    assert play.rotation.decision.question == "bake_inconclusive"


@pytest.mark.parametrize("how", [{"counted": False, "reasons": ("no_requests",)}, {"incident": True}])
@pytest.mark.parametrize("stage", [1, 2])
def test_nothing_is_concluded_on_silence_at_resume(stage: int, how: dict[str, object]) -> None:
    play = paused(begun().to_baking(stage)).bake().look_due(Verdict.INCONCLUSIVE, **how)
    play.on(play.resume()).in_phase("baking").never("post_summary", "verify", "post_question")
    # Data return: what the planned looks said is concluded.
    play.look_due(Verdict.INCONCLUSIVE).expect("post_timeline", code="data_returned")
    play.in_phase("awaiting_approval" if stage == 1 else "verifying")


def test_what_was_held_too_long_while_paused_is_asked_at_resume() -> None:
    play = paused(begun().to_baking(1)).bake()
    for _ in range(4):
        play.look_due(Verdict.INCONCLUSIVE, counted=False, reasons=("no_requests",)).in_phase("paused").never("page")
    play.on(play.resume()).expect("post_question").expect("page", cause="held", reasons=["no_requests"])
    play.in_phase("awaiting_decision").on(play.delivered())
    assert play.rotation.decision is not None
    assert (play.rotation.decision.question, play.rotation.decision.group) == ("held", "sre")
    play.look_due().expect("update_question").in_phase("awaiting_approval")


def test_a_bake_that_is_not_over_just_goes_on_at_resume() -> None:
    play = paused(begun().to_baking(0)).look_due()
    play.on(play.resume()).in_phase("baking").look_due().in_phase("awaiting_approval")


def test_a_failing_look_rolls_back_while_paused() -> None:
    play = paused(begun().to_request(1)).look_due(Verdict.FAIL)
    play.expect("restore_target", target="staging").in_phase("rolling_back")
    assert play.rotation.pause is None


def test_approvals_given_meanwhile_count_at_resume() -> None:
    play = paused(begun().to_request(1))
    play.on(play.approve(BOB)).expect("update_question").in_phase("paused")
    play.refuses(play.approve(BOB), "already_approved")
    play.on(play.resume()).expect("preflight").in_phase("applying")


def test_promote_ends_a_pause_too() -> None:
    play = paused(begun().to_request(1))
    play.on(play.promote()).expect("post_question").in_phase("awaiting_approval")


def test_a_request_can_be_rejected_while_paused() -> None:
    play = paused(begun().to_request(1))
    play.on(play.reject(BOB)).in_phase("rolling_back")


def test_time_to_answer_begins_anew_after_a_pause() -> None:
    play = begun().to_request(1)
    play.on(play.delivered()).expect("set_timer", name="deadline")
    paused(play).after(days=9).ignores(play.timer("deadline")).in_phase("paused")
    play.on(play.resume()).expect("post_question", question=play.request).in_phase("awaiting_approval")
    play.ignores(play.timer("deadline"))
    play.on(play.delivered()).expect("set_timer", name="deadline")


def test_abort_while_paused_before_any_change() -> None:
    play = paused(begun(plan(stage("pilots"), stage("global"))).on(begun().read()))
    play.on(play.abort()).in_phase("aborted")
    assert play.rotation.pause is None


def test_paused_in_the_queue_begins_only_after_resume() -> None:
    play = paused(begun(blocked_by="R41"))
    play.on(play.freed()).never("read_targets").in_phase("paused")
    play.ignores(play.read())
    play.on(play.resume()).expect("read_targets", purpose="start").in_phase("queued")
    play.on(play.read()).in_phase("applying")


def test_resumed_in_the_queue_goes_on_waiting() -> None:
    play = paused(begun(blocked_by="R41"))
    play.on(play.resume()).expect("set_timer", name="reminder").never("read_targets").in_phase("queued")


# ---- decisions


def undecided() -> Play:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    return paused(play.in_phase("awaiting_decision"))


def test_a_decision_to_go_on_counts_at_resume() -> None:
    play = undecided()
    play.on(play.decide(SAM, Choice.GO_ON, "seen by hand")).expect("update_question").in_phase("paused")
    play.on(play.resume()).expect("post_timeline", code="decided", choice="go_on", reason="seen by hand")
    play.in_phase("awaiting_approval")


def test_a_decision_not_taken_yet_is_asked_again_at_resume() -> None:
    play = undecided()
    play.on(play.resume()).expect("post_question", question=play.decision).in_phase("awaiting_decision")


def test_a_decision_to_watch_longer_stays_paused() -> None:
    play = undecided()
    play.on(play.decide(SAM, Choice.EXTEND)).expect("post_timeline", code="bake_extended").in_phase("paused")
    play.bake().in_phase("paused").on(play.resume()).in_phase("awaiting_approval")


@pytest.mark.parametrize("by", [ALICE, BOB, FAY], ids=lambda by: by.name)
def test_a_decision_to_go_back_waits_for_nothing(by: Actor) -> None:
    play = undecided()
    play.on(play.decide(by, Choice.ROLL_BACK)).in_phase("rolling_back")


def test_a_decision_to_abort_waits_for_nothing() -> None:
    play = begun(evidence=comparison(Verdict.FAIL))
    paused(play.on(play.read())).on(play.decide(BOB, Choice.ABORT)).in_phase("aborted")


def test_votes_given_while_paused_need_the_whole_quorum() -> None:
    play = begun(plan(STAGES[0], stage("global", groups=(ML, FINANCE))), evidence=comparison(Verdict.FAIL))
    paused(play.on(play.read())).on(play.decide(BOB, Choice.GO_ON, "the old one dies"))
    play.on(play.resume()).in_phase("awaiting_decision")


def test_data_that_return_while_paused_withdraw_the_question() -> None:
    play = begun().to_baking(1)
    for _ in range(2):
        play.look_due(Verdict.INCONCLUSIVE, counted=False, reasons=("unreachable",))
    paused(play.in_phase("awaiting_decision")).look_due().expect("update_question").in_phase("paused")
    play.on(play.resume()).in_phase("baking").look_due().in_phase("awaiting_approval")


def test_paused_while_verifying_goes_through_the_list_at_resume() -> None:
    play = paused(begun().to_verifying())
    play.ignores(play.verified()).ignores(play.timer("verify")).in_phase("paused")
    play.on(play.resume()).expect("verify").on(play.verified()).in_phase("completed")


def test_verified_again_by_decision_while_paused_waits_for_resume() -> None:
    play = begun().to_verifying()
    play.on(play.verified(item("cannot_tell"))).in_phase("awaiting_decision")
    paused(play).on(play.decide(BOB, Choice.EXTEND)).never("verify").in_phase("paused")
    play.on(play.resume()).expect("verify").in_phase("verifying")
