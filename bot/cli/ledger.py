"""`rotate ledger`: check, show and export the record of what happened."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.exits import ExitCode, Stop
from bot.cli.stored import Database, database_file, from_database


def register(app: typer.Typer) -> None:
    """Add the verb and its three commands."""
    ledger = typer.Typer(no_args_is_help=True, help="Verify, show and export the record of what happened.")
    ledger.command("verify")(verify)
    ledger.command("show")(show)
    ledger.command("export")(export)
    app.add_typer(ledger, name="ledger")


def verify(database: Database = None) -> None:
    """Check the chain of hashes, and that what is stored is what the rows lead to. Exit 1 when it is not.

    Rotations are followed row by row; comparisons and escalations are held against how they began and ended.
    """
    from bot.app.database import ledger_faults

    path = database_file(database)
    count, faults, earlier = from_database(path, ledger_faults(path))
    for fault in faults:
        print(fault)  # noqa: T201
    if earlier:  # its machine led elsewhere from the same rows, so only their chain can be checked
        print(f"begun under an earlier release, so its chain only is checked: {', '.join(earlier)}")  # noqa: T201
    if faults:
        raise typer.Exit(ExitCode.FAIL)
    every = "every other stored state" if earlier else "every stored state"
    print(f"{count} rows, the chain is whole and leads to {every}")  # noqa: T201


def show(
    subject: Annotated[str, typer.Argument(help="A rotation, comparison or escalation: R42, D17, E7.")],
    database: Database = None,
) -> None:
    """Print what happened to one subject, a line each."""
    from bot.app.database import ledger_rows

    subject = subject.strip()
    if not subject:
        raise Stop(ExitCode.USAGE, "name a rotation, comparison or escalation: rotate ledger show R42")
    path = database_file(database)
    rows = from_database(path, ledger_rows(path, subject.upper())) or from_database(path, ledger_rows(path, subject))
    if not rows:
        raise Stop(ExitCode.FAIL, f"the ledger has no row about {subject.upper()}")
    for row in rows:
        data: dict[str, Any] = row["data"] if isinstance(row["data"], dict) else {"phase": "(cannot be read)"}
        event = data.get("event") or {}
        by = event.get("actor") or data.get("state", {}).get("requester") or {}
        actor = by.get("name", "")
        phase = data.get("phase", "")
        print(f"{row['seq']:>6}  {row['at'][:23]}  {row['name']:<20} {phase or '':<18} {actor}".rstrip())  # noqa: T201


def export(
    database: Database = None, out: Annotated[Path | None, typer.Option(help="A file; else stdout.")] = None
) -> None:
    """Write every row as one JSON line, hashes included, so that the chain can be checked elsewhere."""
    from bot.app.database import ledger_rows

    path = database_file(database)
    rows = from_database(path, ledger_rows(path, ""))
    text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
    if out is None:
        sys.stdout.write(text)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Stop(ExitCode.COULD_NOT_RUN, f"{out} cannot be written: {error.strerror}") from None
