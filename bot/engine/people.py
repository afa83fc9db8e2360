"""Who somebody is when they act: their groups, channel, and what could not be found out. Asked anew for each act."""

from datetime import datetime

from bot.engine.models.commands import TERMINAL
from bot.engine.models.people import Person
from bot.engine.outside import Outside, Rules
from bot.ports import OutsideError
from bot.rotation.model.people import Actor
from bot.runbook.models.people import GroupName


async def actor_for(outside: Outside, rules: Rules, person_id: str, channel: str) -> Actor:
    """The person with their memberships as they are now. Raises OutsideError when the person cannot be looked up."""
    if person_id.startswith(TERMINAL):
        return await _at_terminal(outside, rules, person_id, channel)
    return await _known(outside, rules, await outside.directory.person(person_id), channel)


async def _at_terminal(outside: Outside, rules: Rules, account: str, channel: str) -> Actor:
    """Whoever uses an account of the bot's machine: the person the runbook says it is, else nobody it knows.

    Slack need not be there: who somebody is says the runbook; who is in a group that only Slack knows stays open.
    """
    operator = rules.runbook.operators.get(account.removeprefix(TERMINAL).partition("@")[0])
    if operator is None:
        return Actor(id=account, name=account, terminal="unnamed")
    try:
        person = await outside.directory.person(operator)
    except OutsideError:
        person = Person(id=operator, name=account)
    actor = await _known(outside, rules, person, channel)
    allowed = "approving" if rules.runbook.terminal_approvals else "steering"
    return actor.model_copy(update={"name": account, "terminal": allowed})


async def _known(outside: Outside, rules: Rules, person: Person, channel: str) -> Actor:
    members = await outside.directory.channel(channel)
    belongs: list[GroupName] = []
    problems: list[GroupName] = []
    ages: list[datetime] = []
    for name in GroupName:
        group = await outside.directory.group(rules.runbook.groups.of(name))
        ages.append(group.read_at)
        if group.problem:
            problems.append(name)
        elif person.id in group.ids:
            belongs.append(name)
    return Actor(
        id=person.id,
        name=person.name,
        groups=tuple(belongs),
        member=person.id in members.ids,
        guest=person.guest,
        bot=person.bot,
        stranger=person.stranger,
        administrator=person.id in rules.runbook.administrators,
        problems=tuple(problems),
        read_at=min(ages),
    )
