"""Samples in one SQLite file, for a comparison from the terminal: nothing that was finished is asked for twice.

One thread owns the connection; writes that arrive while it commits go into the next commit together. A commit survives
the death of the process at once (WAL), and is waited for on the disk itself twice a second, so that durability does not
slow a run down: a power cut loses the last half second. A lock file a run keeps a second process out, and dies with its
owner.
"""

import asyncio
import fcntl
import json
import os
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, Self, TypeVar

from bot.difftest.model.sample import EarlierRun, RunIdentity, Sample, SampleKey, StoredRun, earlier_runs
from bot.difftest.ports import RunBusy

FILE_NAME: Final = "comparisons.db"
KEPT: Final = timedelta(days=30)
_OWNER_ONLY: Final = 0o600
_TO_THE_DISK_EVERY: Final = timedelta(seconds=0.5)

Statement = tuple[str, tuple[Any, ...]]
Result = TypeVar("Result")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, identity TEXT NOT NULL, opened_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  "case" TEXT NOT NULL, arm TEXT NOT NULL, repeat INTEGER NOT NULL, attempt INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended', 'cut_off'))
);
CREATE INDEX IF NOT EXISTS open_calls ON calls (run, "case", arm, repeat) WHERE state = 'open';
CREATE TABLE IF NOT EXISTS samples (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  "case" TEXT NOT NULL, arm TEXT NOT NULL, repeat INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (run, "case", arm, repeat)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  "case" TEXT NOT NULL, arm TEXT NOT NULL, repeat INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (run, "case", arm, repeat, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
"""
_AT_A_TIME: Final = 200
"""How many samples are read in one go: few enough that their words do not matter for memory."""
_OPEN: Final = "INSERT INTO runs VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at"
_END_CALL: Final = (
    """UPDATE calls SET state = 'ended' WHERE run = ? AND "case" = ? AND arm = ? AND repeat = ? AND state = 'open'"""
)
_START_CALL: Final = """INSERT INTO calls (run, "case", arm, repeat, attempt) VALUES (?, ?, ?, ?, ?)"""
_ADD: Final = """INSERT OR REPLACE INTO samples (run, "case", arm, repeat, body) VALUES (?, ?, ?, ?, ?)"""
_ADD_TURN: Final = """INSERT OR REPLACE INTO turns (run, "case", arm, repeat, number, body) VALUES (?, ?, ?, ?, ?, ?)"""
_NOTE: Final = "INSERT OR REPLACE INTO notes (run, name, value) VALUES (?, ?, ?)"
_NEXT: Final = (
    """SELECT body FROM samples WHERE run = ? AND ("case", arm, repeat) > (?, ?, ?)"""
    """ ORDER BY "case", arm, repeat LIMIT ?"""
)
_ONE: Final = """SELECT body FROM samples WHERE run = ? AND "case" = ? AND arm = ? AND repeat = ?"""
_OPEN_TURNS: Final = (
    """SELECT body FROM turns WHERE run = ? AND ("case", arm, repeat) NOT IN"""
    """ (SELECT "case", arm, repeat FROM samples WHERE run = ?) ORDER BY number"""
)
_DISCARD: Final = """DELETE FROM samples WHERE run = ? AND "case" = ? AND arm = ? AND repeat = ?"""


class StoreUnusable(Exception):
    """The file or its folder cannot be used; the message names it."""


@dataclass
class FileStore:
    """A `SampleStore` in `folder`. Use it with `async with`."""

    folder: Path
    now: Callable[[], datetime]

    async def __aenter__(self) -> Self:
        """Open the file, readable by its owner only. Raises StoreUnusable."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="samples")
        self._waiting: list[tuple[tuple[Statement, ...], asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._locks: dict[str, IO[str]] = {}
        self._on_disk_at: datetime | None = None
        self._failed: BaseException | None = None
        try:
            self._database = await self._in_thread(self._connect)
        except (OSError, sqlite3.Error) as error:
            self._executor.shutdown()
            raise StoreUnusable(f"{self.folder / FILE_NAME} cannot be used: {error}") from None
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give everything back."""
        if self._committing is not None:
            await asyncio.wait([self._committing])
        for run_id in list(self._locks):
            await self.close(run_id)
        await self._in_thread(self._database.close)
        self._executor.shutdown()

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        path = self.folder / FILE_NAME
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        # Plain sqlite3: sqlite-utils imports numpy where it is there, a third of what this process takes.
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "busy_timeout = 10000"):
            database.execute(f"PRAGMA {pragma}")
        database.executescript(_SCHEMA)
        return database

    async def open(self, run: RunIdentity, *, fresh: bool = False) -> StoredRun:
        """Take the run for this process and answer what is kept of it. Raises RunBusy."""
        await self._settled()
        self._lock(run.id)
        return await self._in_thread(lambda: self._take(run, fresh=fresh))

    def _lock(self, run_id: str) -> None:
        path = self.folder / f"{run_id[:32]}.lock"
        lock = open(path, "a+", encoding="utf-8", opener=_owner_only)  # noqa: SIM115 (held until `close`)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            text = lock.read()
            lock.close()
            holder = json.loads(text) if text else {"pid": 0, "host": "this machine", "since": "just now"}
            raise RunBusy(**holder) from None
        lock.truncate(0)
        since = self.now().isoformat(timespec="seconds")
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": since}, lock)
        lock.flush()
        self._locks[run_id] = lock

    def _take(self, run: RunIdentity, *, fresh: bool) -> StoredRun:
        database, now = self._database, self.now()
        opening: list[Statement] = [("DELETE FROM runs WHERE opened_at < ?", ((now - KEPT).isoformat(),))]
        if fresh:
            opening.append(("DELETE FROM runs WHERE id = ?", (run.id,)))
        opening.append((_OPEN, (run.id, json.dumps(asdict(run)), now.isoformat())))
        opening.append(("UPDATE calls SET state = 'cut_off' WHERE run = ? AND state = 'open'", (run.id,)))
        self._commit(opening)
        counted = "SELECT count(*) FILTER (WHERE state = 'ended'), count(*) FILTER (WHERE state = 'cut_off') FROM calls"
        calls, repeated = database.execute(f"{counted} WHERE run = ?", [run.id]).fetchone()
        turns: dict[SampleKey, tuple[Sample, ...]] = {}
        for (body,) in database.execute(_OPEN_TURNS, [run.id, run.id]).fetchall():
            turn = Sample.from_json(body)
            turns[turn.key] = (*turns.get(turn.key, ()), turn)
        notes = dict(database.execute("SELECT name, value FROM notes WHERE run = ?", [run.id]).fetchall())
        return StoredRun(calls, repeated, turns, notes)

    async def kept(self, run_id: str) -> AsyncIterator[Sample]:
        """Every sample of a run."""
        await self._settled()
        after = SampleKey("", "candidate", -1)
        while found := await self._in_thread(partial(self._bodies, _NEXT, [(run_id, *after, _AT_A_TIME)])):
            for body in found:
                sample = Sample.from_json(body)
                yield sample
            after = sample.key

    async def load(self, run_id: str, keys: Iterable[SampleKey]) -> list[Sample]:
        """These samples, where they are there."""
        await self._settled()
        wanted = [(run_id, *key) for key in keys]
        return [Sample.from_json(body) for body in await self._in_thread(partial(self._bodies, _ONE, wanted))]

    def _bodies(self, sql: str, asked: Iterable[tuple[Any, ...]]) -> list[str]:
        return [body for values in asked for (body,) in self._database.execute(sql, values).fetchall()]

    async def earlier(self, run: RunIdentity) -> tuple[EarlierRun, ...]:
        """Other runs that asked the run's current model the same, newest first."""
        sql = "SELECT id, identity FROM runs ORDER BY opened_at DESC"
        return earlier_runs(run, await self._in_thread(lambda: self._database.execute(sql).fetchall()))

    async def start_call(self, run_id: str, key: SampleKey, attempt: int) -> None:
        """Record a call before it is sent."""
        await self._write((_END_CALL, (run_id, *key)), (_START_CALL, (run_id, *key, attempt)))

    async def add(self, run_id: str, sample: Sample) -> None:
        """Keep a finished sample: on disk before the next call is recorded, which alone waits for it."""
        self._queue((_END_CALL, (run_id, *sample.key)), (_ADD, (run_id, *sample.key, sample.to_json())))

    async def add_turn(self, run_id: str, turn: Sample, number: int) -> None:
        """Keep a turn of a conversation that goes on."""
        await self._write((_END_CALL, (run_id, *turn.key)), (_ADD_TURN, (run_id, *turn.key, number, turn.to_json())))

    async def note(self, run_id: str, name: str, value: str) -> None:
        """Keep something about the run."""
        await self._write((_NOTE, (run_id, name, value)))

    async def discard(self, run_id: str, keys: Iterable[SampleKey]) -> None:
        """Forget samples, so that they are asked for again."""
        await self._write(*((_DISCARD, (run_id, *key)) for key in keys))

    async def close(self, run_id: str) -> None:
        """Give the run back. Raises StoreUnusable where something of it could not be kept."""
        try:
            await self._settled()
        finally:
            lock = self._locks.pop(run_id, None)
            if lock is not None:
                lock.truncate(0)
                lock.close()

    async def _write(self, *statements: Statement) -> None:
        """Commit the statements, together with whatever else is waiting; returns when they are on disk."""
        await self._queue(*statements)

    def _queue(self, *statements: Statement) -> asyncio.Future[None]:
        """Have the statements committed after all that was queued before; raises what has failed meanwhile."""
        if self._failed is not None:
            raise self._failed
        done = asyncio.get_running_loop().create_future()
        done.add_done_callback(self._note_failure)
        self._waiting.append((statements, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_all())
        return done

    def _note_failure(self, done: asyncio.Future[None]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            self._failed = error

    async def _settled(self) -> None:
        """Wait until all that was queued is on disk. Raises StoreUnusable where it is not."""
        while self._committing is not None and not self._committing.done():
            await asyncio.wait([self._committing])
        if self._failed is not None:
            raise self._failed

    async def _commit_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            failed: Exception | None = None
            try:
                await self._in_thread(partial(self._commit, [one for some, _ in batch for one in some]))
            except (sqlite3.Error, OSError) as error:
                failed = StoreUnusable(f"{self.folder / FILE_NAME} cannot be written: {error}")
            for _, done in batch:
                if done.done():
                    continue
                if failed is None:
                    done.set_result(None)
                else:
                    done.set_exception(failed)

    def _commit(self, statements: Iterable[Statement]) -> None:
        now = self.now()
        due = self._on_disk_at is None or now - self._on_disk_at >= _TO_THE_DISK_EVERY
        self._database.execute(f"PRAGMA synchronous = {'FULL' if due else 'NORMAL'}")
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for sql, values in statements:
                self._database.execute(sql, values)
            self._database.execute("COMMIT")
            self._on_disk_at = now if due else self._on_disk_at
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, _OWNER_ONLY)
