"""`rotate supersede`: ask whoever holds a slot to give way to a rotation that waits for it."""

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("supersede")(supersede)


def supersede(subject: Subject, *, reason: Reason = "", database: Database = None) -> None:
    """Ask whoever holds a model setting to give way to a rotation that waits in line for it.

    The holder answers in Slack; nothing changes before. For the accounts the runbook names under `operators`.
    """
    from bot.app.terminal import steer

    ask(database, steer("supersede", subject, reason))
