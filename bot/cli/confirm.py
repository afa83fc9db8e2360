"""`rotate confirm`: say that what a rotation went back to answers again, where no traffic showed it."""

import typer

from bot.cli.asking import Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("confirm")(confirm)


def confirm(subject: Subject, *, database: Database = None) -> None:
    """Say that you saw the model a rotation went back to answer again, where no traffic showed it.

    For the accounts the runbook names under `operators`, by the same rules as in Slack.
    """
    from bot.app.terminal import steer

    ask(database, steer("confirm", subject, ""))
