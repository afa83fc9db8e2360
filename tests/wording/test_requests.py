"""A request says when those it is meant for cannot be called."""

import pytest

from bot.rotation.model.questions import Decision, Request
from bot.runbook.models.people import GroupName
from bot.wording.decisions import decision_ask
from bot.wording.requests import request_ask
from bot.wording.text import plain
from tests.handlers import scenes

GROUPS = {name: f"<!subteam^S{name}>" for name in GroupName}


def asked(mentions: dict[GroupName, str], *, decision: bool) -> str:
    rotation = scenes.held_too_long() if decision else scenes.pilots_asked()
    question = rotation.decision if decision else rotation.request
    if isinstance(question, Decision):
        return plain(decision_ask(rotation, question, mentions))
    assert isinstance(question, Request)
    return plain(request_ask(rotation, question, mentions))


@pytest.mark.parametrize(("decision", "group"), [(False, GroupName.ML), (True, GroupName.SRE)])
def test_a_group_that_cannot_be_read_is_said_not_to_have_been_called(decision: bool, group: GroupName) -> None:
    assert "could not be called" not in asked(GROUPS, decision=decision)
    said = asked({**GROUPS, group: ""}, decision=decision)
    assert f"{group.upper()} could not be called: who is in it cannot be read" in said
