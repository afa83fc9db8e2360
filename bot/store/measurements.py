"""What was seen of the platform: a bake's windows, and the snapshots that direct scraping lives on."""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.monitor.model import Observation, Snapshot
from bot.monitor.table import table_of
from bot.store.library import Database

_ABOVE_ALL: Final = 2**62


def save(
    db: Database, subject: str, part: str, number: int, observation: Observation, sums: Mapping[str, bytes]
) -> None:
    """Keep one window, and what all windows come to with it; the same window again replaces it."""
    from bot.monitor.packed import packed_table  # noqa: PLC0415 (numpy: the idle bot stays small)

    db.execute(
        "INSERT INTO measurements VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET observation = excluded.observation, series = excluded.series",
        (
            subject,
            part,
            number,
            observation.model_dump_json(exclude={"series"}),
            packed_table(table_of(observation)),
        ),
    )
    for name, body in sums.items():
        db.execute(
            "INSERT INTO sums VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (subject, part, name, body),
        )


def load(db: Database, subject: str, part: str, below: int | None = None) -> list[Observation]:
    """The windows of one part of a subject, in order; those whose number is `below` that one, where one is given."""
    found = db.query(
        "SELECT observation, series FROM measurements WHERE subject = ? AND part = ? AND number < ? ORDER BY number",
        (subject, part, _ABOVE_ALL if below is None else below),
    )
    return [_window(row["observation"], row["series"]) for row in found]


def _window(text: str, series: bytes | None) -> Observation:
    from bot.monitor.packed import table_from  # noqa: PLC0415 (as above)

    observation = Observation.model_validate_json(text)
    # Windows of an earlier release have their series in the text.
    return observation if series is None else observation.model_copy(update={"series": table_from(series)})


def sums(db: Database, subject: str, part: str, names: Sequence[str]) -> dict[str, bytes]:
    """What the windows of a part come to, by name; what was not kept is not in it."""
    marks = ", ".join("?" * len(names))
    found = db.query(
        f"SELECT name, body FROM sums WHERE subject = ? AND part = ? AND name IN ({marks})",  # noqa: S608 - marks only
        (subject, part, *names),
    )
    return {row["name"]: row["body"] for row in found}


def forget(db: Database, before: datetime) -> None:
    """Drop the windows of rotations that ended before then: nothing is judged by them any more."""
    ended = "subject IN (SELECT id FROM rotations WHERE ended_at < ?)"
    for table in ("measurements", "sums"):
        db.execute(f"DELETE FROM {table} WHERE {ended}", (before.isoformat(),))  # noqa: S608 - both are written above


def save_snapshot(db: Database, snapshot: Snapshot) -> None:
    """Keep what the endpoints showed at one instant; only the newest needs its counters as they were read."""
    db.execute("UPDATE snapshots SET raw = NULL WHERE raw IS NOT NULL")
    raw = snapshot.model_dump_json(include=_NEWEST)
    db.execute(
        "INSERT INTO snapshots VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body, raw = excluded.raw",
        (snapshot.at.isoformat(), _packed(snapshot.without_raw().model_dump_json()), _packed(raw)),
    )


def snapshots(db: Database, start: datetime, end: datetime) -> list[Snapshot]:
    """Snapshots taken in `[start, end]`, in order."""
    found = db.query(
        "SELECT * FROM snapshots WHERE at >= ? AND at <= ? ORDER BY at",
        (start.isoformat(), end.isoformat()),
    )
    return [_snapshot(row["body"], row["raw"]) for row in found]


def snapshot_times(db: Database, start: datetime, end: datetime) -> list[datetime]:
    """When the snapshots of `[start, end]` were taken, in order; none of them is read."""
    found = db.query(
        "SELECT at FROM snapshots WHERE at >= ? AND at <= ? ORDER BY at", (start.isoformat(), end.isoformat())
    )
    return [datetime.fromisoformat(row["at"]) for row in found]


def forget_snapshots(db: Database, before: datetime) -> None:
    """Drop snapshots no bake can need any more."""
    db.execute("DELETE FROM snapshots WHERE at < ?", (before.isoformat(),))


_NEWEST = {"raw", "started"}


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode(), 1)


def _snapshot(body: bytes, raw: bytes | None) -> Snapshot:
    snapshot = Snapshot.model_validate_json(zlib.decompress(body))
    if raw is None:
        return snapshot
    newest = Snapshot.model_validate({**json.loads(zlib.decompress(raw)), "at": snapshot.at, "epoch": snapshot.epoch})
    return snapshot.model_copy(update={"raw": newest.raw, "started": newest.started})
