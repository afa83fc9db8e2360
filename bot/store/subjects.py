"""Rows of rotations, comparisons, escalations and their messages: each a state as JSON beside the columns asked for."""

from datetime import datetime

from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import MessageRef
from bot.engine.records import Posted, StaleError, Stored
from bot.escalation.model import Escalation
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import MACHINE_VERSION
from bot.store.library import Database

_COUNTED = {"R": "rotations", "D": "comparisons", "F": "freezes"}


def next_id(db: Database, letter: str) -> str:
    """The next id of a kind: R for rotations, D for comparisons, E for escalations, F for freezes.

    Those of rotations, comparisons and freezes, which people count, are free until they are stored: the first is no R2.
    """
    if letter in _COUNTED:
        last = db.execute(f"SELECT coalesce(max(number), 0) FROM {_COUNTED[letter]}").fetchone()[0]  # noqa: S608 - fixed
        return f"{letter}{last + 1}"
    db.execute(
        "INSERT INTO facts VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
        (f"last_{letter}",),
    )
    return f"{letter}{fact(db, f'last_{letter}')}"


def fact(db: Database, name: str) -> str:
    """A single remembered value, empty when there is none."""
    row = next(iter(db.query("SELECT value FROM facts WHERE name = ?", (name,))), None)
    return str(row["value"]) if row else ""


def remember(db: Database, name: str, value: str) -> None:
    """Keep a single value."""
    db.execute("INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))


def save_rotation(db: Database, rotation: Rotation) -> None:
    """Insert version 1, or replace exactly the version before. Raises StaleError when another is stored."""
    ended = rotation.ended_at.isoformat() if rotation.ended_at else None
    state = rotation.model_dump_json()
    if rotation.version == 1:
        number = int(rotation.id[1:])
        done = db.execute(
            "INSERT INTO rotations VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (
                rotation.id,
                number,
                rotation.slot,
                rotation.phase,
                ended,
                rotation.schema_version,
                MACHINE_VERSION,
                state,
            ),
        )
    else:
        done = db.execute(
            "UPDATE rotations SET phase = ?, ended_at = ?, version = ?, state = ? WHERE id = ? AND version = ?",
            (rotation.phase, ended, rotation.version, state, rotation.id, rotation.version - 1),
        )
    if done.rowcount != 1:
        message = f"{rotation.id} is no longer at version {rotation.version - 1}"
        raise StaleError(message)


def stored(db: Database) -> list[Stored]:
    """Every rotation, comparison, escalation and freeze as it stands, whether it can be read or not."""
    found = []
    for table in ("rotations", "comparisons", "escalations", "freezes"):
        for row in db.query(f"SELECT * FROM {table} ORDER BY number"):  # noqa: S608 - fixed texts
            state = str(row.pop("state"))
            found.append(Stored(str(row["id"]), row, state))
    return found


def rotation(db: Database, rotation_id: str) -> Rotation | None:
    """A rotation by its id."""
    row = next(iter(db.query("SELECT state FROM rotations WHERE id = ?", (rotation_id,))), None)
    return Rotation.model_validate_json(row["state"]) if row else None


def rotations(db: Database, *, slot: str = "", running: bool = False, newest: int = 0) -> list[Rotation]:
    """Rotations in order, of one slot, only those that have not ended, or only so many of the newest."""
    clauses = (["slot = :slot"] if slot else []) + (["ended_at IS NULL"] if running else [])
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    found = db.query(
        f"SELECT state FROM rotations {where} ORDER BY number DESC LIMIT :most",  # noqa: S608 - fixed texts
        {"slot": slot, "most": newest or -1},
    )
    return [Rotation.model_validate_json(row["state"]) for row in found][::-1]


def save_comparison(db: Database, comparison: Comparison) -> None:
    """Insert a comparison, or replace one that waits or runs. Raises StaleError when it is over already."""
    done = db.execute(
        "INSERT INTO comparisons VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status,"
        " started_at = excluded.started_at,"
        " cost_usd = excluded.cost_usd, state = excluded.state WHERE comparisons.status IN ('asked', 'running')",
        (
            comparison.id,
            int(comparison.id[1:]),
            comparison.slot,
            comparison.status,
            comparison.started_at.isoformat(),
            comparison.spent_usd,
            comparison.model_dump_json(),
        ),
    )
    if done.rowcount != 1:
        message = f"{comparison.id} is over"
        raise StaleError(message)


