"""Samples in the bot's own file: the contract every sample store keeps, and what sharing the file adds."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.difftest.ports import RunBusy, SampleStore
from bot.store.samples import SqliteSamples
from bot.store.sqlite import SqliteFile
from tests.difftest.making import sample
from tests.difftest.test_stores import (
    NOON,
    RUN,
    SAMPLES,
    everything,
    noon,
    test_a_call_without_an_outcome_is_counted_as_cut_off_once,  # noqa: F401 - collected here for this store
    test_a_conversation_that_was_cut_off_has_its_turns,  # noqa: F401 - as above
    test_a_run_is_had_by_one_at_a_time,  # noqa: F401 - as above
    test_discarded_samples_are_asked_for_again,  # noqa: F401 - as above
    test_earlier_runs_asked_the_same_of_the_same_model,  # noqa: F401 - as above
    test_fresh_forgets_this_run_and_no_other,  # noqa: F401 - as above
    test_notes_about_a_run,  # noqa: F401 - as above
    test_samples_are_loaded_by_their_keys,  # noqa: F401 - as above
    test_what_was_kept_is_there_again,  # noqa: F401 - as above
)

KEPT = timedelta(days=30)


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    found = SqliteFile(tmp_path / "rotate.db")
    await found.open()
    yield found
    await found.close()


@pytest.fixture
def store(file: SqliteFile) -> SampleStore:
    return SqliteSamples(file, noon, KEPT)


async def test_who_has_a_run_is_named(file: SqliteFile) -> None:
    store = SqliteSamples(file, noon, KEPT)
    await store.open(RUN)
    with pytest.raises(RunBusy) as caught:
        await store.open(RUN)
    assert caught.value.since == "2026-11-23T12:00:00+00:00"


async def test_a_run_is_free_after_the_process_that_had_it(file: SqliteFile) -> None:
    first = SqliteSamples(file, noon, KEPT)
    await first.open(RUN)
    await first.add(RUN.id, SAMPLES[0])
    await first.start_call(RUN.id, SAMPLES[1].key, 1)
    stored = await SqliteSamples(file, noon, KEPT).open(RUN)
    assert (await everything(first), stored.repeated_calls) == ([SAMPLES[0]], 1)


async def test_a_run_that_cannot_be_opened_is_not_had(file: SqliteFile) -> None:
    store = SqliteSamples(file, noon, KEPT)
    await file.write(lambda db: db.execute("ALTER TABLE runs RENAME TO gone"))
    with pytest.raises(sqlite3.OperationalError):
        await store.open(RUN)
    await file.write(lambda db: db.execute("ALTER TABLE gone RENAME TO runs"))
    await store.open(RUN)


async def test_many_that_write_at_once_share_few_commits(file: SqliteFile) -> None:
    store = SqliteSamples(file, noon, KEPT)
    await store.open(RUN)
    commits = 0

    def count(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    await file.write(lambda db: db.conn.set_trace_callback(count))
    commits = 0
    many = [sample(f"case-{number}", "current") for number in range(300)]
    await asyncio.gather(*(store.add(RUN.id, one) for one in many))
    assert commits < 10
    await store.close(RUN.id)
    await store.open(RUN)
    assert len(await everything(store)) == 300


async def test_every_writer_of_a_commit_that_failed_hears_of_it(file: SqliteFile) -> None:
    store = SqliteSamples(file, noon, KEPT)
    await store.open(RUN)
    writers = [store.add(RUN.id, SAMPLES[0]), store.add("nobody opened it", SAMPLES[1])]
    heard = await asyncio.gather(*writers, return_exceptions=True)
    assert [type(one) for one in heard] == [sqlite3.IntegrityError] * 2
    await store.add(RUN.id, SAMPLES[2])
    await store.close(RUN.id)
    await store.open(RUN)
    assert await everything(store) == [SAMPLES[2]]


async def test_runs_begun_long_ago_are_forgotten_with_their_answers_however_often_opened(file: SqliteFile) -> None:
    now = NOON

    def clock() -> datetime:
        return now

    store = SqliteSamples(file, clock, KEPT)
    for at, kept in ((0, 1), (29, 1), (31, 0)):
        now = NOON + timedelta(days=at)
        stored = await store.open(RUN)
        if at == 0:
            await store.start_call(RUN.id, SAMPLES[0].key, 1)
            await store.add(RUN.id, SAMPLES[0])
        else:
            assert (len(await everything(store)), stored.calls) == (kept, kept)
        await store.close(RUN.id)


async def test_answers_are_forgotten_without_a_new_run_and_never_under_one_that_goes_on(file: SqliteFile) -> None:
    now = NOON
    store = SqliteSamples(file, lambda: now, KEPT)
    await store.open(RUN)
    await store.add(RUN.id, SAMPLES[0])
    now = NOON + KEPT + timedelta(days=1)
    await store.forget()
    await store.add(RUN.id, SAMPLES[1])
    assert await file.read(lambda db: db["samples"].count) == 2
    await store.close(RUN.id)
    await store.forget()
    assert await file.read(lambda db: (db["samples"].count, db["runs"].count, db["calls"].count)) == (0, 0, 0)
