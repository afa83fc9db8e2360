"""The ledger: rows chained by hash, each the record of one event. Append, read, verify; nothing is ever changed.

A row's hash covers the row before it, so that an edit, a gap or a reorder anywhere shows at the first row after it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.engine.models.shown import Told
from bot.engine.records import Entry, Json
from bot.rotation.model.state import MACHINE_VERSION
from bot.store.library import Database

SCHEMA_VERSION = 1
GENESIS = "0" * 64
"""What the first row is chained to."""


@dataclass(frozen=True)
class Row:
    """A row as it stands in the ledger."""

    seq: int
    at: str
    subject: str
    name: str
    data: Json
    machine_version: int
    schema_version: int
    previous: str
    hash: str


@dataclass(frozen=True)
class Fault:
    """Something wrong with the chain, and the first row at which it shows."""

    seq: int
    what: str


def row_hash(fields: Iterable[object]) -> str:
    """The sha256 over a row's fields, the previous row's hash among them."""
    return hashlib.sha256(json.dumps(list(fields), separators=(",", ":")).encode()).hexdigest()


def append(db: Database, at: datetime, entries: Iterable[Entry]) -> None:
    """Chain entries to the end, in order."""
    entries = tuple(entries)
    if not entries:
        return
    last = next(iter(db.query("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")), None)
    seq, previous = (int(last["seq"]), str(last["hash"])) if last else (0, GENESIS)
    for entry in entries:
        seq += 1
        data = json.dumps(entry.data, sort_keys=True, separators=(",", ":"))
        fields = (seq, at.isoformat(), entry.subject, entry.name, data, MACHINE_VERSION, SCHEMA_VERSION, previous)
        mine = row_hash(fields)
        db.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*fields, mine))
        previous = mine
    db.execute(
        "INSERT INTO facts VALUES ('ledger_head', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (f"{seq}:{previous}",),
    )


def newest(db: Database) -> int:
    """The number of the newest row, 0 where there is none."""
    found = db.execute("SELECT MAX(seq) FROM ledger").fetchone()
    return int(found[0] or 0)


def rows(db: Database, subject: str = "") -> Iterator[Row]:
    """Every row, or those of one subject, in order."""
    where, given = ("WHERE subject = ?", (subject,)) if subject else ("", ())
    for raw in db.query(f"SELECT * FROM ledger {where} ORDER BY seq", given):  # noqa: S608 - two fixed texts
        yield Row(**{**raw, "data": json.loads(raw["data"])})


def told(db: Database, subject: str) -> Iterator[Told]:
    """What was told of a subject, step by step."""
    for row in rows(db, subject):
        yield from _told_in(row)


def _told_in(row: Row) -> Iterator[Told]:
    effects = row.data.get("effects")
    for effect in effects if isinstance(effects, list) else []:
        if isinstance(effect, dict) and effect.get("kind") in {"post_timeline", "post_summary"}:
            announced = effect["kind"] == "post_summary"
            yield Told.model_validate(
                {"at": row.at, "code": effect["code"], "facts": effect["facts"], "announced": announced}
            )


def as_text(db: Database, subject: str = "") -> Iterator[dict[str, Any]]:
    """The same as data, for showing: `data` that is no JSON any more stays the text it is."""
    where, given = ("WHERE subject = ?", (subject,)) if subject else ("", ())
    for raw in db.query(f"SELECT * FROM ledger {where} ORDER BY seq", given):  # noqa: S608 - two fixed texts
        data = _read(str(raw["data"]))
        yield {**raw, "data": raw["data"] if data is None else data}


def readable(db: Database) -> tuple[list[Row], list[Fault], frozenset[str]]:
    """The rows that can be read, a fault for each that cannot, and the subjects of those."""
    good: list[Row] = []
    faults: list[Fault] = []
    subjects: set[str] = set()
    for raw in db.query("SELECT * FROM ledger ORDER BY seq"):
        data = _read(str(raw["data"]))
        if data is None:
            faults.append(Fault(int(raw["seq"]), "its data cannot be read: it is no JSON object"))
            subjects.add(str(raw["subject"]))
        else:
            good.append(Row(**{**raw, "data": data}))
    return good, faults, frozenset(subjects)


def _read(text: str) -> Json | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def verify(db: Database) -> list[Fault]:
    """Every break in the chain: an edited row, a missing one, one out of order, or rows cut off at the end."""
    faults: list[Fault] = []
    previous, expected = GENESIS, 1
    for raw in db.query("SELECT * FROM ledger ORDER BY seq"):
        faults.extend(_faults_of(raw, previous, expected))
        previous, expected = str(raw["hash"]), int(raw["seq"]) + 1
    head = next(iter(db.query("SELECT value FROM facts WHERE name = 'ledger_head'")), None)
    if head is None and expected > 1:
        faults.append(Fault(expected, "the note of where the ledger ends is gone: rows may be missing"))
    if head is not None and head["value"] != f"{expected - 1}:{previous}":
        faults.append(Fault(expected, "rows are missing at the end, or the last row was replaced"))
    return faults


def _faults_of(raw: dict[str, Any], previous: str, expected: int) -> Iterator[Fault]:
    seq = int(raw["seq"])
    if seq != expected:
        yield Fault(seq, f"row {expected} is missing" if seq > expected else "the row is out of order")
    if raw["previous"] != previous:
        yield Fault(seq, "the row is not chained to the row before it")
    fields = [raw[name] for name in ("seq", "at", "subject", "name", "data", "machine_version", "schema_version")]
    if row_hash([*fields, raw["previous"]]) != raw["hash"]:
        yield Fault(seq, "the row was edited after it was written")
