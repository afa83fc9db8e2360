"""A private suite's words stay at home also where whoever is asked quotes them in an error; an open one's are told."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from bot.adapters.provider_openai import OpenAIProvider
from bot.difftest.model.chat import ChatError, ErrorKind
from bot.difftest.outcomes import Outcomes
from bot.difftest.report.cases import case_outcomes
from bot.difftest.report.contract import as_json
from bot.difftest.report.html import as_html
from bot.difftest.report.junit import as_junit
from bot.difftest.report.markdown import as_markdown
from bot.difftest.report.terminal import lines
from bot.difftest.run import run_comparison
from bot.difftest.smoke import smoke
from bot.difftest.stopping import CouldNotRun
from bot.difftest.suite.model import Suite
from tests.difftest.judge.making import JUDGE, rubric_case
from tests.difftest.making import PLAN, case
from tests.difftest.provider_server import Body, Fault, Reply, serving, stream
from tests.difftest.test_cli import ENGINE, Diff, diff, engine_runbook, jsonl, options, surroundings
from tests.difftest.world import ManualClock, MemoryStore, ScriptedProvider

__all__ = ["diff", "surroundings"]  # fixtures

SECRET = "sesame"
FILES = ("--json", "--html", "--markdown", "--junit")


def quoting(status: int, *, to: str = "", **fields: object) -> Fault:
    """Refuses a request (to one model) in its own words."""

    async def answer(_request: web.Request, body: Body) -> web.StreamResponse | None:
        if to not in body["model"]:
            return None
        message = f"cannot take: {body['messages'][-1]['content']}"
        return web.json_response({"error": {"message": message, **fields}}, status=status)

    return answer


async def in_the_stream(request: web.Request, body: Body) -> web.StreamResponse:
    """Breaks an answer off in the words of its prompt."""
    return await stream(request, [{"error": {"message": f"cannot go on: {body['messages'][-1]['content']}"}}])


def vault(cases: int = 8, *, private: bool, **more: object) -> Suite:
    rows = [
        {
            "id": f"c{n}",
            "messages": [{"role": "user", "content": f"open {SECRET} {n}"}],
            "assert": [{"type": "contains", "value": "open"}],
        }
        for n in range(cases)
    ]
    return Suite.model_validate({"name": "chat", "private": private, "cases": rows, **more})


def outputs(folder: Path) -> list[str]:
    return [part for option in FILES for part in (option, str(folder / f"out{option}"))]


def written(folder: Path) -> str:
    files = list(folder.glob("out--*"))
    assert len(files) == len(FILES)
    return "\n".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("to", ["", "new"], ids=["both", "one"])
@pytest.mark.parametrize(
    "refusal",
    [
        *(lambda to, status=status: quoting(status, to=to) for status in (400, 401, 402, 403, 404, 413, 422, 429, 500)),
        lambda to: quoting(503, to=to),
        lambda to: quoting(400, to=to, code="context_length_exceeded"),
        lambda to: quoting(400, to=to, code="content_filter"),
        lambda to: quoting(200, to=to),
        lambda _: in_the_stream,
    ],
)
async def test_a_provider_that_quotes_the_prompt(refusal: Callable[[str], Fault], to: str, private: bool) -> None:
    suite, store = vault(private=private), MemoryStore()
    async with serving(lambda _: Reply("open")) as server:
        server.faults.extend([refusal(to)] * 100)
        plan = replace(PLAN, base_url=server.base_url, retries=0)
        try:
            async with OpenAIProvider(server.base_url) as provider:
                report = await run_comparison(suite, plan, provider, store, ManualClock())
        except CouldNotRun as stop:
            told = [str(stop)]
        else:
            samples = store.samples[report.run_id]
            cases = tuple(case_outcomes(Outcomes(suite, samples), alone=False))
            told = [report.model_dump_json(), json.dumps(as_json(report)), as_markdown(report), *lines(report)]
            told += [as_html(report, cases), as_junit(report, cases)]
    kept = "".join(sample.to_json() for run in store.samples.values() for sample in run.values())
    assert (SECRET in "\n".join(told)) is not private
    assert not private or SECRET not in kept


@pytest.mark.parametrize("kind", list(ErrorKind))
async def test_a_smoke_run_whose_model_and_judge_quote_the_prompt(kind: ErrorKind) -> None:
    cases = [rubric_case("vault"), case("door")]
    private = Suite.model_validate({"name": "chat", "private": True, "judge": {"model": JUDGE}, "cases": cases})
    quotes = ScriptedProvider(lambda request, _asked: ChatError(kind, f"{SECRET}: {request.messages}"))
    fine = ScriptedProvider()
    for asked in (quotes, fine):
        try:
            told = repr(await smoke(private, "acme/new", asked, ManualClock(), judge=quotes))
        except CouldNotRun as stop:
            told = str(stop)
        assert SECRET not in told
    told = repr(await smoke(private.model_copy(update={"private": False}), "new", fine, ManualClock(), judge=quotes))
    assert SECRET in told


@pytest.mark.parametrize("private", [True, False])
async def test_a_judge_that_quotes_both_answers(tmp_path: Path, diff: Diff, private: bool) -> None:
    rows = [
        {
            "id": f"c{n}",
            "messages": [{"role": "user", "content": f"question {n}"}],
            "assert": [{"type": "llm-rubric", "value": "is fine"}],
        }
        for n in range(8)
    ]
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps({"private": private, "judge": {"model": JUDGE}, "cases": rows}), encoding="utf-8")
    async with serving(lambda body: Reply(f"{SECRET}, says {body['model']}")) as server:
        server.faults.extend([quoting(401, to=JUDGE)] * 100)
        ended = await diff(*options(server, suite, *outputs(tmp_path)))
    assert (ended.code, "it is the judge's key" in ended.err) == (4, True), ended.err
    told = "\n".join([ended.out, ended.err, written(tmp_path)])
    assert (SECRET in told) is not private
    assert ("status 401" in told) is private


async def test_what_went_wrong_is_still_told_by_status_and_kind(tmp_path: Path, diff: Diff) -> None:
    suite = tmp_path / "suite.json"
    suite.write_text(vault(private=True).model_dump_json(by_alias=True, exclude_defaults=True), encoding="utf-8")
    async with serving() as server:
        server.faults.extend([quoting(401)] * 50)
        locked = await diff(*options(server, suite, *outputs(tmp_path)))
        server.faults.clear()
        server.faults.extend([quoting(404)] * 50)
        missing = await diff(*options(server, suite))
    gone = await diff(*options(server, suite))
    assert "does not accept the API key" in locked.err
    assert ": status 401)" in locked.err
    assert "status 401" in written(tmp_path)
    assert SECRET not in written(tmp_path) + locked.err
    assert "(status 404); are both ids and the version path of the base URL right?" in " ".join(missing.err.split())
    assert f"{server.base_url} cannot be reached: " in " ".join(gone.err.split())


@pytest.mark.parametrize("private", [True, False])
async def test_an_engine_of_ones_own_that_quotes_the_prompt(tmp_path: Path, diff: Diff, private: bool) -> None:
    args = engine_runbook(tmp_path, mapped=True)
    head = {"suite": {"private": private}}
    jsonl(
        tmp_path,
        [head, *json.loads(vault(private=False).model_dump_json(by_alias=True, exclude_defaults=True))["cases"]],
    )
    program = f"{ENGINE}\nsys.exit('cannot: ' + sys.argv[1])"
    (tmp_path / "engine.py").write_text(program, encoding="utf-8")
    ended = await diff(*args[:-2], *outputs(tmp_path))
    assert (ended.code, "ended with status 1" in ended.err) == (4, True), ended.err
    assert (SECRET in "\n".join([ended.out, ended.err, written(tmp_path)])) is not private
