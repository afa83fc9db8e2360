"""A comparison by an engine of the operator's own, and the place that is set for it and put back."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app.database import ledger_faults
from bot.difftest.external import UNMAPPED
from bot.difftest.model.report import DimensionVerdict
from bot.engine.models.commands import Command
from bot.engine.models.comparisons import Comparison
from bot.engine.models.notes import PageNote, ReplyNote, TimelineNote
from bot.ports import OutsideError
from bot.rotation.evidence import Verdict
from bot.wording.pages import page_text
from bot.wording.replies import reply_text
from tests.engine.world import NEW, OLD, OTHER, RUNBOOK, World, suite_text, world

CASES = 12
TEST_ENV = "/app/test.env"
PROGRAM = """\
import json, sys
prompt, current, candidate = sys.argv[1:4]
with open("runs", "a") as runs:
    runs.write(prompt + "\\n")
half = {"text": "right", "s": 0.5 + len(prompt) / 1000, "usd": 0.01}
print(json.dumps({"a": {**half, "model": current}, "b": {**half, "model": candidate}}))
"""


def places(at: str) -> dict[str, str]:
    return {"text": f"/{at}/text", "latency_s": f"/{at}/s", "cost_usd": f"/{at}/usd", "model": f"/{at}/model"}


def written(folder: Path, program: str = PROGRAM, *, mapped: bool = True) -> str:
    (folder / "engine.py").write_text(program, encoding="utf-8")
    engine: dict[str, Any] = {
        "command": [sys.executable, str(folder / "engine.py"), "{prompt}", "{current}", "{candidate}"],
        "directory": str(folder),
    }
    if mapped:
        engine["answers"] = {"current": places("a"), "candidate": places("b")}
    return f"    engine: {json.dumps(engine)}\n"


TEST_TARGET = f"    test_target: {{env_file: {TEST_ENV}, restart: [reload, test]}}\n"


@asynccontextmanager
async def engined(folder: Path, lines: str, outside: World | None = None, **more: Any) -> AsyncIterator[World]:  # noqa: ANN401
    suite = folder / "chat.suite.yml"
    if not suite.exists():
        suite.write_text(suite_text(CASES), encoding="utf-8")
    text = RUNBOOK.replace("    variable: MODEL\n", f"    variable: MODEL\n{lines}", 1)
    async with world(folder, runbook=text, outside=outside, **more) as w:
        w.disk.values.setdefault(TEST_ENV, "test/model")
        yield w


def told(w: World, code: str) -> str:
    [note] = [note for _, note in w.room.replies if note.code == code][-1:]
    assert isinstance(note, ReplyNote)
    return str(reply_text(note.code, note.facts))


async def begun(w: World) -> Comparison:
    assert await w.diff() == "diff_estimate"
    assert await w.spend() == "diff_started"
    await w.later(minutes=1)
    return await w.comparison()


async def said(w: World, command: Command) -> str:
    """What a command is answered while a comparison is under way."""
    await w.engine.submit(command)
    while (note := w.answered(command)) is None:
        await w.engine.turn()
    return note.code


async def under_way(w: World) -> None:
    """A comparison whose first question waits at the provider's door."""
    w.provider.door.clear()
    assert await said(w, w.diff_command()) == "diff_started"
    while not w.provider.at_the_door:
        await w.engine.turn()


def log(w: World) -> list[str | None]:
    return [value for name, value in w.disk.log if name == "test"]


async def test_the_engine_answers_and_its_warning_comes_first(tmp_path: Path) -> None:
    async with engined(tmp_path, written(tmp_path)) as w:
        compared = await begun(w)
        assert "tools may really run" in told(w, "diff_estimate")
        assert "tools may really run" in told(w, "diff_started")
        report = compared.report
        assert report is not None
        assert w.provider.asked == []
        runs = (tmp_path / "runs").read_text("utf-8").splitlines()
        assert sorted(runs) == sorted(f"question {n}" for n in range(CASES))
        assert report.base_url.startswith("command:")
        assert report.dimensions.quality.n == CASES
        assert report.cost_usd == pytest.approx(2 * CASES * 0.01)
        assert report.dimensions.latency.n == CASES
        assert report.served_models == {"current": (OLD,), "candidate": (NEW,)}
        assert await w.diff() == "diff_estimate"
        assert await w.spend(comparison="D2") == "diff_started"
        await w.later(minutes=1)
        assert len((tmp_path / "runs").read_text("utf-8").splitlines()) == CASES  # the same run: nothing is run again


async def test_output_nobody_has_mapped_is_shown_and_a_person_decides(tmp_path: Path) -> None:
    async with engined(tmp_path, written(tmp_path, mapped=False)) as w:
        compared = await begun(w)
        assert "a person decides" in told(w, "diff_estimate")
        report = compared.report
        assert report is not None
        assert report.verdict is Verdict.INCONCLUSIVE
        assert UNMAPPED in report.reason
        assert report.offers == ("owner_decision",)
        assert {found.verdict for _, found in report.dimensions.items()} == {DimensionVerdict.NOT_TESTED}
        assert len(report.outputs) == 5
        assert report.outputs[0].prompt.startswith("question")
        assert json.loads(report.outputs[0].candidate_answer)["b"]["model"] == NEW
        assert (report.worst_regressions, report.best_gains) == ((), ())
        [note] = [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "worst_regressions"]
        assert len(note.facts["outputs"]) == 5  # type: ignore[arg-type]


