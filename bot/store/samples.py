"""Samples of comparisons in the bot's own file: `bot.difftest.ports.SampleStore` beside everything else that survives.

Writes that arrive while one commits go into the next commit together, so that durability does not slow a run down.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from bot.difftest.model.sample import EarlierRun, RunBusy, RunIdentity, Sample, SampleKey, StoredRun, earlier_runs
from bot.store.library import Database
from bot.store.sqlite import SqliteFile

Statement = tuple[str, tuple[object, ...]]

_OPEN = "INSERT INTO runs VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"
_END = "UPDATE calls SET state = 'ended' WHERE run = ? AND sample = ? AND state = 'open'"
_START = "INSERT INTO calls (run, sample, attempt, state) VALUES (?, ?, ?, 'open')"
_ADD = "INSERT OR REPLACE INTO samples VALUES (?, ?, ?)"
_ADD_TURN = "INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)"
_NOTE = "INSERT OR REPLACE INTO run_notes VALUES (?, ?, ?)"
_NEXT = "SELECT body, sample FROM samples WHERE run = ? AND sample > ? ORDER BY sample LIMIT ?"
_ONE = "SELECT body, sample FROM samples WHERE run = ? AND sample = ?"
_OPEN_TURNS = (
    "SELECT body FROM turns WHERE run = ? AND sample NOT IN (SELECT sample FROM samples WHERE run = ?) ORDER BY number"
)
_AT_A_TIME = 200
"""How many samples are read in one go: few enough that their words do not matter for memory."""


class SqliteSamples:
    """Every sample of every run. Only one process has the file, so a run is busy only within this one."""

    def __init__(self, file: SqliteFile, now: Callable[[], datetime], kept: timedelta) -> None:
        """Share the bot's file; those of runs begun longer than `kept` ago are forgotten."""
        self._file = file
        self._now = now
        self._kept = kept
        self._taken: dict[str, str] = {}
        self._at_work: set[str] = set()
        self._waiting: list[tuple[tuple[Statement, ...], asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def forget(self) -> None:
        """Drop the answers of runs that were begun too long ago; one that goes on just now keeps them till its end."""
        await self._file.write(self._forget)

    def _forget(self, db: Database) -> None:
        too_old = db.execute("SELECT id FROM runs WHERE opened_at < ?", ((self._now() - self._kept).isoformat(),))
        for (run,) in too_old.fetchall():
            if run not in self._at_work:
                db.execute("DELETE FROM runs WHERE id = ?", (run,))

    async def open(self, run: RunIdentity, *, fresh: bool = False) -> StoredRun:
        """Take the run and answer what is kept of it. Raises RunBusy."""
        if run.id in self._taken:
            raise RunBusy(os.getpid(), socket.gethostname(), self._taken[run.id])
        self._taken[run.id] = self._now().isoformat(timespec="seconds")
        try:
            stored = await self._file.write(lambda db: self._take(db, run, fresh=fresh))
        except BaseException:
            del self._taken[run.id]
            raise
        self._at_work.add(run.id)
        return stored

    def _take(self, db: Database, run: RunIdentity, *, fresh: bool) -> StoredRun:
        now = self._now()
        self._forget(db)
        if fresh:
            db.execute("DELETE FROM runs WHERE id = ?", (run.id,))
        db.execute(_OPEN, (run.id, json.dumps(asdict(run)), now.isoformat()))
        db.execute("UPDATE calls SET state = 'cut_off' WHERE run = ? AND state = 'open'", (run.id,))
        counted = "SELECT count(*) FILTER (WHERE state = 'ended'), count(*) FILTER (WHERE state = 'cut_off') FROM calls"
        calls, repeated = db.execute(f"{counted} WHERE run = ?", (run.id,)).fetchone()
        turns: dict[SampleKey, tuple[Sample, ...]] = {}
        for (body,) in db.execute(_OPEN_TURNS, (run.id, run.id)).fetchall():
            turn = Sample.from_json(body)
            turns[turn.key] = (*turns.get(turn.key, ()), turn)
        notes = dict(db.execute("SELECT name, value FROM run_notes WHERE run = ?", (run.id,)).fetchall())
        return StoredRun(calls, repeated, turns, notes)

    async def kept(self, run_id: str) -> AsyncIterator[Sample]:
        """Every sample of a run."""
        after = ""
        while found := await self._rows(_NEXT, [(run_id, after, _AT_A_TIME)]):
            for body, _ in found:
                yield Sample.from_json(body)
            after = found[-1][1]

    async def load(self, run_id: str, keys: Iterable[SampleKey]) -> list[Sample]:
        """These samples, where they are there."""
        found = await self._rows(_ONE, [(run_id, _text(key)) for key in keys])
        return [Sample.from_json(body) for body, _ in found]

    async def _rows(self, sql: str, asked: Iterable[tuple[object, ...]]) -> list[tuple[str, str]]:
        return await self._file.read(lambda db: [row for values in asked for row in db.execute(sql, values).fetchall()])

    async def earlier(self, run: RunIdentity) -> tuple[EarlierRun, ...]:
        """Other runs that asked the run's current model the same, newest first."""
        sql = "SELECT id, identity FROM runs ORDER BY opened_at DESC"
        return earlier_runs(run, await self._file.read(lambda db: db.execute(sql).fetchall()))

    async def start_call(self, run_id: str, key: SampleKey, attempt: int) -> None:
        """Record a call before it is sent."""
        await self._write((_END, (run_id, _text(key))), (_START, (run_id, _text(key), attempt)))

    async def add(self, run_id: str, sample: Sample) -> None:
        """Keep a finished sample."""
        key = _text(sample.key)
        await self._write((_END, (run_id, key)), (_ADD, (run_id, key, sample.to_json())))

    async def add_turn(self, run_id: str, turn: Sample, number: int) -> None:
        """Keep a turn of a conversation that goes on."""
        key = _text(turn.key)
        await self._write((_END, (run_id, key)), (_ADD_TURN, (run_id, key, number, turn.to_json())))

    async def note(self, run_id: str, name: str, value: str) -> None:
        """Keep something about the run."""
        await self._write((_NOTE, (run_id, name, value)))

    async def discard(self, run_id: str, keys: Iterable[SampleKey]) -> None:
        """Forget samples, so that they are asked for again."""
        gone = "DELETE FROM samples WHERE run = ? AND sample = ?"
        await self._write(*((gone, (run_id, _text(key))) for key in keys))

    async def close(self, run_id: str) -> None:
        """Give the run back."""
        self._taken.pop(run_id, None)
        self._at_work.discard(run_id)

    async def _write(self, *statements: Statement) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((statements, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.get_running_loop().create_task(self._commit_all())
        await done

    async def _commit_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            statements = [statement for some, _ in batch for statement in some]
            failure: Exception | None = None
            try:
                await self._file.write(lambda db, todo=statements: _execute(db, todo))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whatever it is, every waiting writer must hear of it
                failure = error
            for _, done in batch:
                if done.done():
                    continue
                if failure is None:
                    done.set_result(None)
                else:
                    done.set_exception(failure)


def _execute(db: Database, statements: Iterable[Statement]) -> None:
    for sql, values in statements:
        db.execute(sql, values)


def _text(key: SampleKey) -> str:
    return json.dumps(list(key), separators=(",", ":"))
