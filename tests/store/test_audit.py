"""`rotate ledger verify`: whatever is done to what is stored, behind the ledger's back, is found and named."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.engine.chores import ResolvePages
from bot.engine.paging import page, resolve
from bot.rotation.effects import Page
from bot.store.ledger import row_hash
from tests.engine.world import SAM, World, world

ROWS = "SELECT seq, at, subject, name, data, machine_version, schema_version FROM ledger ORDER BY seq"
CHAINED = "UPDATE ledger SET data = ?, previous = ?, hash = ? WHERE seq = ?"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison, the rotation it led to, one page taken and one that is over, a freeze and one that was lifted."""
    folder = tmp_path_factory.mktemp("audit")

    async def fill() -> None:
        async with world(folder) as here:
            await here.to_pilots_question()
            await _paged(here)
            assert await here.freeze("global", "5h") == "freeze_set"
            assert await here.freeze("global", "6h", reason="") == "freeze_prolonged"
            assert await here.freeze("all", "5h") == "freeze_set"
            assert await here.unfreeze("all") == "freeze_lifted"

    asyncio.run(fill())
    return next(folder.glob("*.db"))


async def _paged(here: World) -> None:
    for cause in ("write_failed", "comparison_errored"):
        await here.store.commit(
            await page(here.engine.outside, "R1", Page(cause=cause, facts={}, number=0), here.clock.now())
        )
    await here.acknowledge(SAM, "E1")
    over = ResolvePages(causes=("comparison_errored",))
    await here.store.commit(await resolve(here.engine.outside, "R1", over, here.clock.now()))


Damage = Callable[..., Path]


@pytest.fixture
def damaged(kept: Path, tmp_path: Path) -> Damage:
    """A copy with something done to it."""

    def damage(*statements: str) -> Path:
        path = tmp_path / "rotate.db"
        shutil.copy(kept, path)
        with closing(sqlite3.connect(path)) as db:
            for statement in statements:
                assert db.execute(statement).rowcount, statement
            db.commit()
        return path

    return damage


