"""`rotate settle`: read every place of a rotation that is stuck, and record what is found as its end."""

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("settle")(settle)


def settle(subject: Subject, *, reason: Reason = "", database: Database = None) -> None:
    """Read every place of a rotation that is stuck, and record what they hold as its end. Changes no place.

    For the accounts the runbook names under `operators`, by the same rules as in Slack.
    """
    from bot.app.terminal import steer

    ask(database, steer("settle", subject, reason))
