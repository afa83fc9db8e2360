"""The verification list, the ends, settling by hand, and dry runs."""

import pytest

from bot.rotation.effects import RestoreTarget
from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.model.questions import Choice
from bot.rotation.wanted import still_wanted
from tests.rotation.cast import BOB, MEL, NED, SAM, STAGES, comparison, item, plan, stage
from tests.rotation.play import Play, begun


def test_an_item_not_met_goes_back_and_tells_each_owner() -> None:
    play = begun().to_verifying()
    items = (item("not_met"), item("met"), item("not_met", Dimension.COST))
    play.on(play.verified(*items)).expect("restore_target", target="global")
    play.expect("page", cause="verification_failed", dimension=Dimension.QUALITY)
    play.expect("page", cause="verification_failed", dimension=Dimension.COST).in_phase("rolling_back")


def test_what_is_not_measured_does_not_hold_the_end() -> None:
    play = begun().to_verifying()
    play.on(play.verified(item("met"), item("not_measured", Dimension.COST))).in_phase("completed")
    assert [line.state for line in play.rotation.verification] == ["met", "not_measured"]


def test_a_provider_failing_for_both_models_holds() -> None:
    play = begun().to_verifying()
    play.on(play.verified(item("not_met"), incident=True)).expect("page", cause="provider_incident")
    play.expect("set_timer", name="verify").in_phase("verifying")
    assert play.rotation.verification_held
    # Told once, however often it is seen.
    play.after(minutes=30).on(play.timer("verify")).expect("verify").on(play.verified(incident=True)).never("page")
    play.after(minutes=30).on(play.timer("verify")).on(play.verified()).in_phase("completed")
    play.ignores(play.verified()).ignores(play.timer("verify"))


def test_an_incident_that_the_watching_told_of_before_is_told_again_for_the_list() -> None:
    play = begun().to_baking(2).look_due()
    play.look_due(Verdict.INCONCLUSIVE, incident=True, counted=False).expect("page", cause="provider_incident")
    play.look_due().in_phase("verifying")
    play.look_due(Verdict.INCONCLUSIVE, incident=True, counted=False).expect("page", cause="provider_incident")
    play.on(play.verified(incident=True)).expect("post_timeline", code="verification_held")
    play.expect("page", cause="provider_incident")
    # One that is over is over: the next one is told anew.
    play.on(play.verified(item("cannot_tell"))).on(play.decide(BOB, Choice.EXTEND)).on(play.verified(incident=True))
    play.expect("page", cause="provider_incident")


def test_what_cannot_be_told_asks_its_owner() -> None:
    play = begun().to_verifying()
    play.on(play.verified(item("cannot_tell", Dimension.HEALTH))).in_phase("awaiting_decision")
    assert play.rotation.decision is not None
    assert (play.rotation.decision.question, play.rotation.decision.group) == ("cannot_verify", "sre")
    assert play.rotation.decision.reasons == ("health of it: 7 of 9",)
    play.on(play.decide(SAM, Choice.GO_ON, "health page is down")).in_phase("completed")
    assert play.rotation.marks == ("accepted_uncertainty",)


def test_measured_again_by_a_person_or_by_nobody() -> None:
    play = begun().to_verifying()
    unknown = play.verified(item("cannot_tell"))
    play.on(unknown).on(play.decide(BOB, Choice.EXTEND)).expect("verify").in_phase("verifying")
    play.on(unknown)
    assert play.rotation.decision is not None
    assert (play.rotation.decision.group, play.rotation.decision.times_asked) == ("ml", 1)
    for times in (2, 3):
        play.on(play.delivered()).after(days=1).on(play.timer("deadline")).expect("verify").in_phase("verifying")
        play.on(unknown)
        assert (play.rotation.decision.group, play.rotation.decision.times_asked) == ("sre", times)


def test_a_failing_look_while_the_list_cannot_be_told() -> None:
    play = begun().to_verifying()
    play.on(play.verified(item("cannot_tell"))).look_due(Verdict.FAIL).in_phase("rolling_back")


# ---- settled by hand


def errored() -> Play:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.written("pilots.1", "failed"))
    return play.in_phase("errored")


def test_settled_by_hand_records_what_every_target_holds() -> None:
    play = errored()
    play.refuses(play.settle(MEL), "not_entitled")
    play.on(play.settle(SAM)).expect("read_targets", purpose="settle", by="U4").in_phase("errored")
    found = play.read("settle", pilots_1="old", staging="theirs")
    play.on(found).expect("post_summary", code="settled", by="alice").in_phase("settled")
    drifted = [e.facts["drifted"] for e in play.effects if e.kind == "post_summary"]
    assert drifted == [[{"target": "staging", "found": "theirs", "before": "old"}]]
    play.standing(pilots_1="restored", staging="drifted", **{"global": "untouched"})
    assert play.rotation.end_detail == "staging=theirs, pilots.1=old, pilots.2=old, global=old"
    assert play.rotation.marks == ("settled_by_hand",)
    play.ignores(found).refuses(play.roll_back(), "already_ended")
    # A write that lands now, where it was found without it, is undone.
    play.on(play.written("pilots.1")).expect("restore_target", target="pilots.1", value="old").in_phase("settled")


