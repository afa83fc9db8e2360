"""`rotate rollback`: put a rotation's targets back to what they held, by whoever serves or by this very process."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.asking import Reason, Subject, print_answer, unanswered
from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database, database_file, from_database

if TYPE_CHECKING:
    from bot.app.going_back import WentBack
    from bot.engine.models.shown import Told
    from bot.rotation.model.rotation import Rotation


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("rollback")(rollback)


def rollback(
    subject: Subject,
    *,
    reason: Reason = "",
    run: Annotated[bool, typer.Option("--run", help="Do it in this process, where nobody serves.")] = False,
    runbook: Annotated[Path, typer.Option(help="The runbook file; only --run reads it.")] = Path("runbook.yml"),
    database: Database = None,
) -> ExitCode:
    """Put a rotation's targets back to what they held, and watch until they are.

    Open to every account that may write the bot's database; `rotate serve` carries it out and tells it in Slack. Where
    nobody serves, --run does that work from here, without Slack; whoever serves next tells what happened.

    Exit code 0 when every target is back, 1 when it is refused or a target is not back, 2 when there is no such
    rotation, 4 when it is kept and nobody has carried it out yet.
    """
    path = database_file(database)
    if run:
        return _ended(path, subject, _from_here(path, runbook, subject, reason))
    from bot.app.going_back import by_whoever_serves

    return _ended(path, subject, from_database(path, by_whoever_serves(path, subject, reason, _print)))


def _from_here(path: Path, runbook: Path, subject: str, reason: str) -> "WentBack":
    from bot.app.database import DatabaseBusyError
    from bot.app.going_back import from_here
    from bot.cli.logs import log_to_stderr
    from bot.cli.runbook import loaded_with_suites

    loaded = loaded_with_suites(runbook)
    log_to_stderr("error", [])
    try:
        return from_database(path, from_here(path, loaded, subject, reason, _print))
    except DatabaseBusyError as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{error}; without --run that process goes back") from None


def _ended(path: Path, subject: str, went: "WentBack") -> ExitCode:
    if went.back:
        return ExitCode.PASS
    if went.outcome.kind == "waiting":
        here = "" if went.outcome.served_by else f" `rotate rollback {subject} --run` does it from here at once."
        raise Stop(ExitCode.COULD_NOT_RUN, unanswered(path, went.outcome.served_by) + here)
    print_answer(went.outcome)
    phase = went.rotation.phase.value if went.rotation is not None else "gone"
    raise Stop(ExitCode.FAIL, f"It is not back: {phase}. `rotate status {subject}` shows which place holds what.")


def _print(rotation: "Rotation", step: "Told") -> None:
    from bot.wording.text import plain_line
    from bot.wording.whys import step_line

    typer.echo(plain_line(step_line(rotation, step)))
