"""Help about a model setting says whose yes each stage takes."""

import pytest

from bot.engine.guide import slot_guide
from bot.runbook.models.people import Approval
from bot.wording.guides import slot_text
from bot.wording.text import plain
from tests.rotation.cast import FINANCE, ML, STAGES, plan, stage


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
