"""Approve what you saw: who may say yes, to what, how often it counts, and the look right before the change."""

from datetime import timedelta

import pytest

from bot.rotation.events import Approve, Promote, WayBackChecked
from bot.rotation.evidence import Verdict
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.policy import digest_now
from bot.runbook.models.limits import Deadlines
from bot.runbook.models.people import Approval
from tests.rotation.cast import (
    ALICE,
    BOB,
    CAROL,
    FAY,
    FINANCE,
    GUS,
    MEL,
    ML,
    MODELS,
    NED,
    NOON,
    RETIRED,
    ROBO,
    SAM,
    SPARE,
    STAGES,
    comparison,
    plan,
    stage,
)
from tests.rotation.play import Play, begun

TWO = plan(STAGES[0], stage("global", count=2, groups=(ML, FINANCE)))


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (ALICE, "own_request"),
        (SAM, "not_entitled"),
        (NED, "not_entitled"),
        (MEL, "not_entitled"),
        (GUS, "no_guests"),
        (ROBO, "no_bots"),
        (BOB.model_copy(update={"stranger": True}), "no_guests"),
        (BOB.model_copy(update={"groups": (), "problems": (ML,)}), "group_unresolved"),
    ],
)
def test_who_may_not_approve_is_told_the_rule(actor: Actor, code: str) -> None:
    play = begun().to_request(1)
    play.refuses(play.approve(actor), code).in_phase("awaiting_approval")


def test_an_administrator_may_while_the_group_cannot_be_read() -> None:
    admin = NED.model_copy(update={"administrator": True, "problems": (ML,)})
    play = begun().to_request(1)
    play.on(play.approve(admin)).in_phase("applying")
    # Nobody can say that an administrator has left a group they never were in.
    play.on(play.preflighted(groups_now={})).expect("apply_target", target="pilots.1")


def test_the_requester_may_where_the_runbook_says_so() -> None:
    play = begun(plan(STAGES[0], stage("global", requester_may=True))).to_request(1)
    play.on(play.approve(ALICE)).in_phase("applying")


def test_a_click_on_other_evidence_or_another_request_is_refused() -> None:
    play = begun().to_request(1)
    stale = Approve(at=play.at, actor=BOB, request=play.request, digest="what was shown yesterday")
    play.refuses(stale, "stale_evidence")
    play.refuses(Approve(at=play.at, actor=BOB, request="R42-Q1", digest=play.digest), "stale_question")


def test_a_person_in_two_groups_counts_once() -> None:
    both = CAROL.model_copy(update={"groups": (ML, FINANCE)})
    play = begun(TWO).to_request(1)
    play.on(play.approve(both)).expect("update_question").in_phase("awaiting_approval")
    play.refuses(play.approve(both), "already_approved")
    play.on(play.approve(FAY)).in_phase("applying")
    assert play.rotation.approvers == (both.id, FAY.id)


def test_the_second_click_after_the_last_approval_hears_the_truth() -> None:
    play = begun().to_request(1)
    click = play.approve(BOB)
    play.on(click).refuses(click, "already_decided")
    assert play.facts["outcome"] == "approved"
    assert play.facts["by"] == "bob"
    play.refuses(play.reject(CAROL), "already_decided")


def test_a_comparison_past_its_age_opens_nothing() -> None:
    play = begun().to_request(1)
    play.after(days=8).refuses(play.approve(BOB), "comparison_too_old").in_phase("awaiting_approval")


def test_reject_before_any_change_is_the_end() -> None:
    play = begun(plan(stage("pilots"), stage("global")))
    play.on(play.read()).in_phase("awaiting_approval")
    play.refuses(play.reject(NED, "no"), "not_entitled")
    play.on(play.reject(BOB, "not on a Friday")).expect("update_question").expect("post_summary", code="rejected")
    play.in_phase("rejected")
    assert play.rotation.end_detail == "not on a Friday"
    assert play.rotation.request is not None
    assert play.rotation.request.outcome == "rejected"


def test_reject_after_a_change_goes_back() -> None:
    play = begun().to_request(1)
    play.on(play.reject(BOB, "too dear")).expect("restore_target", target="staging").in_phase("rolling_back")
    assert play.rotation.rollback is not None
    assert (play.rotation.rollback.cause, play.rotation.rollback.reason) == ("rejected", "too dear")
    assert play.rotation.request is not None
    assert play.rotation.request.outcome == "rejected"


def test_promote_posts_the_request_again_and_never_approves() -> None:
    play = begun().to_request(1)
    play.on(play.promote()).expect("post_question", question=play.request).in_phase("awaiting_approval")
    play.refuses(play.promote(NED), "not_entitled")


# ---- right before the change


def sent_back(play: Play, reason: str, **found: object) -> Play:
    play.on(play.preflighted(**found)).expect("post_timeline", because=reason).expect("post_question")
    play.in_phase("awaiting_approval").never("apply_target")
    assert play.rotation.request is not None
    assert play.rotation.request.note == reason
    return play


