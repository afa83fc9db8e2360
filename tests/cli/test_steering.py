"""Steering from a terminal: by whoever serves the database, or for a way back by the command itself."""

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app.alone import working_alone
from bot.app.terminal import account
from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from bot.runbook.load import load
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.engine.world import NEW, OLD, RUNBOOK, ManualClock, Shelf, world

STAGES = ("staging", "pilots", "global")


class Place:
    """A folder with a runbook on real files, and a database whose rotation is watching its first stage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "rotate.db"
        self.runbook = folder / "runbook.yml"
        places = RUNBOOK.replace("/app/", f"{folder}/").replace("restart: [reload, ", "restart: [/bin/echo, ")
        self.runbook.write_text(places, encoding="utf-8")

    async def rotation_begun(self) -> None:
        async with world(self.folder, runbook=self.runbook.read_text()) as w:
            w.disk.values = {str(self._file(stage)): OLD for stage in STAGES}
            assert await w.diff() == "diff_started"
            assert await w.promote() == "rotation_begun"
            await w.later(seconds=5)
            assert (await w.phase(), w.holds()["staging"]) == (Phase.BAKING, NEW)
            self.put(w.disk.values)

    def put(self, values: Mapping[str, str | None]) -> None:
        """Real files hold what the world's do."""
        for path, value in values.items():
            Path(path).write_text(f"# kept\nMODEL={value}\n", encoding="utf-8")

    async def rotation_stuck(self) -> None:
        """The first stage's file cannot be written."""
        async with world(self.folder, runbook=self.runbook.read_text()) as w:
            w.disk.values = {str(self._file(stage)): OLD for stage in STAGES}
            w.disk.breaks("write", OutsideError("the file system is read-only", whose="sre", again=False))
            assert await w.diff() == "diff_started"
            assert await w.promote() == "rotation_begun"
            await w.later(seconds=5)
            assert await w.phase() is Phase.ERRORED
            self.put(w.disk.values)

    def name_operator(self) -> None:
        """The runbook names whoever runs the tests as sam, whom it lists under SRE, and an administrator.

        Without Slack only an administrator is known to be anybody.
        """
        name = pwd.getpwuid(os.getuid()).pw_name
        text = self.runbook.read_text()
        text = text.replace("administrators: []\n", "").replace("group: sre}", "people: [U0SAM]}")
        text += f"operators: {{{name}: U0SAM}}\nadministrators: [U0SAM]\n"
        self.runbook.write_text(text, encoding="utf-8")

    def _file(self, stage: str) -> Path:
        return self.folder / f"{stage}.env"

    def held(self, stage: str) -> str:
        return self._file(stage).read_text()

    def rotate(self, *words: str) -> ExitCode:
        code = run([*words, "--database", str(self.database)], log_file=self.folder / "errors.log")
        assert not (self.folder / "errors.log").exists(), (self.folder / "errors.log").read_text()
        return ExitCode(code)

    async def phase(self) -> Phase:
        store = SqliteStore(SqliteFile(self.database))
        await store.open()
        try:
            rotation = await store.rotation("R1")
            assert rotation is not None
            return rotation.phase
        finally:
            await store.close()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        async with working_alone(self.database, load(self.runbook)):
            yield


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path)
    await made.rotation_begun()
    return made


@pytest.fixture
async def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path)
    await made.rotation_stuck()
    made.name_operator()
    return made


