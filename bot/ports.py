"""Every Protocol the product talks to the outside through. Signatures and their promises; no behaviour.

Adapters implement these, the engine calls them, tests put stateful fakes behind them. A failure that is not the
caller's fault is raised as `OutsideError`, which says whose it is and whether trying again can help.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.catalog.model import CatalogChange, Credit, Kept, Listing, Proposed
from bot.difftest.model.chat import TokenPrice
from bot.engine.models.commands import Command, ReplyTo
from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import Note, ReplyNote
from bot.engine.models.people import Members, Person
from bot.engine.models.shown import Told
from bot.engine.records import Accepted, Backlog, Claimed, Commit, Timer
from bot.escalation.model import Escalation
from bot.monitor.model import HealthReport, NumberRead, Observation
from bot.rotation.model.freezes import Freeze
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.people import Group


class OutsideError(Exception):
    """Something outside did not do what was asked. `whose` names the owner, `again` says whether a retry can help."""

    def __init__(self, what: str, *, whose: str, again: bool, code: str = "outside") -> None:
        """Keep what a person must be told; `what` never holds a secret."""
        super().__init__(what)
        self.what = what
        self.whose = whose
        self.again = again
        self.code = code


class DriftError(Exception):
    """A compare-and-set found something else than expected; `found` is what the target holds now (None: unset)."""

    def __init__(self, place: str, *, expected: str | None, found: str | None) -> None:
        """Keep both values for the message."""
        super().__init__(f"{place} holds {found!r}, expected {expected!r}")
        self.place = place
        self.expected = expected
        self.found = found


PlanT_contra = TypeVar("PlanT_contra", contravariant=True)


class Target(Protocol[PlanT_contra]):
    """Places where a model setting lives. One adapter per kind; `PlanT_contra` is the kind's plan.

    A change is `write`, `restart`, `wait`, and `read` to see that it holds. Each step may come again after a kill: what
    is done already is found done. A version the system keeps (an ETag, a resourceVersion) is read and handed back
    within one `write`, so that an edit in between is seen; callers compare values.
    """

    async def read(self, target: PlanT_contra) -> str | None:
        """The value the target holds, None when the setting is unset. Raises OutsideError."""
        ...

    async def write(self, target: PlanT_contra, *, expected: str | None, value: str | None) -> bool:
        """Compare-and-set; True when it changed, False when the value was already there.

        `value` None unsets. Restart is separate. Raises DriftError when the target holds neither, OutsideError.
        """
        ...

    async def restart(self, target: PlanT_contra) -> None:
        """Make the readers of the target take it up; returns when that has ended well. Raises OutsideError."""
        ...

    async def wait(self, target: PlanT_contra, *, value: str | None) -> None:
        """Return once `value` (None: what applies where nothing is set) has taken effect, within the target's patience.

        Raises OutsideError, which says what it waited for and what it saw last.
        """
        ...

    async def refusal(self, target: PlanT_contra, value: str) -> str:
        """Why the target would not take this model: no name it can hold, not allowed there. Empty when it would.

        Writes nothing. Raises OutsideError where that cannot be found out.
        """
        ...

    async def check_writable(self, target: PlanT_contra) -> str:
        """Empty when a write would be possible now, else what stands in the way. Writes nothing."""
        ...


class MetricsSource(Protocol):
    """Where the watched series live."""

    async def observe(self, start: datetime, end: datetime) -> Observation:
        """Counts of every stage, tenant and model in `[start, end)`. Never raises: failing is an answer."""
        ...


class Numbers(Protocol):
    """Where checks of one's own get a number or a word on health: a query, a command, an address."""

    async def read(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> NumberRead:
        """The number of a stage that holds `model`, for `[start, end)`. Never raises: failing is an answer."""
        ...

    async def word(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> HealthReport:
        """The word on health at the end of `[start, end)`. Never raises: failing is not healthy."""
        ...


class Health(Protocol):
    """The platform's own word on the active provider."""

    async def check(self) -> HealthReport:
        """One reading, now. Never raises: unreachable is not healthy."""
        ...


class Catalog(Protocol):
    """Which models a provider has."""

    async def models(self) -> tuple[str, ...]:
        """Their ids; empty when the provider does not say. Never raises."""
        ...

    async def price(self, model: str) -> TokenPrice | None:
        """What the provider asks for a token of a model now; None when it does not say. Never raises."""
        ...

    async def listing(self) -> Listing:
        """Everything that is listed now. Never raises: that a source failed is its `problem`."""
        ...


class Account(Protocol):
    """The account that pays for what the provider answers."""

    async def credit(self) -> Credit:
        """What is left of it now. Never raises: that nobody says is its `problem`."""
        ...


class Clock(Protocol):
    """The time, and waking up."""

    def now(self) -> datetime:
        """The time in UTC, aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class Messenger(Protocol):
    """Where people are told things. Rendering is the implementation's; what is told is the note's."""

    async def reach(self) -> None:
        """Return when messages could be posted now, saying nothing to anybody. Raises OutsideError."""
        ...

    async def post(
        self,
        note: Note,
        *,
        channel: str,
        thread: MessageRef | None = None,
        broadcast: bool = False,
    ) -> MessageRef:
        """Post a new message in the channel of that name or id. Raises OutsideError."""
        ...

    async def edit(self, message: MessageRef, note: Note) -> None:
        """Bring a posted message up to date. Raises OutsideError (`code` `message_gone` when it no longer exists)."""
        ...

    async def attach(self, files: Sequence[Attachment], *, under: MessageRef, words: str) -> None:
        """Post files in a message's thread with a line of text. Raises OutsideError (`missing_scope`: it may not)."""
        ...

    async def reply(self, to: ReplyTo, note: ReplyNote) -> None:
        """Answer one person privately. Raises OutsideError."""
        ...


class Directory(Protocol):
    """Who people are and what they belong to, at most a minute old."""

    async def person(self, person: str) -> Person:
        """The person with that member id. Raises OutsideError."""
        ...

    async def group(self, group: Group) -> Members:
        """Members of an owner group. Never raises: what cannot be read says so in `problem`."""
        ...

    async def channel(self, channel: str) -> Members:
        """Members of a channel named by name or id. Never raises."""
        ...


class Store(Protocol):
    """Where everything that must survive is kept. What returned is on disk."""

    async def accept(self, command: Command, at: datetime) -> bool:
        """Keep a command; False when one with the same id is already kept."""
        ...

    async def waiting(self) -> list[Accepted]:
        """Commands not carried out yet, oldest first."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Write everything one event changes, or nothing. Raises StaleError, TimerMovedError, LeaseLostError."""
        ...

    async def new_id(self, letter: str) -> str:
        """The next id of a kind: R, D, E or F; R, D and F are free until they are stored."""
        ...

    async def rotation(self, rotation_id: str) -> Rotation | None:
        """A rotation by its id."""
        ...

    async def rotations(self, *, slot: str = "", running: bool = False, newest: int = 0) -> list[Rotation]:
        """Rotations in order, of one slot, only those that have not ended, or only so many of the newest."""
        ...

    async def comparison(self, comparison_id: str) -> Comparison | None:
        """A comparison by its id."""
        ...

    async def comparisons(
        self, *, slot: str = "", running: bool = False, finished: bool = False, newest: int = 0
    ) -> list[Comparison]:
        """Comparisons, newest first, of one slot, only those that run or that have a report, or only so many."""
        ...

    async def escalation(self, escalation_id: str) -> Escalation | None:
        """An escalation by its id."""
        ...

    async def open_escalation(self, key: str) -> Escalation | None:
        """The open escalation about one cause."""
        ...

    async def open_escalations(self, subject: str) -> list[Escalation]:
        """The open escalations about a subject."""
        ...

    async def freeze(self, freeze_id: str) -> Freeze | None:
        """A freeze by its id."""
        ...

    async def freezes(self, at: datetime) -> list[Freeze]:
        """The freezes somebody set that hold something then, in the order they were set."""
        ...

    async def newest_row(self) -> int:
        """The number of the ledger's newest row, 0 for an empty one: it grows with everything that happens."""
        ...

    async def told(self, subject: str) -> list[Told]:
        """What the ledger says was told of a rotation, oldest first."""
        ...

    async def message(self, subject: str, name: str) -> MessageRef | None:
        """Where a message stands, None when it was never posted."""
        ...

    async def told_at(self, channel: str, ts: str) -> str:
        """What the message that stands there is about (R42, D17, E7), empty where none of ours does."""
        ...

    async def spent_since(self, slot: str, since: datetime) -> float:
        """US dollars spent on comparisons of a slot since then."""
        ...

    async def claim(self, now: datetime, lease: timedelta, busy: tuple[int, ...]) -> list[Claimed]:
        """Take the first effect of every (subject, lane) that is due and held by nobody."""
        ...

    async def renew(self, claimed: Claimed, until: datetime) -> None:
        """Keep a claim longer. Raises LeaseLostError."""
        ...

    async def postpone(self, claimed: Claimed, due: datetime, detail: str, *, lost: bool = False) -> None:
        """Give an effect back to be tried again at `due`; `lost`: it may have been done. Raises LeaseLostError."""
        ...

    async def release_all(self, now: datetime) -> int:
        """Let go of every claim: the process that held them is dead."""
        ...

    async def backlog(self, now: datetime) -> list[Backlog]:
        """What each lane has still to do, lanes by name. One wanted for later, and not tried yet, is left out."""
        ...

    async def due_timers(self, now: datetime) -> list[Timer]:
        """Timers whose time has come, oldest first."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next timer, effect or lease falls due, after `now`."""
        ...

    async def forget(self, before: datetime) -> None:
        """Drop commands and effects that were over before then, and what was measured for rotations that were."""
        ...

    async def known_models(self) -> list[Kept]:
        """Every model the catalog has ever listed, by id."""
        ...

    async def catalog_changes(self, since: datetime) -> list[CatalogChange]:
        """What changed in the catalog since then, oldest first."""
        ...

    async def proposed(self, proposal_id: str) -> Proposed | None:
        """A proposal by its id."""
        ...

    async def proposed_keys(self) -> frozenset[str]:
        """The keys of everything that was ever proposed."""
        ...

    async def fact(self, name: str) -> str:
        """A remembered value, empty when there is none."""
        ...

    async def remember(self, name: str, value: str) -> None:
        """Keep a value."""
        ...

    async def save_observation(
        self, subject: str, part: str, number: int, observation: Observation, sums: Mapping[str, bytes] | None = None
    ) -> None:
        """Keep one window of what was seen, and with it what all windows of its part come to: both or neither."""
        ...

    async def observations(self, subject: str, part: str, below: int | None = None) -> list[Observation]:
        """The windows of one part of a subject, in order; those of a number `below` that one, where one is given."""
        ...

    async def sums(self, subject: str, part: str, names: Sequence[str]) -> dict[str, bytes]:
        """What the windows of a part come to, by name, as it was kept; what was not is not in it."""
        ...
