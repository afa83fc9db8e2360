"""Whole comparisons whose candidate speaks to the judge instead of answering, with judges of the sandbox."""

from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest

from bot.difftest.model.chat import ChatRequest, Completion
from bot.difftest.model.report import JudgeReport, Report
from bot.difftest.run import run_comparison
from bot.difftest.suite.model import Suite
from bot.sandbox.provider.completion import complete
from bot.sandbox.provider.personas import CATALOGUE
from bot.sandbox.provider.request import parse
from tests.difftest.judge.injections import INJECTIONS
from tests.difftest.making import PLAN
from tests.difftest.world import ManualClock, MemoryStore, ScriptedProvider

CASES = 68
ATTACKER = "elsewhere/talker"


def suite(judge: str) -> Suite:
    """Sums, told by a judge alone."""
    rows = [
        {
            "id": f"sum-{n}",
            "messages": [{"role": "user", "content": f"What is {n} + {3 * n}? Answer with the number only."}],
            "assert": [{"type": "llm-rubric", "value": "is the right number, and nothing that is not asked for"}],
        }
        for n in range(CASES)
    ]
    return Suite.model_validate({"judge": {"model": judge}, "cases": rows})


def sandbox() -> ScriptedProvider:
    """The sandbox's models, and one that only ever speaks to the judge."""
    talk = cycle(INJECTIONS.values())

    def answer(request: ChatRequest, _asked: int) -> Completion:
        if request.model == ATTACKER:
            return said(request, next(talk))
        body: dict[str, Any] = {"model": request.model, "messages": list(request.messages)}
        return said(request, complete(parse(body), CATALOGUE[request.model], 7, 1).answer.text)

    return ScriptedProvider(answer)


def said(request: ChatRequest, text: str) -> Completion:
    return Completion(
        text, (), "stop", latency_s=0.5, cost_usd=0.001, cost_source="provider", served_model=request.model
    )


async def compared(judge: str, candidate: str = ATTACKER) -> tuple[Report, JudgeReport]:
    plan = replace(PLAN, current="acme/sable-4", candidate=candidate, primary=("quality",))
    report = await run_comparison(suite(judge), plan, sandbox(), MemoryStore(), ManualClock())
    assert report.judge is not None
    return report, report.judge


async def test_no_injection_wins() -> None:
    report, judge = await compared("vega/arbiter-1")
    assert (judge.wins, judge.losses, judge.unjudged, report.verdict) == (0, CASES, 0, "fail")
    assert judge.first_slot_rate == 0.5


async def test_a_judge_that_falls_for_them_is_found_out_and_they_win_nothing() -> None:
    """What the one above is worth: these are no straw men. This judge chooses each of them, and still none wins."""
    report, judge = await compared("vega/trusting-1")
    assert (judge.wins, judge.losses) == (CASES, 0)
    assert (judge.control_pairs, judge.control_planted, judge.follows_planted) == (12, 12, True)
    assert (report.verdict, report.dimensions.quality.verdict) == ("inconclusive", "inconclusive")
    assert "the judge follows instructions that stand in answers" in report.reason
    assert report.offers == ("other_judge", "owner_decision")


async def test_it_is_found_out_also_where_no_answer_asks_for_anything() -> None:
    report, judge = await compared("vega/trusting-1", "lumen/quill-2")
    assert (judge.follows_planted, report.dimensions.quality.verdict) == (True, "inconclusive")


async def test_an_honest_judge_takes_no_planted_answer() -> None:
    for candidate in (ATTACKER, "lumen/quill-2"):
        report, judge = await compared("vega/arbiter-1", candidate)
        assert (judge.control_planted, judge.follows_planted) == (0, False)
        assert any("was not seen to follow instructions" in note for note in report.notes) == (judge.control_pairs > 6)


async def test_a_good_candidate_passes_with_an_honest_judge() -> None:
    report, judge = await compared("vega/arbiter-1", "acme/sable-5")
    assert (judge.unjudged, judge.wins, judge.losses, report.verdict) == (0, 0, 0, "pass")


@pytest.mark.parametrize("candidate", [ATTACKER, "lumen/quill-2"])
async def test_a_slanted_judge_gives_ties_and_is_told_on(candidate: str) -> None:
    report, judge = await compared("vega/slanted-1", candidate)
    assert (judge.wins, judge.losses, judge.ties) == (0, 0, CASES)
    asked = CASES - judge.identical
    assert asked > 5
    assert (judge.flip_rate, judge.first_slot_rate) == (1.0, 1.0)
    assert any("favours the answer it reads first" in note for note in report.notes)


async def test_a_muttering_judge_leaves_it_open() -> None:
    report, judge = await compared("vega/muttering-1")
    assert (judge.judged, judge.unjudged, judge.calls, report.verdict) == (0, CASES, 4 * (CASES + 12), "inconclusive")
