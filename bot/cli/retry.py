"""`rotate retry`: try again what failed for technical reasons."""

import typer

from bot.cli.asking import Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("retry")(retry)


def retry(subject: Subject, *, database: Database = None) -> None:
    """Try again what failed for technical reasons: a change that could not be written, or a way back that is stuck.

    For the accounts the runbook names under `operators`, by the same rules as in Slack.
    """
    from bot.app.terminal import steer

    ask(database, steer("retry", subject, ""))