def test_somebody_else_changed_a_target() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    sent_back(play, "targets_changed", readings=play.held(**{"global": "another"})).never("page")
    # The comparison is void: yeses to it are gone.
    assert play.rotation.request is not None
    assert play.rotation.request.approvals == ()


def test_a_target_of_ours_no_longer_holds_what_was_written() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    sent_back(play, "targets_changed", readings=play.held(staging="another"))
    assert any(effect.kind == "page" and effect.cause == "target_drifted" for effect in play.effects)


def test_a_comparison_that_became_too_old_between_click_and_change() -> None:
    play = begun(evidence=comparison(finished_at=NOON - timedelta(days=7))).on(begun().read())
    play.after(seconds=1)
    sent_back(play, "comparison_too_old")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"way_back_ok": False, "way_back_detail": "404"}, "way_back_broken"),
        ({"groups_problem": "Slack is down"}, "group_unresolved"),
    ],
)
def test_what_says_nothing_about_the_evidence_keeps_the_approvals(found: dict[str, object], reason: str) -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    sent_back(play, reason, **found)
    play.refuses(play.approve(BOB), "already_approved")
    play.on(play.promote()).expect("preflight").in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="pilots.1")


def test_a_broken_way_back_is_told_to_sre() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted(way_back_ok=False, way_back_detail="404"))
    play.expect("page", cause="way_back_broken")
    play.on(play.promote()).on(play.preflighted()).expect("post_timeline", code="way_back_works")


def test_a_target_that_cannot_be_read() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    readings = tuple(r.model_copy(update={"problem": "permission denied"}) for r in play.held())
    sent_back(play, "target_unreadable", readings=readings)
    play.on(play.promote()).in_phase("applying")


def test_an_approver_who_left_the_group_is_missing_and_the_others_are_not() -> None:
    play = begun(TWO).to_request(1)
    play.on(play.approve(BOB)).on(play.approve(FAY))
    sent_back(play, "approver_left", groups_now={"U2": (), "U5": (FINANCE,)})
    assert play.rotation.request is not None
    assert [yes.by.name for yes in play.rotation.request.approvals] == ["fay"]
    play.on(play.approve(CAROL)).in_phase("applying")


def test_a_stage_that_needs_nobody_is_tried_again_by_promote() -> None:
    play = begun().on(begun().read())
    sent_back(play, "way_back_broken", way_back_ok=False)
    play.on(play.promote()).expect("preflight", stage=0).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="staging")


def test_approvals_that_are_not_for_this_evidence_are_seen_before_the_change() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    # Nothing leads here today; if something ever does, the second check must hold.
    play.rotation = play.rotation.model_copy(update={"comparison": comparison(name="D18")})
    sent_back(play, "stale_evidence")


def test_an_answer_for_another_stage_or_heard_twice_says_nothing() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    play.ignores(play.preflighted(stage=0)).ignores(play.preflighted(attempt=2))
    found = play.preflighted()
    play.on(found).ignores(found)


# ---- `promote D18`


def test_a_new_comparison_needs_new_approvals() -> None:
    play = begun(TWO).to_request(1)
    play.on(play.approve(BOB))
    asked = play.request
    play.on(play.renew(comparison(name="D18"))).expect("update_question", question=asked).expect("post_question")
    play.in_phase("awaiting_approval")
    assert (play.rotation.stage, play.rotation.attempt) == (1, 2)
    assert play.rotation.request is not None
    assert play.rotation.request.approvals == ()
    # The message of the old request is brought up to date even though it is no longer the one that is open.
    old = play.rotation.question(asked)
    assert old is not None
    assert old.outcome == "superseded"
    assert play.rotation.question("R1-Q1") is None
    play.refuses(Approve(at=play.at, actor=FAY, request=asked, digest="x"), "already_decided")
    assert play.facts["outcome"] == "superseded"


def test_identical_evidence_keeps_approvals() -> None:
    play = begun(TWO).to_request(1)
    play.on(play.approve(BOB))
    play.on(play.renew(comparison(name="D18", digest="digest of D17"))).expect("post_question", question=play.request)
    assert (play.rotation.attempt, play.rotation.comparison.id) == (1, "D18")
    play.on(play.approve(FAY)).in_phase("applying")


def test_the_way_back_of_a_rotation_stays_when_its_comparison_is_renewed() -> None:
    play = begun(TWO).to_request(1)
    play.on(play.approve(BOB))
    event = play.renew(comparison(name="D18", digest="digest of D17"))
    # Another model is named, but it is what was held that is restored: nothing of what was approved is another now.
    named = event.model_copy(update={"models": MODELS.model_copy(update={"rollback": SPARE})})
    play.on(named).expect("post_question", question=play.request)
    assert play.rotation.models == MODELS
    play.on(play.approve(FAY)).in_phase("applying")


