"""One model alone, in small: whether it answers at all, and how it does on a suite's first cases.

Talks to the outside through `bot.difftest.ports` only.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Literal

from bot.difftest.asking import Asker
from bot.difftest.marking.mark import mark
from bot.difftest.model.chat import ChatError, ChatRequest, ErrorKind
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.plan import ComparisonPlan, request_for
from bot.difftest.ports import ChatProvider, Clock
from bot.difftest.scripted import conversation, whole
from bot.difftest.stopping import Watch
from bot.difftest.suite.model import Suite

SMOKE_CASES = 10


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """How one model did on the first cases of a suite. `lost` say nothing about it; `failures` are case id and why."""

    model: str
    asked: int
    passed: int
    lost: int
    failures: tuple[tuple[str, str], ...]
    cost_usd: float | None

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
) -> SmokeResult:
    """Ask one model the suite's first `limit` cases, once each, conversations to their end.

    Raises CouldNotRun for trouble with the account.
    """
    plan = ComparisonPlan(current=model, candidate=model, base_url="", retries=retries)
    asker = Asker(provider, clock, retries, random.Random("smoke"))
    gate = asyncio.Semaphore(concurrency)
    cases = suite.cases[:limit]

    async def one(index: int) -> Sample:
        case = cases[index]
        async with gate:
            key, turns = SampleKey(case.id, "candidate", 0), list[Sample]()
            while (so_far := conversation(case, turns)) is not None:
                turns.append(await asker.ask(key, request_for(case, model, suite.parameters, so_far)))
            return whole(key, turns, model) if case.results else turns[-1]

    samples = await asyncio.gather(*(one(index) for index in range(len(cases))))
    failures: list[tuple[str, str]] = []
    passed = 0
    for case, sample in zip(cases, samples, strict=True):
        if (stop := Watch(plan, len(cases)).see(sample)) is not None and stop.whose == "account":
            raise stop
        marks = mark(case, sample)
        why = [reason for judged in (marks.quality, marks.tools) if judged is not None for reason in judged.why]
        if why:
            failures.append((case.id, "; ".join(why)))
        passed += not why and not sample.lost
    costs = [sample.cost_usd for sample in samples if sample.answered]
    known = [amount for amount in costs if amount is not None]
    return SmokeResult(
        model=model,
        asked=len(cases),
        passed=passed,
        lost=sum(sample.lost for sample in samples),
        failures=tuple(failures),
        cost_usd=sum(known) if len(known) == len(costs) else None,
    )


@dataclass(frozen=True, slots=True)
class ModelProof:
    """Whether a model answers at all; `kind` and `message` say why not."""

    model: str
    alive: bool
    kind: ErrorKind | None = None
    message: str = ""
    served_model: str | None = None


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
    return ModelProof(model, alive=True, served_model=completion.served_model)
