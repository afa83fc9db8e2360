"""What a bake's windows come to is kept from look to look, and drawn up anew where it cannot be gone by."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.perform.watching import take_look
from bot.monitor.model import Observation
from bot.monitor.packed import taken_apart
from bot.rotation.effects import TakeLook
from bot.rotation.evidence import LookResult
from bot.store.library import Database
from bot.store.store import SqliteStore
from tests.engine.world import World, world


class Counting(SqliteStore):
    """The store, and how often windows were read from it one by one."""

    def __init__(self, store: SqliteStore) -> None:
        super().__init__(store.file)
        self.read: list[str] = []

    async def observations(self, subject: str, part: str, below: int | None = None) -> list[Observation]:
        self.read.append(part)
        return await super().observations(subject, part, below)


async def look(w: World, number: int, store: SqliteStore) -> LookResult:
    """The look of that number over its own window, whatever was taken before."""
    rotation = await w.rotation()
    bake = rotation.watched
    every = rotation.stage_plan.bake.every
    start = bake.started_at + (number - 1) * every
    effect = TakeLook(
        stage=rotation.stage,
        attempt=bake.attempt,
        number=number,
        window_start=start,
        window_end=start + every,
        final=False,
    )
    taken = await take_look(replace(w.engine.outside, store=store), rotation, effect)
    return taken.result


async def stored(w: World) -> list[tuple[str, str, bytes]]:
    def read(db: Database) -> list[tuple[str, str, bytes]]:
        return [(*row,) for row in db.execute("SELECT part, name, body FROM sums ORDER BY part, name").fetchall()]

    return await w.store.file.read(read)


async def sums(w: World) -> dict[str, object]:
    """What is kept, without the digest of the rules, in which the folder stands."""
    found: dict[str, object] = {}
    for _, name, body in await stored(w):
        header, columns = taken_apart(body)
        header.pop("rules", None)
        found[name] = header, [column.tolist() for column in columns]
    return found


def requests(result: LookResult) -> float:
    """How many requests its checks rest on."""
    return next(check for check in result.checks if check.name == "errors").n_candidate


async def change(w: World, statement: str) -> None:
    await w.store.file.write(lambda db: db.execute(statement))


async def test_a_look_reads_the_windows_before_it_once_and_no_more(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        store = Counting(w.store)
        for number in (1, 2, 3):
            assert (await look(w, number, store)).counted
        assert store.read == ["pilots.1.past", "pilots.1.look"]


async def test_a_look_taken_again_counts_its_window_once(tmp_path: Path) -> None:
    """The bot died between keeping the window and saying what it found, so the look is taken again."""
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        store = Counting(w.store)
        first = [await look(w, number, store) for number in (1, 2)]
        kept = await stored(w)
        assert await look(w, 2, store) == first[1]
        assert await stored(w) == kept
        assert len(store.read) == 4


@pytest.mark.parametrize(
    "lost",
    [
        "DELETE FROM sums",
        "DELETE FROM sums WHERE name = 'before'",
        "UPDATE sums SET body = x'00' WHERE name = 'running'",
    ],
)
async def test_what_was_lost_of_it_is_drawn_up_anew_and_nothing_changes(tmp_path: Path, lost: str) -> None:
    for folder in ("whole", "lost"):
        (tmp_path / folder).mkdir()
    async with world(tmp_path / "whole") as w, world(tmp_path / "lost") as other:
        found = []
        for one in (w, other):
            await one.to_pilots_bake()
            for number in (1, 2):
                await look(one, number, one.store)
            if one is other:
                await change(one, lost)
            found.append(await look(one, 3, one.store))
        assert found[0] == found[1]
        assert found[0].counted
        assert await sums(w) == await sums(other)


async def test_a_look_that_does_not_count_leaves_the_counts_as_they_were(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        before = await look(w, 1, w.store)
        w.disk.values["/app/pilots.env"] = "somebody/else"
        drifted = await look(w, 2, w.store)
        assert (drifted.counted, drifted.reasons[0]) == (False, "target_drifted")
        w.disk.values["/app/pilots.env"] = "acme/new"
        after = await look(w, 3, w.store)
        assert after.counted
        requests = [
            next(check for check in one.checks if check.name == "errors").n_candidate for one in (before, after)
        ]
        assert requests[1] == 2 * requests[0]


async def test_nothing_is_kept_of_a_rotation_longer_than_its_windows(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await look(w, 1, w.store)
        assert await stored(w)
        await w.steer("roll_back", reason="no more")
        await w.later(hours=1)
        assert (await w.rotation()).ended
        await w.store.forget(w.clock.at)
        assert await stored(w) == []
