"""The ledger: whatever is done to its rows behind its back shows, and its rows lead to the stored state."""

import asyncio
import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.engine.happen import happen
from bot.engine.records import Entry
from bot.engine.replay import differences, fold
from bot.rotation.machine import Refused
from bot.rotation.model.state import MACHINE_VERSION
from bot.rotation.model.targets import Standing
from bot.store import ledger
from bot.store.library import Database
from tests.rotation.cast import BOB, NED
from tests.rotation.play import Play, begun
from tests.store.making import NOW, keep, later, opened, tables

COLUMNS = ("seq", "at", "subject", "name", "data", "machine_version", "schema_version", "previous", "hash")
NUMBERS = {"seq", "machine_version", "schema_version"}

few = settings(max_examples=40)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
entries = st.lists(
    st.builds(
        Entry,
        subject=st.sampled_from(["R1", "D7", "E3"]) | st.text(),
        name=st.text(),
        data=st.dictionaries(st.text(), values | st.lists(values, max_size=3), max_size=3),
    ),
    min_size=1,
    max_size=6,
)


def rows_of(db: Database) -> list[tuple[Any, ...]]:
    return list(db.execute("SELECT * FROM ledger ORDER BY seq").fetchall())


def replace(db: Database, rows: list[tuple[Any, ...]]) -> None:
    db.execute("DELETE FROM ledger")
    for row in rows:
        db.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def written(db: Database, found: list[Entry]) -> None:
    for number, entry in enumerate(found):
        ledger.append(db, later(seconds=number), [entry])


def with_right_hash(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:-1], ledger.row_hash(row[:-1]))


@few
@given(entries)
def test_an_untouched_chain_has_no_fault_and_gives_back_what_was_written(found: list[Entry]) -> None:
    with tables() as db:
        written(db, found)
        assert ledger.verify(db) == []
        rows = list(ledger.rows(db))
        assert [(row.seq, row.subject, row.name, row.data) for row in rows] == [
            (number, entry.subject, entry.name, entry.data) for number, entry in enumerate(found, start=1)
        ]
        assert {row.previous for row in rows[:1]} == {ledger.GENESIS}


@few
@given(entries)
def test_one_commit_or_many_is_the_same_chain(found: list[Entry]) -> None:
    with tables() as one, tables() as many:
        ledger.append(one, NOW, found)
        for entry in found:
            ledger.append(many, NOW, [entry])
        assert rows_of(one) == rows_of(many)


@few
@given(entries, st.data(), st.sampled_from(COLUMNS), st.booleans())
def test_any_edit_of_any_field_is_found(found: list[Entry], data: st.DataObject, column: str, forged: bool) -> None:
    """`forged`: whoever edits it also puts the hash that belongs to it."""
    with tables() as db:
        written(db, found)
        rows = rows_of(db)
        index = data.draw(st.integers(0, len(rows) - 1))
        place = COLUMNS.index(column)
        before = rows[index][place]
        other = data.draw((st.integers(-(2**40), 2**40) if column in NUMBERS else st.text()).filter(before.__ne__))
        edited = (*rows[index][:place], other, *rows[index][place + 1 :])
        if forged and column != "hash":
            edited = with_right_hash(edited)
        rest = [row for row in rows if row is not rows[index]]
        if edited[0] in {row[0] for row in rest}:
            rest = [row for row in rest if row[0] != edited[0]]
        replace(db, [*rest, edited])
        assert ledger.verify(db)


@few
@given(entries, st.data())
def test_rows_that_are_gone_are_missed(found: list[Entry], data: st.DataObject) -> None:
    with tables() as db:
        written(db, found)
        rows = rows_of(db)
        gone = data.draw(st.sets(st.sampled_from(range(len(rows))), min_size=1))
        replace(db, [row for place, row in enumerate(rows) if place not in gone])
        assert ledger.verify(db)


@few
@given(entries, st.data())
def test_rows_cut_off_at_the_end_are_missed(found: list[Entry], data: st.DataObject) -> None:
    with tables() as db:
        written(db, found)
        rows = rows_of(db)
        kept = data.draw(st.integers(0, len(rows) - 1))
        replace(db, rows[:kept])
        (fault,) = ledger.verify(db)
        assert (fault.seq, "at the end" in fault.what) == (kept + 1, True)


