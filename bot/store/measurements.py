"""What was seen of the platform: a bake's windows, and the snapshots that direct scraping lives on."""

import zlib
from datetime import datetime

from sqlite_utils import Database

from bot.monitor.model import Observation


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


def save_snapshot(db: Database, at: datetime, body: str) -> None:
    """Keep what the endpoints showed at one instant."""
    db.execute(
        "INSERT INTO snapshots VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        (at.isoformat(), zlib.compress(body.encode(), 1)),
    )


def snapshots(db: Database, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """Snapshots taken in `[start, end]`, in order."""
    found = db.query(
        "SELECT at, body FROM snapshots WHERE at >= ? AND at <= ? ORDER BY at",
        (start.isoformat(), end.isoformat()),
    )
    return [(datetime.fromisoformat(row["at"]), zlib.decompress(row["body"]).decode()) for row in found]


def forget_snapshots(db: Database, before: datetime) -> None:
    """Drop snapshots no bake can need any more."""
    db.execute("DELETE FROM snapshots WHERE at < ?", (before.isoformat(),))
