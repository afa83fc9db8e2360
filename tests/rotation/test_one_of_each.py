"""ML *and* Finance: one person of each group, one group a person, and who is still missing at every step."""

import pytest

from bot.rotation.missing import Missing, missing
from bot.rotation.model.people import Actor
from bot.rotation.model.people import Approval as Yes
from bot.runbook.models.people import Approval
from tests.rotation.cast import ALICE, BOB, CAROL, FAY, FINANCE, ML, NED, NOON, SAM, SRE, STAGES, plan, stage
from tests.rotation.play import Play, begun

BOTH = CAROL.model_copy(update={"id": "U3b", "name": "bea", "groups": (ML, FINANCE)})
ADMIN = NED.model_copy(update={"id": "U7a", "name": "ada", "administrator": True, "problems": (FINANCE,)})
EACH = Approval(one_of_each=(ML, FINANCE))
THREE = Approval(groups=(ML, SRE, FINANCE), count=3, one_of_each=(ML, FINANCE))
ALL = Approval(one_of_each=(ML, SRE, FINANCE))


@pytest.mark.parametrize(
    ("rule", "people", "left"),
    [
        (EACH, [], (2, (ML, FINANCE), (ML, FINANCE))),
        (EACH, [BOB], (1, (FINANCE,), (FINANCE,))),
        (EACH, [BOB, CAROL], (1, (FINANCE,), (FINANCE,))),
        (EACH, [BOB, BOB], (1, (FINANCE,), (FINANCE,))),
        (EACH, [SAM], (2, (ML, FINANCE), (ML, FINANCE))),
        (EACH, [BOTH], (1, (), (ML, FINANCE))),
        (EACH, [BOTH, BOB], (0, (), (ML, FINANCE))),
        (EACH, [BOB, BOTH], (0, (), (ML, FINANCE))),
        (EACH, [FAY, BOTH], (0, (), (ML, FINANCE))),
        (EACH, [BOB, ADMIN], (0, (), (ML, FINANCE))),
        (EACH, [BOB, NED.model_copy(update={"problems": (FINANCE,)})], (1, (FINANCE,), (FINANCE,))),
        (THREE, [BOB, CAROL, SAM], (1, (FINANCE,), (FINANCE,))),
        (THREE, [BOB, FAY], (1, (), (ML, SRE, FINANCE))),
        (THREE, [BOB], (2, (FINANCE,), (ML, SRE, FINANCE))),
        (THREE, [BOB, FAY, SAM], (0, (), (ML, SRE, FINANCE))),
        (ALL, [CAROL, BOTH], (1, (), (ML, SRE, FINANCE))),
        (ALL, [CAROL, BOTH, BOB], (0, (), (ML, SRE, FINANCE))),
        (Approval(count=2), [BOB], (1, (), (ML,))),
        (Approval(groups=(ML, SRE)), [CAROL], (0, (), (ML, SRE))),
    ],
)
def test_who_is_still_missing(rule: Approval, people: list[Actor], left: tuple[object, ...]) -> None:
    said_yes = [Yes(by=actor, at=NOON, digest="d") for actor in people]
    found = missing(rule, said_yes)
    assert (found.people, found.each, found.groups) == left
    assert found.nobody == (left[0] == 0)
    assert isinstance(found, Missing)


def asked() -> Play:
    return begun(plan(STAGES[0], stage("global", count=2, groups=(ML, FINANCE), each=(ML, FINANCE)))).to_request(1)


def test_two_of_the_same_group_do_not_begin_the_change() -> None:
    play = asked()
    play.on(play.approve(BOB)).expect("post_timeline", code="approved", missing=_left(1, [FINANCE]))
    play.on(play.approve(CAROL)).in_phase("awaiting_approval").never("preflight")
    play.on(play.approve(FAY)).expect("post_timeline", code="approved").expect("preflight").in_phase("applying")
    assert "missing" not in next(e.facts for e in play.effects if e.kind == "post_timeline")


def _left(people: int, groups: list[str]) -> dict[str, object]:
    return {"people": people, "each": groups, "groups": groups}


def test_who_may_not_hears_which_group_is_still_missing() -> None:
    play = asked()
    play.on(play.approve(BOB)).refuses(play.approve(SAM), "not_entitled")
    assert play.facts["groups"] == [FINANCE]
    play.refuses(play.approve(BOB), "already_approved")
    assert play.facts["groups"] == [FINANCE]
    play.refuses(play.approve(ALICE), "own_request")
    assert play.facts["groups"] == [FINANCE]


def test_a_yes_that_is_taken_back_leaves_its_group_missing() -> None:
    play = asked()
    play.on(play.approve(FAY)).on(play.withdraw(FAY)).on(play.approve(BOB)).in_phase("awaiting_approval")
    play.on(play.approve(FAY)).in_phase("applying")


def test_who_left_one_of_two_groups_stands_for_the_other_only() -> None:
    play = asked()
    play.on(play.approve(BOTH)).on(play.approve(BOB)).in_phase("applying")
    play.on(play.preflighted(groups_now={BOTH.id: (ML,), BOB.id: (ML,)}))
    play.expect("post_timeline", because="approver_left", people="bea", groups=[FINANCE]).never("apply_target")
    play.in_phase("awaiting_approval")
    play.on(play.approve(FAY)).on(play.preflighted()).expect("apply_target", target="global")


def test_who_left_a_group_they_did_not_have_to_stand_for_is_not_missed() -> None:
    play = asked()
    play.on(play.approve(BOTH)).on(play.approve(BOB)).in_phase("applying")
    play.on(play.preflighted(groups_now={BOTH.id: (FINANCE,), BOB.id: (ML,)})).expect("apply_target", target="global")


def test_an_administrator_stands_for_the_group_that_cannot_be_read_and_for_no_other() -> None:
    play = asked()
    play.on(play.approve(ADMIN)).expect("post_timeline", code="approved", missing=_left(1, [ML]))
    play.on(play.approve(BOB)).on(play.preflighted(groups_now={BOB.id: (ML,)})).expect("apply_target")
    alone = asked()
    other = ADMIN.model_copy(update={"problems": (SRE,)})
    alone.refuses(alone.approve(other), "not_entitled")
