"""`rotate withdraw`: take one's own approval back, until something was done for it."""

import typer

from bot.cli.asking import Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("withdraw")(withdraw)


def withdraw(subject: Subject, *, database: Database = None) -> None:
    """Take your own approval back, given here or in Slack, until something was done for it.

    For the accounts the runbook names under `operators`.
    """
    from bot.app.terminal import steer

    ask(database, steer("withdraw", subject, ""))
