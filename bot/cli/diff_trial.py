"""`rotate diff` with a slot's test target: set before the first call, put back after the last, also after a kill.

What the place held is written beside the answers before the place is changed. A run that was killed leaves that note,
and the next run with the same place goes by it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.ports import Target
    from bot.runbook.models.plan import TargetPlan

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
    from bot.adapters.target_env_file import EnvFileTarget
    from bot.settings import command_environment

    adapter = EnvFileTarget(environment=command_environment())
    held = await _noted(adapter, target, candidate, folder)
    try:
        await _set(adapter, target, candidate, held)
        yield
    finally:
        await _put_back(adapter, target, candidate, held, folder)


async def _noted(adapter: "Target", target: "TargetPlan", candidate: str, folder: Path) -> str | None:
    """What the place is to hold again, noted before it is changed. Raises Stop."""
    from bot.ports import OutsideError

    left = (await asyncio.to_thread(_read, folder)).get(target.place)
    try:
        found = await adapter.read(target)
    except OutsideError as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: {error}.") from None
    # A run that was killed left it set; what somebody has written there since counts more than its note.
    held = left.held if left is not None and found == left.value else found
    await asyncio.to_thread(_write, folder, target.place, Note(held, candidate))
    return held


async def _set(adapter: "Target", target: "TargetPlan", candidate: str, held: str | None) -> None:
    from bot.ports import DriftError, OutsideError

    found = await adapter.read(target)
    try:
        await adapter.write(target, expected=found, value=candidate)
        await adapter.restart(target)
    except (DriftError, OutsideError) as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: {error}.") from None
    typer.echo(f"{target.place} holds {candidate} while this runs; then {held or 'nothing'} again.", err=True)


async def _put_back(adapter: "Target", target: "TargetPlan", candidate: str, held: str | None, folder: Path) -> None:
    """Say what could not be put back; its note stays, so that the same command tries again."""
    from bot.ports import DriftError, OutsideError

    try:
        await adapter.write(target, expected=candidate, value=held)
        await adapter.restart(target)
    except DriftError as drift:
        typer.echo(f"{target.place} was changed by somebody else, and left at {drift.found or 'nothing'}.", err=True)
    except OutsideError as error:
        typer.echo(f"{target.place} could not be put back to {held or 'nothing'}: {error}.", err=True)
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
