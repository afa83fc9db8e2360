"""`rotate hands-on`: make a rotation's rollback automatic again."""

import typer

from bot.cli.asking import Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("hands-on")(hands_on)


def hands_on(subject: Subject, *, database: Database = None) -> None:
    """Make a rotation's rollback automatic again, before the time is over; what still fails rolls back at once.

    For the accounts the runbook names under `operators`, by the same rules as in Slack: ML or SRE, or whom
    `authority.settle` names.
    """
    from bot.app.terminal import steer

    ask(database, steer("hands_on", subject, ""))
