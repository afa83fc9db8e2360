"""The database a verb of the terminal works on: where it is, and what is said when it is none."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from bot.cli.exits import ExitCode, Stop

Answer = TypeVar("Answer")
Database = Annotated[Path | None, typer.Option("--database", help="The database; ROTATE_DATABASE if not given.")]


def database_file(database: Path | None) -> Path:
    """The database's file. Raises Stop where there is none."""
    from bot.settings import SettingsError, load_settings

    try:
        path = database or load_settings().rotate_database
    except SettingsError as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    if not path.is_file():
        raise Stop(ExitCode.USAGE, f"there is no database at {path}; name it with --database or ROTATE_DATABASE")
    return path


def from_database(path: Path, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What work with the database comes to. Raises Stop when it is none."""
    try:
        return asyncio.run(work)
    except sqlite3.Error as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{path} cannot be read as a database: {error}") from None
