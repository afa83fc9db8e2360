"""`rotate resume`: let a paused rotation go on."""

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("resume")(resume)


def resume(subject: Subject, *, reason: Reason = "", database: Database = None) -> None:
    """Let a paused rotation go on.

    For the accounts the runbook names under `operators`, by the same rules as in Slack.
    """
    from bot.app.terminal import steer

    ask(database, steer("resume", subject, reason))
