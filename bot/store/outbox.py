"""Effects to be done outside, and the timers that wake rotations. Claimed by lease, in order per subject and lane."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bot.engine.records import Backlog, Claimed, LeaseLostError, Outcome, Timer, TimerMovedError, Wanted
from bot.store.library import Database

OPEN = "('waiting', 'claimed')"


def add(db: Database, at: datetime, wanted: Iterable[Wanted]) -> None:
    """Append effects. One whose key is known is not added again; needless waiting ones are taken out."""
    for one in wanted:
        if one.replaces:
            db.execute("DELETE FROM outbox WHERE replaces = ? AND state = 'waiting' AND attempts = 0", (one.replaces,))
        until = one.until.isoformat() if one.until else None
        stamp, due = at.isoformat(), (one.due or at).isoformat()
        db.execute(
            "INSERT INTO outbox (subject, lane, key, kind, body, replaces, state, attempts, epoch, due_at, created_at,"
            " until_at, detail, lost) VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, 0, ?, ?, ?, '', 0)"
            " ON CONFLICT (key) DO NOTHING",
            (one.subject, one.lane, one.key, one.kind, json.dumps(one.body), one.replaces, due, stamp, until),
        )


def body_of(db: Database, key: str) -> dict[str, Any] | None:
    """What is or was to be done under that key, until it is forgotten; None where nothing was."""
    row = next(iter(db.query("SELECT body FROM outbox WHERE key = ?", (key,))), None)
    return None if row is None else dict(json.loads(row["body"]))


def claim(db: Database, now: datetime, lease: timedelta, busy: Iterable[int] = ()) -> list[Claimed]:
    """Take the first open effect of every (subject, lane) that is due and held by nobody, each for `lease`.

    `busy` are effects this process is still performing: their lease is never taken by itself. One that is taken out of
    the hands of somebody whose lease ran out counts as lost: it may have been carried out.
    """
    stamp = now.isoformat()
    found = db.query(
        f"SELECT * FROM outbox WHERE id IN (SELECT min(id) FROM outbox WHERE state IN {OPEN} GROUP BY subject, lane)"  # noqa: S608 - a constant
        " AND due_at <= ? AND (state = 'waiting' OR claimed_until <= ?) ORDER BY id",
        (stamp, stamp),
    )
    mine = set(busy)
    claimed = []
    for row in list(found):
        if row["id"] in mine:
            continue
        lost = row["lost"] + (row["state"] == "claimed")
        db.execute(
            "UPDATE outbox SET state = 'claimed', attempts = attempts + 1, epoch = epoch + 1, claimed_until = ?,"
            " lost = ? WHERE id = ?",
            ((now + lease).isoformat(), lost, row["id"]),
        )
        claimed.append(
            Claimed(
                id=row["id"],
                subject=row["subject"],
                lane=row["lane"],
                key=row["key"],
                kind=row["kind"],
                body=json.loads(row["body"]),
                attempts=row["attempts"] + 1,
                epoch=row["epoch"] + 1,
                created_at=datetime.fromisoformat(row["created_at"]),
                until=datetime.fromisoformat(row["until_at"]) if row["until_at"] else None,
                lost=lost,
                unanswered=row["unanswered"],
            ),
        )
    return claimed


def renew(db: Database, claimed: Claimed, until: datetime) -> None:
    """Keep a claim longer. Raises LeaseLostError when somebody else has it."""
    _owned(db, claimed.id, claimed.epoch, "UPDATE outbox SET claimed_until = ?", (until.isoformat(),))


def finish(db: Database, at: datetime, outcome: Outcome) -> None:
    """Record how a claimed effect ended. Raises LeaseLostError when somebody else has it."""
    _owned(
        db,
        outcome.id,
        outcome.epoch,
        "UPDATE outbox SET state = ?, done_at = ?, detail = ?, claimed_until = NULL",
        (outcome.state, at.isoformat(), outcome.detail),
    )


def postpone(db: Database, claimed: Claimed, due: datetime, detail: str, *, lost: bool) -> None:
    """Give a claimed effect back to be tried again at `due`; `lost` when it may have been carried out."""
    _owned(
        db,
        claimed.id,
        claimed.epoch,
        "UPDATE outbox SET state = 'waiting', due_at = ?, detail = ?, claimed_until = NULL, lost = lost + ?,"
        " unanswered = unanswered + ?",
        (due.isoformat(), detail, int(lost), int(lost)),
    )


def _owned(db: Database, row: int, epoch: int, update: str, values: tuple[object, ...]) -> None:
    done = db.execute(f"{update} WHERE id = ? AND epoch = ? AND state = 'claimed'", (*values, row, epoch))
    if done.rowcount != 1:
        message = f"effect {row} is no longer held under epoch {epoch}"
        raise LeaseLostError(message)


def release_all(db: Database, now: datetime) -> int:
    """Let go of every claim: the process that held them is dead. Answers how many there were."""
    return int(
        db.execute("UPDATE outbox SET claimed_until = ? WHERE state = 'claimed'", (now.isoformat(),)).rowcount,
    )


def backlog(db: Database, now: datetime) -> list[Backlog]:
    """What each lane has still to do, lanes by name; one that was put off from the start is not due before its time."""
    found = db.query(
        f"SELECT lane, count(*) AS effects, min(created_at) AS oldest_at FROM outbox WHERE state IN {OPEN}"  # noqa: S608 - a constant
        " AND (attempts > 0 OR due_at <= ?) GROUP BY lane ORDER BY lane",
        (now.isoformat(),),
    )
    return [Backlog(row["lane"], row["effects"], datetime.fromisoformat(row["oldest_at"])) for row in found]


def forget(db: Database, before: datetime) -> None:
    """Drop effects that were over before then; what they led to stands in the ledger."""
    db.execute("DELETE FROM outbox WHERE done_at < ?", (before.isoformat(),))


def fire(db: Database, timer: Timer) -> None:
    """Take a due timer out. Raises TimerMovedError when it is not the one that was read any more."""
    due = timer.due.isoformat() if timer.due else ""
    done = db.execute(
        "DELETE FROM timers WHERE subject = ? AND name = ? AND due_at = ?", (timer.subject, timer.name, due)
    )
    if done.rowcount != 1:
        message = f"the timer {timer.name} of {timer.subject} is no longer due at {due}"
        raise TimerMovedError(message)


def set_timers(db: Database, timers: Iterable[Timer]) -> None:
    """Set, move or forget due times."""
    for timer in timers:
        if timer.due is None:
            db.execute("DELETE FROM timers WHERE subject = ? AND name = ?", (timer.subject, timer.name))
        else:
            db.execute(
                "INSERT INTO timers VALUES (?, ?, ?)"
                " ON CONFLICT (subject, name) DO UPDATE SET due_at = excluded.due_at",
                (timer.subject, timer.name, timer.due.isoformat()),
            )


def due_timers(db: Database, now: datetime) -> list[Timer]:
    """Timers whose time has come, oldest first."""
    return [
        Timer(row["subject"], row["name"], datetime.fromisoformat(row["due_at"]))
        for row in db.query("SELECT * FROM timers WHERE due_at <= ? ORDER BY due_at", (now.isoformat(),))
    ]


def next_due(db: Database, now: datetime) -> datetime | None:
    """When the next timer, waiting effect or lease falls due after `now`; None when nothing does.

    What is due already is not asked about: it was taken, or waits behind an effect of its lane that is under way.
    """
    row = next(
        iter(
            db.query(
                "SELECT min(due_at) AS due FROM (SELECT due_at FROM timers UNION ALL"
                " SELECT due_at FROM outbox WHERE state = 'waiting' UNION ALL"
                " SELECT claimed_until FROM outbox WHERE state = 'claimed') WHERE due_at > ?",
                (now.isoformat(),),
            ),
        ),
    )
    return datetime.fromisoformat(row["due"]) if row["due"] else None
