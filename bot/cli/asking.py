"""What the verbs that change a rotation share: one command into the inbox, its answer printed, its exit code."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import database_file, from_database

if TYPE_CHECKING:
    from bot.app.terminal import Outcome
    from bot.engine.models.commands import Command

Subject = Annotated[str, typer.Argument(metavar="R42|SLOT", help="The rotation, or the model setting it is of.")]
Reason = Annotated[str, typer.Option(help="Why, in your words; it stays with what happened.")]

_CODES: Final = {"refused": ExitCode.FAIL, "unknown": ExitCode.USAGE, "failed": ExitCode.COULD_NOT_RUN}


def ask(database: Path | None, command: "Command") -> None:
    """Have a command carried out by whoever serves the database. Raises Stop where nobody does, or it was refused."""
    from bot.app.terminal import submit

    path = database_file(database)
    outcome = from_database(path, submit(path, command))
    if outcome.kind == "waiting":
        raise Stop(ExitCode.COULD_NOT_RUN, unanswered(path, outcome.served_by))
    print_answer(outcome)


def unanswered(path: Path, served_by: str) -> str:
    """What is said of a command that is kept and not carried out yet."""
    if served_by:
        return (
            f"Kept, and not carried out yet: process {served_by}, which serves {path}, has not answered."
            " Its log says why; `rotate status` shows what came of it."
        )
    return f"Kept, and carried out as soon as somebody serves {path}: nobody does now. Start `rotate serve`."


def print_answer(outcome: "Outcome") -> None:
    """Print what a command was answered with. Raises Stop when it was not carried out."""
    from bot.wording.replies import reply_text
    from bot.wording.text import plain

    said = plain(reply_text(outcome.note.code, outcome.note.facts)) if outcome.note is not None else ""
    if outcome.kind in _CODES:
        raise Stop(_CODES[outcome.kind], said)
    typer.echo(said)
