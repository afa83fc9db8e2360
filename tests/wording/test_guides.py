"""Help about a model setting says whose yes each stage takes, and who may do what."""

import pytest

from bot.engine.guide import slot_guide
from bot.engine.models.guides import Guide
from bot.runbook.models.authority import HOUSE, AuthorityPlan, BreakGlassPlan, Who
from bot.runbook.models.people import Approval
from bot.wording.guides import more_text, slot_text
from bot.wording.text import plain
from tests.rotation.cast import FINANCE, ML, SRE, STAGES, plan, stage


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Approval(count=0), "global: no approval"),
        (Approval(groups=(ML,)), "1 approval by ML, not who began it"),
        (Approval(groups=(ML, FINANCE), count=2, requester_may=True), "2 approvals by ML or Finance;"),
        (Approval(groups=(ML, FINANCE), each=True), "2 approvals by ML or Finance, one of each, not who began it"),
    ],
)
def test_whose_yes_a_stage_takes(rule: Approval, said: str) -> None:
    asked = stage("global").model_copy(update={"approval": rule})
    told = plain(slot_text(slot_guide(plan(STAGES[0], asked))))
    assert said.removeprefix("global: ") in told


GLASS = "Break-glass, going on although the comparison says worse, takes"
NAMED = AuthorityPlan(
    compare=(Who.ML,),
    steer=(Who.SRE, Who.CHANNEL),
    settle=(FINANCE,),
    freeze=(SRE,),
    break_glass=BreakGlassPlan(groups=(ML, SRE), count=3),
)


@pytest.mark.parametrize(
    ("authority", "lines"),
    [
        (
            HOUSE,
            [
                "Who may compare: members of the channel",
                "Who may begin, ask again, resume and end a rotation: members of the channel, ML, SRE or Finance",
                "Who may retry, settle by hand, confirm, take hands off: ML or SRE",
                "Who may freeze: ML, SRE or Finance",
                f"{GLASS}: 2 people of the group that owns what got worse",
            ],
        ),
        (
            NAMED,
            [
                "Who may compare: ML",
                "Who may begin, ask again, resume and end a rotation: members of the channel or SRE",
                "Who may retry, settle by hand, confirm, take hands off: Finance",
                "Who may freeze: SRE",
                f"{GLASS}: 3 people of ML or SRE",
            ],
        ),
    ],
)
def test_who_may_do_what_is_told_of_a_slot_and_of_all(authority: AuthorityPlan, lines: list[str]) -> None:
    slot = slot_guide(plan(authority=authority))
    for told in (slot_text(slot), more_text(Guide(slots=(slot,)))):
        shown = plain(told).splitlines()
        assert [line for line in lines if line not in shown] == []
        assert any(
            line.startswith("Who may pause: members of the channel and every group. Who may roll") for line in shown
        )


def test_where_slots_differ_each_is_named_with_its_own() -> None:
    plans = (plan(), plan(authority=NAMED).model_copy(update={"slot": "search"}))
    told = plain(more_text(Guide(slots=tuple(slot_guide(one) for one in plans), fallback_group=ML)))
    assert "Who may freeze: ML, SRE or Finance (chat); SRE (search)" in told
    assert "left open by it, ML" in told
    each = BreakGlassPlan(groups=(ML, FINANCE), each=True)
    one = plain(slot_text(slot_guide(plan(authority=AuthorityPlan(break_glass=each)))))
    assert "takes: 2 people of ML or Finance, one of each" in one
