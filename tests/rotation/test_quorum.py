"""Whose yes is still missing: counts, one of each of several groups, and that nobody stands for two."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rotation.model.people import Actor, Approval
from bot.rotation.quorum import Missing, missing
from bot.runbook.models import people
from bot.runbook.models.people import GroupName
from tests.rotation.cast import BOB, CAROL, FAY, FINANCE, ML, NED, NOON, SAM, SRE, STAGES, plan, stage
from tests.rotation.play import begun

BOTH = CAROL.model_copy(update={"groups": (ML, FINANCE)})
STANDS_IN = NED.model_copy(update={"administrator": True, "problems": (FINANCE,)})
EACH = people.Approval(groups=(ML, FINANCE), each=True)
TOGETHER = plan(STAGES[0], stage("global", groups=(ML, FINANCE), each=True))


def yes(*actors: Actor) -> list[Approval]:
    return [Approval(by=actor, at=NOON, digest="d") for actor in actors]


@pytest.mark.parametrize(
    ("rule", "said", "left"),
    [
        (people.Approval(groups=(ML,), count=0), (), Missing(0)),
        (people.Approval(groups=(ML,), count=2), (BOB,), Missing(1)),
        (people.Approval(groups=(ML, FINANCE), count=1), (FAY,), Missing(0)),
        (EACH, (), Missing(2, (ML, FINANCE))),
        (EACH, (BOB,), Missing(1, (FINANCE,))),
        (EACH, (BOB, CAROL), Missing(1, (FINANCE,))),
        (EACH, (FAY,), Missing(1, (ML,))),
        (EACH, (BOTH,), Missing(1, (FINANCE,))),  # one person is one yes
        (EACH, (BOTH, BOB), Missing(0)),
        (EACH, (BOTH, FAY), Missing(0)),
        (EACH, (BOB, STANDS_IN), Missing(0)),  # for the group that could not be read
        (EACH, (FAY, STANDS_IN), Missing(1, (ML,))),
        (people.Approval(groups=(ML, FINANCE), each=True, count=3), (BOB, FAY), Missing(1)),
        (people.Approval(groups=(ML, SRE, FINANCE), each=True), (BOTH,), Missing(2, (SRE, FINANCE))),
        (people.Approval(groups=(ML,), each=True), (BOB,), Missing(0)),
    ],
)
def test_what_is_still_missing(rule: people.Approval, said: tuple[Actor, ...], left: Missing) -> None:
    assert missing(rule, yes(*said)) == left


SOME_GROUPS = st.lists(st.sampled_from(GroupName), unique=True, max_size=3)


@given(SOME_GROUPS.filter(bool), st.lists(SOME_GROUPS, max_size=5), st.integers(1, 4))
def test_with_each_it_is_enough_exactly_when_different_people_can_stand_for_all_groups(
    groups: list[GroupName], said: list[list[GroupName]], count: int
) -> None:
    rule = people.Approval(groups=tuple(groups), each=True, count=count)
    actors = [BOB.model_copy(update={"id": f"U{at}", "groups": tuple(own)}) for at, own in enumerate(said)]
    stand = any(
        all(group in actor.groups for group, actor in zip(groups, chosen, strict=True))
        for chosen in itertools.permutations(actors, len(groups))
    )
    left = missing(rule, yes(*actors))
    assert left.nothing == (stand and len(actors) >= count)
    assert left.people >= len(left.groups)


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
