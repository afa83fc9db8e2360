"""`rotate promote`: begin a rotation from a comparison, or ask again for its approval."""

from typing import Annotated

import typer

from bot.cli.asking import ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("promote")(promote)


def promote(
    subject: Annotated[str, typer.Argument(metavar="D17|R42|SLOT", help="A comparison, a rotation, a model setting.")],
    *,
    database: Database = None,
) -> None:
    """Begin a rotation from a comparison, or ask again for its approval. It never approves.

    For the accounts the runbook names under `operators`, by the same rules as in Slack.
    """
    from bot.app.terminal import promote as asked

    ask(database, asked(subject))
