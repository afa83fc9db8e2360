"""At a terminal of the bot's machine: stopping is open to all, everything else to those the runbook knows."""

import pytest

from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from tests.rotation.cast import ALICE, BOB, comparison
from tests.rotation.play import begun

UNNAMED = Actor(id="terminal:root@web1", name="terminal:root@web1", terminal="unnamed")
STEERING = BOB.model_copy(update={"name": "terminal:bob@web1", "terminal": "steering"})
APPROVING = STEERING.model_copy(update={"terminal": "approving"})
OWN = ALICE.model_copy(update={"name": "terminal:alice@web1", "terminal": "approving"})


@pytest.mark.parametrize("who", [UNNAMED, STEERING, APPROVING], ids=["unnamed", "steering", "approving"])
def test_everybody_there_may_pause_and_roll_back(who: Actor) -> None:
    play = begun().to_baking(0)
    play.on(play.pause(who)).expect("post_timeline", code="paused", by=who.name).in_phase("paused")
    play.on(play.roll_back(who)).in_phase("rolling_back")


def test_whom_the_runbook_does_not_know_may_do_no_more() -> None:
    play = begun().to_request(1)
    play.refuses(play.approve(UNNAMED), "not_an_operator").refuses(play.reject(UNNAMED, "no"), "not_an_operator")
    play.refuses(play.abort(UNNAMED), "not_an_operator").refuses(play.promote(UNNAMED), "not_an_operator")
    play.on(play.pause(UNNAMED)).refuses(play.resume(UNNAMED), "not_an_operator")


def test_approvals_are_taken_from_there_only_where_the_runbook_says_so() -> None:
    play = begun().to_request(1)
    play.refuses(play.approve(STEERING), "no_terminal_approvals")
    play.refuses(play.reject(STEERING, "no"), "no_terminal_approvals")
    play.refuses(play.approve(OWN), "own_request")
    play.on(play.approve(APPROVING)).expect("preflight", stage=1)


def test_decisions_too() -> None:
    play = begun(evidence=comparison(Verdict.FAIL, failed=(Dimension.QUALITY,)))
    play.on(play.read()).in_phase("awaiting_decision")
    play.refuses(play.decide(STEERING, Choice.GO_ON, "we know why"), "no_terminal_approvals")
    play.on(play.decide(APPROVING, Choice.GO_ON, "we know why")).expect("post_timeline", code="decision_vote")
