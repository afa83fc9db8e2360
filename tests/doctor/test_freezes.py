"""What the doctor says of freezes: those in the database, read without writing, and the runbook's."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.app.database import freezes_in
from bot.doctor.examine import Installation, examine
from bot.doctor.freezes import told_freezes
from bot.doctor.model import State
from bot.engine.frozen import shown
from bot.engine.records import Commit
from bot.rotation.model.freezes import Freeze, Scope
from bot.runbook.load import load
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.doctor.conftest import NOW

SET = Freeze(
    id="F1",
    scope=Scope(kind="slot", name="chat"),
    by="U0SAM",
    name="sam",
    reason="year end",
    set_at=NOW,
    until=NOW + timedelta(hours=4),
)


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {found.name: (found.read_bytes(), found.stat().st_mtime_ns) for found in folder.iterdir() if found.is_file()}


async def kept(path: Path, *freezes: Freeze) -> None:
    store = SqliteStore(SqliteFile(path))
    await store.open()
    for freeze in freezes:
        await store.commit(Commit(at=NOW, freeze=freeze))
    await store.close()


async def test_freezes_are_read_without_writing_from_a_database_that_knows_them(tmp_path: Path) -> None:
    path = tmp_path / "rotate.db"
    assert freezes_in(path, NOW) == []
    lifted = SET.model_copy(update={"id": "F2", "lifted_at": NOW})
    await kept(path, SET, lifted)
    before = everything(tmp_path)
    assert freezes_in(path, NOW) == [SET]
    assert freezes_in(path, SET.until) == []
    assert everything(tmp_path) == before


def test_each_is_a_line_with_whose_it_is_and_what_ends_it(runbook_file: Path) -> None:
    text = (
        runbook_file.read_text() + "freezes: [{name: nights, start: '18:00', end: '06:00', reason: nobody watches}]\n"
    )
    runbook_file.write_text(text)
    found = told_freezes(shown(load(runbook_file).runbook, [SET], NOW))
    assert [one.state for one in found] == [State.OK, State.OK]
    assert "chat until 3 Mar 2026 16:00 UTC by sam (F1): “year end”" in found[0].what
    assert "/rotate unfreeze F1" in found[0].what
    assert "everything 3 Mar 2026 18:00 UTC to 4 Mar 2026 06:00 UTC, by the runbook (nights)" in found[1].what


async def test_it_is_said_among_the_rest(installation: Callable[..., Installation]) -> None:
    said = {finding.what for finding in await examine(installation()) if finding.check == "freezes"}
    assert said == {"nothing is frozen now, nor by the runbook within two weeks"}
