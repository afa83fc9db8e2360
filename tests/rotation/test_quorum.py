"""Whose yes is still missing: counts, one of each of several groups, Finance when a month breaks its envelope."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rotation.evidence import ENVELOPE, ComparedMonth, Dimension, Verdict
from bot.rotation.model.people import Actor, Approval
from bot.rotation.model.questions import Decision
from bot.rotation.model.rotation import Rotation
from bot.rotation.quorum import Seat, answers_missing, asked_groups, missing, open_seats, seats
from bot.runbook.models import people
from bot.runbook.models.people import GroupName
from tests.rotation.cast import (
    ALICE,
    BOB,
    CAROL,
    FAY,
    FINANCE,
    ML,
    NED,
    NOON,
    SAM,
    SRE,
    STAGES,
    check,
    comparison,
    plan,
    stage,
)
from tests.rotation.play import Play, begun

BOTH = CAROL.model_copy(update={"groups": (ML, FINANCE)})
STANDS_IN = NED.model_copy(update={"administrator": True, "problems": (FINANCE,)})
TOGETHER = plan(STAGES[0], stage("global", groups=(ML, FINANCE), each=True))


def yes(*actors: Actor) -> list[Approval]:
    return [Approval(by=actor, at=NOON, digest="d") for actor in actors]


def asking(rule: people.Approval) -> Rotation:
    asked = stage("global").model_copy(update={"approval": rule})
    return begun(plan(STAGES[0], asked)).rotation


@pytest.mark.parametrize(
    ("rule", "said", "left"),
    [
        (people.Approval(groups=(ML,), count=0), (), ()),
        (people.Approval(groups=(ML,), count=2), (BOB,), ((ML,),)),
        (people.Approval(groups=(ML, FINANCE), count=1), (FAY,), ()),
        (people.Approval(groups=(ML, FINANCE), each=True), (), ((ML,), (FINANCE,))),
        (people.Approval(groups=(ML, FINANCE), each=True), (BOB,), ((FINANCE,),)),
        (people.Approval(groups=(ML, FINANCE), each=True), (BOB, CAROL), ((FINANCE,),)),
        (people.Approval(groups=(ML, FINANCE), each=True), (FAY,), ((ML,),)),
        (people.Approval(groups=(ML, FINANCE), each=True), (BOTH,), ((FINANCE,),)),  # one person is one yes
        (people.Approval(groups=(ML, FINANCE), each=True), (BOTH, BOB), ()),
        (people.Approval(groups=(ML, FINANCE), each=True), (BOTH, FAY), ()),
        (people.Approval(groups=(ML, FINANCE), each=True), (BOB, STANDS_IN), ()),  # for the group nobody could read
        (people.Approval(groups=(ML, FINANCE), each=True), (FAY, STANDS_IN), ((ML,),)),
        (people.Approval(groups=(ML, FINANCE), each=True, count=3), (BOB, FAY), ((ML, FINANCE),)),
        (people.Approval(groups=(ML, SRE, FINANCE), each=True), (BOTH,), ((SRE,), (FINANCE,))),
        (people.Approval(groups=(ML,), each=True), (BOB,), ()),
    ],
)
def test_what_is_still_missing(rule: people.Approval, said: tuple[Actor, ...], left: tuple[Seat, ...]) -> None:
    assert missing(asking(rule), 1, yes(*said)) == left


SOME_GROUPS = st.lists(st.sampled_from(GroupName), unique=True, max_size=3)


@given(st.lists(SOME_GROUPS.filter(bool), max_size=4), st.lists(SOME_GROUPS, max_size=5))
def test_the_seats_left_open_are_as_few_as_can_be(wanted: list[list[GroupName]], said: list[list[GroupName]]) -> None:
    actors = [BOB.model_copy(update={"id": f"U{at}", "groups": tuple(own)}) for at, own in enumerate(said)]
    spare = [*actors, *[BOB.model_copy(update={"groups": ()})] * len(wanted)]
    most = max(
        sum(bool(set(seat) & set(actor.groups)) for seat, actor in zip(wanted, chosen, strict=True))
        for chosen in itertools.permutations(spare, len(wanted))
    )
    assert len(wanted) - len(open_seats([tuple(seat) for seat in wanted], yes(*actors))) == most


# ---- Finance, when a month with the new model breaks its envelope of 6,000

DEARER = ComparedMonth(usd=7000, low=6100, high=8000, current=5000, days=7)


def forecast(play: Play, verdict: Verdict) -> Play:
    """The last stage watched said that of a month."""
    found = check(verdict, Dimension.COST, "report").model_copy(update={"name": ENVELOPE, "unit": "USD a month"})
    (*before, last) = play.rotation.sealed
    sealed = (*before, last.model_copy(update={"checks": (*last.checks, found)}))
    play.rotation = play.rotation.model_copy(update={"sealed": sealed})
    return play


@pytest.mark.parametrize(
    ("month", "asked"),
    [
        (None, False),
        (DEARER, True),
        (DEARER.model_copy(update={"low": 5900}), False),
        (DEARER.model_copy(update={"low": 5000, "high": 5900}), False),
    ],
)
def test_before_a_stage_was_watched_the_comparison_says_what_a_month_costs(
    month: ComparedMonth | None, asked: bool
) -> None:
    rotation = begun(evidence=comparison().model_copy(update={"month": month})).rotation
    assert (FINANCE in asked_groups(rotation, 1)) is asked
    assert seats(rotation, 1) == (((FINANCE,), (ML,)) if asked else ((ML,),))


@pytest.mark.parametrize(
    ("verdict", "asked"), [(Verdict.FAIL, True), (Verdict.INCONCLUSIVE, False), (Verdict.PASS, False)]
)
def test_what_was_watched_counts_for_more(verdict: Verdict, asked: bool) -> None:
    play = begun(evidence=comparison().model_copy(update={"month": DEARER})).to_request(1)
    assert FINANCE in asked_groups(play.rotation, 1)
    assert (FINANCE in asked_groups(forecast(play, verdict).rotation, 1)) is asked


def test_without_an_envelope_there_is_nothing_to_break() -> None:
    rotation = begun(evidence=comparison().model_copy(update={"month": DEARER})).rotation
    free = rotation.plan.model_copy(update={"envelope_usd_per_month": None})
    assert FINANCE not in asked_groups(rotation.model_copy(update={"plan": free}), 1)


def test_a_stage_without_traffic_costs_nothing_and_is_not_asked_about() -> None:
    begun(evidence=comparison().model_copy(update={"month": DEARER})).on(begun().read()).in_phase("applying")


def test_a_stage_nobody_approves_is_asked_of_finance_alone() -> None:
    play = begun(plan(stage("global", count=0)), evidence=comparison().model_copy(update={"month": DEARER}))
    play.on(play.read()).in_phase("awaiting_approval").never("apply_target")
    play.refuses(play.approve(BOB), "not_entitled").refuses(play.approve(ALICE), "not_entitled")
    play.on(play.approve(FAY)).in_phase("applying")


def test_nothing_begins_before_finance_said_yes_too() -> None:
    play = begun(evidence=comparison().model_copy(update={"month": DEARER})).to_request(1)
    play.on(play.approve(BOB)).in_phase("awaiting_approval")
    play.refuses(play.approve(SAM), "not_entitled")
    play.on(play.approve(FAY)).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="pilots.1")


def test_a_stage_begins_when_somebody_of_each_group_said_yes() -> None:
    play = begun(TOGETHER).to_request(1)
    play.on(play.approve(BOB)).on(play.approve(CAROL)).in_phase("awaiting_approval")
    play.refuses(play.approve(SAM), "not_entitled")
    play.on(play.approve(FAY)).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="global")


def test_who_left_the_group_they_stood_for_is_missing_though_they_are_in_another_one() -> None:
    play = begun(TOGETHER).to_request(1)
    play.on(play.approve(BOTH)).on(play.approve(BOB)).in_phase("applying")
    play.on(play.preflighted(groups_now={BOTH.id: (ML,), BOB.id: (ML,)}))
    play.expect("post_timeline", because="approver_left").in_phase("awaiting_approval").never("apply_target")
    play.on(play.approve(FAY)).in_phase("applying")


def test_a_rule_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="needs nobody's"):
        people.Approval(groups=(ML, FINANCE), count=0, each=True)
    with pytest.raises(ValueError, match="twice"):
        people.Approval(groups=(ML, ML))


# ---- the yeses going on with a decision takes


OLD_DECISION = {
    "id": "R42-Q1",
    "question": "comparison_failed",
    "group": "ml",
    "choices": ["go_on", "abort"],
    "default": "abort",
    "asked_at": NOON,
    "quorum": 2,
}
"""As it was stored before other groups could be asked, too."""


def answered(decision: Decision, *actors: Actor) -> Decision:
    return decision.model_copy(update={"answers": tuple(yes(*actors))})


def test_a_decision_that_was_stored_asks_its_one_group() -> None:
    decision = Decision.model_validate(OLD_DECISION)
    assert decision.groups == (ML,)
    assert answers_missing(decision) == ((ML,), (ML,))
    assert answers_missing(answered(decision, BOB)) == ((ML,),)
    assert answers_missing(answered(decision, BOB, CAROL)) == ()


@pytest.mark.parametrize(
    ("each", "by", "left"),
    [
        (False, (), ((ML, SRE),) * 3),
        (False, (BOB, SAM), ((ML, SRE),)),
        (False, (BOB, SAM, CAROL), ()),
        (True, (), ((ML,), (SRE,), (ML, SRE))),
        (True, (BOB, ALICE), ((SRE,),)),  # two of ML fill ML's place and anybody's
        (True, (BOB, ALICE, CAROL), ()),  # whoever is in both stands for the one that lacks
        (True, (BOB, SAM), ((ML, SRE),)),
        (
            False,
            (BOB, STANDS_IN),
            ((ML, SRE), (ML, SRE)),
        ),  # an administrator stands for groups that could not be read, not for these
    ],
)
def test_so_many_of_several_groups_and_one_of_each_where_asked(
    each: bool, by: tuple[Actor, ...], left: tuple[Seat, ...]
) -> None:
    decision = Decision.model_validate({**OLD_DECISION, "also": ["sre"], "quorum": 3, "each": each})
    assert answers_missing(answered(decision, *by)) == left
