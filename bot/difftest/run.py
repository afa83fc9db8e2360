"""Carrying a comparison out: both models asked, interleaved, every finished sample stored at once, then judged.

Nothing here decides about models (`verdict` does) or talks to the outside but through `bot.difftest.ports`.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.difftest.asking import Asker
from bot.difftest.early import stopping
from bot.difftest.marking.mark import mark
from bot.difftest.model.chat import ChatError, ChatRequest, ErrorKind
from bot.difftest.model.report import Report
from bot.difftest.model.sample import Sample, SampleKey, StoredRun
from bot.difftest.plan import ComparisonPlan, request_for
from bot.difftest.ports import ChatProvider, Clock, SampleStore
from bot.difftest.power import forecast
from bot.difftest.stopping import Budget, CouldNotRun, Watch
from bot.difftest.suite.model import Suite
from bot.difftest.verdict import RunFacts, judge

SMOKE_CASES = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `kept` samples were there before it began; costs that are unknown are not in `cost_usd`.

    `seconds_left` is None until there is something to judge by. It never says anything about the verdict.
    """

    done: int
    total: int
    kept: int
    cost_usd: float
    seconds_left: float | None


OnProgress = Callable[[Progress], None]


async def run_comparison(
    suite: Suite,
    plan: ComparisonPlan,
    provider: ChatProvider,
    samples_store: SampleStore,
    clock: Clock,
    progress: OnProgress | None = None,
) -> Report:
    """Ask for every sample that is not stored yet, and judge them all.

    The same suite and plan go on where an earlier run stopped; when that one was finished, no call is made. Cancelling
    it loses the calls in flight, nothing else. Raises CouldNotRun, and RunBusy where another process is at it.
    """
    run = plan.identity(suite)
    stored = await samples_store.open(run, fresh=plan.fresh)
    try:
        course = _Course(suite, plan, provider, samples_store, clock, stored, progress or (lambda _: None))
        await course.complete()
    finally:
        await samples_store.close(run.id)
    facts = RunFacts(
        calls=course.calls,
        repeated_calls=stored.repeated_calls,
        stopped=course.stopped,
        look=course.look,
        stopped_early=course.stopped_early,
    )
    return await asyncio.to_thread(judge, suite, plan, course.samples.values(), facts)


@dataclass
class _Course:
    """One run while it goes on."""

    suite: Suite
    plan: ComparisonPlan
    provider: ChatProvider
    store: SampleStore
    clock: Clock
    stored: StoredRun
    on_progress: OnProgress
    calls: int = 0
    stopped: str = ""
    look: int | None = None
    stopped_early: str = ""
    samples: dict[SampleKey, Sample] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take up what is stored."""
        self._parts = self.plan.parts(self.suite)
        order = [key for part in self._parts for key in part]
        wanted = set(order)
        self.samples = {sample.key: sample for sample in self.stored.samples if sample.key in wanted}
        self.calls = self.stored.calls
        self._total, self._kept = len(order), len(self.samples)
        self._run_id = self.plan.identity(self.suite).id
        self._requests = {
            (case.id, arm): request_for(case, self.plan.model(arm), {**self.suite.parameters, **self.plan.parameters})
            for case in self.suite.cases
            for arm in ("current", "candidate")
        }
        self._asker = Asker(self.provider, self.clock, self.plan.retries, random.Random(f"wait {self.plan.seed}"))
        self._watch = Watch(self.plan, self._total)
        for sample in self.samples.values():
            self._watch.see(sample)
        self._budget = self._begin_budget()
        self._began = self.clock.monotonic()

    def _begin_budget(self) -> Budget:
        expected = forecast(self.suite, self.plan, self.provider.price).per_call_usd
        budget = Budget(self.plan.max_cost_usd, expected)
        for sample in self.samples.values():
            budget.settle(sample.key.arm, 0.0, sample.cost_usd)
        return budget

    async def complete(self) -> None:
        """Ask for all that is missing, part by part where the suite declares looks, until one of them decides."""
        self._tell()
        for look, part in enumerate(self._parts, 1):
            await self._ask([key for key in part if key not in self.samples])
            if self.stopped or await self._decided(look):
                return

    async def _decided(self, look: int) -> bool:
        """Whether the run may end here; thought over beside the loop, which others share."""
        if look == len(self._parts):
            return True
        early = await asyncio.to_thread(stopping, self.suite, self.plan, self.samples.values(), look)
        if early is not None:
            self.look, self.stopped_early = early.look, early.why
        return early is not None

    async def _ask(self, keys: list[SampleKey]) -> None:
        """Ask for these, as many at a time as the plan allows."""
        self._todo: Iterator[SampleKey] = iter(keys)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.plan.concurrency, len(keys))):
                    group.create_task(self._work())
        except* CouldNotRun as stops:
            await self.store.discard(self._run_id, self._watch.unkept)
            raise next(_flat(stops)) from None
        if self._budget.reached:
            self.stopped = (
                f"the run stopped at its budget of ${self.plan.max_cost_usd:.2f}"
                f" after {len(self.samples):,} of {self._total:,} samples"
            )

    async def _work(self) -> None:
        for key in self._todo:
            reserved = self._budget.expected_usd[key.arm]
            if not self._budget.reserve(key.arm):
                return
            sample = await self._asker.ask(key, self._requests[key.case, key.arm], self._starting(key))
            self.calls += sample.attempts
            stop = self._watch.see(sample)
            if stop is not None and not (sample.gone or sample.lost):
                raise stop
            await self.store.add(self._run_id, sample)
            self.samples[key] = sample
            self._budget.settle(key.arm, reserved, sample.cost_usd)
            if stop is not None:
                raise stop
            self._tell()

    def _starting(self, key: SampleKey) -> "_Starting":
        return _Starting(self.store, self._run_id, key)

    def _tell(self) -> None:
        done = len(self.samples)
        fresh = done - self._kept
        elapsed = self.clock.monotonic() - self._began
        left = elapsed / fresh * (self._total - done) if fresh else None
        self.on_progress(Progress(done, self._total, self._kept, self._budget.spent_usd, left))


@dataclass(frozen=True, slots=True)
class _Starting:
    """Records each attempt of a sample before it is sent."""

    store: SampleStore
    run_id: str
    key: SampleKey

    async def __call__(self, attempt: int) -> None:
        await self.store.start_call(self.run_id, self.key, attempt)


def _flat(group: BaseExceptionGroup[CouldNotRun]) -> Iterator[CouldNotRun]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error


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
    """Ask one model the suite's first `limit` cases, once each. Raises CouldNotRun for trouble with the account."""
    plan = ComparisonPlan(current=model, candidate=model, base_url="", retries=retries)
    asker = Asker(provider, clock, retries, random.Random("smoke"))
    gate = asyncio.Semaphore(concurrency)
    cases = suite.cases[:limit]

    async def one(index: int) -> Sample:
        case = cases[index]
        async with gate:
            return await asker.ask(SampleKey(case.id, "candidate", 0), request_for(case, model, suite.parameters))

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
