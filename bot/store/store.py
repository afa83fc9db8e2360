"""The store as the engine sees it: `bot.ports.Store` on SQLite. One line a method; the work is in the noun's file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.catalog.model import CatalogChange, Kept, Proposed
from bot.engine.models.commands import Command
from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import MessageRef
from bot.engine.models.shown import Told
from bot.engine.records import Accepted, Backlog, Claimed, Commit, Stored, Timer
from bot.escalation.model import Escalation
from bot.monitor.model import Observation
from bot.rotation.model.freezes import Freeze
from bot.rotation.model.rotation import Rotation
from bot.store import catalog, freezes, inbox, ledger, measurements, outbox, subjects
from bot.store import commit as committing
from bot.store.library import Database
from bot.store.sqlite import SqliteFile


@dataclass(frozen=True)
class Audit:
    """What `rotate ledger verify` looks at: `count` rows, of which `rows` can be read; those of `unreadable` not."""

    count: int
    rows: list[ledger.Row]
    faults: list[ledger.Fault]
    unreadable: frozenset[str]
    stored: list[Stored]


def _audited(db: Database) -> Audit:
    rows, broken, unreadable = ledger.readable(db)
    faults = sorted([*broken, *ledger.verify(db)], key=lambda fault: fault.seq)
    return Audit(len(rows) + len(broken), rows, faults, unreadable, subjects.stored(db))


class SqliteStore:
    """Everything that must survive, in one SQLite file."""

    def __init__(self, file: SqliteFile) -> None:
        """Work on a file; `open` opens it."""
        self.file = file

    async def open(self) -> None:
        """Open the file and bring its tables up to date."""
        await self.file.open()

    async def close(self) -> None:
        """Close the file."""
        await self.file.close()

    async def accept(self, command: Command, at: datetime) -> bool:
        """Keep a command; False when it is already kept."""
        return await self.file.write(lambda db: inbox.accept(db, command, at))

    async def waiting(self) -> list[Accepted]:
        """Commands not carried out yet, oldest first."""
        return await self.file.read(inbox.waiting)

    async def wanted(self, key: str) -> dict[str, Any] | None:
        """The body of an effect by its key, done or not; None where there is none, or not any more."""
        return await self.file.read(lambda db: outbox.body_of(db, key))

    async def commit(self, commit: Commit) -> None:
        """Write everything one event changes. Raises StaleError, TimerMovedError, LeaseLostError."""
        await self.file.write(lambda db: committing.apply(db, commit))

    async def new_id(self, letter: str) -> str:
        """The next id of a kind; R, D and F are free until they are stored."""
        return await self.file.write(lambda db: subjects.next_id(db, letter))

    async def rotation(self, rotation_id: str) -> Rotation | None:
        """A rotation by its id."""
        return await self.file.read(lambda db: subjects.rotation(db, rotation_id))

    async def rotations(self, *, slot: str = "", running: bool = False, newest: int = 0) -> list[Rotation]:
        """Rotations in order."""
        return await self.file.read(lambda db: subjects.rotations(db, slot=slot, running=running, newest=newest))

    async def comparison(self, comparison_id: str) -> Comparison | None:
        """A comparison by its id."""
        return await self.file.read(lambda db: subjects.comparison(db, comparison_id))

    async def comparisons(
        self, *, slot: str = "", running: bool = False, finished: bool = False, newest: int = 0
    ) -> list[Comparison]:
        """Comparisons, newest first."""
        return await self.file.read(
            lambda db: subjects.comparisons(db, slot=slot, running=running, finished=finished, newest=newest)
        )

    async def escalation(self, escalation_id: str) -> Escalation | None:
        """An escalation by its id."""
        return await self.file.read(lambda db: subjects.escalation(db, escalation_id))

    async def open_escalation(self, key: str) -> Escalation | None:
        """The open escalation about one cause."""
        return await self.file.read(lambda db: subjects.open_escalation(db, key))

    async def open_escalations(self, subject: str) -> list[Escalation]:
        """The open escalations about a subject."""
        return await self.file.read(lambda db: subjects.open_escalations(db, subject))

    async def freeze(self, freeze_id: str) -> Freeze | None:
        """A freeze by its id."""
        return await self.file.read(lambda db: freezes.freeze(db, freeze_id))

    async def freezes(self, at: datetime) -> list[Freeze]:
        """The freezes somebody set that hold something then."""
        return await self.file.read(lambda db: freezes.in_force(db, at))

    async def message(self, subject: str, name: str) -> MessageRef | None:
        """Where a message stands."""
        return await self.file.read(lambda db: subjects.message(db, subject, name))

    async def told_at(self, channel: str, ts: str) -> str:
        """What the message that stands there is about, empty where none of ours does."""
        return await self.file.read(lambda db: subjects.told_at(db, channel, ts))

    async def spent_since(self, slot: str, since: datetime) -> float:
        """US dollars spent on comparisons of a slot since then."""
        return await self.file.read(lambda db: subjects.spent_since(db, slot, since))

    async def claim(self, now: datetime, lease: timedelta, busy: tuple[int, ...]) -> list[Claimed]:
        """Take every effect whose turn it is."""
        return await self.file.write(lambda db: outbox.claim(db, now, lease, busy))

    async def renew(self, claimed: Claimed, until: datetime) -> None:
        """Keep a claim longer. Raises LeaseLostError."""
        await self.file.write(lambda db: outbox.renew(db, claimed, until))

    async def postpone(self, claimed: Claimed, due: datetime, detail: str, *, lost: bool = False) -> None:
        """Give an effect back until `due`. Raises LeaseLostError."""
        await self.file.write(lambda db: outbox.postpone(db, claimed, due, detail, lost=lost))

    async def release_all(self, now: datetime) -> int:
        """Let go of the claims of a process that is dead."""
        return await self.file.write(lambda db: outbox.release_all(db, now))

    async def backlog(self, now: datetime) -> list[Backlog]:
        """What each lane has still to do, lanes by name."""
        return await self.file.read(lambda db: outbox.backlog(db, now))

    async def due_timers(self, now: datetime) -> list[Timer]:
        """Timers whose time has come."""
        return await self.file.read(lambda db: outbox.due_timers(db, now))

    async def next_due(self, now: datetime) -> datetime | None:
        """When something falls due next, after `now`."""
        return await self.file.read(lambda db: outbox.next_due(db, now))

    async def known_models(self) -> list[Kept]:
        """Every model the catalog has ever listed, by id."""
        return await self.file.read(catalog.known)

    async def catalog_changes(self, since: datetime) -> list[CatalogChange]:
        """What changed in the catalog since then, oldest first."""
        return await self.file.read(lambda db: catalog.changes(db, since))

    async def proposed(self, proposal_id: str) -> Proposed | None:
        """A proposal by its id."""
        return await self.file.read(lambda db: catalog.proposed(db, proposal_id))

    async def proposed_keys(self) -> frozenset[str]:
        """The keys of everything that was ever proposed."""
        return await self.file.read(catalog.keys)

    async def fact(self, name: str) -> str:
        """A remembered value, empty when there is none."""
        return await self.file.read(lambda db: subjects.fact(db, name))

    async def remember(self, name: str, value: str) -> None:
        """Keep a value."""
        await self.file.write(lambda db: subjects.remember(db, name, value))

    async def save_observation(
        self, subject: str, part: str, number: int, observation: Observation, sums: Mapping[str, bytes] | None = None
    ) -> None:
        """Keep a window, and what all windows come to with it."""
        await self.file.write(lambda db: measurements.save(db, subject, part, number, observation, sums or {}))

    async def observations(self, subject: str, part: str, below: int | None = None) -> list[Observation]:
        """The windows of one part, in order."""
        return await self.file.read(lambda db: measurements.load(db, subject, part, below))

    async def sums(self, subject: str, part: str, names: Sequence[str]) -> dict[str, bytes]:
        """What the windows of one part come to."""
        return await self.file.read(lambda db: measurements.sums(db, subject, part, names))

    async def newest_row(self) -> int:
        """The number of the ledger's newest row, 0 for an empty one."""
        return await self.file.read(ledger.newest)

    async def told(self, subject: str) -> list[Told]:
        """What the ledger says was told of a subject, oldest first."""
        return await self.file.read(lambda db: list(ledger.told(db, subject)))

    async def ledger_rows(self, subject: str = "") -> list[ledger.Row]:
        """Ledger rows, of one subject or all."""
        return await self.file.read(lambda db: list(ledger.rows(db, subject)))

    async def forget(self, before: datetime) -> None:
        """Drop commands and effects that were over before then, and what was measured for rotations that were."""

        def all_of_it(db: Database) -> None:
            inbox.forget(db, before)
            outbox.forget(db, before)
            measurements.forget(db, before)

        await self.file.write(all_of_it)

    async def audit(self) -> "Audit":
        """The ledger, what is wrong with its rows, and what is stored, as of one moment."""
        return await self.file.read(_audited)

    async def shown_rows(self, subject: str = "") -> list[dict[str, Any]]:
        """Ledger rows as data, of one subject or all, also those that cannot be read."""
        return await self.file.read(lambda db: list(ledger.as_text(db, subject)))

    async def ledger_faults(self) -> list[ledger.Fault]:
        """What is wrong with the ledger's chain."""
        return await self.file.read(ledger.verify)
