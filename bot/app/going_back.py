"""A way back asked for at a terminal, followed to its end: gone by whoever serves, or by this very process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.app.alone import working_alone
from bot.app.database import opened_store
from bot.app.terminal import LOOKED_EVERY_S, Outcome, answered, meant, steer, submit
from bot.engine.models.commands import Command
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import Told
from bot.engine.slots import nearest
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import ReasonCode
from bot.runbook.load import Loaded
from bot.store.store import SqliteStore

Tell = Callable[[Rotation, Told], None]
"""Hears each step of the rotation as it happens."""


@dataclass(frozen=True)
class WentBack:
    """How far it came: the command's outcome, and the rotation as it then stood; None where there is none."""

    outcome: Outcome
    rotation: Rotation | None

    @property
    def back(self) -> bool:
        """Whether every target is back."""
        return self.rotation is not None and self.rotation.phase is Phase.ROLLED_BACK


async def by_whoever_serves(path: Path, subject: str, reason: str, tell: Tell) -> WentBack:
    """Ask whoever serves for it, and follow it. Raises sqlite3.Error."""
    async with opened_store(path) as store:
        rotation = await meant(store, subject)
        if rotation is None:
            return WentBack(await _nothing(store, subject), None)
        known = await _known(store, rotation)
        outcome = await submit(path, steer("roll_back", subject, reason))
        return await _followed(store, rotation, known, outcome, tell)


async def from_here(path: Path, loaded: Loaded, subject: str, reason: str, tell: Tell) -> WentBack:
    """Do it in this process, in place of whoever would serve. Raises DatabaseBusyError, sqlite3.Error."""
    async with opened_store(path) as store:
        rotation = await meant(store, subject)
        if rotation is None:
            return WentBack(await _nothing(store, subject), None)
        known = await _known(store, rotation)
        async with working_alone(path, loaded) as engine:
            command = steer("roll_back", subject, reason)
            await engine.submit(command)
            return await _followed(store, rotation, known, await _answer_to(store, command), tell)


async def _answer_to(store: SqliteStore, command: Command) -> Outcome:
    while (note := await answered(store, command)) is None:  # noqa: ASYNC110 (another connection writes it)
        await asyncio.sleep(LOOKED_EVERY_S)
    return Outcome(note)


async def _known(store: SqliteStore, rotation: Rotation) -> int:
    """How many steps of it were told before."""
    return len(await store.told(rotation.id))


async def _nothing(store: SqliteStore, subject: str) -> Outcome:
    """The answer where no rotation is meant, with the nearest there is: nothing is asked of anybody."""
    known = [name for each in await store.rotations() for name in (each.id, each.slot)]
    facts = {"subject": subject, "nearest": nearest(subject, known)}
    return Outcome(ReplyNote.model_validate({"code": "unknown_subject", "facts": facts}))


async def _followed(store: SqliteStore, rotation: Rotation, known: int, outcome: Outcome, tell: Tell) -> WentBack:
    """Tell what happens until the targets are back, or no longer go back by themselves."""
    under_way = outcome.note is not None and outcome.note.code == ReasonCode.ALREADY_ROLLING_BACK.value
    if outcome.kind != "taken" and not under_way:
        return WentBack(outcome, rotation)
    while True:
        now = await store.rotation(rotation.id)
        steps = await store.told(rotation.id)
        for told in steps[known:]:
            tell(now or rotation, told)
        known = len(steps)
        if now is None or now.phase is not Phase.ROLLING_BACK:
            return WentBack(outcome, now)
        await asyncio.sleep(LOOKED_EVERY_S)
