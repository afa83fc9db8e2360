"""The file: whole transactions or none, whoever dies or writes beside it; opened again by a later process."""

import asyncio
import json
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.engine.records import Commit, Entry
from bot.store.library import Database
from bot.store.migrations import NewerDatabaseError, bring_up_to_date
from bot.store.sqlite import SqliteFile
from tests.store.dying import prepare, transact
from tests.store.making import NOW, claim, command, keys, opened, want, wanted

REPOSITORY = Path(__file__).parents[2]


def child(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.dying", *arguments],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
        timeout=50,
    )
    return done.stdout


def dumped(path: Path) -> str:
    """Everything in a file, as a later process finds it."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return "\n".join(db.iterdump())


# ---- death


async def test_killed_before_any_statement_of_a_commit_nothing_of_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    await prepare(path)
    before = dumped(path)
    ends = json.loads(await asyncio.to_thread(child, "each", str(path)))
    after = dumped(path.with_suffix(f".{len(ends)}"))
    assert ends == [-signal.SIGKILL] * (len(ends) - 1) + [0]
    assert len(ends) > 15
    assert after != before
    for point in range(1, len(ends)):
        assert dumped(path.with_suffix(f".{point}")) == before, f"killed at statement {point}"


async def test_what_a_later_process_opens_can_be_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    await prepare(path)
    await transact(path, 0)
    async with opened(path) as store:
        assert await store.ledger_faults() == []
        assert await store.waiting() == []
        assert keys(await claim(store)) == ["b"]
        found = await store.rotation("R42")
        assert found is not None
        assert (found.version, await store.new_id("R"), await store.new_id("D")) == (1, "R43", "D2")
        assert len(await store.due_timers(NOW)) == 2


# ---- two processes


async def test_the_terminal_writes_to_the_inbox_of_a_running_server(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    async with opened(path) as server:
        await server.accept(command("its own"), NOW)
        await asyncio.to_thread(child, "accept", str(path))
        assert [one.id for one in await server.waiting()] == ["its own", "from elsewhere"]
        await server.commit(Commit(at=NOW, inbox_done="from elsewhere"))
        assert [one.id for one in await server.waiting()] == ["its own"]


async def test_two_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    async with opened(path) as one, opened(path) as other:
        await asyncio.gather(
            *(
                store.commit(Commit(at=NOW, entries=(Entry("R1", f"{name} {number}", {}),)))
                for number in range(25)
                for name, store in (("one", one), ("other", other))
            )
        )
        rows = await one.ledger_rows()
        assert len({row.name for row in rows}) == len(rows) == 50
        assert await other.ledger_faults() == []


async def test_nobody_writes_between_what_a_transaction_reads_and_writes(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"

    def work(db: Database) -> None:
        db.execute("SELECT * FROM facts").fetchall()
        with (
            closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("INSERT INTO facts VALUES ('mine', '1')")
        db.execute("INSERT INTO facts VALUES ('mine', '2')")

    async with opened(path) as store:
        await store.file.write(work)
        assert await store.fact("mine") == "2"


async def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"

    def work(db: Database) -> tuple[object, object]:
        first = db.execute("SELECT value FROM facts WHERE name = 'x'").fetchone()
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("UPDATE facts SET value = 'after'")
        return first, db.execute("SELECT value FROM facts WHERE name = 'x'").fetchone()

    async with opened(path) as store:
        await store.remember("x", "before")
        assert await store.file.read(work) == (("before",), ("before",))
        assert await store.fact("x") == "after"


# ---- transactions


async def test_an_error_undoes_the_whole_transaction_and_the_next_goes_on(tmp_path: Path) -> None:
    def work(db: Database) -> None:
        db.execute("INSERT INTO facts VALUES ('x', '1')")
        db.execute("INSERT INTO facts VALUES ('x', '2')")

    async with opened(tmp_path / "rotate.db") as store:
        with pytest.raises(sqlite3.IntegrityError):
            await store.file.write(work)
        assert await store.fact("x") == ""
        await store.remember("x", "3")
        assert await store.fact("x") == "3"


async def test_what_is_not_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the database is not open"):
        await SqliteFile(tmp_path / "rotate.db").read(lambda db: db.tables)


# ---- the file


async def test_the_file_keeps_its_word_after_a_power_cut_and_is_its_owner_s(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    async with opened(path) as store:
        await store.remember("x", "1")

        def asked(db: Database) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys")
            return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

        assert await store.file.read(asked) == ["wal", 2, 1]
        modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()}
        assert modes == dict.fromkeys(("rotate.db", "rotate.db-wal", "rotate.db-shm"), 384)


async def test_migrations_taken_twice_are_those_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    async with opened(path):
        pass
    once = dumped(path)
    async with opened(path) as store:
        await store.file.write(bring_up_to_date)
    assert dumped(path) == once
    assert "CREATE TABLE ledger" in once


async def test_two_that_open_a_new_file_at_once_both_can(tmp_path: Path) -> None:
    files = [SqliteFile(tmp_path / "rotate.db") for _ in range(4)]
    await asyncio.gather(*(file.open() for file in files))
    for file in files:
        await file.close()
    assert "CREATE TABLE ledger" in dumped(tmp_path / "rotate.db")


async def test_a_file_another_one_is_switching_over_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (x)")
        # The lock of one that is about to write: SQLite refuses the switch at once, without its busy timeout.
        other.execute("BEGIN IMMEDIATE")
        file = SqliteFile(path)
        opening = asyncio.ensure_future(file.open())
        refused, _ = await asyncio.wait({opening}, timeout=0.1)
        assert not refused
        other.execute("COMMIT")
        await opening
    await file.close()
    assert "CREATE TABLE ledger" in dumped(path)


async def test_a_file_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    async with opened(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('rotate', 'second_tables', 'now')"
        )
        db.commit()
    before = dumped(path)
    with pytest.raises(NewerDatabaseError, match=r"newer release of rotate \(step second_tables\)"):
        async with opened(path):
            pass
    assert dumped(path) == before


async def test_a_file_that_is_no_database_is_said_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    path.write_text("shopping list\n" * 100, encoding="utf-8")
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        async with opened(path):
            pass
    assert path.read_text(encoding="utf-8").startswith("shopping list")


async def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        async with opened(tmp_path / "missing" / "rotate.db"):
            pass


async def test_what_was_postponed_by_one_process_is_done_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    async with opened(path) as store:
        await want(store, wanted("a"))
        await claim(store)
    async with opened(path) as store:
        assert await claim(store) == []
        assert await store.release_all(NOW) == 1
        (again,) = await claim(store)
        assert (again.key, again.lost) == ("a", 1)
