"""Who acts, and what was known of them when they did."""

from datetime import datetime

from bot.rotation.model.state import State
from bot.runbook.models.people import GroupName


class Actor(State):
    """Who acts, and what was known of them when they did. `problems` names groups that could not be resolved."""

    id: str
    name: str
    groups: tuple[GroupName, ...] = ()
    member: bool = False
    guest: bool = False
    bot: bool = False
    stranger: bool = False
    administrator: bool = False
    problems: tuple[GroupName, ...] = ()
    read_at: datetime | None = None


class Approval(State):
    """One person's yes to one question, with the membership it was checked against."""

    by: Actor
    at: datetime
    digest: str
    reason: str = ""
