"""The one connection, its thread, and its transactions. What is read or written in one is the other files' business."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bot.store.library import Database
from bot.store.migrations import bring_up_to_date

Result = TypeVar("Result")
Work = Callable[[Database], Result]

OWNER_ONLY = 0o600
"""Prompts and answers are in it."""

BUSY_SECONDS = 10.0
"""How long another process's transaction is waited for."""


class SqliteFile:
    """A database file, worked on by one thread: a transaction is a plain function, so no await can get into one."""

    def __init__(self, path: Path | str) -> None:
        """Name the file; nothing is opened yet."""
        self._path = str(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._db: Database | None = None

    async def open(self) -> None:
        """Open the file and bring its tables up to date.

        Raises sqlite3.Error when it is no database of ours, or one of a newer release.
        """
        await self._run(self._open)

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._run(self._close)
        self._thread.shutdown()

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction that is committed when it returns and undone when it raises."""
        return await self._run(lambda: self._transact(work, "BEGIN IMMEDIATE"))

    async def read(self, work: Work[Result]) -> Result:
        """Run `work` on a consistent state, whoever writes meanwhile; it must not write."""
        return await self._run(lambda: self._transact(work, "BEGIN"))

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        self._create()
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
            _log_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._db = Database(connection)
            self._transact(bring_up_to_date, "BEGIN IMMEDIATE")
        except BaseException:
            self._db = None
            connection.close()
            raise

    def _create(self) -> None:
        # SQLite gives its journal the mode of the file; a folder that is missing is for SQLite to complain of.
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER_ONLY))
        except OSError:
            return

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _opened(self) -> Database:
        if self._db is None:
            message = "the database is not open"
            raise RuntimeError(message)
        return self._db

    def _transact(self, work: Work[Result], begin: str) -> Result:
        # Writers say IMMEDIATE: a deferred transaction that reads and then writes is refused at once when the terminal
        # writes to the inbox in between, whatever the busy timeout.
        db = self._opened()
        db.execute(begin)
        try:
            result = work(db)
            db.execute("COMMIT")
        except BaseException:
            # A full disk may have ended the transaction already.
            if db.conn.in_transaction:
                db.execute("ROLLBACK")
            raise
        return result


def _log_ahead(connection: sqlite3.Connection) -> None:
    # Two that switch a new file over at once hold each other up, and SQLite refuses one of them at once instead of
    # waiting for its busy timeout. The one refused lets go, and finds the file switched when it asks again.
    pause = threading.Event()
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            pause.wait(0.01)
        else:
            return
