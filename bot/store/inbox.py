"""Commands that were accepted: persisted before anybody is told so, carried out once."""

from datetime import datetime

from pydantic import TypeAdapter

from bot.engine.models.commands import Command
from bot.engine.records import Accepted
from bot.store.library import Database

_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


def accept(db: Database, command: Command, at: datetime) -> bool:
    """Keep a command; False when one with the same id is already kept."""
    done = db.execute(
        "INSERT INTO inbox (id, received_at, command) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (command.id, at.isoformat(), command.model_dump_json()),
    )
    return done.rowcount == 1


def waiting(db: Database) -> list[Accepted]:
    """Commands not carried out yet, oldest first."""
    return [
        Accepted(row["id"], datetime.fromisoformat(row["received_at"]), _COMMAND.validate_json(row["command"]))
        for row in db.query("SELECT * FROM inbox WHERE done_at IS NULL ORDER BY received_at, rowid")
    ]


def forget(db: Database, before: datetime) -> None:
    """Drop commands that were carried out before then: nobody delivers them again."""
    db.execute("DELETE FROM inbox WHERE done_at < ?", (before.isoformat(),))


def done(db: Database, command_id: str, at: datetime) -> None:
    """Mark a command as carried out."""
    db.execute("UPDATE inbox SET done_at = ? WHERE id = ?", (at.isoformat(), command_id))
