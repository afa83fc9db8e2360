"""What is said of a decision that takes several people of several groups: how many, whose, and who is missing."""

import pytest

from bot.engine.models.notes import CardNote
from bot.engine.models.shown import SlotStatus
from bot.rotation.evidence import Verdict
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.runbook.models.authority import HOUSE, AuthorityPlan, BreakGlassPlan
from bot.wording.decisions import decision_ask
from bot.wording.statuses import waits_for
from bot.wording.text import plain
from bot.wording.waits import waiting
from tests.rotation.cast import BOB, CAROL, ML, NOON, SAM, SRE, comparison, plan, stage
from tests.rotation.play import Play, begun

THREE = AuthorityPlan(break_glass=BreakGlassPlan(groups=(ML, SRE), count=3))
EACH = AuthorityPlan(break_glass=BreakGlassPlan(groups=(ML, SRE), each=True))
ALONE = AuthorityPlan(break_glass=BreakGlassPlan(count=1))


def broken(authority: AuthorityPlan, *people: Actor, own: bool = False) -> Play:
    first = stage("staging", requester_may=own)
    play = begun(plan(first, stage("global"), authority=authority), evidence=comparison(Verdict.FAIL))
    play.on(play.read())
    for person in people:
        play.on(play.decide(person, Choice.GO_ON, "the old one dies"))
    return play


@pytest.mark.parametrize(
    ("authority", "people", "asks", "waits"),
    [
        (HOUSE, (), "ML: please decide. Going on takes 2 of you, other", "ML to decide: 2 more answers by ML"),
        (HOUSE, (BOB,), "1 of 2 answers to go on (missing: 1 answer by ML)", "ML to decide: 1 more answer by ML"),
        (ALONE, (), "ML: please decide. Going on takes one of you, other", "ML to decide"),
        (THREE, (), "ML or SRE: please decide. Going on takes 3 of you, other", "ML or SRE to decide: 3 more answers"),
        (
            THREE,
            (BOB, SAM),
            "2 of 3 answers to go on (missing: 1 answer by ML or SRE)",
            "ML or SRE to decide: 1 more answer by ML or SRE",
        ),
        (
            EACH,
            (),
            "Going on takes 1 answer by ML and 1 by SRE, nobody twice, other than alice, who began this.",
            "ML or SRE to decide: 1 more answer by ML and 1 by SRE",
        ),
        (EACH, (CAROL,), "(missing: 1 answer by SRE)", "1 more answer by SRE"),
        (EACH, (BOB,), "(missing: 1 answer by SRE)", "1 more answer by SRE"),
    ],
)
def test_how_many_are_needed_and_whose_yes_is_missing(
    authority: AuthorityPlan, people: tuple[Actor, ...], asks: str, waits: str
) -> None:
    rotation = broken(authority, *people).rotation
    assert rotation.decision is not None
    assert asks in plain(decision_ask(rotation, rotation.decision, {}))
    who, _, left = waits.rpartition(": ")
    card = plain(waiting(CardNote(rotation=rotation, now=NOON, actions=())))
    assert f"Waiting for: {who}" in card
    assert left in card
    status = waits_for(SlotStatus(slot="chat", stages=(), models={}, rotation=rotation))
    assert status == f"waits for {'ML' if authority in {HOUSE, ALONE} else 'ML or SRE'} to decide"


def test_where_the_requester_counts_nobody_is_excepted() -> None:
    rotation = broken(HOUSE, own=True).rotation
    assert rotation.decision is not None
    assert "Going on takes 2 of you.\n" in plain(decision_ask(rotation, rotation.decision, {}))


def test_whose_yes_is_missing_is_told_to_who_answers_and_in_the_thread() -> None:
    (told,) = [e for e in broken(EACH, BOB).effects if e.kind == "post_timeline"]
    assert (told.facts["needed"], told.facts["missing"]) == (2, [["sre"]])
    assert broken(EACH, BOB, SAM).rotation.marks == ("break_glass",)
    assert not broken(THREE, BOB, SAM).rotation.marks
    assert broken(THREE, BOB, SAM, CAROL).rotation.marks == ("break_glass",)
