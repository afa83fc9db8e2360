"""A run with declared looks: it asks for no case beyond the look that decides, and a resumed one decides the same."""

import asyncio
from dataclasses import replace

import pytest

from bot.difftest.model.chat import ChatRequest, Completion
from bot.difftest.model.report import Report
from bot.difftest.report.html import as_html
from bot.difftest.report.markdown import as_markdown
from bot.difftest.report.terminal import lines
from bot.difftest.run import Progress, run_comparison
from tests.difftest.making import PLAN, suite
from tests.difftest.world import ManualClock, MemoryStore, ScriptedProvider, right

SUITE = suite(150, looks=3)


def worse(request: ChatRequest, asked: int) -> Completion:
    """The new model gets two cases in five wrong."""
    found = right(request, asked)
    number = int(str(request.messages[0]).split("case-")[1][:4])
    return replace(found, text="wrong") if request.model == PLAN.candidate and number % 5 < 2 else found


async def compared(
    store: MemoryStore, provider: ScriptedProvider, *, concurrency: int = 8, told: list[Progress] | None = None
) -> Report:
    plan = replace(PLAN, concurrency=concurrency)
    hear = (told if told is not None else []).append
    return await run_comparison(SUITE, plan, provider, store, ManualClock(), hear)


async def test_no_case_beyond_the_deciding_look_is_asked_for() -> None:
    provider, told = ScriptedProvider(worse), list[Progress]()
    report = await compared(MemoryStore(), provider, told=told)
    assert (report.verdict, report.calls, len(provider.asked)) == ("fail", 100, 100)
    assert "look 1 of 3, after 50 of 150 cases" in report.stopped_early
    for form in ("\n".join(lines(report)), as_markdown(report), as_html(report)):
        assert form.count("after 50 of 150 cases") == 1  # once is enough
    assert (told[-1].done, told[-1].total) == (100, 300)


async def test_the_cases_that_were_asked_are_told_beside_those_there_are() -> None:
    report = await compared(MemoryStore(), ScriptedProvider(worse))
    assert (report.cases, report.asked_cases) == (150, 50)
    assert "50 of 150, each asked once of each model" in as_html(report)
    assert "50 of 150, each asked once of each model" in as_markdown(report)


async def test_the_end_is_the_same_at_any_concurrency() -> None:
    one, many = [await compared(MemoryStore(), ScriptedProvider(worse), concurrency=c) for c in (1, 40)]
    assert one.digest() == many.digest()


async def test_a_finished_run_is_shown_again_without_a_call() -> None:
    store, again = MemoryStore(), ScriptedProvider(worse)
    first = await compared(store, ScriptedProvider(worse))
    assert (await compared(store, again)).digest() == first.digest()
    assert again.asked == []


@pytest.mark.parametrize("kept", [1, 7, 49, 99])
async def test_a_run_that_was_cut_off_decides_as_if_it_had_not_been(kept: int) -> None:
    whole, store = await compared(MemoryStore(), ScriptedProvider(worse)), MemoryStore()

    def cut_off(progress: Progress) -> None:
        if progress.done == kept:
            task.cancel()

    plan = replace(PLAN, concurrency=4)
    task = asyncio.create_task(run_comparison(SUITE, plan, ScriptedProvider(worse), store, ManualClock(), cut_off))
    with pytest.raises(asyncio.CancelledError):
        await task
    resumed = await compared(store, ScriptedProvider(worse))
    assert resumed.model_copy(update={"repeated_calls": 0}).digest() == whole.digest()


async def test_progress_tells_nothing_of_a_verdict_at_a_look() -> None:
    told = list[Progress]()
    report = await compared(MemoryStore(), ScriptedProvider(right), told=told)
    assert (report.verdict, "look 2 of 3" in report.stopped_early) == ("pass", True)
    assert [progress.done for progress in told] == list(range(201))
    assert {progress.total for progress in told} == {300}
