"""`rotate abort`: end a rotation before anything was changed, or stop a comparison."""

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("abort")(abort)


def abort(subject: Subject, *, reason: Reason = "", database: Database = None) -> None:
    """End a rotation before anything was changed, or stop a comparison (D17).

    For the accounts the runbook names under `operators`, by the same rules as in Slack.
    """
    from bot.app.terminal import steer

    ask(database, steer("abort", subject, reason))