def test_what_was_settled_as_written_stays() -> None:
    play = errored()
    play.on(play.settle()).on(play.read("settle", pilots_1="new", pilots_2="new")).in_phase("settled")
    play.standing(pilots_1="written", pilots_2="written").ignores(play.written("pilots.1"))
    play.ignores(play.written("pilots.2"))


def test_settling_unset_targets_says_unset() -> None:
    play = errored()
    play.on(play.settle()).on(play.read("settle", pilots_1=None))
    assert "pilots.1=unset" in play.rotation.end_detail


def test_what_cannot_be_read_is_not_settled_in_silence() -> None:
    play = errored()
    play.on(play.settle(reason="it is gone")).on(play.unread("pilots.1", purpose="settle", why="no such host"))
    play.expect("post_timeline", code="settle_failed", targets=["pilots.1"], problems=["pilots.1: no such host"])
    play.in_phase("errored").ignores(play.read("settle"))
    # It was said that it cannot be read; without a reason that is still not enough.
    play.on(play.settle(reason="  ")).on(play.unread("pilots.1", purpose="settle")).in_phase("errored")
    play.on(play.settle()).on(play.read("settle").model_copy(update={"by": None})).in_phase("settled")
    assert play.rotation.marks == ("settled_by_hand",)


def test_what_can_never_be_read_again_is_settled_with_a_reason() -> None:
    play = begun().to_baking(1)
    play.on(play.roll_back()).on(play.restored("pilots.1", "failed", "no such host"))
    play.on(play.restored("pilots.2")).on(play.restored("staging")).in_phase("rolling_back")
    gone = play.unread("pilots.1", "global", purpose="settle", why="no such host", staging="old", pilots_2="old")
    play.on(play.settle(SAM, reason="the cluster was torn down")).on(gone).in_phase("rolling_back")
    # Another place than was said: that one is said first.
    other = play.unread("pilots.2", purpose="settle")
    play.on(play.settle(SAM, reason="the cluster was torn down")).on(other).in_phase("rolling_back")
    play.on(play.settle(SAM, reason="the cluster was torn down")).on(gone).in_phase("rolling_back")
    play.on(play.settle(SAM, reason="the cluster was torn down")).on(gone)
    play.expect("post_summary", code="settled", reason="the cluster was torn down").in_phase("settled")
    play.standing(pilots_1="unreadable", pilots_2="restored", staging="restored", **{"global": "untouched"})
    assert play.rotation.marks == ("settled_by_hand", "unreadable")
    said = "unreadable: the cluster was torn down"
    assert play.rotation.end_detail == f"staging=old, pilots.1={said}, pilots.2=old, global={said}"
    # Nothing is written there any more.
    assert not still_wanted(play.rotation, RestoreTarget(target="pilots.1", expected="new", value="old"))
    play.ignores(play.restored("pilots.1"))


@pytest.mark.parametrize("then", ["retry", "roll_back"])
def test_what_was_read_for_settling_is_of_no_use_once_it_goes_on(then: str) -> None:
    play = errored()
    play.on(play.settle())
    read = play.read("settle")
    play.on(play.retry() if then == "retry" else play.roll_back()).ignores(read)


def test_a_rollback_that_is_stuck_can_be_settled() -> None:
    play = begun().to_baking(0)
    play.on(play.roll_back()).on(play.restored("staging", "failed")).on(play.settle())
    play.on(play.read("settle")).in_phase("settled")


def test_a_rollback_that_was_done_before_the_targets_were_read_stays_the_end() -> None:
    play = begun().to_baking(0)
    play.on(play.roll_back()).on(play.settle()).on(play.restored("staging")).in_phase("rolled_back")
    play.ignores(play.read("settle"))


# ---- before anything was changed


def test_targets_that_disagree_end_it_before_it_begins() -> None:
    play = begun()
    play.on(play.read(staging="another")).expect("post_timeline", code="targets_disagree")
    play.expect("post_summary", code="aborted", because="targets_disagree").in_phase("aborted")


def test_targets_that_cannot_be_read_are_read_again_until_they_can() -> None:
    play = begun()
    unread = play.unread("staging", why="no answer")
    play.on(unread).expect("post_timeline", code="start_held", problems=["staging: no answer"]).in_phase("queued")
    play.expect("set_timer", name="reminder").expect("set_timer", name="start")
    assert play.rotation.start_problem == "staging: no answer"
    play.after(minutes=1).on(play.timer("start")).expect("read_targets", purpose="start")
    # The same trouble is told once, another one is told.
    play.on(unread).expect("set_timer", name="start").never("post_timeline")
    play.on(play.unread("global", why="no answer")).expect("post_timeline", code="start_held").in_phase("queued")
    play.after(days=1).on(play.timer("reminder")).expect("post_timeline", code="still_waiting", phase="queued")
    play.on(play.timer("start")).on(play.read()).expect("clear_timer", name="reminder").in_phase("applying")
    assert not play.rotation.start_problem
    play.ignores(play.timer("start"))


