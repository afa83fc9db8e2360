"""`rotate approve`: yes to what a rotation asks for, where the runbook takes that from a terminal."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.asking import Reason, Subject, ask
from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database, database_file, from_database

if TYPE_CHECKING:
    from bot.engine.models.comparisons import Comparison
    from bot.rotation.model.rotation import Rotation

_SHOWN: Final = 12
"""Characters of a digest that are shown and compared: enough that nobody meets another one by chance."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("approve")(approve)


def approve(
    subject: Subject,
    *,
    reason: Reason = "",
    evidence: Annotated[str, typer.Option(metavar="DIGEST", help="Approve this evidence without being asked.")] = "",
    database: Database = None,
) -> None:
    """Show what a rotation asks for, and say yes to exactly that.

    For the accounts the runbook names under `operators`, where `terminal_approvals` is true, by the same rules as in
    Slack. A script gives the digest it has seen with --evidence.
    """
    from bot.app.terminal import approve as yes
    from bot.app.terminal import rotation_named

    path = database_file(database)
    rotation, comparison = from_database(path, rotation_named(path, subject))
    if rotation is None:
        raise Stop(ExitCode.USAGE, f"there is no rotation or model setting {subject!r}")
    request = rotation.request
    if request is None or not request.open:
        raise Stop(
            ExitCode.FAIL, f"{rotation.id} asks for no approval now; `rotate status {rotation.id}` shows where it is"
        )
    digest = request.digest[:_SHOWN]
    typer.echo(f"{_shown(rotation, comparison)}\nevidence {digest}")
    if evidence and not (len(evidence) >= _SHOWN and request.digest.startswith(evidence)):
        raise Stop(ExitCode.FAIL, f"--evidence: it rests on {digest} now; look at what is new before you approve")
    if not evidence and not sys.stdin.isatty():
        raise Stop(ExitCode.USAGE, f"nobody is there to be asked; --evidence {digest} approves what is shown")
    if not evidence and not typer.confirm(f"Approve this for {rotation.slot}?", err=True):
        raise Stop(ExitCode.FAIL, "Not approved; nothing was changed.")
    ask(database, yes(rotation, reason))


def _shown(rotation: "Rotation", comparison: "Comparison | None") -> str:
    from bot.wording.requests import request_text
    from bot.wording.text import plain

    assert rotation.request is not None  # noqa: S101 (asked before)
    return plain(request_text(rotation, rotation.request, comparison=comparison, mentions={}))
