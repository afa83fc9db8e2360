"""Carrying a comparison out: both models asked, interleaved, every finished sample stored at once, then judged.

Nothing here decides about models (`verdict` does) or talks to the outside but through `bot.difftest.ports`.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.difftest.asking import Asker
from bot.difftest.model.chat import ChatRequest
from bot.difftest.model.report import Report
from bot.difftest.model.sample import Sample, SampleKey, StoredRun
from bot.difftest.plan import ComparisonPlan, request_for
from bot.difftest.ports import ChatProvider, Clock, SampleStore
from bot.difftest.power import forecast
from bot.difftest.stopping import Budget, CouldNotRun, Watch
from bot.difftest.suite.model import Suite
from bot.difftest.todo import Todo
from bot.difftest.verdict import RunFacts, judge


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
    facts = RunFacts(calls=course.calls, repeated_calls=stored.repeated_calls, stopped=course.stopped)
    return judge(suite, plan, course.samples.values(), facts)


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
    samples: dict[SampleKey, Sample] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take up what is stored."""
        order = self.plan.order(self.suite)
        wanted = set(order)
        kept = [sample for sample in self.stored.samples if sample.key in wanted]
        self.calls = self.stored.calls
        self._todo = Todo(order, done=(sample.key for sample in kept))
        self._total, self._kept = len(order), len(kept)
        self._run_id = self.plan.identity(self.suite).id
        self._cases = self.suite.by_id
        self._parameters = {**self.suite.parameters, **self.plan.parameters}
        self._asker = Asker(self.provider, self.clock, self.plan.retries, random.Random(f"wait {self.plan.seed}"))
        self._watch = Watch(self.plan, self._total)
        self._budget = Budget(self.plan.max_cost_usd, forecast(self.suite, self.plan, self.provider.price).per_call_usd)
        for sample in kept:
            self._watch.see(sample)
            self._take_up(sample, 0.0)
        self._began = self.clock.monotonic()

    async def complete(self) -> None:
        """Ask for all that is missing, as many at a time as the plan allows."""
        self._tell()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.plan.concurrency, self._total - self._kept)):
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
        """One of the workers: key after key, until none is left or the money is spent."""
        while (key := await self._todo.take()) is not None:
            try:
                reserved = self._budget.expected_usd[key.arm]
                if not self._budget.reserve(key.arm):
                    return
                sample = await self._sample(key)
                await self._keep(sample, reserved)
            finally:
                self._todo.done()
            self._tell()

    async def _sample(self, key: SampleKey) -> Sample:
        """Ask for one sample, until there is an answer or the last attempt failed."""
        return await self._asker.ask(key, self._request(key), self._starting(key))

    def _request(self, key: SampleKey) -> ChatRequest:
        return request_for(self._cases[key.case], self.plan.model(key.arm), self._parameters)

    async def _keep(self, sample: Sample, reserved_usd: float) -> None:
        """Store a finished sample. Raises CouldNotRun when there is no point in going on."""
        self.calls += sample.attempts
        stop = self._watch.see(sample)
        if stop is not None and not (sample.gone or sample.lost):
            raise stop
        await self.store.add(self._run_id, sample)
        self._take_up(sample, reserved_usd)
        if stop is not None:
            raise stop

    def _take_up(self, sample: Sample, reserved_usd: float) -> None:
        """What a finished sample means for the run, be it new or stored: it may lengthen the queue, or close it."""
        self.samples[sample.key] = sample
        self._budget.settle(sample.key.arm, reserved_usd, sample.cost_usd)

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
