"""What Slack's side needs of the engine: a door for commands, and what there is to read."""

from collections.abc import Sequence
from typing import Protocol

from bot.catalog.model import Proposed
from bot.doctor.model import Finding
from bot.engine.models.commands import Command, Diff
from bot.engine.models.guides import Guide
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import FreezeShown, Home, Models, SlotStatus, Status, Why


class EngineFacade(Protocol):
    """The engine as listeners see it."""

    async def submit(self, command: Command) -> None:
        """Keep the command for good before returning; one whose id is known already is dropped.

        The answer comes later, as a `ReplyNote` through the messenger.
        """
        ...

    async def status(self, subject: str | None) -> Status:
        """What runs and waits; with `subject` (R42, D17 or a slot) only that, without slots when there is none."""
        ...

    async def why(self, subject: str) -> Why | None:
        """Why a rotation (R42, or a slot's newest) is where it is; None for one nobody knows."""
        ...

    async def told_at(self, channel: str, ts: str) -> str:
        """What the message that stands there is about (R42, D17, E7); empty where none of ours does."""
        ...

    async def models(self, search: str) -> Models:
        """The models with a word in their id or name, those that are live first; all of them for none."""
        ...

    async def proposed(self, proposal_id: str) -> Proposed | None:
        """A proposal by its id; None for one nobody made."""
        ...

    async def suggested(self, slot: str, typed: str = "") -> tuple[str, ...]:
        """The models a person may mean by what is typed so far; empty where nobody says which there are."""
        ...

    async def unlisted(self, slot: str, model: str) -> tuple[str, ...] | None:
        """The nearest ids to one that is not listed; None for one that is, or where nobody says which there are."""
        ...

    async def foreseen(self, asked: Diff) -> ReplyNote:
        """What a comparison would take and could see, or why it cannot begin; nothing is begun. Raises OutsideError."""
        ...

    async def may_examine(self, person: str, channel: str) -> bool:
        """Whether somebody may see what the doctor finds: whoever may steer."""
        ...

    async def examine(self) -> Sequence[Finding]:
        """What the doctor finds in this installation, now; asks everything the bot depends on, and changes nothing."""
        ...

    async def freezes(self) -> tuple[FreezeShown, ...]:
        """Every freeze in force, then the runbook's that begin soon; at once, whatever places can be read."""
        ...

    async def homes(self, readers: Sequence[str]) -> list[Home]:
        """The home tabs of these people, in order."""
        ...

    async def home_opened(self, reader: str) -> None:
        """Remember that somebody looks at their home tab."""
        ...

    async def home_gone(self, reader: str) -> None:
        """Forget somebody whose home tab cannot be shown any more."""
        ...

    async def home_viewers(self) -> tuple[str, ...]:
        """Whose home tabs are to be kept up to date."""
        ...

    async def newest(self) -> int:
        """A number that grows with everything that happens."""
        ...

    async def guide(self) -> Guide:
        """What help says of this installation: model settings, stages, groups, limits."""
        ...

    async def slots(self) -> tuple[SlotStatus, ...]:
        """Every model setting, for forms and for filling in what a command left out."""
        ...
