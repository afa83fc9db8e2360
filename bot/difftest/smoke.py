"""One model alone, in small: whether it answers at all, and how it does on a suite's first cases.

Talks to the outside through `bot.difftest.ports` only.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Literal

from bot.difftest.asking import Asker
from bot.difftest.judge.alone import JudgedAlone, first_problem, judged_alone
from bot.difftest.marking.mark import mark
from bot.difftest.model.chat import ChatError, ChatRequest, ErrorKind
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.plan import ComparisonPlan, request_for
from bot.difftest.ports import ChatProvider, Clock
from bot.difftest.scripted import conversation, whole
from bot.difftest.stopping import Watch
from bot.difftest.suite.model import Case, Suite

SMOKE_CASES = 10


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """How one model did on the first cases of a suite. `lost` say nothing about it; `failures` are case id and why.

    `left_out` cases could not be told, because only a judge can and there is none; they are not in `asked`.
    """

    model: str
    asked: int
    passed: int
    lost: int
    failures: tuple[tuple[str, str], ...]
    cost_usd: float | None
    left_out: int = 0
    left_out_why: str = ""

    @property
    def verdict(self) -> Literal["pass", "fail", "inconclusive"]:
        """`fail` when a case failed, `pass` when all passed, else (lost answers, nothing asked) `inconclusive`."""
        if self.failures:
            return "fail"
        return "pass" if self.passed == self.asked > 0 else "inconclusive"


async def smoke(
    suite: Suite,
    model: str,
    provider: ChatProvider,
    clock: Clock,
    *,
    limit: int = SMOKE_CASES,
    concurrency: int = 4,
    retries: int = 2,
    judge: ChatProvider | None = None,
) -> SmokeResult:
    """Ask one model the suite's first `limit` cases, once each, conversations to their end.

    Answers to cases with rubrics are put to the suite's judge at `judge`; without one, and where it cannot tell, those
    cases are left out. Raises CouldNotRun for trouble with the account, but not with the judge's.
    """
    plan = ComparisonPlan(current=model, candidate=model, base_url="", retries=retries)
    asker = Asker(provider, clock, retries, random.Random("smoke"), suite.private)
    gate = asyncio.Semaphore(concurrency)
    judging = None if judge is None else Asker(judge, clock, retries, random.Random("smoke judge"), suite.private)
    cases = [case for case in suite.cases[:limit] if judging is not None or not case.rubrics]

    async def one(case: Case) -> _Tried:
        async with gate:
            key, turns = SampleKey(case.id, "candidate", 0), list[Sample]()
            while (so_far := conversation(case, turns)) is not None:
                turns.append(await asker.ask(key, request_for(case, model, suite.parameters, so_far)))
            sample = whole(key, turns, model) if case.results else turns[-1]
            failed = _failures(case, sample)
            if judging is None or failed or not case.rubrics or not sample.answered:
                return _Tried(case, sample, failed)
            return _Tried(case, sample, failed, await judged_alone(suite, sample, judging))

    tried = await asyncio.gather(*(one(case) for case in cases))
    for each in tried:
        if (stop := Watch(plan, len(cases)).see(each.sample)) is not None and stop.whose == "account":
            raise stop
    told = [each for each in tried if each.judged is None or each.judged.finding is not None]
    left_out = len(suite.cases[:limit]) - len(told)
    why = first_problem([each.judged for each in tried if each.judged is not None])
    calls = [each.sample for each in tried] + [each.judged.call for each in tried if each.judged is not None]
    costs = [call.cost_usd for call in calls if call.answered]
    known = [amount for amount in costs if amount is not None]
    return SmokeResult(
        model=model,
        asked=len(told),
        passed=sum(not each.why and not each.sample.lost for each in told),
        lost=sum(each.sample.lost for each in told),
        failures=tuple((each.case.id, "; ".join(each.why)) for each in told if each.why),
        cost_usd=sum(known) if len(known) == len(costs) else None,
        left_out=left_out,
        left_out_why=(why or "there is no judge to ask") if left_out else "",
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    """One case: the answer, what does not hold of it, and what the judge said where it was asked."""

    case: Case
    sample: Sample
    failed: tuple[str, ...]
    judged: JudgedAlone | None = None

    @property
    def why(self) -> tuple[str, ...]:
        """Everything against the answer."""
        finding = None if self.judged is None else self.judged.finding
        if finding is None or finding.meets:
            return self.failed
        return (*self.failed, "llm-rubric: the judge found it not met")


def _failures(case: Case, sample: Sample) -> tuple[str, ...]:
    marks = mark(case, sample)
    return tuple(why for judged in (marks.quality, marks.tools) if judged is not None for why in judged.why)


@dataclass(frozen=True, slots=True)
class ModelProof:
    """Whether a model answers at all; `kind` and `message` say why not. `used_up`: what its rate leaves none of."""

    model: str
    alive: bool
    kind: ErrorKind | None = None
    message: str = ""
    served_model: str | None = None
    used_up: str = ""


async def prove_model(provider: ChatProvider, model: str) -> ModelProof:
    """Ask a model for one word, once; no parameters, which some models would refuse."""
    request = ChatRequest(model, ({"role": "user", "content": "Answer with the word ok."},))
    try:
        try:
            completion = await provider.complete(request)
        except ChatError as error:
            if error.kind is not ErrorKind.STREAM_REFUSED:
                raise
            completion = await provider.complete(request)
    except ChatError as error:
        return ModelProof(model, alive=False, kind=error.kind, message=error.message)
    return ModelProof(model, alive=True, served_model=completion.served_model, used_up=completion.used_up)