@few
@given(entries.filter(lambda found: len(found) > 1), st.data(), st.booleans())
def test_rows_that_changed_places_are_found(found: list[Entry], data: st.DataObject, renumbered: bool) -> None:
    with tables() as db:
        written(db, found)
        rows = rows_of(db)
        one, other = data.draw(st.lists(st.sampled_from(range(len(rows))), min_size=2, max_size=2, unique=True))
        first, second = (rows[one][0], *rows[other][1:]), (rows[other][0], *rows[one][1:])
        if renumbered:
            first, second = with_right_hash(first), with_right_hash(second)
        replace(db, [row for place, row in enumerate(rows) if place not in {one, other}] + [first, second])
        assert ledger.verify(db)


@few
@given(entries, entries)
def test_a_row_put_in_at_the_end_is_found(found: list[Entry], more: list[Entry]) -> None:
    with tables() as db:
        written(db, found)
        head = db.execute("SELECT value FROM facts WHERE name = 'ledger_head'").fetchone()[0]
        written(db, more)
        db.execute("UPDATE facts SET value = ? WHERE name = 'ledger_head'", (head,))
        assert ledger.verify(db)


def test_the_fault_names_the_row() -> None:
    with tables() as db:
        written(db, [Entry("R1", name, {}) for name in ("begun", "approve", "look_taken")])
        db.execute("UPDATE ledger SET name = 'reject' WHERE seq = 2")
        assert ledger.verify(db) == [ledger.Fault(2, "the row was edited after it was written")]
        db.execute("DELETE FROM ledger WHERE seq = 2")
        assert ledger.verify(db) == [
            ledger.Fault(3, "row 2 is missing"),
            ledger.Fault(3, "the row is not chained to the row before it"),
        ]


# ---- replay


def completed() -> Play:
    return begun().to_completed()


def rolled_back_from_pilots() -> Play:
    play = begun().to_baking(1)
    return play.on(play.roll_back(BOB, reason="slow"))


def paused() -> Play:
    play = begun().to_baking(1)
    return play.on(play.pause()).after(minutes=3).on(play.resume())


def errored() -> Play:
    play = begun()
    play.on(play.read()).on(play.preflighted()).on(play.written("staging", "failed"))
    return play.in_phase("errored").on(play.retry())


def away() -> Play:
    play = begun().to_request(1)
    return play.on(play.delivered()).on(play.was_down(hours=9)).on(play.approve(BOB))


STORIES = [completed, rolled_back_from_pilots, paused, errored, away]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
async def test_folding_the_rows_gives_the_state_after_every_event(story: Callable[[], Play], tmp_path: Path) -> None:
    play = story()
    async with opened(tmp_path / "rotate.db") as store:
        await keep(store, play)
        stored = await store.rotation(play.first.id)
        assert stored == play.rotation
        rows = await store.ledger_rows(play.first.id)
        assert [row.name for row in rows] == ["begun", *(event.kind for event in play.events)]
        folded = fold((row.name, row.data) for row in rows)
        assert folded == stored
        assert differences(stored, MACHINE_VERSION, folded) == []
        for length in range(1, len(rows)):
            halfway = fold((row.name, row.data) for row in rows[:length])
            assert halfway is not None
            assert (halfway.version, halfway.phase.value) == (
                play.first.version + length - 1,
                rows[length - 1].data["phase"],
            )


async def test_what_was_refused_stands_in_the_ledger_and_changes_nothing(tmp_path: Path) -> None:
    play = begun().to_request(1)
    async with opened(tmp_path / "rotate.db") as store:
        await keep(store, play)
        outcome = await happen(store, play.first.id, play.approve(NED))
        assert isinstance(outcome, Refused)
        rows = await store.ledger_rows(play.first.id)
        assert (rows[-1].name, rows[-1].data["code"]) == ("refused", "not_entitled")
        assert fold((row.name, row.data) for row in rows) == await store.rotation(play.first.id) == play.rotation


