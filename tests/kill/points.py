"""Numbering what a running bot does: every commit and every call that leaves it, and ending the process at one of them.

A point is named after what happens there and how often that has happened in this run, `before commit of
target_written#2`, so that it is the same one in another run although runs interleave differently. A process that is
started again after it died counts on. SIGKILL leaves the process no chance to tidy up.

Left out are the commits of housekeeping, which follow the clock and lead to nothing: the scraped `snapshots`, and the
`alive_at` that says when the bot was last up. Reading from the database is no point, nor is a transaction that changes
nothing, nor the call that scrapes.
"""

import inspect
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from bot.difftest.ports import ChatProvider
from bot.engine.outside import Outside
from bot.ports import Catalog, Directory, Health, Messenger, MetricsSource, Target
from bot.store.library import Database
from bot.store.sqlite import SqliteFile, Work

Result = TypeVar("Result")

_WRITES = re.compile(r"^\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE|DELETE\s+FROM)\s+\W?(\w+)", re.IGNORECASE)
HOUSEKEEPING = re.compile(r"\bsnapshots\b|'alive_at'")


class Points:
    """The points this run has come by; each is a line of the log before anything happens there."""

    def __init__(self, log: Path, end_at: Collection[str] = ()) -> None:
        before = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._end_at = frozenset(end_at)
        self._seen: Counter[str] = Counter(point.rpartition("#")[0] for point in before)
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        """Note the point, and die here if it is one of those to die at."""
        with self._lock:
            self._seen[name] += 1
            point = f"{name}#{self._seen[name]}"
            os.write(self._log, f"{point}\n".encode())
            if point in self._end_at:
                os.kill(os.getpid(), signal.SIGKILL)


class NumberedFile(SqliteFile):
    """The database, with a point inside each transaction right before it is committed, and one right after."""

    def __init__(self, path: Path, points: Points) -> None:
        super().__init__(path)
        self._points = points

    async def write(self, work: Work[Result]) -> Result:
        name = ""

        def inside(db: Database) -> Result:
            nonlocal name
            statements: list[str] = []
            last = newest(db)
            db.conn.set_trace_callback(statements.append)
            changes = db.conn.total_changes
            try:
                result = work(db)
            finally:
                db.conn.set_trace_callback(None)
            if db.conn.total_changes > changes:
                name = commit_name(statements, entries_after(db, last))
            if name:
                self._points.reach(f"before {name}")
            return result

        result = await super().write(inside)
        if name:
            self._points.reach(f"after {name}")
        return result


def newest(db: Database) -> int:
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchone()[0])


def entries_after(db: Database, last: int) -> list[str]:
    return [str(name) for (name,) in db.execute("SELECT name FROM ledger WHERE seq > ? ORDER BY seq", (last,))]


def commit_name(statements: Collection[str], entries: Collection[str]) -> str:
    """What a commit writes: the events it records, else its tables; empty for housekeeping."""
    written = [(found[1].lower(), text) for text in statements if (found := _WRITES.match(text))]
    tables = dict.fromkeys(table for table, text in written if not HOUSEKEEPING.search(text))
    if not tables:
        return ""
    return f"commit of {'+'.join(entries) if entries else '+'.join(sorted(tables))}"


class Numbered:
    """A port with a point before and after each of its calls that leave the process."""

    def __init__(self, port: object, name: str, calls: Collection[str], points: Points) -> None:
        self._port, self._name, self._calls, self._points = port, name, calls, points

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - whatever the port has
        found = getattr(self._port, attribute)
        return self._numbered(attribute, found) if attribute in self._calls else found

    def _numbered(self, call: str, made: Callable[..., Any]) -> Callable[..., Any]:
        async def numbered(*arguments: object, **more: object) -> Any:  # noqa: ANN401 - as the port answers
            name = f"{self._name}.{call}"
            self._points.reach(f"before {name}")
            try:
                return await made(*arguments, **more)
            finally:
                self._points.reach(f"after {name}")

        return numbered


def calls_of(port: type) -> list[str]:
    """Every call of a port: what its Protocol declares as a coroutine."""
    return [name for name, member in inspect.getmembers(port, inspect.iscoroutinefunction) if not name.startswith("_")]


def numbered(outside: Outside, points: Points) -> Outside:
    """The ports of a bot, numbered. The store is numbered through its file, waiting and the time are no calls."""

    def one(port: object, name: str, kind: type) -> Any:  # noqa: ANN401 - stands for the port
        return Numbered(port, name, calls_of(kind), points) if port is not None else None

    return replace(
        outside,
        messenger=one(outside.messenger, "messenger", Messenger),
        directory=one(outside.directory, "directory", Directory),
        targets={kind: one(target, f"target[{kind}]", Target) for kind, target in outside.targets.items()},
        catalog=one(outside.catalog, "catalog", Catalog),
        provider=one(outside.provider, "provider", ChatProvider),
        metrics=one(outside.metrics, "metrics", MetricsSource),
        health=one(outside.health, "health", Health),
    )
