"""The machine of escalations: raised, acknowledged by somebody who has it, closed. Pure, and thin.

One cause about one subject raises one escalation: raised again, it is the same page with what is known now. What else
is found of the same incident stands on that page, which is over when all of it is. Only people's events are refused,
and a refusal changes nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from pydantic import JsonValue

from bot.escalation.effects import Effect, PostPage, UpdatePage
from bot.escalation.events import Acknowledged, Event, Raised, Resolved
from bot.escalation.model import Escalation, Finding, Standing
from bot.escalation.routing import Told, told
from bot.runbook.models.people import GroupName


class RefusalCode(StrEnum):
    """Why an acknowledgement was not taken. Each has a text and a place in the docs."""

    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    ALREADY_CLOSED = "already_closed"
    NOT_ENTITLED = "not_entitled"
    NO_BOTS = "no_bots"


@dataclass(frozen=True)
class Moved:
    """The event was taken: the next state and what must be done."""

    escalation: Escalation
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Refused:
    """The event was a person's and is not possible: why. `facts` fill the text (who has it, who can)."""

    code: RefusalCode
    facts: dict[str, JsonValue] = field(default_factory=dict)


Outcome = Moved | Refused


def raise_page(
    escalation_id: str,
    subject: str,
    cause: str,
    *,
    at: datetime,
    dimension: str = "",
    facts: dict[str, JsonValue] | None = None,
) -> Moved:
    """A new escalation about a cause, told to the group that owns it."""
    whose = told(cause, dimension)
    escalation = Escalation(
        id=escalation_id,
        subject=subject,
        cause=cause,
        dimension=dimension,
        group=whose.group,
        action=whose.action,
        facts=facts or {},
        raised_at=at,
    )
    return Moved(escalation, (PostPage(escalation=escalation.id, number=1),))


def raised_again(whose: Told, facts: dict[str, JsonValue], at: datetime) -> Raised:
    """The event for a cause that is already open, as its route says."""
    return Raised(at=at, facts=facts, action=whose.action, again=whose.again)


def found_too(whose: Told, cause: str, dimension: str, facts: dict[str, JsonValue], at: datetime) -> Raised:
    """The event for what else is found of an incident whose page is open."""
    return Raised(at=at, cause=cause, dimension=dimension, facts=facts, action=whose.action)


def transition(escalation: Escalation, event: Event) -> Outcome:
    """What an event leads to. Pure: the same arguments give the same outcome."""
    outcome = _led_to(escalation, event)
    if isinstance(outcome, Refused) or outcome.escalation == escalation:
        return outcome
    return replace(outcome, escalation=outcome.escalation.model_copy(update={"version": escalation.version + 1}))


def _led_to(escalation: Escalation, event: Event) -> Outcome:
    match event:
        case Raised():
            return _raised(escalation, event)
        case Acknowledged():
            return _acknowledged(escalation, event)
        case Resolved():
            return _resolved(escalation, event)
        case _:
            assert_never(event)


def _raised(escalation: Escalation, event: Raised) -> Moved:
    worse = event.action and not escalation.action
    number = escalation.times_raised + 1
    known: dict[str, object] = {"action": escalation.action or event.action, "times_raised": number}
    known |= {"over": tuple(cause for cause in escalation.over if cause != (event.cause or escalation.cause))}
    known |= {"findings": _with(escalation, event)} if event.cause else {"facts": event.facts}
    if escalation.closed or worse:
        known |= {"standing": Standing.OPEN, "closed_at": None}
        known |= {"acknowledged_by": "", "acknowledged_name": "", "acknowledged_at": None}
    if escalation.closed:
        known |= {"over": (), "findings": ()}
    raised = escalation.model_copy(update=known)
    told_anew = escalation.closed or worse or (event.again and raised.standing is Standing.OPEN)
    if told_anew:
        return Moved(raised, (PostPage(escalation=raised.id, number=number),))
    return Moved(raised, (UpdatePage(escalation=raised.id),))


def _with(escalation: Escalation, event: Raised) -> tuple[Finding, ...]:
    found = Finding(cause=event.cause, dimension=event.dimension, facts=event.facts, at=event.at)
    others = (one for one in escalation.findings if (one.cause, one.dimension) != (found.cause, found.dimension))
    return (*others, found)


def _acknowledged(escalation: Escalation, event: Acknowledged) -> Outcome:
    if not event.person:
        return Refused(RefusalCode.NO_BOTS)
    if not event.groups:
        return Refused(RefusalCode.NOT_ENTITLED, {"groups": [group.value for group in GroupName]})
    if escalation.closed:
        return Refused(RefusalCode.ALREADY_CLOSED, {"escalation": escalation.id, "at": _when(escalation.closed_at)})
    if escalation.standing is Standing.ACKNOWLEDGED:
        since = _when(escalation.acknowledged_at)
        return Refused(RefusalCode.ALREADY_ACKNOWLEDGED, {"by": escalation.acknowledged_name, "at": since})
    having: dict[str, object] = {
        "standing": Standing.ACKNOWLEDGED,
        "acknowledged_by": event.by,
        "acknowledged_name": event.name,
        "acknowledged_at": event.at,
    }
    return Moved(escalation.model_copy(update=having), (UpdatePage(escalation=escalation.id),))


def _resolved(escalation: Escalation, event: Resolved) -> Moved:
    if escalation.closed:
        return Moved(escalation, ())
    gone = {*escalation.over, *(event.causes or escalation.causes)}
    left = [cause for cause in escalation.causes if cause not in gone]
    if left and gone == set(escalation.over):
        return Moved(escalation, ())
    over = tuple(cause for cause in escalation.causes if cause in gone)
    known: dict[str, object] = {"over": over} if left else {"standing": Standing.CLOSED, "closed_at": event.at}
    return Moved(escalation.model_copy(update=known), (UpdatePage(escalation=escalation.id),))


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