def test_a_target_that_holds_another_model_ends_it_even_where_one_cannot_be_read() -> None:
    play = begun()
    readings = tuple(
        r.model_copy(update={"problem": "gone", "value": None} if r.target == "staging" else {"value": "another"})
        for r in play.held()
    )
    play.on(play.read().model_copy(update={"readings": readings}))
    play.expect("post_summary", because="targets_disagree").in_phase("aborted")


def test_what_could_not_be_read_waits_for_the_pause_and_for_the_slot() -> None:
    play = begun()
    play.on(play.unread("staging")).on(play.pause()).ignores(play.timer("start"))
    play.on(play.resume()).expect("read_targets").on(play.unread("staging"))
    play.on(play.taken("R41")).in_phase("queued").ignores(play.timer("start"))
    play.on(play.freed()).expect("read_targets").on(play.read()).in_phase("applying")


def test_aborted_while_it_was_queued() -> None:
    play = begun(blocked_by="R41")
    play.refuses(play.abort(NED), "not_entitled").on(play.abort()).in_phase("aborted").ignores(play.freed())
    play.refuses(play.abort(), "already_ended").ignores(play.was_down(hours=1))


# ---- dry runs


def test_a_dry_run_asks_and_tells_everything_and_writes_nothing() -> None:
    play = begun(plan(*STAGES, dry_run=True))
    seen = []
    play.on(play.read())
    while not play.rotation.ended:
        play.on(play.preflighted())
        seen += [e.facts["value"] for e in play.effects if e.kind == "post_timeline" and e.code == "would_set"]
        play.never("apply_target", "restore_target", "take_look")
        if play.rotation.phase == "awaiting_approval":
            play.on(play.approve(BOB))
    assert seen == ["new"] * 4
    assert (play.rotation.phase, play.rotation.end_detail, play.rotation.marks) == ("aborted", "dry_run", ("dry_run",))
    assert not play.rotation.ever_changed


# ---- the comparison does not open the first stage


def test_break_the_glass_needs_two_who_did_not_ask_for_it() -> None:
    play = begun(evidence=comparison(Verdict.FAIL))
    play.on(play.read()).expect("post_question").in_phase("awaiting_decision")
    assert play.rotation.decision is not None
    assert (play.rotation.decision.quorum, play.rotation.decision.default) == (2, "abort")
    play.refuses(play.decide(play.rotation.requester, Choice.GO_ON, "I want it"), "own_request")
    play.on(play.decide(BOB, Choice.GO_ON, "the old one dies tonight")).in_phase("awaiting_decision")
    play.refuses(play.decide(BOB, Choice.GO_ON, "really"), "already_approved")
    carol = BOB.model_copy(update={"id": "U3", "name": "carol"})
    play.on(play.decide(carol, Choice.GO_ON, "agreed")).expect("post_summary", code="went_on", mark="break_glass")
    play.expect("preflight", stage=0).in_phase("applying")
    assert play.rotation.marks == ("break_glass",)
    # Accepted once, it opens the other stages too, and the mark stays.
    play.applied().bake().in_phase("awaiting_approval")


def test_who_broke_no_glass_within_a_day_lets_it_end() -> None:
    play = begun(evidence=comparison(Verdict.FAIL, failed=(Dimension.COST,)))
    play.on(play.read())
    assert play.rotation.decision is not None
    assert play.rotation.decision.group == "finance"
    play.on(play.delivered()).after(days=1).on(play.timer("deadline")).in_phase("aborted")


def test_cannot_tell_opens_staging_and_asks_before_pilots() -> None:
    play = begun(evidence=comparison(Verdict.INCONCLUSIVE))
    play.on(play.read()).applied().bake().in_phase("awaiting_decision")
    assert play.rotation.decision is not None
    assert (play.rotation.decision.question, play.rotation.decision.default) == ("comparison_inconclusive", "roll_back")
    play.on(play.promote()).expect("post_question", question=play.decision)
    asked = play.decision
    play.on(play.decide(BOB, Choice.GO_ON, "enough for us")).expect("update_question", question=asked)
    play.in_phase("awaiting_approval")
    assert play.rotation.question(asked) is not None


def test_a_decision_by_somebody_who_may_not_begin() -> None:
    play = begun(plan(stage("global")), evidence=comparison(Verdict.INCONCLUSIVE)).on(begun().read())
    play.refuses(play.promote(NED), "not_entitled").refuses(play.decide(SAM, Choice.GO_ON, "x"), "not_entitled")
