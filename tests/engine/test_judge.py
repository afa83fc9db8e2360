"""A suite with rubrics in the engine: its judge is asked in comparisons, smoke runs and acceptance prompts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.provider_openai import OpenAIProvider
from bot.app.outside import endpoint
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.difftest.plan import ComparisonPlan
from bot.difftest.ports import ChatProvider
from bot.difftest.smoke import SmokeResult
from bot.difftest.stopping import CouldNotRun
from bot.engine.estimating import estimated
from bot.engine.perform.verifying import acceptance
from bot.engine.quiet import smoke_check
from bot.engine.suites import judge_of
from bot.rotation.model.questions import Decision
from bot.rotation.model.rotation import Phase
from bot.runbook.load import checked
from tests.difftest.judge.making import JUDGE, asked_text, better, blocks_in, rubric_suite, said
from tests.difftest.world import ScriptedProvider
from tests.engine.world import CASES, NEW, OLD, RUNBOOK, World, world


def suite_text(cases: int = CASES) -> str:
    asked = (f"{{id: c{n}, messages: [{{role: user, content: question {n}}}]" for n in range(cases))
    rows = "".join(f"  - {case}, assert: [{{type: llm-rubric, value: is right}}]}}\n" for case in asked)
    return f"name: chat\njudge: {{model: {JUDGE}}}\ncases:\n{rows}"


def judging(request: ChatRequest, _asked: int) -> Completion:
    """Each model answers in its own words, and the judge finds them as good as each other."""
    if request.model != JUDGE:
        return said(request, f"an answer of {request.model}")
    alone = "ANSWER" in blocks_in(asked_text(request))
    return said(request, '{"meets": true}' if alone else better("tie"))


@asynccontextmanager
async def rubrics(folder: Path) -> AsyncIterator[World]:
    (folder / "chat.suite.yml").write_text(suite_text(), encoding="utf-8")
    async with world(folder) as w:
        w.provider.answer = judging
        yield w


async def test_a_rotation_on_rubrics_goes_all_the_way(tmp_path: Path) -> None:
    async with rubrics(tmp_path) as w:
        await w.to_the_end()
        report = (await w.comparison()).report
        assert report is not None
        assert report.judge is not None
        assert (report.judge.ties, report.judge.unjudged) == (CASES, 0)
        alone = [r for r in w.provider.asked if r.model == JUDGE and "ANSWER" in blocks_in(asked_text(r))]
        assert len(alone) == 20 + 30  # the smoke run of staging and the acceptance prompts
        rotation = await w.rotation()
        items = {item.name: item for item in rotation.verification}
        assert items["acceptance prompts"].state == "met"
        assert items["acceptance prompts"].figures.startswith("30 of 30 answered as expected")


async def test_a_judge_that_cannot_be_asked_leaves_the_bake_to_a_person(tmp_path: Path) -> None:
    async with rubrics(tmp_path) as w:
        assert await w.diff() == "diff_started"

        def locked(request: ChatRequest, asked: int) -> Completion | ChatError:
            return ChatError(ErrorKind.UNAUTHORISED, "bad key") if request.model == JUDGE else judging(request, asked)

        w.provider.answer = locked
        assert await w.promote() == "rotation_begun"
        await w.later(minutes=20)
        assert await w.phase() is Phase.AWAITING_DECISION
        question = w.question()
        assert isinstance(question, Decision)
        assert (question.question, question.reasons) == ("bake_inconclusive", ("smoke_unjudged",))


async def test_trouble_with_the_judges_key_errs_the_comparison_and_says_whose_it_is(tmp_path: Path) -> None:
    async with rubrics(tmp_path) as w:

        def locked(request: ChatRequest, asked: int) -> Completion | ChatError:
            return ChatError(ErrorKind.UNAUTHORISED, "bad key") if request.model == JUDGE else judging(request, asked)

        w.provider.answer = locked
        assert await w.diff() == "diff_started"
        comparison = await w.comparison()
        assert (comparison.status, comparison.whose) == ("errored", "account")
        assert comparison.problem.startswith("it is the judge's key: ")
        assert {request.model for request in w.provider.asked} == {OLD, NEW, JUDGE}


async def test_where_the_judge_is_asked(tmp_path: Path) -> None:
    elsewhere = ScriptedProvider()
    opened: list[tuple[str | None, str | None]] = []

    @asynccontextmanager
    async def endpoint(base_url: str | None, variable: str | None) -> AsyncIterator[ChatProvider]:
        opened.append((base_url, variable))
        if variable == "NO_SUCH_KEY":
            raise CouldNotRun("NO_SUCH_KEY is not set", whose="account", kind=ErrorKind.UNAUTHORISED)
        yield elsewhere

    async def asked(w: World, **judge: str) -> ChatProvider:
        outside = replace(w.engine.outside, endpoint=endpoint)
        async with judge_of(outside, rubric_suite(1, judge={"model": JUDGE, **judge})) as provider:
            return provider

    async with world(tmp_path) as w:
        assert await asked(w) is w.provider
        assert await asked(w, base_url="https://judge.example/v1", api_key_env="JUDGE_KEY") is elsewhere
        assert await asked(w, api_key_env="JUDGE_KEY") is elsewhere
        assert opened == [("https://judge.example/v1", "JUDGE_KEY"), (None, "JUDGE_KEY")]
        with pytest.raises(CouldNotRun, match="NO_SUCH_KEY is not set"):
            await asked(w, api_key_env="NO_SUCH_KEY")


async def test_what_the_judge_costs_is_in_what_a_comparison_takes(tmp_path: Path) -> None:
    @asynccontextmanager
    async def endpoint(_base_url: str | None, variable: str | None) -> AsyncIterator[ChatProvider]:
        if variable == "NO_SUCH_KEY":
            raise CouldNotRun("NO_SUCH_KEY is not set", whose="account", kind=ErrorKind.UNAUTHORISED)
        yield ScriptedProvider(price_usd=0.05)

    plan = ComparisonPlan(current=OLD, candidate=NEW, base_url="http://127.0.0.1:9/v1")
    async with world(tmp_path) as w:
        w.provider.price_usd = 0.01
        outside = replace(w.engine.outside, endpoint=endpoint)
        here = await estimated(outside, rubric_suite(10), plan, left_usd=25.0)
        assert here.calls == 20 + 20 + 20  # answers, judgements, both orders of ten control pairs
        assert here.usd == pytest.approx(0.6)
        assert here.judge_calls == 40
        judge = {"model": JUDGE, "base_url": "https://judge.example/v1"}
        assert (await estimated(outside, rubric_suite(10, judge=judge), plan, left_usd=25.0)).usd == pytest.approx(
            0.2 + 2.0
        )
        keyless = {**judge, "api_key_env": "NO_SUCH_KEY"}
        assert (await estimated(outside, rubric_suite(10, judge=keyless), plan, left_usd=25.0)).usd is None


async def test_the_endpoint_the_bot_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened = endpoint(checked(RUNBOOK, "runbook.yml", tmp_path))
    async with opened("https://judge.example/v1", None) as provider:
        assert isinstance(provider, OpenAIProvider)
        assert (provider.base_url, provider.api_key) == ("https://judge.example/v1", None)
    monkeypatch.setenv("JUDGE_KEY", "sk-judge")
    async with opened(None, "JUDGE_KEY") as provider:
        assert isinstance(provider, OpenAIProvider)
        assert (provider.base_url, provider.api_key) == ("http://127.0.0.1:9/v1", "sk-judge")
    monkeypatch.delenv("JUDGE_KEY")
    with pytest.raises(CouldNotRun, match="JUDGE_KEY is not set; it holds the key of the suite's judge"):
        async with opened(None, "JUDGE_KEY"):
            raise AssertionError


def ran(**fields: Any) -> SmokeResult:  # noqa: ANN401
    whole = SmokeResult("m", asked=20, passed=20, lost=0, failures=(), cost_usd=0.0)
    return replace(whole, **fields)


def test_cases_that_were_left_out_are_told() -> None:
    some = ran(asked=15, passed=15, left_out=5, left_out_why="there is no judge to ask")
    check = smoke_check(some, 0.1)
    assert (check.verdict, check.n_candidate) == ("pass", 15)
    assert check.rule == "at most 10% of the suite's first 20 cases fail (5 left out: there is no judge to ask)"
    assert acceptance(some, 0.1).figures.endswith("(5 left out: there is no judge to ask)")
    most = smoke_check(ran(asked=9, passed=9, left_out=11, left_out_why="x"), 0.1)
    assert (most.verdict, most.reason) == ("inconclusive", "smoke_unjudged")
    none = smoke_check(ran(asked=0, passed=0, left_out=20, left_out_why="x"), 0.1)
    assert (none.verdict, none.reason) == ("inconclusive", "smoke_unjudged")
    assert smoke_check(ran(asked=0, passed=0), 0.1).reason == "smoke_lost"
