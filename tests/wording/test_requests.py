"""A request says when those it is meant for cannot be called."""

from datetime import UTC, datetime

import pytest

from bot.engine.models.notes import Ahead
from bot.rotation.evidence import ComparedMonth
from bot.rotation.model import people
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.rotation.quorum import Seat
from bot.runbook.models.people import Approval, GroupName
from bot.wording.decisions import decision_ask
from bot.wording.requests import request_ask
from bot.wording.seats import seats_words
from bot.wording.text import plain
from tests.handlers import scenes

ML, FINANCE = GroupName.ML, GroupName.FINANCE
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
    said = plain(request_ask(rotation, half, GROUPS))
    assert "✅ 1 of 2 approvals: max; missing: 1 approval by Finance" in said
    three = ruled(rotation, rule.model_copy(update={"count": 3}))
    said = plain(request_ask(three, request, GROUPS))
    assert "it takes 1 approval by ML, 1 by Finance and 1 by ML or Finance, other than Mia Larsen" in said


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ((), "0 approvals"),
        (((ML,),), "1 approval by ML"),
        (((ML, FINANCE), (ML, FINANCE)), "2 approvals by ML or Finance"),
        (((ML,), (FINANCE,)), "1 approval by ML and 1 by Finance"),
    ],
)
def test_what_is_missing_in_words(left: tuple[Seat, ...], words: str) -> None:
    assert seats_words(left) == words


@pytest.mark.parametrize(
    ("low", "high", "envelope", "said"),
    [
        (
            4000.0,
            5000.0,
            6000,
            "Finance is not asked: a month stays within its envelope. By the comparison: new $4,500",
        ),
        (6100.0, 7000.0, 6000, "⚠️ Finance is asked too: a month will cost more than its envelope. By the comparison"),
        (5000.0, 7000.0, 6000, "⚠️ Finance is not asked: whether a month stays within its envelope cannot be told yet"),
        (6100.0, 7000.0, None, "Finance is not asked: the runbook sets no `envelope_usd_per_month`"),
        (None, None, 6000, "cannot be told before a stage with traffic was watched"),
    ],
)
def test_why_finance_is_asked_or_not(low: float | None, high: float | None, envelope: float | None, said: str) -> None:
    rotation = scenes.first_asked()
    month = ComparedMonth(usd=4500, low=low, high=high, current=4000, days=7) if low and high else None
    rotation = rotation.model_copy(
        update={
            "plan": rotation.plan.model_copy(update={"envelope_usd_per_month": envelope}),
            "comparison": rotation.comparison.model_copy(update={"month": month}),
        }
    )
    assert rotation.request is not None
    told = plain(request_ask(rotation, rotation.request, GROUPS))
    assert said in told
    assert ("ML and Finance: one of each" in told.replace("@", "")) is ("asked too" in said)
