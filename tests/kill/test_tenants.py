"""A bot that is killed between any two writes of forty tenants, again and again, and what each holds at the end.

The points are those a run is seen to have. Killed with SIGKILL, and started anew on what it left on the disk.
"""

import asyncio
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.rotation.model.rotation import Phase
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.engine.tenants import NAMES, TENANTS_RUNBOOK, Tenants
from tests.engine.world import NEW, world

ROOT = Path(__file__).parents[2]
HAND = 12
"""So many deaths a run."""
LONGEST_S = 120


async def ready(folder: Path) -> None:
    """A rotation whose pilots wait for approval, and the time it is there."""
    folder.mkdir()
    tenants = Tenants(folder)
    async with world(folder, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()
        (folder / "clock").write_text(w.clock.at.isoformat())
    for name in ("points", "died"):
        (folder / name).write_text("")


async def lives(folder: Path, verb: str, points: Sequence[str] = ()) -> str:
    """The phase at the end, after as many deaths as there are points."""
    (folder / "points").write_text("\n".join(points))
    (folder / "died").write_text("")
    for _ in range(len(points) + 1):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kill.tenants", str(folder), verb), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(process.communicate(), LONGEST_S)
        if process.returncode == 0:
            return output.decode().split()[-1]
        assert process.returncode == -signal.SIGKILL, output.decode()
    return "killed once more than there are points"


def points_of(verb: str) -> list[str]:
    """Right before and right after each change."""
    first = 0 if verb == "apply" else len(NAMES)
    places = range(first, first + len(NAMES))
    return [point for n in places for point in (f"before {n}", f"after {n + 1}")]


def hands(verb: str) -> list[list[str]]:
    """All points, as one hand a run: each has some from all over it."""
    points = points_of(verb)
    runs = -(-len(points) // HAND)
    return [points[first::runs] for first in range(runs)]


async def written(folder: Path) -> Counter[str]:
    """How often the ledger says of each tenant that it was set."""
    store = SqliteStore(SqliteFile(folder / "rotate.db"))
    await store.open()
    try:
        rows = [row.data["event"] for row in await store.ledger_rows("R1") if row.name == "target_written"]
    finally:
        await store.close()
    done = [event for event in rows if isinstance(event, dict) and event["outcome"] == "done"]
    return Counter(str(event["target"]).removeprefix("pilots.1.") for event in done)


async def applied_in_spite_of(points: Sequence[str], folder: Path) -> None:
    assert await lives(folder, "apply", points) == Phase.BAKING
    assert (folder / "died").read_text().split("\n")[:-1] == sorted(points, key=_in_order)
    tenants = Tenants(folder)
    assert set(tenants.held().values()) == {NEW}
    assert sorted(tenants.changes()) == [(name, NEW) for name in NAMES]  # each once, none to another end
    ledger = await written(folder)
    assert {name: ledger[name] for name in NAMES} == dict.fromkeys(NAMES, 1)


async def restored_in_spite_of(points: Sequence[str], folder: Path, before: dict[str, str | None]) -> None:
    assert await lives(folder, "back", points) == Phase.ROLLED_BACK
    assert (folder / "died").read_text().split("\n")[:-1] == sorted(points, key=_in_order)
    tenants = Tenants(folder)
    assert tenants.held() == before
    back = tenants.changes()[len(NAMES) :]
    assert sorted(back, key=lambda change: change[0]) == list(before.items())


def _in_order(point: str) -> tuple[int, int]:
    step, number = point.split()
    return (int(number), ("after", "before").index(step))


@pytest.mark.timeout(400)
async def test_killed_at_a_dozen_points_every_tenant_is_set_once_and_set_back_once(tmp_path: Path) -> None:
    await ready(tmp_path / "ready")
    before = Tenants(tmp_path / "ready").held()
    await applied_in_spite_of(hands("apply")[3], tmp_path / "ready")
    await restored_in_spite_of(hands("back")[6], tmp_path / "ready", before)


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_killed_at_every_point(tmp_path: Path) -> None:
    await ready(tmp_path / "ready")
    before = Tenants(tmp_path / "ready").held()
    gate = asyncio.Semaphore(2)

    async def one(number: int, apply: list[str], back: list[str]) -> None:
        async with gate:
            folder = tmp_path / f"{number:02}"
            shutil.copytree(tmp_path / "ready", folder)
            await applied_in_spite_of(apply, folder)
            await restored_in_spite_of(back, folder, before)

    dealt = list(zip(hands("apply"), hands("back"), strict=True))
    await asyncio.gather(*(one(number, *hand) for number, hand in enumerate(dealt)))
