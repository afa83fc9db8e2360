"""The one connection, its thread, and its transactions. What is read or written in one is the other files' business."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.store.migrations import migrations

Result = TypeVar("Result")
Work = Callable[[Database], Result]


class SqliteFile:
    """A database file, worked on by one thread: a transaction is a plain function, so no await can get into one."""

    def __init__(self, path: Path | str) -> None:
        """Name the file; nothing is opened yet."""
        self._path = str(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._db: Database | None = None

    async def open(self) -> None:
        """Open the file and bring its tables up to date. Raises sqlite3.Error when it is no database of ours."""
        await self._run(self._open)

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._run(self._close)
        self._thread.shutdown()

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction that is committed when it returns and undone when it raises."""
        return await self._run(lambda: self._transact(work))

    async def read(self, work: Work[Result]) -> Result:
        """Run `work` on a consistent state; it must not write."""
        return await self._run(lambda: work(self._opened()))

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        self._db = Database(connection)
        migrations.apply(self._db)

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _opened(self) -> Database:
        if self._db is None:
            message = "the database is not open"
            raise RuntimeError(message)
        return self._db

    def _transact(self, work: Work[Result]) -> Result:
        # BEGIN IMMEDIATE: a deferred transaction that reads and then writes is refused at once when the terminal
        # writes to the inbox in between, whatever the busy timeout.
        db = self._opened()
        db.execute("BEGIN IMMEDIATE")
        try:
            result = work(db)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        return result
