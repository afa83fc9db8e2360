"""Nothing a private suite asks is in what the bot says, pages, logs and keeps, also where an error quotes it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.difftest.smoke import smoke
from bot.engine.quiet import left_out
from bot.engine.suites import suite_of
from bot.runbook.models.plan import plan_for
from tests.difftest.judge.making import JUDGE
from tests.difftest.world import ManualClock, right
from tests.engine.test_judge import judging
from tests.engine.test_judge import suite_text as rubrics
from tests.engine.world import NEW, World, suite_text, world

SECRET = "question"

Answer = Callable[[ChatRequest, int], Completion | ChatError]


def quoting(kind: ErrorKind, *models: str, else_: Answer = right) -> Answer:
    """Fails these models' calls in the words of what they were asked."""

    def answer(request: ChatRequest, asked: int) -> Completion | ChatError:
        if models and request.model not in models:
            return else_(request, asked)
        return ChatError(kind, f"401: cannot take {request.messages}", status=401)

    return answer


async def everything(w: World, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """All that left the engine: messages, replies, files, logs, and the database with its ledger."""
    files = [file.content for _, _, many in w.room.attached for file in many]
    kept = [file.read_bytes() for file in folder.glob("rotate.db*")]
    told = [repr(w.room.said), repr(w.room.replies), "".join(capsys.readouterr())]
    return "\n".join([*told, *(raw.decode(errors="replace") for raw in (*files, *kept))])


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    ("text", "answer", "status"),
    [
        (suite_text(), quoting(ErrorKind.UNAUTHORISED), "errored"),
        (suite_text(), quoting(ErrorKind.BAD_REQUEST), "errored"),
        (suite_text(), quoting(ErrorKind.OVERLOADED), "errored"),
        (suite_text(), quoting(ErrorKind.CONTENT_FILTER, NEW), "finished"),
        (rubrics(), quoting(ErrorKind.UNAUTHORISED, JUDGE, else_=judging), "errored"),
        (rubrics(), quoting(ErrorKind.OVERLOADED, JUDGE, else_=judging), "errored"),
    ],
    ids=["key", "refused", "away", "filtered", "judge's key", "judge away"],
)
async def test_a_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, answer: Answer, status: str, private: bool
) -> None:
    (tmp_path / "chat.suite.yml").write_text(f"private: {private}\n{text}".lower(), encoding="utf-8")
    async with world(tmp_path) as w:
        w.provider.answer = answer
        assert await w.diff() == "diff_started"
        await w.later(minutes=2)
        assert (await w.comparison()).status == status
    assert (SECRET in await everything(w, tmp_path, capsys)) is not private


async def test_cases_left_out_because_the_judge_refused(tmp_path: Path) -> None:
    (tmp_path / "chat.suite.yml").write_text(f"private: true\n{rubrics()}", encoding="utf-8")
    async with world(tmp_path) as w:
        w.provider.answer = quoting(ErrorKind.UNAUTHORISED, JUDGE, else_=judging)
        suite = await suite_of(plan_for(w.engine.rules.runbook, "chat"))
        run = await smoke(suite, NEW, w.provider, ManualClock(), limit=3, judge=w.provider)
    assert left_out(run) == f" (3 left out: the judge {JUDGE}: status 401)"


@pytest.mark.parametrize("private", [True, False])
async def test_a_suite_that_broke(tmp_path: Path, capsys: pytest.CaptureFixture[str], private: bool) -> None:
    suite, whole = tmp_path / "chat.suite.yml", f"private: {private}\n{suite_text(3)}".lower()
    broken = whole.replace("type: contains, value: right", f"type: json-schema, value: {{type: {SECRET}}}", 1)
    suite.write_text(broken, encoding="utf-8")
    async with world(tmp_path) as w:
        assert await w.diff() == "suite_broken"
        told = repr(w.room.replies)
        suite.write_text(whole, encoding="utf-8")
        w.provider.door.clear()
        command = w.diff_command()
        await w.engine.submit(command)
        while not w.provider.at_the_door:
            await w.engine.turn()
    suite.write_text(broken, encoding="utf-8")
    w.provider.door.set()
    async with world(tmp_path, outside=w) as again:  # the bot was killed meanwhile
        await again.later(minutes=2)
        assert f"{suite}:4" in (await again.comparison()).problem
    assert f"{suite}:4" in told
    assert (SECRET in await everything(again, tmp_path, capsys)) is not private