async def test_where_nobody_serves_a_way_back_is_gone_from_here_and_told_line_by_line(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await asyncio.to_thread(place.rotate, "rollback", "R1", "--run", "--reason", "users complain")
    shown = capsys.readouterr().out
    assert code is ExitCode.PASS, shown
    assert place.held("staging") == f"# kept\nMODEL={OLD}\n"
    assert await place.phase() is Phase.ROLLED_BACK
    assert "users complain" in shown
    assert f"Rolled back to {OLD}: asked for by terminal:" in shown


async def test_what_nobody_carries_out_is_kept_and_said_with_what_to_do(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(place.rotate, "rollback", "chat") is ExitCode.COULD_NOT_RUN
    said = " ".join(capsys.readouterr().err.split())
    assert "carried out as soon as somebody serves" in said
    assert "`rotate rollback chat --run` does it from here at once" in said
    assert NEW in place.held("staging")
    async with place.served():
        while await place.phase() is not Phase.ROLLED_BACK:  # noqa: ASYNC110 (the engine is at work in this loop)
            await asyncio.sleep(0.05)
    assert OLD in place.held("staging")


async def test_whoever_serves_carries_it_out_and_the_terminal_hears_of_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    async with place.served():
        assert await asyncio.to_thread(place.rotate, "pause", "R1", "--reason", "lunch") is ExitCode.PASS
        assert await place.phase() is Phase.PAUSED
        assert await asyncio.to_thread(place.rotate, "pause", "R1") is ExitCode.FAIL
        assert "It is paused already, by terminal:" in capsys.readouterr().err
        assert await asyncio.to_thread(place.rotate, "resume", "R1") is ExitCode.FAIL
        assert "The runbook does not say who terminal:" in capsys.readouterr().err
        assert await asyncio.to_thread(place.rotate, "rollback", "R1", "--run") is ExitCode.COULD_NOT_RUN
        assert "is already served by process" in capsys.readouterr().err
        assert await asyncio.to_thread(place.rotate, "rollback", "R1") is ExitCode.PASS
    assert await place.phase() is Phase.ROLLED_BACK
    assert OLD in place.held("staging")


@pytest.mark.parametrize(
    "words",
    [["rollback", "R7"], ["rollback", "R7", "--run"], ["approve", "nothing"], ["status", "R7"], ["why", "R7"]],
)
async def test_a_name_nobody_knows_is_said(place: Place, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(place.rotate, *words) is ExitCode.USAGE
    assert words[1] in capsys.readouterr().err
    assert await place.phase() is Phase.BAKING


async def test_status_reads_the_places_themselves_and_says_whether_anybody_serves(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(place.rotate, "status") is ExitCode.PASS
    alone = capsys.readouterr().out
    assert f"staging {NEW}, pilots {OLD}, global {OLD}" in alone
    assert "R1" in alone
    assert "nobody serves: nothing goes on by itself" in alone
    async with place.served():
        assert await asyncio.to_thread(place.rotate, "status", "R1") is ExitCode.PASS
    assert "serves" in capsys.readouterr().out


async def test_nothing_is_approved_that_was_not_shown(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(place.rotate, "approve", "R1") is ExitCode.FAIL
    assert "R1 asks for no approval now" in capsys.readouterr().err


async def test_a_freeze_is_set_listed_and_lifted_from_here_by_whom_the_runbook_names(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    name = account().removeprefix("terminal:").partition("@")[0]
    text = place.runbook.read_text().replace("provider:", f"operators: {{{name}: U0SAM}}\nprovider:")
    place.runbook.write_text(text.replace("group: sre}", "people: [U0SAM]}"), encoding="utf-8")
    assert await asyncio.to_thread(place.rotate, "freeze") is ExitCode.PASS
    assert "Nothing is frozen now" in capsys.readouterr().out
    assert await asyncio.to_thread(place.rotate, "freeze", "--until", "4h") is ExitCode.USAGE
    async with place.served():
        for words, code in (
            (("freeze", "chat", "--reason", "x"), ExitCode.USAGE),
            (("freeze", "chat", "--until", "soon", "--reason", "x"), ExitCode.USAGE),
            (("freeze", "chat", "--until", "4h", "--reason", "year end"), ExitCode.PASS),
            (("freeze", "chat", "--until", "2h", "--reason", "x"), ExitCode.FAIL),
            (("freeze",), ExitCode.PASS),
            (("unfreeze", "pilots"), ExitCode.USAGE),
            (("unfreeze", "chat", "--reason", "over"), ExitCode.PASS),
        ):
            assert await asyncio.to_thread(place.rotate, *words) is code, words
    told = capsys.readouterr()
    assert "chat is frozen until" in told.out
    assert "year end" in told.out
    assert "chat is no longer frozen" in told.out
    assert "`--until` is no time I understand" in " ".join(told.err.split())


async def test_who_the_runbook_does_not_name_freezes_nothing_from_here(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    async with place.served():
        assert await asyncio.to_thread(place.rotate, "freeze", "all", "--until", "4h", "--reason", "x") is ExitCode.FAIL
    assert "The runbook does not say who terminal:" in capsys.readouterr().err


async def test_hands_are_taken_off_by_an_account_that_the_runbook_names_as_sre(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(place.rotate, "hands-off", "R1", "--for", "soon") is ExitCode.USAGE
    assert "--for: 'soon' is not a length of time" in capsys.readouterr().err
    why = ["--reason", "moving"]
    async with place.served():
        assert await asyncio.to_thread(place.rotate, "hands-off", "R1", *why) is ExitCode.FAIL
        assert "The runbook does not say who terminal:" in capsys.readouterr().err
        assert await asyncio.to_thread(place.rotate, "hands-on", "R1") is ExitCode.FAIL
    place.name_operator()
    async with place.served():
        assert await asyncio.to_thread(place.rotate, "hands-off", "R1", "--for", "3h", *why) is ExitCode.FAIL
        assert "at most two hours" in capsys.readouterr().err
        assert await asyncio.to_thread(place.rotate, "hands-off", "R1", *why) is ExitCode.PASS
        assert "hands are off" in capsys.readouterr().out
        assert await asyncio.to_thread(place.rotate, "hands-on", "chat") is ExitCode.PASS
        assert "hands are on again" in capsys.readouterr().out


async def test_why_tells_from_the_record_how_it_came_to_where_it_is(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(place.rotate, "why", "chat") is ExitCode.PASS
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("R1")
    assert f"{OLD} → {NEW}" in said
    assert "staging" in said
    assert await asyncio.to_thread(place.rotate, "why") is ExitCode.USAGE


async def test_models_are_those_of_the_stored_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    place, shelf = Place(tmp_path), Shelf(clock := ManualClock())
    for model in (OLD, "acme/listed"):
        shelf.lists(model)
    async with world(tmp_path, runbook=place.runbook.read_text(), clock=clock, catalog=shelf) as w:
        w.disk.values = {str(tmp_path / f"{stage}.env"): OLD for stage in STAGES}
        place.put(w.disk.values)
        assert await asyncio.to_thread(place.rotate, "models") is ExitCode.PASS
        assert "I know of no model yet" in capsys.readouterr().out
        await w.later(hours=7)
    assert await asyncio.to_thread(place.rotate, "models", "acme") is ExitCode.PASS
    said = capsys.readouterr().out
    assert "2 of 2 models with acme" in said
    assert f"{OLD} (live in chat)" in said
    assert await asyncio.to_thread(place.rotate, "models", "other") is ExitCode.PASS
    assert "None of 2 models has other in its id or name" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["retry", "settle", "confirm", "withdraw"])
async def test_what_is_not_possible_now_is_refused_with_where_it_is(
    place: Place, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.name_operator()
    async with place.served():
        assert await asyncio.to_thread(place.rotate, verb, "R1") is ExitCode.FAIL
    assert "the rotation is watching" in capsys.readouterr().err
    assert await place.phase() is Phase.BAKING


@pytest.mark.parametrize("verb", ["retry", "settle", "confirm"])
async def test_who_the_runbook_does_not_name_mends_nothing_from_here(
    place: Place, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with place.served():
        assert await asyncio.to_thread(place.rotate, verb, "R1") is ExitCode.FAIL
    assert "The runbook does not say who terminal:" in capsys.readouterr().err


async def test_what_is_stuck_is_tried_again_from_here(stuck: Place, capsys: pytest.CaptureFixture[str]) -> None:
    async with stuck.served():
        assert await asyncio.to_thread(stuck.rotate, "retry", "R1") is ExitCode.PASS
        assert await stuck.phase() is not Phase.ERRORED
    assert "R1: trying again" in capsys.readouterr().out


async def test_what_is_stuck_is_settled_from_here(stuck: Place, capsys: pytest.CaptureFixture[str]) -> None:
    async with stuck.served():
        assert await asyncio.to_thread(stuck.rotate, "settle", "chat", "--reason", "done by hand") is ExitCode.PASS
        while await stuck.phase() is not Phase.SETTLED:  # noqa: ASYNC110 (the engine is at work in this loop)
            await asyncio.sleep(0.05)
    assert OLD in stuck.held("staging")
    assert "R1" in capsys.readouterr().out
