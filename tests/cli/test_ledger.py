"""`rotate ledger` on what is no ledger: one sentence and an exit code, never a traceback."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.store.sqlite import SqliteFile


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "errors.log"


@pytest.mark.parametrize("verb", [["verify"], ["show", "R1"], ["export"]])
def test_a_file_that_is_no_database_is_said(
    verb: list[str], tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.db"
    file.write_text("no database", encoding="utf-8")
    assert run(["ledger", *verb, "--database", str(file)], log_file=log) == ExitCode.COULD_NOT_RUN
    assert f"{file} cannot be read as a database" in capsys.readouterr().err
    assert not log.exists()


@pytest.mark.parametrize("verb", [["verify"], ["show", "R1"], ["export"]])
def test_a_missing_file_is_said(verb: list[str], tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rotate.db"
    assert run(["ledger", *verb, "--database", str(file)], log_file=log) == ExitCode.USAGE
    assert f"there is no database at {file}" in capsys.readouterr().err
    assert not file.exists()


def test_an_export_that_cannot_be_written_is_said(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rotate.db"
    asyncio.run(_made(file))
    out = tmp_path / "missing" / "rows.jsonl"
    code = run(["ledger", "export", "--database", str(file), "--out", str(out)], log_file=log)
    assert code == ExitCode.COULD_NOT_RUN
    assert f"{out} cannot be written" in capsys.readouterr().err
    assert not log.exists()


def test_another_programs_file_is_left_as_it_is(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE accounts (id INTEGER)")
        connection.commit()
    before = file.read_bytes()
    assert run(["ledger", "verify", "--database", str(file)], log_file=log) == ExitCode.COULD_NOT_RUN
    assert "it is no database of rotate" in capsys.readouterr().err
    assert file.read_bytes() == before


async def _made(file: Path) -> None:
    made = SqliteFile(file)
    await made.open()
    await made.close()
