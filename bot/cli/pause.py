"""`rotate pause`: stop a rotation from advancing."""

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("pause")(pause)


def pause(subject: Subject, *, reason: Reason = "", database: Database = None) -> None:
    """Stop a rotation from advancing; checks go on, and still roll back.

    Open to every account that may write the bot's database. `rotate serve` carries it out, and tells it in Slack.
    """
    from bot.app.terminal import steer

    ask(database, steer("pause", subject, reason))
