"""Sample stores: one contract for every implementation, and what the file adds: locks, durability, privacy."""

import asyncio
import contextlib
import multiprocessing
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.difftest.file_store import FILE_NAME, FileStore, StoreUnusable
from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.sample import EarlierRun, RunIdentity, Sample, SampleKey, Turn
from bot.difftest.ports import RunBusy, SampleStore
from tests.difftest.making import PLAN, failed, sample, suite, weather
from tests.difftest.world import MemoryStore

RUN = PLAN.identity(suite(3))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def noon() -> datetime:
    return NOON


@pytest.fixture(params=["memory", "file"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SampleStore]:
    async with AsyncExitStack() as stack:
        yield MemoryStore() if request.param == "memory" else await stack.enter_async_context(FileStore(tmp_path, noon))


SAMPLES = [
    sample("a", "current", text='é "quoted"\n', tool_calls=(weather(),), cost_usd=None, cost_source="unknown"),
    failed("a", "candidate", ErrorKind.CONTENT_FILTER),
    sample("b/ü", "candidate", repeat=2, ttft_s=None, turns=(Turn("let me see", (weather(),)), Turn("right"))),
]


async def everything(store: SampleStore, run: RunIdentity = RUN) -> list[Sample]:
    """All that is kept of a run, in order."""
    return sorted([kept async for kept in store.kept(run.id)], key=lambda kept: kept.key)


@pytest.mark.parametrize("kept", SAMPLES, ids=lambda kept: str(kept.key))
def test_a_sample_is_the_same_after_json(kept: Sample) -> None:
    assert Sample.from_json(kept.to_json()) == kept


async def test_what_was_kept_is_there_again(store: SampleStore) -> None:
    stored = await store.open(RUN)
    assert (await everything(store), stored.calls, stored.repeated_calls) == ([], 0, 0)
    for kept in SAMPLES:
        await store.start_call(RUN.id, kept.key, 1)
        await store.add(RUN.id, kept)
    await store.close(RUN.id)
    again = await store.open(RUN)
    assert await everything(store) == sorted(SAMPLES, key=lambda s: s.key)
    assert (again.calls, again.repeated_calls) == (3, 0)


async def test_a_call_without_an_outcome_is_counted_as_cut_off_once(store: SampleStore) -> None:
    key = SampleKey("a", "current", 0)
    await store.open(RUN)
    await store.start_call(RUN.id, key, 1)
    await store.start_call(RUN.id, key, 2)
    await store.close(RUN.id)
    again = await store.open(RUN)
    assert (again.calls, again.repeated_calls) == (1, 1)
    await store.start_call(RUN.id, key, 1)
    await store.add(RUN.id, SAMPLES[0])
    await store.close(RUN.id)
    assert ((last := await store.open(RUN)).calls, last.repeated_calls) == (2, 1)


async def test_discarded_samples_are_asked_for_again(store: SampleStore) -> None:
    await store.open(RUN)
    for kept in SAMPLES:
        await store.add(RUN.id, kept)
    await store.discard(RUN.id, [SAMPLES[0].key, SAMPLES[1].key])
    await store.close(RUN.id)
    await store.open(RUN)
    assert await everything(store) == [SAMPLES[2]]


async def test_fresh_forgets_this_run_and_no_other(store: SampleStore) -> None:
    other = replace(RUN, seed=9)
    for run in (RUN, other):
        await store.open(run)
        await store.start_call(run.id, SAMPLES[0].key, 1)
        await store.add(run.id, SAMPLES[0])
        await store.close(run.id)
    fresh = await store.open(RUN, fresh=True)
    assert (await everything(store), fresh.calls) == ([], 0)
    assert await everything(store, other) == [SAMPLES[0]]


async def test_a_run_is_had_by_one_at_a_time(store: SampleStore) -> None:
    await store.open(RUN)
    with pytest.raises(RunBusy):
        await store.open(RUN)
    await store.open(replace(RUN, seed=9))
    await store.close(RUN.id)
    await store.open(RUN)


async def test_samples_are_loaded_by_their_keys(store: SampleStore) -> None:
    await store.open(RUN)
    for kept in SAMPLES:
        await store.add(RUN.id, kept)
    wanted = [SAMPLES[2].key, SampleKey("nobody", "current", 0), SAMPLES[0].key]
    assert await store.load(RUN.id, wanted) == [SAMPLES[2], SAMPLES[0]]


async def test_a_conversation_that_was_cut_off_has_its_turns(store: SampleStore) -> None:
    turns = [sample("a", "current", text=f"turn {n}", tool_calls=(weather(),)) for n in range(2)]
    whole = sample("b", "current")
    await store.open(RUN)
    for number, turn in enumerate(turns):
        await store.start_call(RUN.id, turn.key, 1)
        await store.add_turn(RUN.id, turn, number)
    await store.add_turn(RUN.id, replace(whole, text="first"), 0)
    await store.add(RUN.id, whole)
    await store.start_call(RUN.id, turns[0].key, 1)
    await store.close(RUN.id)
    again = await store.open(RUN)
    assert (again.turns, again.calls, again.repeated_calls) == ({turns[0].key: tuple(turns)}, 2, 1)
    await store.close(RUN.id)
    assert (await store.open(RUN, fresh=True)).turns == {}


async def test_notes_about_a_run(store: SampleStore) -> None:
    await store.open(RUN)
    await store.note(RUN.id, "overhead", "1")
    await store.note(RUN.id, "overhead", "2")
    await store.close(RUN.id)
    assert (await store.open(RUN)).notes == {"overhead": "2"}
    await store.close(RUN.id)
    assert (await store.open(RUN, fresh=True)).notes == {}


async def test_earlier_runs_asked_the_same_of_the_same_model(store: SampleStore) -> None:
    promoted = replace(RUN, current="acme/older", candidate=RUN.current)
    others = [
        replace(RUN, current="acme/other"),
        replace(RUN, suite_digest="another suite"),
        replace(RUN, parameters={"temperature": 1}),
        replace(RUN, base_url="https://elsewhere.example/v1"),
    ]
    for run in (promoted, *others, RUN):
        await store.open(run)
    later = replace(RUN, candidate="acme/newest")
    assert set(await store.earlier(later)) == {EarlierRun(promoted.id, "candidate"), EarlierRun(RUN.id, "current")}
    assert set(await store.earlier(RUN)) == {EarlierRun(promoted.id, "candidate")}


# The file


async def test_the_second_is_told_who_is_first(tmp_path: Path) -> None:
    async with FileStore(tmp_path, noon) as first, FileStore(tmp_path, noon) as second:
        await first.open(RUN)
        with pytest.raises(RunBusy) as caught:
            await second.open(RUN)
    assert (caught.value.pid, caught.value.since) == (os.getpid(), "2026-11-23T12:00:00+00:00")


def _die_holding(folder: Path, key: SampleKey) -> None:
    async def hold() -> None:
        store = await FileStore(folder, noon).__aenter__()
        await store.open(RUN)
        await store.add(RUN.id, SAMPLES[0])
        await store.start_call(RUN.id, key, 1)
        os.kill(os.getpid(), 9)

    asyncio.run(hold())


async def test_what_returned_survives_a_kill_and_the_lock_does_not(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_die_holding, args=(tmp_path, SAMPLES[1].key))
    child.start()
    await asyncio.to_thread(child.join)
    assert child.exitcode == -9
    async with FileStore(tmp_path, noon) as store:
        stored = await store.open(RUN)
        kept = await everything(store)
    assert (kept, stored.repeated_calls) == ([SAMPLES[0]], 1)


async def test_many_writes_at_once_share_commits(tmp_path: Path) -> None:
    many = [sample(f"case-{n}", "current") for n in range(500)]
    async with FileStore(tmp_path, noon) as store:
        await store.open(RUN)
        await asyncio.gather(*(store.add(RUN.id, one) for one in many))
        await store.close(RUN.id)
        assert len(await everything(store)) == 500
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


async def test_answers_are_readable_by_their_owner_only_and_git_does_not_see_them(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    async with FileStore(folder, noon) as store:
        await store.open(RUN)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.suffix}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {mode for name, mode in modes.items() if name != ".gitignore"} == {0o600}
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"


_BEFORE_CONVERSATIONS = """
CREATE TABLE runs (id TEXT PRIMARY KEY, identity TEXT NOT NULL, opened_at TEXT NOT NULL);
CREATE TABLE calls (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  "case" TEXT NOT NULL, arm TEXT NOT NULL, repeat INTEGER NOT NULL, attempt INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended', 'cut_off'))
);
CREATE TABLE samples (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  "case" TEXT NOT NULL, arm TEXT NOT NULL, repeat INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (run, "case", arm, repeat)
) WITHOUT ROWID;
"""
_ITS_SAMPLE = (
    '{"key":["a","current",0],"text":"right","tool_calls":[{"name":"f","arguments":"{}","id":"1"}],'
    '"finish_reason":"stop","latency_s":1.0,"ttft_s":null,"waited_s":0.0,"attempts":1,"prompt_tokens":null,'
    '"completion_tokens":null,"cost_usd":null,"cost_source":"unknown","served_model":null,"served_provider":null,'
    '"error":null}'
)


async def test_a_file_from_before_conversations_goes_on(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.executescript(_BEFORE_CONVERSATIONS)
        database.execute("INSERT INTO runs VALUES (?, '{}', ?)", (RUN.id, NOON.isoformat()))
        database.execute("INSERT INTO samples VALUES (?, 'a', 'current', 0, ?)", (RUN.id, _ITS_SAMPLE))
        database.execute(
            """INSERT INTO calls (run, "case", arm, repeat, attempt, state) VALUES (?, 'a', 'current', 0, 1, ?)""",
            (RUN.id, "ended"),
        )
    async with FileStore(tmp_path, noon) as store:
        stored = await store.open(RUN)
        (kept,) = await everything(store)
        assert (stored.calls, stored.turns, kept.text, kept.turns) == (1, {}, "right", ())
        assert kept.to_json() == _ITS_SAMPLE
        await store.add_turn(RUN.id, SAMPLES[0], 0)
        assert await store.earlier(replace(RUN, seed=4)) == ()


async def test_old_runs_are_forgotten(tmp_path: Path) -> None:
    async with FileStore(tmp_path, noon) as store:
        await store.open(RUN)
        await store.add(RUN.id, SAMPLES[0])
    async with FileStore(tmp_path, lambda: NOON + timedelta(days=29)) as store:
        await store.open(RUN)
        assert len(await everything(store)) == 1
    async with FileStore(tmp_path, lambda: NOON + timedelta(days=60)) as store:
        await store.open(RUN)
        assert await everything(store) == []


async def test_a_sample_that_could_not_be_kept_is_told_before_the_next_call(tmp_path: Path) -> None:
    async with FileStore(tmp_path, noon) as store:
        await store.open(RUN)
        database = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        database.execute("DROP TABLE samples")
        await store.add(RUN.id, SAMPLES[0])
        with pytest.raises(StoreUnusable, match="cannot be written"):
            await store.close(RUN.id)
        for again in (
            store.start_call(RUN.id, SAMPLES[0].key, 1),
            store.add(RUN.id, SAMPLES[1]),
            store.load(RUN.id, []),
        ):
            with pytest.raises(StoreUnusable):
                await again
        database.close()


async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable, match="cannot be used"):
        async with FileStore(tmp_path / "file", noon):
            pass
    (tmp_path / FILE_NAME).write_text("this is no database, and it is long enough to be taken for one" * 20)
    with pytest.raises(StoreUnusable, match="file is not a database"):
        async with FileStore(tmp_path, noon):
            pass
