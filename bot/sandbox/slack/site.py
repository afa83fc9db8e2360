"""One Slack: its parts, put together. Whoever acts in it is given this."""

import asyncio
from dataclasses import dataclass

from bot.sandbox.seed import Seed
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.delivery import Courier
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.rates import Rates
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.webapi import WebApi
from bot.sandbox.slack.workspace import Clock, Workspace


@dataclass(frozen=True)
class Slack:
    """The parts of one Slack. `hands` keeps one person's acts in order: nobody has two mice."""

    workspace: Workspace
    changes: Changes
    faults: Faults
    triggers: Triggers
    sockets: Sockets
    courier: Courier
    api: WebApi
    hands: dict[str, asyncio.Lock]

    @classmethod
    def of(cls, seed: Seed, clock: Clock) -> "Slack":
        """Answers a Slack with this seed's people and nothing said yet."""
        changes, placed = Changes(), Faults()
        workspace = Workspace(seed, clock, changes)
        triggers = Triggers(clock, seed.timing, workspace.team_id)
        sockets = Sockets(workspace, changes, placed)
        rates = Rates(clock, seed.rate_limit_scale)
        api = WebApi(workspace, changes, placed, triggers, rates, sockets)
        return cls(workspace, changes, placed, triggers, sockets, Courier(workspace, changes, placed, sockets), api, {})
