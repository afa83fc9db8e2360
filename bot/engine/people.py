"""Who somebody is when they act: their groups, channel, and what could not be found out. Asked anew for each act."""

from bot.engine.outside import Outside, Rules
from bot.rotation.model.people import Actor
from bot.runbook.models.people import GroupName


async def actor_for(outside: Outside, rules: Rules, person_id: str, channel: str) -> Actor:
    """The person with their memberships as they are now. Raises OutsideError when the person cannot be looked up."""
    person = await outside.directory.person(person_id)
    members = await outside.directory.channel(channel)
    belongs: list[GroupName] = []
    problems: list[GroupName] = []
    for name in GroupName:
        group = await outside.directory.group(rules.runbook.groups.of(name))
        if group.problem:
            problems.append(name)
        elif person_id in group.ids:
            belongs.append(name)
    return Actor(
        id=person.id,
        name=person.name,
        groups=tuple(belongs),
        member=person_id in members.ids,
        guest=person.guest,
        bot=person.bot,
        stranger=person.stranger,
        administrator=person_id in rules.runbook.administrators,
        problems=tuple(problems),
        read_at=members.read_at,
    )
