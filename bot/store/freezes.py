"""Freezes that somebody set: each a state as JSON beside the columns it is found by."""

from datetime import UTC, datetime

from bot.engine.records import StaleError
from bot.rotation.model.freezes import Freeze
from bot.store.library import Database


def save(db: Database, freeze: Freeze) -> None:
    """Insert version 1, or replace exactly the version before. Raises StaleError when another is stored."""
    lifted = _stamp(freeze.lifted_at) if freeze.lifted_at else None
    columns = (_stamp(freeze.until), lifted, freeze.version, freeze.model_dump_json())
    if freeze.version == 1:
        done = db.execute(
            "INSERT INTO freezes (until, lifted_at, version, state, id, number) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO NOTHING",
            (*columns, freeze.id, int(freeze.id[1:])),
        )
    else:
        done = db.execute(
            "UPDATE freezes SET until = ?, lifted_at = ?, version = ?, state = ? WHERE id = ? AND version = ?",
            (*columns, freeze.id, freeze.version - 1),
        )
    if done.rowcount != 1:
        message = f"{freeze.id} moved on meanwhile"
        raise StaleError(message)


def freeze(db: Database, freeze_id: str) -> Freeze | None:
    """A freeze by its id."""
    row = next(iter(db.query("SELECT state FROM freezes WHERE id = ?", (freeze_id,))), None)
    return Freeze.model_validate_json(row["state"]) if row else None


def in_force(db: Database, at: datetime) -> list[Freeze]:
    """The freezes that hold something then, in the order they were set."""
    found = db.query("SELECT state FROM freezes WHERE lifted_at IS NULL AND until > ? ORDER BY number", (_stamp(at),))
    return [Freeze.model_validate_json(row["state"]) for row in found]


def _stamp(at: datetime) -> str:
    """A time by which rows can be ordered as texts."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
