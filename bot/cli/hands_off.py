"""`rotate hands-off`: suspend a rotation's automatic rollback for a while."""

from datetime import timedelta
from typing import Annotated

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("hands-off")(hands_off)


def hands_off(
    subject: Subject,
    *,
    lasts: Annotated[str, typer.Option("--for", help="For how long: 30m, 1h30m, at most 2h in all.")] = "1h",
    reason: Reason = "",
    database: Database = None,
) -> None:
    """Suspend a rotation's automatic rollback, with a reason, for at most two hours; announced in its channel.

    A check that fails meanwhile pages its owner, and rolls back at the end if it still fails. For the accounts the
    runbook names under `operators`, by the same rules as in Slack: ML or SRE, or whom `authority.settle` names.
    """
    from bot.app.terminal import steer
    from bot.runbook.models.durations import parse_duration

    try:
        length = parse_duration(lasts)
    except ValueError as error:
        raise Stop(ExitCode.USAGE, f"--for: {error}") from None
    assert isinstance(length, timedelta)  # noqa: S101 - what a text parses to
    ask(database, steer("hands_off", subject, reason, length))
