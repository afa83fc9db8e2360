"""`rotate status`: what runs, what waits, and each stage's model, also while Slack is down."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database, database_file, from_database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status")(status)


def status(
    subject: Annotated[str, typer.Argument(metavar="[R42|D17|SLOT]", help="One of them; else everything.")] = "",
    *,
    runbook: Annotated[Path, typer.Option(help="The runbook file.")] = Path("runbook.yml"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    database: Database = None,
) -> None:
    """Show what runs, what waits and for whom, and the model each stage's places hold now.

    Reads the database and the places themselves; it needs neither Slack nor a running bot, and changes nothing.
    """
    from bot.app.database import holder
    from bot.app.terminal import status as stored
    from bot.cli.runbook import loaded_with_suites
    from bot.wording.statuses import status_text
    from bot.wording.text import plain

    path = database_file(database)
    loaded = loaded_with_suites(runbook)
    shown = from_database(path, stored(path, loaded, subject))
    if subject and not shown.slots:
        raise Stop(ExitCode.USAGE, f"there is no rotation, comparison or model setting {subject!r}")
    if as_json:
        typer.echo(shown.model_dump_json())
        return
    served_by = holder(path)
    by = f"process {served_by} serves" if served_by else "nobody serves: nothing goes on by itself"
    typer.echo(f"{plain(status_text(shown))}\n\n{path}: {by}")
