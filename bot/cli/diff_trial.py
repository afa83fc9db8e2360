"""`rotate diff` with a slot's test target: set before the first call, put back after the last, whatever ends the run.

What the place held is written beside the answers before the place is changed. A run that was killed leaves that note,
and the next run with the same place goes by it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.exits import ExitCode, Stop
from bot.cli.telling import say

if TYPE_CHECKING:
    from bot.ports import Target
    from bot.runbook.models.targets.kinds import TargetPlan

NOTES = "test-targets.json"


@dataclass(frozen=True)
class Note:
    """What a place held before it was set to `value`."""

    held: str | None
    value: str


@asynccontextmanager
async def trial_set(target: "TargetPlan | None", candidate: str, folder: Path) -> AsyncIterator[None]:
    """Have the place hold the candidate within the block, and what it held before after it. Raises Stop."""
    if target is None:
        yield
        return
    from bot.app.targets import targets

    async with AsyncExitStack() as stack:
        adapter = (await targets(None, stack))[target.kind]
        held = await _held(adapter, target, folder)
        try:
            await _whole(asyncio.to_thread(_write, folder, target.place, Note(held, candidate)))
            await _set(adapter, target, candidate, held)
            yield
        finally:
            await _whole(_put_back(adapter, target, candidate, held, folder))


async def _held(adapter: "Target[Any]", target: "TargetPlan", folder: Path) -> str | None:
    """What the place is to hold again. Raises Stop."""
    from bot.ports import OutsideError

    left = (await asyncio.to_thread(_read, folder)).get(target.place)
    try:
        found = await adapter.read(target)
    except OutsideError as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: {error}.") from None
    # A run that was killed left it set; what somebody has written there since counts more than its note.
    return left.held if left is not None and found == left.value else found


async def _whole(step: Awaitable[object]) -> None:
    """Let a step come to its end also where the work is told to end in the middle of it.

    A write that goes on in its thread would overtake the one that puts back, and that one must not be cut short itself.
    """
    done = asyncio.ensure_future(step)
    try:
        await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        if not done.cancelled():
            done.exception()  # what became of it no longer matters, and is not to be complained of
        raise


async def _set(adapter: "Target[Any]", target: "TargetPlan", candidate: str, held: str | None) -> None:
    from bot.ports import DriftError, OutsideError

    try:
        found = await adapter.read(target)
        await _whole(adapter.write(target, expected=found, value=candidate))
        await adapter.restart(target)
        await _whole(adapter.wait(target, value=candidate))
    except (DriftError, OutsideError) as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: {error}.") from None
    say(f"{target.place} holds {candidate} while this runs; then {held or 'nothing'} again.")


async def _put_back(
    adapter: "Target[Any]", target: "TargetPlan", candidate: str, held: str | None, folder: Path
) -> None:
    """Say what could not be put back; its note stays, so that the same command tries again."""
    from bot.ports import DriftError, OutsideError

    try:
        await adapter.write(target, expected=candidate, value=held)
        await adapter.restart(target)
        await adapter.wait(target, value=held)
    except DriftError as drift:
        say(f"{target.place} was changed by somebody else, and left at {drift.found or 'nothing'}.")
    except OutsideError as error:
        say(f"{target.place} could not be put back to {held or 'nothing'}: {error}.")
        return
    await asyncio.to_thread(_write, folder, target.place, None)


def _read(folder: Path) -> dict[str, Note]:
    file = folder / NOTES
    if not file.exists():
        return {}
    return {place: Note(**note) for place, note in json.loads(file.read_text("utf-8")).items()}


def _write(folder: Path, place: str, note: Note | None) -> None:
    found = _read(folder)
    found.pop(place, None)
    if note is not None:
        found[place] = note
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"{NOTES}.new"
    whole.write_text(json.dumps({name: vars(one) for name, one in found.items()}, indent=1), encoding="utf-8")
    whole.replace(folder / NOTES)
