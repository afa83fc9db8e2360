"""What the store writes and reads, as data: the commit of one event, rows of inbox, outbox, timers and ledger."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from bot.catalog.model import CatalogChange, Kept, Proposed
from bot.engine.models.commands import Command
from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import MessageRef
from bot.escalation.model import Escalation
from bot.rotation.model.freezes import Freeze
from bot.rotation.model.rotation import Rotation

Json = dict[str, JsonValue]

STORED: Final = "stored"
"""The field of a ledger row with the digest of the state that was written in the same transaction."""


class StaleError(Exception):
    """The state moved on since it was read: read again and decide anew."""


class TimerMovedError(Exception):
    """The timer that was about to fire was moved or taken back since it was read."""


class LeaseLostError(Exception):
    """The claim on an effect ran out and somebody else has it; its outcome must not be recorded by this one."""


@dataclass(frozen=True)
class Entry:
    """One row for the ledger, before it is chained. `subject` is R42, D17 or E7."""

    subject: str
    name: str
    data: Json


@dataclass(frozen=True)
class Stored:
    """A row of rotations, comparisons, escalations or freezes as it stands: the columns, and the text of the state."""

    id: str
    columns: Mapping[str, object]
    state: str

    @property
    def digest(self) -> str:
        """What the ledger keeps of the state."""
        return digest_of_state(self.state)


def digest_of_state(state: str) -> str:
    """The sha256 of a state as it is stored; the ledger row written with it has it as `stored`."""
    return hashlib.sha256(state.encode()).hexdigest()


@dataclass(frozen=True)
class Wanted:
    """One effect for the outbox.

    `key` is unique for ever; `replaces` names waiting effects it makes needless (the card's updates). `until` is when
    an answer is of no use any more, `due` when it may be performed at the earliest.
    """

    subject: str
    lane: str
    key: str
    kind: str
    body: Json
    replaces: str = ""
    until: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Timer:
    """A due time of a rotation; `due` None forgets it."""

    subject: str
    name: str
    due: datetime | None


@dataclass(frozen=True)
class Claimed:
    """An effect this process may perform until its lease ends. `attempts` counts this one.

    `lost` counts the earlier attempts of which nobody knows whether they were carried out: the process died in one, or
    the answer did not come. `unanswered` are those of them
    whose answer did not come; in the others nothing may have been done at all.
    """

    id: int
    subject: str
    lane: str
    key: str
    kind: str
    body: Json
    attempts: int
    epoch: int
    created_at: datetime
    until: datetime | None
    lost: int = 0
    unanswered: int = 0


@dataclass(frozen=True)
class Outcome:
    """How a claimed effect ended: `done`, `skipped`, `failed`."""

    id: int
    epoch: int
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Backlog:
    """What a lane has still to do: how many effects, over all subjects, and when the oldest was first wanted."""

    lane: str
    effects: int
    oldest_at: datetime


@dataclass(frozen=True)
class Accepted:
    """A command from the inbox that has not been carried out yet."""

    id: str
    received_at: datetime
    command: Command


@dataclass(frozen=True)
class Posted:
    """Where a message of a subject stands. `name` says which: card, a question's id."""

    subject: str
    name: str
    message: MessageRef


@dataclass(frozen=True)
class CatalogLook:
    """What a look at the catalog leaves behind: every row that differs from before, and what changed."""

    rows: tuple[Kept, ...]
    changes: tuple[CatalogChange, ...]


@dataclass(frozen=True)
class Commit:
    """Everything one event changes, in one transaction.

    Rotations and freezes are compare-and-set on `version - 1`, comparisons end once. `fired` is the timer that led
    here, `facts` are remembered values by name.
    """

    at: datetime
    rotation: Rotation | None = None
    comparison: Comparison | None = None
    escalation: Escalation | None = None
    freeze: Freeze | None = None
    entries: tuple[Entry, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    fired: Timer | None = None
    timers: tuple[Timer, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    posted: Posted | None = None
    catalog: CatalogLook | None = None
    proposals: tuple[Proposed, ...] = ()
    inbox_done: str = ""
    effect_done: Outcome | None = None
    more: "tuple[Commit, ...]" = field(default=())
