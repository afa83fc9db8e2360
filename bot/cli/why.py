"""`rotate why`: how a rotation came to where it is, from the record, also while Slack is down."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database, database_file, from_database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("why")(why)


def why(
    subject: Annotated[str, typer.Argument(metavar="R42|SLOT", help="The rotation, or the newest of a model setting.")],
    *,
    runbook: Annotated[Path, typer.Option(help="The runbook file.")] = Path("runbook.yml"),
    database: Database = None,
) -> None:
    """Tell in plain words how a rotation came to where it is, and what it waits for.

    Reads the database and the runbook file; it needs neither Slack nor a running bot, and changes nothing.
    """
    from bot.app.terminal import why as stored
    from bot.cli.runbook import loaded_with_suites
    from bot.wording.text import plain
    from bot.wording.whys import why_text

    path = database_file(database)
    found = from_database(path, stored(path, loaded_with_suites(runbook), subject))
    if found is None:
        raise Stop(ExitCode.USAGE, f"there is no rotation {subject!r}, and no model setting of that name that had one")
    typer.echo(plain(why_text(found)))
