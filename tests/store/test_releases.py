"""The databases of every release, as they were left behind: opened, read, gone on with. A new one: `keep_release`."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.audit import faults
from bot.engine.chores import TASK
from bot.engine.replay import differences, fold
from bot.rotation.model.rotation import Phase
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.engine.world import RUNBOOK, ManualClock, world

KEPT = sorted(Path("tests/data/databases").glob("*.db.gz"))


@pytest.fixture(params=KEPT, ids=lambda path: path.name)
def left_behind(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    copy = tmp_path / "rotate.db"
    copy.write_bytes(gzip.decompress(request.param.read_bytes()))
    return copy


def test_there_is_one_of_this_release() -> None:
    assert [path.name for path in KEPT] == ["0.1.0.db.gz"]


async def test_everything_in_it_can_still_be_read(left_behind: Path) -> None:
    store = SqliteStore(SqliteFile(left_behind))
    await store.open()
    found = await store.audit()
    assert [*found.faults, *faults(found.rows, found.stored)] == []
    rows, rotations = found.rows, await store.rotations()
    assert (rotations[0].id, rotations[0].phase) == ("R1", Phase.ROLLED_BACK)
    for rotation in rotations:
        mine = [row for row in rows if row.subject == rotation.id]
        assert differences(rotation, mine[-1].machine_version, fold((row.name, row.data) for row in mine)) == []
    assert {c.status for c in await store.comparisons()} == {"finished", "errored"}
    assert [one.command.kind for one in await store.waiting()] == ["steer"]
    bodies = await store.file.read(lambda db: db.execute("SELECT body FROM outbox").fetchall())
    assert len([TASK.validate_json(body) for (body,) in bodies]) > 50
    await store.close()


async def test_what_was_on_its_way_goes_on(left_behind: Path, tmp_path: Path) -> None:
    store = SqliteStore(SqliteFile(left_behind))
    await store.open()
    (last,) = await store.file.read(lambda db: db.execute("SELECT max(at) FROM ledger").fetchone())
    await store.close()
    clock = ManualClock()
    clock.at = clock.at.fromisoformat(last) + timedelta(minutes=1)
    async with world(tmp_path, runbook=RUNBOOK, clock=clock) as w:
        w.commands = 1000  # those below were pressed in its earlier life
        for path in w.disk.values:
            w.disk.values[path] = "acme/other" if path.endswith("staging.env") else "acme/old"
        await w.later(minutes=1)
        assert await w.phase("R2") is Phase.PAUSED
        assert await w.steer("roll_back", subject="R2") == "accepted"
        await w.later(minutes=10)
        assert await w.phase("R2") is Phase.ROLLED_BACK
        await w.later(minutes=1)
        # R3 waited behind it, and has its turn now.
        assert w.disk.log[:2] == [("staging", "acme/old"), ("staging", "acme/third")]
        assert await w.phase("R3") is Phase.BAKING
