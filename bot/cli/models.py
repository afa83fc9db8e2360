"""`rotate models`: which models there are, by the catalog as the bot last read it."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.stored import Database, database_file, from_database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("models")(models)


def models(
    search: Annotated[str, typer.Argument(metavar="[WORD]", help="Only those with it in their id or name.")] = "",
    *,
    runbook: Annotated[Path, typer.Option(help="The runbook file.")] = Path("runbook.yml"),
    database: Database = None,
) -> None:
    """Show which models there are: price, context, what they can do, when they retire; those that are live first.

    Reads what `rotate serve` last stored of the catalog, and the places themselves; asks no provider, changes nothing.
    """
    from bot.app.terminal import models as stored
    from bot.cli.runbook import loaded_with_suites
    from bot.wording.modelslist import models_text
    from bot.wording.text import When, plain

    path = database_file(database)
    shown, now = from_database(path, stored(path, loaded_with_suites(runbook), search))
    typer.echo(plain(models_text(shown, When(now))))
