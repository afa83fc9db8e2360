"""The tables, step by step. A step that has been released is never edited; a change is a new step."""

import sqlite3

from bot.store.library import Database, Migrations

migrations = Migrations("rotate")


_FIRST_TABLES = """
CREATE TABLE inbox (
    id TEXT PRIMARY KEY, received_at TEXT NOT NULL, command TEXT NOT NULL, done_at TEXT
) STRICT;
CREATE INDEX inbox_waiting ON inbox (received_at) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;
CREATE TABLE rotations (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, slot TEXT NOT NULL, phase TEXT NOT NULL, ended_at TEXT,
    version INTEGER NOT NULL, schema_version INTEGER NOT NULL, machine_version INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX rotations_slot ON rotations (slot, number);
CREATE TABLE comparisons (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, slot TEXT NOT NULL, status TEXT NOT NULL,
    started_at TEXT NOT NULL, cost_usd REAL, state TEXT NOT NULL
) STRICT;
CREATE INDEX comparisons_slot ON comparisons (slot, number);
CREATE TABLE escalations (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, key TEXT NOT NULL, open INTEGER NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE INDEX escalations_key ON escalations (key, number);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY, subject TEXT NOT NULL, lane TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, body TEXT NOT NULL, replaces TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, epoch INTEGER NOT NULL, due_at TEXT NOT NULL, claimed_until TEXT,
    created_at TEXT NOT NULL, until_at TEXT, done_at TEXT, detail TEXT NOT NULL,
    lost INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_open ON outbox (subject, lane, id) WHERE state IN ('waiting', 'claimed');
CREATE TABLE timers (
    subject TEXT NOT NULL, name TEXT NOT NULL, due_at TEXT NOT NULL, PRIMARY KEY (subject, name)
) STRICT;
CREATE INDEX timers_due ON timers (due_at);
CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL,
    machine_version INTEGER NOT NULL, schema_version INTEGER NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_subject ON ledger (subject, seq);
CREATE TABLE messages (
    subject TEXT NOT NULL, name TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT NOT NULL, link TEXT NOT NULL,
    maybe_repeat INTEGER NOT NULL, PRIMARY KEY (subject, name)
) STRICT;
CREATE TABLE runs (id TEXT PRIMARY KEY, identity TEXT NOT NULL, opened_at TEXT NOT NULL) STRICT;
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    sample TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE INDEX open_calls ON calls (run, sample) WHERE state = 'open';
CREATE TABLE samples (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, sample TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (run, sample)
) STRICT;
CREATE TABLE measurements (
    subject TEXT NOT NULL, part TEXT NOT NULL, number INTEGER NOT NULL, observation TEXT NOT NULL,
    PRIMARY KEY (subject, part, number)
) STRICT;
CREATE TABLE snapshots (
    at TEXT PRIMARY KEY, body BLOB NOT NULL, raw BLOB
) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


@migrations()
def first_tables(db: Database) -> None:
    """The tables of the first release."""
    for statement in _FIRST_TABLES.split(";"):
        if statement.strip():
            db.execute(statement)


_CONVERSATIONS = """
CREATE TABLE turns (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, sample TEXT NOT NULL, number INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (run, sample, number)
) STRICT;
CREATE TABLE run_notes (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (run, name)
) STRICT;
"""


@migrations()
def turns_of_conversations(db: Database) -> None:
    """Turns of conversations with scripted tool results, and what is noted about a comparison's run."""
    for statement in _CONVERSATIONS.split(";"):
        if statement.strip():
            db.execute(statement)


@migrations()
def answers_that_did_not_come(db: Database) -> None:
    """Of the attempts nobody knows the end of, those whose answer did not come; in the others the process died."""
    db.execute("ALTER TABLE outbox ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0")


@migrations()
def windows_by_column(db: Database) -> None:
    """Windows' series by column beside what else is known of them, and what a bake's windows come to so far."""
    db.execute("ALTER TABLE measurements ADD COLUMN series BLOB")
    db.execute(
        "CREATE TABLE sums (subject TEXT NOT NULL, part TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,"
        " PRIMARY KEY (subject, part, name)) STRICT"
    )


_CATALOG = """
CREATE TABLE catalog (model TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
CREATE TABLE catalog_changes (id INTEGER PRIMARY KEY, at TEXT NOT NULL, state TEXT NOT NULL) STRICT;
CREATE INDEX catalog_changes_at ON catalog_changes (at);
CREATE TABLE proposals (id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, state TEXT NOT NULL) STRICT;
"""


@migrations()
def catalog_of_models(db: Database) -> None:
    """Which models there are, how that changed, and what was proposed because of it."""
    for statement in _CATALOG.split(";"):
        if statement.strip():
            db.execute(statement)


@migrations()
def freezes_by_hand(db: Database) -> None:
    """Freezes that somebody set, with who, why and until when."""
    db.execute(
        "CREATE TABLE freezes (id TEXT PRIMARY KEY, number INTEGER NOT NULL, until TEXT NOT NULL, lifted_at TEXT,"
        " version INTEGER NOT NULL, state TEXT NOT NULL) STRICT"
    )


class NewerDatabaseError(sqlite3.DatabaseError):
    """The file was written by a newer release, whose tables this one does not know."""


def bring_up_to_date(db: Database) -> None:
    """Take every step that is missing, inside the caller's transaction. Raises NewerDatabaseError."""
    migrations.ensure_migrations_table(db)
    known = {step.name for step in migrations._migrations}  # noqa: SLF001 - it has no public list of its steps
    unknown = [step.name for step in migrations.applied(db) if step.name not in known]
    if unknown:
        message = f"it was written by a newer release of rotate (step {unknown[-1]}); install that release again"
        raise NewerDatabaseError(message)
    migrations.apply(db)
