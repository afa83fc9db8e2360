"""`rotate unfreeze`: end a freeze before its time."""

from typing import Annotated

import typer

from bot.cli.asking import Reason, ask
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("unfreeze")(unfreeze)


def unfreeze(
    subject: Annotated[str, typer.Argument(metavar="SLOT|STAGE|all|F3", help="What is frozen, or the freeze.")],
    *,
    reason: Reason = "",
    database: Database = None,
) -> None:
    """End a freeze before its time: what was put off because of it is looked at, and begins.

    For whoever set it; for those who approve what it holds only where `terminal_approvals` is true.
    """
    from bot.app.terminal import lift_freeze

    ask(database, lift_freeze(subject, reason))
