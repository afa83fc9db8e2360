"""What a terminal of the bot's machine asks: written into the inbox of whoever serves, and read from the database."""

import asyncio
import os
import pwd
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from bot.adapters.clock import SystemClock
from bot.app.alone import looking
from bot.app.database import holder, opened_store
from bot.engine import listing, read
from bot.engine.answers import answer_key
from bot.engine.chores import Reply
from bot.engine.frozen import listed
from bot.engine.models.commands import TERMINAL, Answer, Asked, Command, LiftFreeze, Promote, ReplyTo, SetFreeze, Steer
from bot.engine.models.comparisons import Comparison
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import FreezeShown, Models, Status, Why
from bot.rotation.model.rotation import Rotation
from bot.rotation.policy import ReasonCode
from bot.runbook.load import Loaded
from bot.store.store import SqliteStore

LOOKED_EVERY_S: Final = 0.2
PATIENCE_S: Final = 20.0
"""Somebody who serves sees a command within a second; Slack and targets may keep it from carrying it out."""
_REFUSALS: Final = frozenset(code.value for code in ReasonCode)
_UNKNOWN: Final = frozenset(
    {
        *("unknown_subject", "no_rotation", "no_comparison", "unknown_slot", "nothing_to_abort"),
        *("freeze_of_what", "freeze_of_two", "freeze_without_end", "freeze_without_reason", "freeze_end_unclear"),
        *("freeze_end_over", "freeze_too_long", "not_frozen"),
    }
)
_NOT_DONE: Final = frozenset({"freeze_standing", "freeze_written"})
_FAILURES: Final = frozenset({"outside_failed", "internal_error"})


@dataclass(frozen=True)
class Outcome:
    """What came of a command: its answer, or None and who serves the database (empty: nobody)."""

    note: ReplyNote | None
    served_by: str = ""

    @property
    def kind(self) -> Literal["waiting", "taken", "refused", "unknown", "failed"]:
        """Whether it is carried out, not possible or not allowed, about nothing there is, or broken off."""
        code = self.note.code if self.note is not None else ""
        if not code:
            return "waiting"
        if code in _REFUSALS | _NOT_DONE:
            return "refused"
        return "unknown" if code in _UNKNOWN else "failed" if code in _FAILURES else "taken"


def account() -> str:
    """Who uses this terminal, by the system's word and not the environment's: `terminal:user@host`."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # an account without a name, as in a container
        name = str(os.getuid())
    return f"{TERMINAL}{name}@{socket.gethostname().partition('.')[0]}"


def _asked() -> dict[str, object]:
    """A command's head: who, when, and an id of its own."""
    who = account()
    head = Asked(
        id=f"terminal:{uuid.uuid4().hex}", actor=who, at=SystemClock().now(), reply=ReplyTo(user=who), via="terminal"
    )
    return head.model_dump()


def steer(verb: str, subject: str, reason: str, lasts: timedelta | None = None) -> Steer:
    """A verb on a rotation or comparison; `lasts` is for `hands_off` alone."""
    return Steer.model_validate({**_asked(), "verb": verb, "subject": subject, "reason": reason, "lasts": lasts})


def promote(subject: str) -> Promote:
    """Begin a rotation, or ask again."""
    return Promote.model_validate({**_asked(), "subject": subject})


def set_freeze(subject: str, until: str, reason: str) -> SetFreeze:
    """Hold every change of something until then."""
    return SetFreeze.model_validate({**_asked(), "subject": subject, "until": until, "reason": reason})


def lift_freeze(subject: str, reason: str) -> LiftFreeze:
    """End a freeze before its time."""
    return LiftFreeze.model_validate({**_asked(), "subject": subject, "reason": reason})


def approve(rotation: Rotation, reason: str) -> Answer:
    """Yes to a rotation's open request, as it stands. Raises LookupError where there is none."""
    if rotation.request is None or not rotation.request.open:
        raise LookupError(rotation.id)
    said = {"rotation": rotation.id, "question": rotation.request.id, "digest": rotation.request.digest}
    return Answer.model_validate({**_asked(), **said, "answer": "approve", "reason": reason})


async def submit(path: Path, command: Command, patience_s: float = PATIENCE_S) -> Outcome:
    """Write a command into the inbox and wait for its answer, not at all where nobody serves. Raises sqlite3.Error."""
    async with opened_store(path) as store:
        await store.accept(command, command.at)
        until = asyncio.get_running_loop().time() + patience_s
        while served_by := holder(path):
            if (note := await answered(store, command)) is not None:
                return Outcome(note, served_by)
            if asyncio.get_running_loop().time() > until:
                return Outcome(None, served_by)
            await asyncio.sleep(LOOKED_EVERY_S)
        return Outcome(await answered(store, command))


async def answered(store: SqliteStore, command: Command) -> ReplyNote | None:
    """What a command was answered with; None as long as it is not carried out."""
    body = await store.wanted(answer_key(command.id))
    return None if body is None else Reply.model_validate(body).note


async def meant(store: SqliteStore, subject: str) -> Rotation | None:
    """The rotation a word means: its id, or the newest one of a model setting."""
    found = await store.rotation(subject.upper())
    newest = [] if found is not None else await store.rotations(slot=subject, newest=1)
    return found or (newest[-1] if newest else None)


async def rotation_named(path: Path, subject: str) -> tuple[Rotation | None, Comparison | None]:
    """The rotation a word means, and the comparison it rests on. Raises sqlite3.Error."""
    async with opened_store(path) as store:
        rotation = await meant(store, subject)
        return rotation, await store.comparison(rotation.comparison.id) if rotation is not None else None


async def freezes(path: Path, loaded: Loaded) -> tuple[FreezeShown, ...]:
    """Every freeze in force, then the runbook's that begin soon. Raises sqlite3.Error."""
    async with opened_store(path) as store:
        return await listed(store, loaded.runbook, SystemClock().now())


async def status(path: Path, loaded: Loaded, subject: str) -> Status:
    """What runs, what waits, and what the places hold, everywhere or about one subject. Raises sqlite3.Error."""
    async with looking(path, loaded) as (outside, rules):
        return await read.status(outside, rules, subject)


async def why(path: Path, loaded: Loaded, subject: str) -> Why | None:
    """How a rotation came to where it is; None for one nobody knows. Raises sqlite3.Error."""
    async with looking(path, loaded) as (outside, rules):
        return await read.why(outside, rules, subject)


async def models(path: Path, loaded: Loaded, search: str) -> tuple[Models, datetime]:
    """The models with a word in their id or name, by the stored catalog; and what time it is. Raises sqlite3.Error."""
    async with looking(path, loaded) as (outside, rules):
        return await listing.models(outside, rules, search), outside.clock.now()