async def test_a_row_the_machine_would_refuse_is_no_history(tmp_path: Path) -> None:
    play = begun().to_request(1)
    async with opened(tmp_path / "rotate.db") as store:
        await keep(store, play)
        rows = [(row.name, row.data) for row in await store.ledger_rows(play.first.id)]
    event = play.approve(NED).model_dump(mode="json")
    with pytest.raises(ValueError, match="R42: approve was recorded as taken, but is refused with not_entitled"):
        fold([*rows, ("approve", {"event": event})])


def test_a_state_that_differs_is_named_field_by_field() -> None:
    play = begun()
    found = play.rotation.target("staging").model_copy(update={"standing": Standing.WRITTEN})
    other = play.rotation.with_target(found)
    assert differences(other, MACHINE_VERSION, play.rotation) == ["R42: targets is not what the ledger leads to"]
    assert differences(other, MACHINE_VERSION + 1, play.rotation) == []
    assert differences(other, MACHINE_VERSION, None) == ["R42 has a state but no beginning in the ledger"]


# ---- the verb


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a completed rotation in it."""
    path = tmp_path_factory.mktemp("ledger") / "rotate.db"

    async def fill() -> None:
        async with opened(path) as store:
            await keep(store, completed())

    asyncio.run(fill())
    return path


@pytest.fixture
def damaged(kept: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy with something done to it."""

    def damage(*statements: str) -> Path:
        path = tmp_path / "rotate.db"
        shutil.copy(kept, path)
        with closing(sqlite3.connect(path)) as db:
            for statement in statements:
                assert db.execute(statement).rowcount
            db.commit()
        return path

    return damage


def test_verify_says_that_all_is_well(damaged: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    count = len(completed().events) + 1
    assert run(["ledger", "verify", "--database", str(damaged())]) == ExitCode.PASS
    assert capsys.readouterr().out == f"{count} rows, the chain is whole and leads to every stored state\n"


def test_verify_says_what_an_earlier_release_began(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    kept = tmp_path / "rotate.db"
    kept.write_bytes(gzip.decompress(Path("tests/data/databases/0.1.0.db.gz").read_bytes()))
    assert run(["ledger", "verify", "--database", str(kept)]) == ExitCode.PASS
    said = capsys.readouterr().out
    assert "begun under an earlier release, so its chain only is checked: R1, R2, R3" in said
    assert "leads to every other stored state" in said


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE ledger SET data = replace(data, 'alice', 'bob') WHERE seq = 1", "row 1: the row was edited"),
        ("DELETE FROM ledger WHERE seq = 4", "row 5: row 4 is missing"),
        ("DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)", "rows are missing at the end"),
        ("DELETE FROM ledger", "row 1: rows are missing at the end"),
        ("UPDATE rotations SET state = replace(state, '\"completed\"', '\"settled\"')", "R42: phase is not what"),
    ],
)
def test_verify_finds_what_was_done_to_a_copy(
    damage: str, told: str, damaged: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ledger", "verify", "--database", str(damaged(damage))]) == ExitCode.FAIL
    assert told in capsys.readouterr().out


def test_show_prints_one_subject(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "show", "r42", "--database", str(kept)]) == ExitCode.PASS
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(completed().events) + 1
    assert lines[0].split()[2:] == ["begun", "queued", "alice"]
    assert lines[-1].split()[2:] == ["verified", "completed"]
    assert any(line.split()[2:] == ["approve", "applying", "bob"] for line in lines)


def test_show_of_nothing_fails(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "show", "R43", "--database", str(kept)]) == ExitCode.FAIL
    assert "the ledger has no row about R43" in capsys.readouterr().err


def test_an_export_can_be_checked_elsewhere(kept: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    assert run(["ledger", "export", "--database", str(kept), "--out", str(out)]) == ExitCode.PASS
    previous = ledger.GENESIS
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(completed().events) + 1
    for row in rows:
        data = json.dumps(row["data"], sort_keys=True, separators=(",", ":"))
        fields = [data if name == "data" else row[name] for name in COLUMNS[:-1]]
        assert row["previous"] == previous
        previous = row["hash"]
        assert ledger.row_hash(fields) == previous
