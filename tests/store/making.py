"""What the store is given in tests, with as few words as possible: commands, comparisons, effects, what was played."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from bot.engine.happen import happen, start
from bot.engine.models.commands import ReplyTo, Steer
from bot.engine.models.comparisons import Comparison
from bot.engine.records import Claimed, Commit, Outcome, Wanted
from bot.monitor.model import Series, Snapshot
from bot.rotation.events import Event
from bot.rotation.machine import Moved
from bot.rotation.model.state import Trigger
from bot.store.library import Database
from bot.store.migrations import bring_up_to_date
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.rotation.cast import ALICE, NEW, OLD
from tests.rotation.play import Play

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEASE = timedelta(minutes=1)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteStore]:
    """A store on a file, closed at the end."""
    store = SqliteStore(SqliteFile(path))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def tables() -> Iterator[Database]:
    """The tables in memory, for what needs no file."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(_empty())
        yield Database(connection)


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        bring_up_to_date(Database(connection))
        connection.execute("COMMIT")
        return connection.serialize()


def later(**length: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(**length)


def command(name: str = "c1", *, at: datetime = NOW) -> Steer:
    """Somebody asks for a pause."""
    return Steer(id=name, actor="U1", at=at, reply=ReplyTo(user="U1"), verb="pause", subject="chat")


def comparison(
    name: str = "D1", *, slot: str = "chat", at: datetime = NOW, spent: float | None = None, **fields: object
) -> Comparison:
    """A comparison that runs."""
    whole = Comparison(
        id=name,
        slot=slot,
        current=OLD,
        candidate=NEW,
        rollback=OLD,
        trigger=Trigger.NEW_MODEL,
        reason="",
        requester=ALICE,
        channel="model-rotation",
        started_at=at,
        spent_usd=spent,
    )
    return whole.model_copy(update=fields)


def wanted(key: str, *, subject: str = "R1", lane: str = "chat", replaces: str = "") -> Wanted:
    """An effect; its kind is what the store does not look at."""
    return Wanted(subject=subject, lane=lane, key=key, kind="update_card", body={"key": key}, replaces=replaces)


async def want(store: SqliteStore, *effects: Wanted, at: datetime = NOW) -> None:
    """Put effects into the outbox."""
    await store.commit(Commit(at=at, wanted=effects))


async def claim(store: SqliteStore, at: datetime = NOW, busy: tuple[int, ...] = ()) -> list[Claimed]:
    """What can be done now."""
    return await store.claim(at, LEASE, busy)


async def finish(store: SqliteStore, claimed: Claimed, at: datetime = NOW) -> None:
    """It was done."""
    await store.commit(Commit(at=at, effect_done=Outcome(claimed.id, claimed.epoch, "done")))


def keys(claimed: list[Claimed]) -> list[str]:
    """Which they are."""
    return [one.key for one in claimed]


async def keep(store: SqliteStore, play: Play) -> None:
    """Let the store's rotation live through what was played."""
    await start(store, Moved(play.first, ()), inbox_done="")
    for event in play.events:
        await happened(store, play.first.id, event)


async def happened(store: SqliteStore, rotation: str, event: Event) -> Moved:
    """Let something happen that must be taken."""
    outcome = await happen(store, rotation, event)
    assert isinstance(outcome, Moved), outcome
    return outcome


def snapshot(minute: int) -> Snapshot:
    """What scraped endpoints had counted so many minutes after NOW."""
    counted = Series(stage="pilots", model="new", requests=10.0 * minute, errors=0)
    raw = {"http://a": {"requests_total": 10.0 * minute}}
    return Snapshot(at=later(minutes=minute), epoch=NOW, totals=(counted,), raw=raw, started={"http://a": 1.0})
