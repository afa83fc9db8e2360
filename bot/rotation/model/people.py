"""Who acts, and what was known of them when they did."""

from datetime import datetime
from typing import Literal

from bot.rotation.model.state import State
from bot.runbook.models.people import GroupName

Terminal = Literal["", "unnamed", "steering", "approving"]
"""Whether somebody acts at a terminal of the bot's machine, and as whom.

`unnamed`: the runbook's `operators` do not say which person the account is; `steering`: they do, but the runbook takes
no approvals from terminals; `approving`: it does.
"""


class Actor(State):
    """Who acts, and what was known of them when they did, as it was read at `read_at`, the oldest of it.

    `problems` names groups that could not be resolved.
    """

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
    terminal: Terminal = ""


class Approval(State):
    """One person's yes to one question, with the membership it was checked against; `start` is when, None is now."""

    by: Actor
    at: datetime
    digest: str
    reason: str = ""
    start: datetime | None = None