def test_another_way_back_needs_new_approvals_however_equal_the_figures() -> None:
    play = begun(TWO).to_request(1)
    play.on(play.approve(BOB)).on(WayBackChecked(at=play.at, ok=True))
    before = play.digest
    event = play.renew(comparison(name="D18", digest="digest of D17", alone=True))
    play.on(event.model_copy(update={"models": RETIRED}))
    play.expect("post_timeline", code="way_back_changed", model="spare", before="old").expect("post_question")
    assert play.rotation.request is not None
    assert (play.rotation.request.approvals, play.rotation.way_back) == ((), None)
    assert play.digest != before
    play.on(play.approve(BOB)).on(play.approve(FAY)).applied().on(play.roll_back())
    play.expect("restore_target", target="global", value="spare").expect("restore_target", value="spare")


def test_the_old_model_that_answers_again_is_gone_back_to_again() -> None:
    play = begun(models=RETIRED, evidence=comparison(alone=True)).to_request(1)
    before = play.digest
    event = play.renew(comparison(name="D18", digest="digest of D17"))
    play.on(event.model_copy(update={"models": MODELS})).expect("post_timeline", model="old", before="spare")
    assert play.digest != before


def test_the_new_model_is_never_the_way_back() -> None:
    play = begun().to_request(1)
    event = play.renew(comparison(name="D18", alone=True))
    itself = MODELS.model_copy(update={"rollback": MODELS.candidate, "restore_named": True})
    play.refuses(event.model_copy(update={"models": itself}), "same_model")
    assert play.facts["rollback"]


def test_a_request_of_an_earlier_release_on_other_evidence_is_asked_anew() -> None:
    play = begun().to_request(1)
    request = play.rotation.request
    assert request is not None
    for again in (play.promote, play.resume):
        if again == play.resume:
            play.on(play.pause())
        asked = play.request
        older = request.model_copy(update={"id": asked, "digest": "as it was then"})
        play.rotation = play.rotation.model_copy(update={"request": older})
        play.on(again()).expect("update_question", question=asked).expect("post_question").in_phase("awaiting_approval")
        assert play.digest == digest_now(play.rotation)


def test_a_comparison_of_something_else_is_refused() -> None:
    play = begun().to_request(1)
    new = comparison(name="D18")
    event = play.renew(new)
    assert event.models is not None
    other = event.models.model_copy(update={"candidate": event.models.rollback})
    play.refuses(event.model_copy(update={"models": other}), "comparison_mismatch")
    play.refuses(event.model_copy(update={"slot": "search"}), "comparison_mismatch")
    play.refuses(event.model_copy(update={"models": None}), "comparison_mismatch")
    play.refuses(play.renew(comparison(finished_at=NOON - timedelta(days=8))), "comparison_too_old")
    play.refuses(play.renew(new, by=NED), "not_entitled")


def test_a_new_comparison_that_fails_asks_for_breaking_the_glass() -> None:
    play = begun().to_request(1)
    play.on(play.renew(comparison(Verdict.FAIL, name="D18"))).in_phase("awaiting_decision")
    assert play.rotation.decision is not None
    assert play.rotation.decision.question == "comparison_failed"
    # Broken, it asks for approval of the same attempt: an answer of the one before stays apart.
    for by in (BOB, CAROL):
        play.on(play.decide(by, Choice.GO_ON, "the old one dies tonight"))
    play.in_phase("awaiting_approval")
    assert play.rotation.request is not None
    assert (play.rotation.request.stage, play.rotation.request.attempt) == (1, 2)


def test_a_new_comparison_leaves_a_question_about_a_bake_alone() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE).in_phase("awaiting_decision")
    asked = play.decision
    play.on(play.renew(comparison(name="D18"))).never("post_question").in_phase("awaiting_decision")
    assert (play.decision, play.rotation.attempt, play.rotation.comparison.id) == (asked, 1, "D18")


def test_a_new_comparison_does_not_jump_the_queue() -> None:
    play = begun(blocked_by="R41")
    play.on(play.renew(comparison(name="D18"))).in_phase("queued").never("preflight", "post_question")
    assert play.rotation.comparison.id == "D18"


def test_a_new_comparison_answers_the_question_about_the_old_one() -> None:
    play = begun(plan(deadlines=Deadlines()), evidence=comparison(Verdict.FAIL))
    play.on(play.read()).in_phase("awaiting_decision")
    play.on(play.renew(comparison(Verdict.FAIL, name="D17", digest="digest of D17"))).expect("post_question")
    play.in_phase("awaiting_decision")
    play.on(play.renew(comparison(name="D18"))).expect("preflight", stage=0, attempt=2).in_phase("applying")


def test_promote_where_nothing_is_asked_is_refused() -> None:
    play = begun().to_baking(0)
    play.refuses(Promote(at=play.at, actor=ALICE), "not_in_phase")


def test_approval_by_count_zero_needs_no_groups() -> None:
    nobody = Approval(count=0)
    assert plan(stage("global", count=0)).stages[0].approval == nobody
    play = begun(plan(stage("global", count=0)))
    play.on(play.read()).on(play.preflighted(groups_problem="Slack is down")).expect("apply_target", target="global")
