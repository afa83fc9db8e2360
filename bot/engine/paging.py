"""Escalations: raised by a cause, one message a cause, acknowledged by somebody who has it, over when the cause is."""

from datetime import datetime

from bot.engine.answers import answer
from bot.engine.changes import as_json
from bot.engine.chores import ResolvePages
from bot.engine.models.commands import Acknowledge
from bot.engine.models.plain import Facts
from bot.engine.outside import Outside, Rules
from bot.engine.people import actor_for
from bot.engine.records import Commit, Entry, Wanted
from bot.engine.slots import nearest
from bot.escalation import machine
from bot.escalation.effects import Effect
from bot.escalation.events import Acknowledged, Resolved
from bot.escalation.model import Escalation
from bot.escalation.routing import same_incident, told
from bot.rotation.effects import Page
from bot.rotation.evidence import Dimension
from bot.runbook.models.people import GroupName


def raised(subject: str, cause: str, dimension: Dimension | None, facts: Facts) -> Wanted:
    """The wish to tell whoever owns a cause about it; for subjects that are no rotation."""
    page = Page(cause=cause, dimension=dimension, facts=facts, number=0)
    key = f"{subject}:page:{cause}:{dimension or ''}"
    return Wanted(subject=subject, lane="page", key=key, kind="page", body=as_json(page))


async def page(outside: Outside, subject: str, wish: Page, now: datetime) -> Commit:
    """Raise an escalation, or bring the one about this cause up to date."""
    dimension = wish.dimension.value if wish.dimension else ""
    whose = told(wish.cause, dimension)
    standing = await outside.store.open_escalation(f"{subject}:{wish.cause}:{dimension}:{whose.group}")
    again = machine.raised_again(whose, wish.facts, now)
    if standing is None:
        standing = await _of_the_same(outside, subject, whose.group, wish)
        again = machine.found_too(whose, wish.cause, dimension, wish.facts, now)
    if standing is not None:
        outcome = machine.transition(standing, again)
        if isinstance(outcome, machine.Refused):
            message = f"{standing.id} refused to be raised: {outcome.code}"
            raise TypeError(message)
        return _commit(outcome, now, "raised_again", {"cause": wish.cause})
    new = await outside.store.new_id("E")
    moved = machine.raise_page(new, subject, wish.cause, at=now, dimension=dimension, facts=wish.facts)
    return _commit(moved, now, "raised", {"state": as_json(moved.escalation)})


async def _of_the_same(outside: Outside, subject: str, group: GroupName, wish: Page) -> Escalation | None:
    """The open page that tells of this cause as a further finding, or of an incident that it is one of."""
    for escalation in await outside.store.open_escalations(subject):
        told_already = [(escalation.cause, escalation.facts), *((one.cause, one.facts) for one in escalation.findings)]
        known = escalation.about(wish.cause, wish.dimension.value if wish.dimension else "")
        if escalation.group is group and (known or same_incident([*told_already, (wish.cause, wish.facts)])):
            return escalation
    return None


async def acknowledge(outside: Outside, rules: Rules, command: Acknowledge, now: datetime) -> None:
    """Somebody has it, or hears who does."""
    found = await outside.store.escalation(command.escalation)
    if found is None:
        wanted = answer(
            command, "unknown_subject", subject=command.escalation, nearest=nearest(command.escalation, []), known=[]
        )
        await outside.store.commit(Commit(at=now, wanted=(wanted,), inbox_done=command.id))
        return
    actor = await actor_for(outside, rules, command.actor, rules.runbook.groups.of(found.group).channel)
    # Looking people up takes a while: what it says by now is what is answered to.
    escalation = await outside.store.escalation(command.escalation) or found
    event = Acknowledged(
        at=now,
        by=actor.id,
        name=actor.name,
        groups=actor.groups,
        person=not (actor.bot or actor.guest or actor.stranger),
    )
    outcome = machine.transition(escalation, event)
    if isinstance(outcome, machine.Refused):
        told_why = answer(command, outcome.code.value, **outcome.facts)
        await outside.store.commit(Commit(at=now, wanted=(told_why,), inbox_done=command.id))
        return
    commit = _commit(outcome, now, "acknowledged", {"by": actor.id, "name": actor.name})
    told_so = answer(command, "acknowledged", escalation=escalation.id)
    await outside.store.commit(
        Commit(
            at=now,
            escalation=commit.escalation,
            entries=commit.entries,
            wanted=(*commit.wanted, told_so),
            inbox_done=command.id,
        ),
    )


async def resolve(outside: Outside, subject: str, wish: ResolvePages, now: datetime) -> Commit:
    """End the escalations whose cause is over."""
    ended: list[Commit] = []
    for escalation in await outside.store.open_escalations(subject):
        over = tuple(cause for cause in escalation.causes if cause in wish.causes)
        if over:
            outcome = machine.transition(escalation, Resolved(at=now, causes=over))
            if isinstance(outcome, machine.Moved) and outcome.escalation != escalation:
                ended.append(_commit(outcome, now, "resolved", {}))
    return Commit(at=now, more=tuple(ended))


def _commit(moved: machine.Moved, now: datetime, name: str, data: Facts) -> Commit:
    return Commit(
        at=now,
        escalation=moved.escalation,
        entries=(Entry(moved.escalation.id, name, data),),
        wanted=tuple(_wanted(effect, moved.escalation) for effect in moved.effects),
    )


def _wanted(effect: Effect, escalation: Escalation) -> Wanted:
    return Wanted(
        subject=escalation.id,
        lane="page",
        key=f"{escalation.id}:{effect.kind}:{escalation.version}",
        kind=effect.kind,
        body=as_json(effect),
    )
