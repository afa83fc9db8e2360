"""What was seen of the platform: a bake's windows, and the snapshots that direct scraping lives on."""

import json
import zlib
from datetime import datetime

from bot.monitor.model import Observation, Snapshot
from bot.store.library import Database


def save(db: Database, subject: str, part: str, number: int, observation: Observation) -> None:
    """Keep one window; the same window again replaces it."""
    db.execute(
        "INSERT INTO measurements VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET observation = excluded.observation",
        (subject, part, number, observation.model_dump_json()),
    )


def load(db: Database, subject: str, part: str) -> list[Observation]:
    """The windows of one part of a subject, in order."""
    found = db.query(
        "SELECT observation FROM measurements WHERE subject = ? AND part = ? ORDER BY number",
        (subject, part),
    )
    return [Observation.model_validate_json(row["observation"]) for row in found]


def forget(db: Database, before: datetime) -> None:
    """Drop the windows of rotations that ended before then: nothing is judged by them any more."""
    db.execute(
        "DELETE FROM measurements WHERE subject IN (SELECT id FROM rotations WHERE ended_at < ?)", (before.isoformat(),)
    )


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