async def test_nothing_of_a_private_suite_is_shown(tmp_path: Path) -> None:
    (tmp_path / "chat.suite.yml").write_text(f"private: true\n{suite_text(CASES)}", encoding="utf-8")
    async with engined(tmp_path, written(tmp_path, mapped=False)) as w:
        report = (await begun(w)).report
        assert report is not None
        assert report.verdict is Verdict.INCONCLUSIVE
        assert report.outputs == ()


async def test_a_suite_with_scripted_results_is_refused(tmp_path: Path) -> None:
    case = (
        "{id: s, messages: [{role: user, content: q}], tools: [{name: look, parameters: {type: object}}],"
        " results: [{tool: look, content: found}], assert: [{type: contains, value: right}]}"
    )
    (tmp_path / "chat.suite.yml").write_text(f"name: chat\ncases:\n  - {case}\n", encoding="utf-8")
    async with engined(tmp_path, written(tmp_path)) as w:
        assert await w.diff() == "suite_broken"


async def test_an_engine_that_is_not_there_ends_the_comparison(tmp_path: Path) -> None:
    missing = '    engine: {command: [./no-such-engine, "{prompt}"]}\n'
    async with engined(tmp_path, missing) as w:
        compared = await begun(w)
        assert compared.status == "errored"
        assert "`./no-such-engine` could not be started" in compared.problem


async def test_the_test_target_is_set_first_and_put_back_at_the_end(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        await under_way(w)
        assert w.disk.values[TEST_ENV] == NEW
        assert w.disk.restarted == ["test"]
        w.provider.door.set()
        await w.later(minutes=1)
        assert (await w.comparison()).status == "finished"
        assert w.disk.values[TEST_ENV] == "test/model"
        assert w.disk.restarted == ["test", "test"]
        assert [name for name in await w.events("D1") if "test_target" in name] == [
            "test_target_set",
            "test_target_restored",
        ]
        _, wrong, _ = await ledger_faults(tmp_path / "rotate.db")
        assert wrong == []


async def test_a_test_target_that_was_not_set_is_unset_again(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        w.disk.values[TEST_ENV] = None
        assert await w.diff() == "diff_started"
        await w.later(minutes=1)
        assert log(w) == [NEW, None]


async def test_it_is_put_back_after_an_abort_and_after_a_failure(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        await under_way(w)
        assert await said(w, w.diff_command(candidate=OTHER)) == "test_target_in_use"
        assert await said(w, w.steering("abort", subject="D1")) == "aborted_comparison"
        await w.later(minutes=1)
        assert log(w) == [NEW, "test/model"]
        w.provider.door.set()

        def crash(_request: object, _times: int) -> Any:  # noqa: ANN401
            raise ZeroDivisionError

        w.provider.answer = crash
        assert await w.diff(candidate=OTHER) == "diff_started"
        await w.later(minutes=5)
        assert (await w.comparison("D2")).status == "errored"
        assert log(w)[-1] == "test/model"
        assert OTHER in log(w)


async def test_a_killed_process_leaves_nothing_set(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        await under_way(w)
        assert w.disk.values[TEST_ENV] == NEW
    w.provider.door.set()
    async with engined(tmp_path, TEST_TARGET, outside=w) as again:
        await again.later(minutes=5)
        assert (await again.comparison()).status == "finished"
        assert log(again) == [NEW, "test/model"]


@pytest.mark.parametrize("step", ["write", "written", "restart", "restarted"])
async def test_killed_at_any_step_of_setting_it(tmp_path: Path, step: str) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        w.disk.breaks(step, asyncio.CancelledError(), times=1)
        assert await w.diff() == "diff_started"
        await w.settle()
    w.disk.mend()
    async with engined(tmp_path, TEST_TARGET, outside=w) as again:
        await again.later(minutes=5)
        assert (await again.comparison()).status == "finished"
        assert log(again) == [NEW, "test/model"]
        assert again.disk.restarted[-1] == "test"


async def test_what_somebody_else_wrote_meanwhile_stays_and_sre_is_told(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        await under_way(w)
        w.disk.values[TEST_ENV] = "somebody/else"
        w.provider.door.set()
        await w.later(minutes=1)
        assert (await w.comparison()).status == "finished"
        assert w.disk.values[TEST_ENV] == "somebody/else"
        assert ("sre", "test_target_drifted") in await w.pages()
        assert await w.diff(fresh=True) == "diff_started"  # the place is nobody's any more
        await w.later(minutes=1)
        assert w.disk.values[TEST_ENV] == "somebody/else"
        assert log(w)[-2:] == [NEW, "somebody/else"]


async def test_what_cannot_be_put_back_is_tried_for_as_long_as_it_takes(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        await under_way(w)
        w.disk.breaks("write", OutsideError("the disk is full", whose="sre", again=True))
        w.provider.door.set()
        await w.later(minutes=45)
        assert w.disk.values[TEST_ENV] == NEW
        assert ("sre", "test_target_not_restored") in await w.pages()
        w.disk.mend()
        await w.later(minutes=11)
        assert w.disk.values[TEST_ENV] == "test/model"
        assert await w.store.open_escalations("D1") == []


async def test_a_dry_run_sets_nothing(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET, dry_run=True) as w:
        assert await w.diff() == "diff_started"
        await w.later(minutes=1)
        assert w.disk.log == []


async def test_the_page_names_the_place_and_both_values(tmp_path: Path) -> None:
    async with engined(tmp_path, TEST_TARGET) as w:
        await under_way(w)
        w.disk.values[TEST_ENV] = "somebody/else"
        w.provider.door.set()
        await w.later(minutes=1)
        [page] = [note for note in w.room.notes("page") if isinstance(note, PageNote)]
        told = str(page_text(page))
        assert f"MODEL in {TEST_ENV}" in told
        assert "somebody/else" in told
        assert "unknown" not in told
