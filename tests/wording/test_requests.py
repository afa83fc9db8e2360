"""A request says when those it is meant for cannot be called."""

from datetime import UTC, datetime

import pytest

from bot.engine.models import Ahead
from bot.rotation.model import people
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import Approval, GroupName
from bot.wording.decisions import decision_ask
from bot.wording.requests import missing_words, request_ask
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


def ruled(rotation: Rotation, rule: Approval) -> Rotation:
    """The rotation with another rule at every stage."""
    stages = tuple(stage.model_copy(update={"approval": rule}) for stage in rotation.plan.stages)
    return rotation.model_copy(update={"plan": rotation.plan.model_copy(update={"stages": stages})})


def test_where_each_group_is_needed_the_request_names_the_one_still_missing() -> None:
    rule = Approval(groups=(GroupName.ML, GroupName.FINANCE), each=True)
    rotation = ruled(scenes.pilots_asked(), rule)
    request = rotation.request
    assert request is not None
    assert "one of each of you other than Mia Larsen" in plain(request_ask(rotation, request, GROUPS))
    of_ml = rotation.requester.model_copy(update={"name": "max", "groups": (GroupName.ML,)})
    half = request.model_copy(update={"approvals": (people.Approval(by=of_ml, at=scenes.T0, digest=""),)})
    assert "✅ 1 of 2 approvals: max; somebody of Finance is still missing" in plain(
        request_ask(rotation, half, GROUPS)
    )
    three = ruled(rotation, rule.model_copy(update={"count": 3}))
    assert "one of each of you, 3 people in all other than" in plain(request_ask(three, request, GROUPS))


@pytest.mark.parametrize(
    ("count", "said", "words"),
    [
        (1, False, "2 approvals by ML and Finance"),
        (1, True, "1 approval by Finance"),
        (3, False, "3 approvals by ML or Finance, among them ML and Finance"),
        (3, True, "2 approvals by ML or Finance, among them Finance"),
    ],
)
def test_what_is_missing_in_words(count: int, said: bool, words: str) -> None:
    rule = Approval(groups=(GroupName.ML, GroupName.FINANCE), each=True, count=count)
    of_ml = scenes.pilots_asked().requester.model_copy(update={"groups": (GroupName.ML,)})
    assert missing_words(rule, [people.Approval(by=of_ml, at=scenes.T0, digest="")] * said) == words
