"""What the doctor says of the database file, looked at without writing."""

import os
import sqlite3
from pathlib import Path

import pytest

from bot.app.database import examined_database, sole_owner
from bot.doctor.model import State
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore


async def made(path: Path) -> Path:
    store = SqliteStore(SqliteFile(path))
    await store.open()
    await store.close()
    return path


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {found.name: (found.read_bytes(), found.stat().st_mtime_ns) for found in folder.iterdir()}


async def test_one_of_ours_or_none_yet_is_well_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    assert examined_database(path).what == f"{path} will be created"
    await made(path)
    before = everything(tmp_path)
    found = examined_database(path)
    assert (found.state, found.what) == (State.OK, f"{path} is there")
    assert everything(tmp_path) == before


async def test_a_database_that_is_served_from_says_by_whom(tmp_path: Path) -> None:
    path = await made(tmp_path / "rotate.db")
    with sole_owner(path):
        found = examined_database(path)
    assert found.state is State.OK
    assert found.what == f"{path} is there; process {os.getpid()} serves from it now, a second one would be refused"
    assert examined_database(path).what == f"{path} is there"


def test_what_cannot_be_a_database_of_ours_fails(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE songs (name)")
    other.close()
    (tmp_path / "notes.txt").write_text("no database, but long enough to be read as the header of one\n" * 20)
    (tmp_path / "folder").mkdir()
    for path, told in (
        (tmp_path / "missing" / "rotate.db", f"there is no folder {tmp_path}/missing for rotate.db"),
        (tmp_path / "other.db", "other.db cannot be used as a database: it is no database of rotate"),
        (tmp_path / "notes.txt", "notes.txt cannot be used as a database: file is not a database"),
        (tmp_path / "folder", f"{tmp_path}/folder is no file"),
    ):
        found = examined_database(path)
        assert (found.state, told in found.what) == (State.FAILS, True), found
        assert "ROTATE_DATABASE" in found.todo


def test_a_folder_that_may_not_be_written_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.database.os.access", lambda *_: False)  # root may write everywhere
    found = examined_database(tmp_path / "rotate.db")
    assert (found.state, "may not be written" in found.what) == (State.FAILS, True)
