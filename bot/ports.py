"""Every Protocol the product talks to the outside through. Signatures and their promises; no behaviour.

Adapters implement these, the engine calls them, tests put stateful fakes behind them. A failure that is not the
caller's fault is raised as `OutsideError`, which says whose it is and whether trying again can help.
"""

from datetime import datetime
from typing import Protocol

from bot.engine.models import Members, MessageRef, Note, Person, ReplyNote, ReplyTo
from bot.monitor.model import HealthReport, Observation
from bot.runbook.models.file import Group
from bot.runbook.models.plan import TargetPlan


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


class Target(Protocol):
    """Places where a model setting lives. One adapter per kind."""

    async def read(self, target: TargetPlan) -> str | None:
        """The value the target holds, None when the setting is unset. Raises OutsideError."""
        ...

    async def write(self, target: TargetPlan, *, expected: str | None, value: str | None) -> bool:
        """Compare-and-set; True when it changed, False when the value was already there.

        `value` None unsets. Restart is separate. Raises DriftError when the target holds neither, OutsideError.
        """
        ...

    async def restart(self, target: TargetPlan) -> None:
        """Make the readers of the target take it up; returns when the command has ended well. Raises OutsideError."""
        ...

    async def check_writable(self, target: TargetPlan) -> str:
        """Empty when a write would be possible now, else what stands in the way. Writes nothing."""
        ...


class MetricsSource(Protocol):
    """Where the watched series live."""

    async def observe(self, start: datetime, end: datetime) -> Observation:
        """Counts of every stage, tenant and model in `[start, end)`. Never raises: a failure is the answer's problem."""
        ...


class Health(Protocol):
    """The platform's own word on the active provider."""

    async def check(self) -> HealthReport:
        """One reading, now. Never raises: unreachable is not healthy."""
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
