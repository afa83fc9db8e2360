"""The database by itself: who holds it, and what verbs that only read ask of it."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bot.doctor.model import Finding, fails, ok
from bot.engine.audit import faults, of_earlier_machines
from bot.engine.models.comparisons import Comparison
from bot.rotation.model.freezes import Freeze
from bot.store import freezes
from bot.store.library import Database
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore


class DatabaseBusyError(Exception):
    """Another process serves from the same database file."""


def sole_owner(path: Path) -> IO[str]:
    """Hold the database for this process until the answer is closed. Raises DatabaseBusyError naming the holder."""
    lock = Path(f"{path}.lock").open("a+", encoding="utf-8")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        message = f"{path} is already served by process {holder}; stop that one, or set ROTATE_DATABASE to another file"
        raise DatabaseBusyError(message) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def examined_database(path: Path) -> Finding:
    """Whether `rotate serve` could use this file as its database, looked at without writing."""
    check, other, folder = "database", "or set ROTATE_DATABASE to another file", path.absolute().parent
    if not folder.is_dir():
        return fails(check, f"there is no folder {folder} for {path.name}", f"create it, {other}")
    if not os.access(folder, os.W_OK | os.X_OK):
        what = f"{folder} may not be written, where {path.name} and its journal are to be"
        return fails(check, what, f"run rotate as a user who may write there, {other}")
    if path.exists():
        if not path.is_file():
            return fails(check, f"{path} is no file", f"move it away, {other}")
        if not os.access(path, os.R_OK | os.W_OK):
            return fails(check, f"{path} may not be read and written", f"change its mode or owner, {other}")
        try:
            if path.stat().st_size:  # an empty one is taken
                _is_ours(path)
        except sqlite3.Error as error:
            return fails(check, f"{path} cannot be used as a database: {error}", f"move it away, {other}")
    found = f"{path} is there" if path.exists() else f"{path} will be created"
    if serving := holder(path):
        found += f"; process {serving} serves from it now, a second one would be refused"
    return ok(check, found)


def freezes_in(path: Path, at: datetime) -> list[Freeze]:
    """The freezes somebody set that hold something then, read without writing. Raises sqlite3.Error.

    None where there is no database yet, or one of a release that knew no freezes.
    """
    if not path.is_file() or not path.stat().st_size:
        return []
    _is_ours(path)
    with contextlib.closing(_looked_at(path)) as connection:
        db = Database(connection)
        return freezes.in_force(db, at) if "freezes" in db.table_names() else []


def holder(path: Path) -> str:
    """The process that serves from a database, empty for none."""
    try:
        with Path(f"{path}.lock").open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip() or "another"
    except OSError:
        return ""
    return ""


@asynccontextmanager
async def opened_store(path: Path) -> AsyncIterator[SqliteStore]:
    """The database alone, for as long as the block lasts."""
    _is_ours(path)
    store = SqliteStore(SqliteFile(path))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _is_ours(path: Path) -> None:
    """Look before opening: what only reads must not turn another program's file into a database of ours."""
    with contextlib.closing(_looked_at(path)) as connection:
        asked = "SELECT count(*) FROM sqlite_master WHERE name IN ('ledger', 'rotations')"
        found = connection.execute(asked).fetchone()
    if found != (2,):
        message = "it is no database of rotate"
        raise sqlite3.DatabaseError(message)


def _looked_at(path: Path) -> sqlite3.Connection:
    # Without a journal there is nothing but the file, and then even the journal's index is not to be made by looking.
    still = "" if Path(f"{path}-wal").exists() else "&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{still}", uri=True)


async def ledger_faults(path: Path) -> tuple[int, list[str], list[str]]:
    """How many rows the ledger has, and every fault: in its rows, or between them and what is stored.

    Last, the rotations with rows of an earlier machine, which lead elsewhere by this one and are not folded.
    """
    async with opened_store(path) as store:
        found = await store.audit()
        broken = [f"row {fault.seq}: {fault.what}" for fault in found.faults]
        told = [*broken, *faults(found.rows, found.stored, found.unreadable)]
        return found.count, told, of_earlier_machines(found.rows)


async def ledger_rows(path: Path, subject: str) -> list[dict[str, Any]]:
    """The ledger's rows as data, of one subject or (empty) all."""
    async with opened_store(path) as store:
        return await store.shown_rows(subject)


async def stored_comparison(path: Path, comparison_id: str) -> tuple[Comparison | None, list[str]]:
    """A comparison as the bot keeps it, and the ids there are, the newest first."""
    async with opened_store(path) as store:
        known = [comparison.id for comparison in await store.comparisons()]
        return await store.comparison(comparison_id), known