def comparison(db: Database, comparison_id: str) -> Comparison | None:
    """A comparison by its id."""
    row = next(iter(db.query("SELECT state FROM comparisons WHERE id = ?", (comparison_id,))), None)
    return Comparison.model_validate_json(row["state"]) if row else None


def comparisons(
    db: Database, *, slot: str = "", running: bool = False, finished: bool = False, newest: int = 0
) -> list[Comparison]:
    """Comparisons, newest first, of one slot, only those that run or that have a report, or only so many."""
    clauses = (["slot = :slot"] if slot else []) + (["status = 'running'"] if running else [])
    clauses += ["status = 'finished'"] if finished else []
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    found = db.query(
        f"SELECT state FROM comparisons {where} ORDER BY number DESC LIMIT :most",  # noqa: S608 - fixed texts
        {"slot": slot, "most": newest or -1},
    )
    return [Comparison.model_validate_json(row["state"]) for row in found]


def spent_since(db: Database, slot: str, since: datetime) -> float:
    """What comparisons of a slot have spent since then, in US dollars; unknown costs count as nothing."""
    row = next(
        iter(
            db.query(
                "SELECT coalesce(sum(cost_usd), 0) AS spent FROM comparisons WHERE slot = ? AND started_at >= ?",
                (slot, since.isoformat()),
            ),
        ),
    )
    return float(row["spent"])


def save_escalation(db: Database, escalation: Escalation) -> None:
    """Insert an escalation, or replace the version before it. Raises StaleError when another is stored."""
    done = db.execute(
        "INSERT INTO escalations VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET open = excluded.open,"
        " state = excluded.state WHERE coalesce(json_extract(escalations.state, '$.version'), 0) = ?",
        (
            escalation.id,
            int(escalation.id[1:]),
            escalation.key,
            not escalation.closed,
            escalation.model_dump_json(),
            escalation.version - 1,
        ),
    )
    if done.rowcount != 1:
        message = f"{escalation.id} moved on meanwhile"
        raise StaleError(message)


def escalation(db: Database, escalation_id: str) -> Escalation | None:
    """An escalation by its id."""
    row = next(iter(db.query("SELECT state FROM escalations WHERE id = ?", (escalation_id,))), None)
    return Escalation.model_validate_json(row["state"]) if row else None


def open_escalation(db: Database, key: str) -> Escalation | None:
    """The open escalation about one cause, if there is one."""
    row = next(
        iter(db.query("SELECT state FROM escalations WHERE key = ? AND open ORDER BY number DESC", (key,))), None
    )
    return Escalation.model_validate_json(row["state"]) if row else None


def open_escalations(db: Database, subject: str) -> list[Escalation]:
    """The open escalations about a subject."""
    found = db.query("SELECT state FROM escalations WHERE open AND key LIKE ? ORDER BY number", (f"{subject}:%",))
    return [Escalation.model_validate_json(row["state"]) for row in found]


def save_message(db: Database, posted: Posted) -> None:
    """Remember where a message stands."""
    stands = posted.message
    db.execute(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject, name) DO UPDATE SET channel ="
        " excluded.channel, ts = excluded.ts, link = excluded.link, maybe_repeat = excluded.maybe_repeat",
        (posted.subject, posted.name, stands.channel, stands.ts, stands.link, int(stands.maybe_repeat)),
    )


def message(db: Database, subject: str, name: str) -> MessageRef | None:
    """Where a message stands, None when it was never posted."""
    row = next(iter(db.query("SELECT * FROM messages WHERE subject = ? AND name = ?", (subject, name))), None)
    if row is None:
        return None
    repeat = bool(row["maybe_repeat"])
    return MessageRef(channel=row["channel"], ts=row["ts"], link=row["link"], maybe_repeat=repeat)


def told_at(db: Database, channel: str, ts: str) -> str:
    """What the message that stands there is about, empty where none of ours does."""
    found = db.query("SELECT subject FROM messages WHERE channel = ? AND ts = ?", (channel, ts))
    return next((str(row["subject"]) for row in found), "")
