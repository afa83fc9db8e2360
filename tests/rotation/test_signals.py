"""Checks that ask instead of rolling back: who is asked, how often, and what an answer does to the rest of the bake."""

import pytest

from bot.rotation.evidence import CheckResult, Dimension, Verdict
from bot.rotation.model.questions import Choice, Decision
from tests.rotation.cast import BOB, CAROL, FAY, SAM, check
from tests.rotation.play import Play, begun

DEARER = check(Verdict.FAIL, Dimension.COST, "signal").model_copy(update={"reason": "beyond_margin"})
FINE = check(Verdict.PASS)


def asking(play: Play, *checks: CheckResult) -> Play:
    """A look whose guardrails are fine and whose signals are not."""
    return play.look_due(Verdict.INCONCLUSIVE, checks=(FINE, *(checks or (DEARER,))))


def decision_of(play: Play) -> Decision:
    assert play.rotation.decision is not None
    return play.rotation.decision


def asked() -> Play:
    return asking(begun().to_baking(1)).in_phase("awaiting_decision")


def test_a_failed_signal_asks_the_owner_and_changes_nothing() -> None:
    play = asked().expect("post_question").never("restore_target", "page")
    decision = decision_of(play)
    assert (decision.question, decision.group, decision.default) == ("signal_failed", "finance", "roll_back")
    assert decision.reasons == ("cost p95: beyond_margin",)


def test_accepted_with_a_reason_the_bake_goes_on_and_ends_with_that_on_it() -> None:
    play = asked()
    play.on(play.decide(FAY, Choice.GO_ON, "budgeted")).in_phase("baking")
    asking(play).in_phase("awaiting_approval")
    sealed = play.rotation.sealed[-1]
    assert (sealed.verdict, sealed.accepted_by, sealed.accepted_reason) == (Verdict.INCONCLUSIVE, "fay", "budgeted")
    assert "accepted_signal" in play.rotation.marks


def test_accepted_and_fine_again_the_bake_passes_by_itself() -> None:
    play = asked()
    play.on(play.decide(FAY, Choice.GO_ON, "budgeted")).look_due().in_phase("awaiting_approval")
    assert (play.rotation.sealed[-1].verdict, play.rotation.sealed[-1].accepted_by) == (Verdict.PASS, None)


def test_what_was_accepted_says_nothing_of_another_signal() -> None:
    play = asked()
    play.on(play.decide(FAY, Choice.GO_ON, "budgeted"))
    slower = check(Verdict.FAIL, Dimension.LATENCY, "signal")
    asking(play, DEARER, slower).in_phase("awaiting_decision")
    assert (decision_of(play).question, decision_of(play).group) == ("bake_inconclusive", "sre")


def test_kept_watching_it_asks_again_only_at_the_end() -> None:
    play = begun().to_baking(2)  # the last stage
    asking(play)
    play.on(play.decide(FAY, Choice.EXTEND)).in_phase("baking")
    asking(play).in_phase("awaiting_decision")
    assert (decision_of(play).question, decision_of(play).group) == ("bake_inconclusive", "finance")


def test_each_signal_is_asked_about_once() -> None:
    play = asked()
    play.on(play.decide(FAY, Choice.EXTEND))
    assert play.rotation.watched.signals_asked == ("cost p95",)
    play.on(play.pause()).look_due(Verdict.INCONCLUSIVE, checks=(FINE, DEARER)).never("post_question")


def test_a_guardrail_that_fails_while_a_signal_is_asked_about_goes_back() -> None:
    play = asked()
    play.look_due(Verdict.FAIL, checks=(check(Verdict.FAIL), DEARER)).in_phase("rolling_back")
    assert decision_of(play).outcome == "rolled_back"


def test_one_that_fails_during_a_pause_is_asked_about_at_resume() -> None:
    play = begun().to_baking(1)
    asking(play.on(play.pause())).in_phase("paused").never("post_question")
    play.on(play.resume()).in_phase("awaiting_decision").expect("post_question")
    assert decision_of(play).question == "signal_failed"


def test_an_answer_during_a_pause_counts_at_resume() -> None:
    play = asked()
    play.on(play.pause()).on(play.decide(FAY, Choice.GO_ON, "budgeted")).in_phase("paused")
    play.on(play.resume()).in_phase("baking")
    assert play.rotation.watched.accepted == ("cost p95",)


def test_looks_go_on_while_it_is_asked_and_the_answer_finds_the_bake_complete() -> None:
    play = asked()
    asking(play).in_phase("awaiting_decision")
    play.on(play.decide(FAY, Choice.GO_ON, "budgeted")).in_phase("awaiting_approval")
    assert play.rotation.sealed[-1].accepted_by == "fay"


def test_nobody_answers_and_it_goes_back() -> None:
    play = asked()
    play.on(play.delivered()).after(days=1).on(play.timer("deadline")).in_phase("rolling_back")


@pytest.mark.parametrize("actor", [BOB, SAM])
def test_only_the_owner_goes_on(actor: object) -> None:
    play = asked()
    play.refuses(play.decide(actor, Choice.GO_ON, "why not"), "not_entitled")  # type: ignore[arg-type]


def test_going_on_needs_a_reason() -> None:
    play = asked()
    play.refuses(play.decide(FAY, Choice.GO_ON, " "), "reason_needed")


def test_several_owners_are_one_question_to_ml() -> None:
    play = asking(begun().to_baking(1), DEARER, check(Verdict.FAIL, Dimension.LATENCY, "signal"))
    assert decision_of(play).group == "ml"
    play.on(play.decide(CAROL, Choice.GO_ON, "known")).in_phase("baking")
    assert set(play.rotation.watched.accepted) == {"cost p95", "latency p95"}


def test_a_report_that_fails_holds_nothing() -> None:
    play = begun().to_baking(1).look_due(checks=(FINE, check(Verdict.FAIL, Dimension.COST, "report")))
    play.in_phase("baking").never("post_question")
