"""`rotate freeze`: change no stage until then; or list what is frozen."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.asking import ask
from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database, database_file, from_database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("freeze")(freeze)


def freeze(
    subject: Annotated[
        str, typer.Argument(metavar="[SLOT|STAGE|all]", help="What is not changed; nothing lists what is frozen.")
    ] = "",
    *,
    until: Annotated[
        str,
        typer.Option(metavar="T", help="When it ends: 18:00, monday, '2026-12-01 09:00', 4h; a day means its end."),
    ] = "",
    reason: Annotated[str, typer.Option(help="Why, in your words; whoever waits reads it.")] = "",
    runbook: Annotated[Path, typer.Option(help="The runbook file, for the list.")] = Path("runbook.yml"),
    database: Database = None,
) -> None:
    """Change no stage until then; comparing, watching and going back go on. Without a name it lists what is frozen.

    For the accounts the runbook names under `operators` whose person is in one of its groups, as in Slack. Times are in
    the runbook's time zone.
    """
    from bot.app.terminal import set_freeze

    if subject:
        ask(database, set_freeze(subject, until, reason))
    elif until or reason:
        raise Stop(ExitCode.USAGE, "freeze what? Name a model setting, a stage, or `all`")
    else:
        _list(database, runbook)


def _list(database: Path | None, runbook: Path) -> None:
    from bot.app.terminal import freezes
    from bot.cli.runbook import loaded_with_suites
    from bot.wording.freezelists import freezes_text
    from bot.wording.text import plain

    path = database_file(database)
    typer.echo(plain(freezes_text(from_database(path, freezes(path, loaded_with_suites(runbook))))))
