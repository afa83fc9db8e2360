"""A request says when those it is meant for cannot be called."""

from datetime import UTC, datetime

import pytest

from bot.engine.models import Ahead
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


@pytest.mark.parametrize(
    ("unattended", "day_off", "said"),
    [
        (False, False, ""),
        (True, False, "⚠️ But nobody is at work then"),
        (True, True, "⚠️ But nobody is at work then and a day off is in between"),
    ],
)
def test_before_the_last_stage_it_is_said_when_its_watch_would_end(unattended: bool, day_off: bool, said: str) -> None:
    rotation = scenes.global_asked()
    assert rotation.request is not None
    until = datetime(2026, 3, 8, 4, tzinfo=UTC)
    ahead = Ahead(opening=until, watched_until=until, unattended=unattended, day_off=day_off)
    told = plain(request_ask(rotation, rotation.request, GROUPS, ahead))
    assert "Begun now, it is watched until 8 Mar 2026 04:00 UTC" in told
    assert ("⚠️ But" in told) is bool(said)
    assert said in told


def test_a_stage_before_it_says_nothing_of_that() -> None:
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    ahead = Ahead(opening=scenes.T0, watched_until=scenes.T0, unattended=True)
    assert "Begun now" not in plain(request_ask(rotation, rotation.request, GROUPS, ahead))
