"""What a comparison will ask for and what it can see, told before money is spent. Pure but for the price list."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.difftest.judge.calls import JudgeCalls
from bot.difftest.looks import Schedule
from bot.difftest.model.sample import ARMS, JUDGE_ARMS, AnyArm, Arm
from bot.difftest.plan import ComparisonPlan, request_for
from bot.difftest.scripted import turns_expected
from bot.difftest.sentences import dollars
from bot.difftest.stats.planning import fewest_n, noninferiority_n, visible_difference
from bot.difftest.suite.model import DimensionName, Suite

POWER = 0.80
USUAL_DISCORDANCE = 0.10
"""The share of cases on which two comparable models usually differ."""
_CHARACTERS_PER_TOKEN = 4
_USUAL_ANSWER_TOKENS = 400
_FROM_TRAFFIC = "`rotate suite from-traces` draws them"
_JUDGE_PROMPT_TOKENS, _JUDGE_REPLY_TOKENS = 500, 80

Basis = Literal["limit", "recorded", "assumed"]
"""How long answers are taken to be: as long as `max_tokens` lets them, as they were, or as is usual."""

PriceList = Callable[[str, int, int], float | None]
"""Model, prompt tokens, answer tokens -> US dollars, None when unknown."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will take; `cost_usd`, and `per_call_usd` of a model, are None where they are unknown.

    `calls` are those still to be made, at most `judge_calls` of them to the judge; the rest are proportions and cases:
    `independent` is what the cases are worth at least where they form clusters; `visible` is the margin equal models
    pass four times in five, `fewest` the cases a pass at that quality margin takes when both models agree on all of
    them, `advised` the cases it usually takes.
    """

    calls: int
    judge_calls: int
    cost_usd: float | None
    per_call_usd: dict[AnyArm, float | None]
    cases: int
    independent: int
    margin: float
    visible: float
    fewest: int
    advised: int
    answer_tokens: int = _USUAL_ANSWER_TOKENS
    basis: Basis = "assumed"

    def sentences(self) -> str:
        """The forecast as people read it."""
        cost = self._cost()
        judge = f" (at most {self.judge_calls:,} of them to the judge)" if self.judge_calls else ""
        told = (
            f"{self.calls:,} calls{judge}, {cost}. Where the models disagree on one case in ten, {self.cases:,} cases"
            f" can see a difference of ±{100 * self.visible:.1f} points; the margin is {100 * self.margin:g}."
        )
        if self.independent < self.cases:
            told += f" Clusters count once: they are worth {self.independent:,} cases if theirs behave alike."
        if self.independent < self.fewest:
            return f"{told} A pass takes at least {self.fewest} cases, so this suite cannot give one ({_FROM_TRAFFIC})."
        if self.independent < self.advised:
            return (
                f"{told} Where they agree on nearly all of them, these cases suffice; for the other case"
                f" {self.advised - self.independent:,} more are usually needed ({_FROM_TRAFFIC})."
            )
        return told

    def _cost(self) -> str:
        if self.cost_usd is None:
            return "cost unknown beforehand"
        match self.basis:
            case "limit":
                return f"at most about {dollars(self.cost_usd)}"
            case "recorded":
                return f"about {dollars(self.cost_usd)}"
            case "assumed":
                return f"about {dollars(self.cost_usd)} if answers are {self.answer_tokens} tokens long"


def forecast(
    suite: Suite,
    plan: ComparisonPlan,
    price: PriceList,
    *,
    done: int = 0,
    judge_price: PriceList | None = None,
    usual: int | None = None,
) -> Forecast:
    """What a run will take when `done` samples are there already; the judge's prices are `price`'s unless given.

    `usual` is how many tokens an answer had in earlier runs, None where none is kept.
    """
    tokens, basis = _answers(suite, plan, usual)
    dimension: DimensionName = "quality" if any(case.about_quality for case in suite.cases) else "tools"
    margin = plan.margin(suite, dimension)
    schedule = Schedule.of(suite, plan.seed)
    alpha = schedule.level(schedule.last)
    about = [case for case in suite.cases if (case.about_quality if dimension == "quality" else case.about_tools)]
    independent = suite.independent(about)
    asked, judged = sum(map(turns_expected, suite.cases)) * suite.repeats, JudgeCalls(suite).most
    calls = max(0, len(ARMS) * asked + judged - done)
    per_call: dict[AnyArm, float | None] = {arm: _expected(suite, plan, arm, price, tokens) for arm in ARMS}
    judgement = _judgement(suite, judge_price or price) if judged else 0.0
    costs = [amount * asked for amount in per_call.values() if amount is not None]
    whole = sum(costs) + (judgement or 0.0) * judged
    return Forecast(
        calls=calls,
        judge_calls=min(calls, judged),
        cost_usd=whole * calls / (len(ARMS) * asked + judged)
        if len(costs) == len(ARMS) and judgement is not None
        else None,
        per_call_usd=per_call | dict.fromkeys(JUDGE_ARMS, judgement),
        cases=len(about),
        independent=math.floor(independent),
        margin=margin,
        visible=visible_difference(independent, discordance=USUAL_DISCORDANCE, alpha=alpha, power=POWER),
        fewest=fewest_n(margin, alpha=alpha),
        advised=noninferiority_n(
            discordance=USUAL_DISCORDANCE, margin=margin, difference=0.0, alpha=alpha, power=POWER
        ),
        answer_tokens=tokens,
        basis=basis,
    )


def _answers(suite: Suite, plan: ComparisonPlan, usual: int | None) -> tuple[int, Basis]:
    """How many tokens an answer is taken to have, and why."""
    limit = {**suite.parameters, **plan.parameters}.get("max_tokens")
    if isinstance(limit, int) and limit > 0:
        return limit, "limit"
    return (_USUAL_ANSWER_TOKENS, "assumed") if usual is None else (usual, "recorded")


def _expected(suite: Suite, plan: ComparisonPlan, arm: Arm, price: PriceList, answer: int) -> float | None:
    """US dollars of an average call to one model, by the list and the length of the prompts."""
    characters = 0
    for case in suite.cases:
        request = request_for(case, "", {})
        characters += len(json.dumps(request.messages)) + len(json.dumps(request.tools))
    return price(plan.model(arm), characters // len(suite.cases) // _CHARACTERS_PER_TOKEN, answer)


def _judgement(suite: Suite, price: PriceList) -> float | None:
    """US dollars of an average call to the judge: conversation, rubrics and two usual answers."""
    calls = JudgeCalls(suite)
    characters = sum(
        len(json.dumps(request_for(case, "", {}).messages)) + sum(len(str(rubric.value)) for rubric in case.rubrics)
        for case in calls.cases
    )
    prompt = characters // len(calls.cases) // _CHARACTERS_PER_TOKEN + _JUDGE_PROMPT_TOKENS + 2 * _USUAL_ANSWER_TOKENS
    return price(calls.settings.model, prompt, _JUDGE_REPLY_TOKENS)