def verified(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run(["ledger", "verify", "--database", str(path)])
    told = capsys.readouterr()
    assert told.err == ""
    return code, told.out


def test_what_nobody_touched_is_well(damaged: Damage, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = verified(damaged(), capsys)
    assert (code, "the chain is whole and leads to every stored state" in told) == (ExitCode.PASS, True), told


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE rotations SET phase = 'completed'", "R1: the column phase says 'completed', its state 'awaiting"),
        ("UPDATE rotations SET ended_at = '2026-01-01T00:00:00+00:00'", "R1: the column ended_at says '2026"),
        ("UPDATE rotations SET slot = 'other'", "R1: the column slot says 'other', its state 'chat'"),
        ("UPDATE rotations SET version = version - 1", "R1: the column version says"),
        ("UPDATE rotations SET number = 7", "R1: the column number says 7, its state 1"),
        ("UPDATE rotations SET id = 'R9'", "R1: the ledger tells of it, but it is not stored any more"),
        ("DELETE FROM rotations", "R1: the ledger tells of it, but it is not stored any more"),
        ("UPDATE rotations SET state = replace(state, 'mia', 'max')", "R1: requester is not what the ledger leads to"),
        ("UPDATE rotations SET state = '{'", "R1: its stored state cannot be read"),
        ("UPDATE comparisons SET state = replace(state, 'mia', 'max')", "D1: requester is not what the ledger says"),
        (
            "UPDATE comparisons SET state = replace(state, '\"margin\":0.05', '\"margin\":0.5')",
            "D1: its stored state is",
        ),
        ("UPDATE comparisons SET state = replace(state, '\"finished\"', '\"aborted\"')", "D1: status is not what"),
        (
            """UPDATE comparisons SET state = replace(state, '"verdict":"pass","r', '"verdict":"fail","r')""",
            "D1: the verdict is not what the ledger says",
        ),
        ("UPDATE comparisons SET cost_usd = 0", "D1: the column cost_usd says 0.0, its state"),
        ("UPDATE comparisons SET started_at = '2020-01-01T00:00:00+00:00'", "D1: the column started_at says '2020"),
        ("UPDATE comparisons SET status = 'running'", "D1: the column status says 'running', its state 'finished'"),
        ("UPDATE comparisons SET state = 'no'", "D1: its stored state cannot be read"),
        ("DELETE FROM comparisons", "D1: the ledger tells of it, but it is not stored any more"),
        ("UPDATE escalations SET state = replace(state, 'sam', 'max')", "E1: its stored state is not the one"),
        ("UPDATE escalations SET open = 1 WHERE id = 'E2'", "E2: the column open says 1, its state 0"),
        ("UPDATE escalations SET state = replace(state, '\"sre\"', '\"ml\"')", "E1: group is not what the ledger says"),
        ("DELETE FROM escalations WHERE id = 'E2'", "E2: the ledger tells of it, but it is not stored any more"),
        ("UPDATE freezes SET until = '2020-01-01T00:00:00.000000+00:00' WHERE id = 'F1'", "F1: the column until says"),
        ("UPDATE freezes SET lifted_at = NULL WHERE id = 'F2'", "F2: the column lifted_at says None, its state '2026"),
        (
            """UPDATE freezes SET state = replace(state, '"reason":"year end"', '"reason":"none"') WHERE id = 'F1'""",
            "F1: its stored state is not the one that was written with its last row",
        ),
        ("UPDATE freezes SET state = replace(state, '\"all\"', '\"slot\"')", "F2: scope is not what the ledger says"),
        ("DELETE FROM freezes WHERE id = 'F2'", "F2: the ledger tells of it, but it is not stored any more"),
        ("DELETE FROM facts WHERE name = 'ledger_head'", "the note of where the ledger ends is gone"),
        ("UPDATE ledger SET data = '{bad' WHERE seq = 1", "row 1: its data cannot be read"),
        ("UPDATE ledger SET data = '[1]' WHERE subject = 'R1'", "its data cannot be read: it is no JSON object"),
        ("UPDATE ledger SET data = '{}' WHERE subject = 'R1'", "R1: its rows in the ledger cannot be followed"),
    ],
)
def test_each_edit_is_named(damage: str, told: str, damaged: Damage, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = verified(damaged(damage), capsys)
    assert (code, told in found) == (ExitCode.FAIL, True), found


def test_a_row_put_in_from_elsewhere_is_named(damaged: Damage, capsys: pytest.CaptureFixture[str]) -> None:
    path = damaged(
        "INSERT INTO rotations SELECT 'R7', 7, slot, phase, ended_at, version, schema_version, machine_version,"
        """ replace(state, '"id":"R1"', '"id":"R7"') FROM rotations"""
    )
    assert "R7: it is stored, but the ledger knows nothing of it" in verified(path, capsys)[1]


@pytest.mark.parametrize("verb", ["show", "export"])
def test_a_row_that_cannot_be_read_is_shown_all_the_same(
    verb: str, damaged: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged("UPDATE ledger SET data = '{bad' WHERE seq = 1")
    words = ["ledger", verb, *(["D1"] if verb == "show" else []), "--database", str(path)]
    assert run(words) == ExitCode.PASS
    assert ("(cannot be read)" if verb == "show" else '"{bad"') in capsys.readouterr().out


def test_show_wants_a_subject(damaged: Damage, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "show", "", "--database", str(damaged())]) == ExitCode.USAGE
    assert "rotate ledger show R42" in capsys.readouterr().err


def test_rows_of_a_release_that_recorded_no_digest_are_not_faulted(
    damaged: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged()
    with closing(sqlite3.connect(path)) as db:
        previous = "0" * 64
        for row in db.execute(ROWS).fetchall():
            data = {name: value for name, value in json.loads(row[4]).items() if name != "stored"}
            text = json.dumps(data, sort_keys=True, separators=(",", ":"))
            fields = (*row[:4], text, *row[5:7], previous)
            previous = row_hash(fields)
            db.execute(
                "UPDATE ledger SET data = ?, previous = ?, hash = ? WHERE seq = ?",
                (text, *fields[7:], previous, row[0]),
            )
        db.execute("UPDATE facts SET value = ? WHERE name = 'ledger_head'", (f"{row[0]}:{previous}",))
        db.commit()
    code, told = verified(path, capsys)
    assert code == ExitCode.PASS, told
