"""What Slack's side and the terminal may ask of the engine: take a command, answer a question. Nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.catalog.model import Proposed
from bot.difftest.alike import closest, holding, is_listed
from bot.doctor.model import Finding
from bot.engine import frozen, home, listing, read
from bot.engine.diffing import foreseen
from bot.engine.guide import guide
from bot.engine.models.commands import Command, Diff
from bot.engine.models.guides import Guide
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import FreezeShown, Home, Models, SlotStatus, Status, Why
from bot.engine.people import actor_for
from bot.engine.run import Engine
from bot.masking import mask
from bot.rotation.policy import ALLOW, may_steer
from bot.runbook.models.plan import authority_in

Examine = Callable[[], Awaitable[Sequence[Finding]]]


class Facade:
    """The engine as listeners see it."""

    def __init__(self, engine: Engine, examine: Examine | None = None) -> None:
        """Stand before a running engine; `examine` is what the doctor does with this installation."""
        self._engine = engine
        self._examine = examine

    async def submit(self, command: Command) -> None:
        """Keep a command; when this returns it is on disk."""
        await self._engine.submit(command)

    async def status(self, subject: str | None = None) -> Status:
        """What is going on, everywhere or about one subject."""
        return await read.status(self._engine.outside, self._engine.rules, subject or "")

    async def why(self, subject: str) -> Why | None:
        """Why a rotation (by its name or its slot's) is where it is; None for one nobody knows."""
        return await read.why(self._engine.outside, self._engine.rules, subject)

    async def told_at(self, channel: str, ts: str) -> str:
        """What the message that stands there is about (R42, D17, E7); empty where none of ours does."""
        return await self._engine.outside.store.told_at(channel, ts)

    async def models(self, search: str = "") -> Models:
        """The models with a word in their id or name, by the stored catalog."""
        return await listing.models(self._engine.outside, self._engine.rules, search)

    async def proposed(self, proposal_id: str) -> Proposed | None:
        """A proposal by its id."""
        return await self._engine.outside.store.proposed(proposal_id)

    async def suggested(self, slot: str, typed: str = "") -> tuple[str, ...]:
        """The models a person may mean by what is typed so far; empty where nobody says which there are."""
        listed = await read.completing(self._engine.outside, self._engine.rules, slot)
        found = holding(typed, listed) if typed.strip() else sorted(listed)
        if is_listed(typed, listed) and typed not in found:
            found = [typed, *found]
        return tuple(found or closest(typed, listed))

    async def unlisted(self, slot: str, model: str) -> tuple[str, ...] | None:
        """The nearest ids to one that is not listed; None for one that is, or where nobody says which there are."""
        listed = await read.listed(self._engine.outside, self._engine.rules, slot)
        return None if not listed or is_listed(model, listed) else tuple(closest(model, listed))

    async def foreseen(self, asked: Diff) -> ReplyNote:
        """What a comparison would take and could see, or why it cannot begin; nothing is begun. Raises OutsideError."""
        return await foreseen(self._engine.outside, self._engine.rules, asked, self._engine.outside.clock.now())

    async def may_examine(self, person: str, channel: str) -> bool:
        """Whether somebody may see what the doctor finds: whoever may steer one of the slots."""
        rules = self._engine.rules
        actor = await actor_for(self._engine.outside, rules, person, channel)
        return any(may_steer(authority_in(rules.runbook, slot), actor) == ALLOW for slot in rules.runbook.slots)

    async def examine(self) -> Sequence[Finding]:
        """What the doctor finds in this installation, now; what looks like a secret in it is masked."""
        found = await self._examine() if self._examine is not None else ()
        return tuple(replace(one, what=mask(one.what), todo=mask(one.todo)) for one in found)

    async def freezes(self) -> tuple[FreezeShown, ...]:
        """Every freeze in force, then the runbook's that begin soon. Reads no place, so that it is there at once."""
        outside = self._engine.outside
        return await frozen.listed(outside.store, self._engine.rules.runbook, outside.clock.now())

    async def homes(self, readers: Sequence[str]) -> list[Home]:
        """The home tabs of these people, in order."""
        return await home.homes(self._engine.outside, self._engine.rules, readers)

    async def home_opened(self, reader: str) -> None:
        """Somebody looks at their home tab."""
        await home.opened(self._engine.outside.store, reader, self._engine.outside.clock.now())

    async def home_gone(self, reader: str) -> None:
        """Somebody's home tab cannot be shown any more."""
        await home.gone(self._engine.outside.store, reader, self._engine.outside.clock.now())

    async def home_viewers(self) -> tuple[str, ...]:
        """Whose home tabs are to be kept up to date."""
        return tuple(await home.viewers(self._engine.outside.store, self._engine.outside.clock.now()))

    async def newest(self) -> int:
        """A number that grows with everything that happens."""
        return await self._engine.outside.store.newest_row()

    async def guide(self) -> Guide:
        """What help says of this installation."""
        return guide(self._engine.rules, await self.freezes())

    async def slots(self) -> tuple[SlotStatus, ...]:
        """Every slot with what its targets hold now."""
        return await read.slots(self._engine.outside, self._engine.rules)
