"""Slack's side of the bot: listeners of a few lines, and the blocks people see. No decision is taken here."""

from slack_bolt.async_app import AsyncApp

from bot.ports import Clock
from handlers import actions, commands, events, home, shortcuts, views
from handlers.engine import EngineFacade
from handlers.given import Given
from handlers.home import Homes
from handlers.messenger import SlackMessenger


def register(app: AsyncApp, engine: EngineFacade, messenger: SlackMessenger, clock: Clock, *, team: str = "") -> Homes:
    """Register every listener; the answer keeps home tabs up to date.

    `team` is the workspace's id, as `auth.test` answers it.

    The order matters: the first listener that fits is taken, so the ones that fit everything come last in each file.
    """
    given = Given(engine, messenger, clock, team)
    commands.register(app, given)
    actions.register(app, given)
    views.register(app, given)
    shortcuts.register(app, given)
    events.register(app, given)
    homes = home.register(app, given)
    events.register_rest(app, given)
    return homes
