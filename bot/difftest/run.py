"""Carrying a comparison out: both models asked, interleaved, every finished sample stored at once, then judged.

Nothing here decides about models (`verdict` does) or talks to the outside but through `bot.difftest.ports`.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.difftest.asking import Asker
from bot.difftest.early import stopping
from bot.difftest.judge.calls import JudgeCalls, asked_again, is_judges, together
from bot.difftest.judge.course import JudgeCourse
from bot.difftest.judge.watch import JudgeWatch
from bot.difftest.marking.mark import Marks, mark
from bot.difftest.model.chat import ChatRequest
from bot.difftest.model.report import OverheadReport, Report
from bot.difftest.model.sample import ARMS, JUDGE_ARMS, AnyArm, Sample, SampleKey, StoredRun
from bot.difftest.outcomes import Outcomes
from bot.difftest.plan import ComparisonPlan, request_for
from bot.difftest.ports import ChatProvider, Clock, SampleStore
from bot.difftest.power import forecast
from bot.difftest.scripted import conversation, whole
from bot.difftest.stopping import Budget, CouldNotRun, Watch
from bot.difftest.stored import StandIn, with_answers
from bot.difftest.suite.model import Suite
from bot.difftest.todo import Todo
from bot.difftest.verdict import RunFacts, judge

BEGUN_APART_S: Final = 0.001
"""Between the first calls of two workers. Calls begun in one instant come back in one, and each would wait in this
process for those before it: the time would be counted as the model's, and every round would take that much longer."""
_OVERHEAD = "overhead"
_BEGAN = "began"
"""Under which name the store keeps what the client itself added."""


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
    judge_provider: ChatProvider | None = None,
) -> Report:
    """Ask for every sample that is not stored yet, and judge them all.

    `judge_provider` is where the suite's judge is asked, `provider` unless given.

    The same suite and plan go on where an earlier run stopped; when that one was finished, no call is made. Cancelling
    it loses the calls in flight, nothing else. Raises CouldNotRun, and RunBusy where another process is at it.
    """
    run = plan.identity(suite)
    stored = await samples_store.open(run, fresh=plan.fresh)
    try:
        began = stored.notes.get(_BEGAN)
        if began and plan.oldest and datetime.fromisoformat(began) < plan.oldest:
            await samples_store.close(run.id)
            stored, began = await samples_store.open(run, fresh=True), None
        if not began and plan.at is not None:
            began = plan.at.isoformat()
            await samples_store.note(run.id, _BEGAN, began)
        asked = provider, judge_provider or provider
        course = _Course(suite, plan, *asked, samples_store, clock, stored, progress or (lambda _: None))
        await course.take_up_stored()
        await course.complete()
        report = await _judged(course)
        return report.model_copy(update={"answers_since": began and datetime.fromisoformat(began)})
    finally:
        await samples_store.close(run.id)


async def _judged(course: "_Course") -> Report:
    """The report of a run that came to its end, with the words of the cases it shows."""
    suite, plan = course.suite, course.plan
    samples, marks, stand_in = course.samples, course.marks, None
    # A judge was asked about answers of this run only: with rubrics the candidate is judged alone.
    if not any(case.rubrics for case in suite.cases) and Outcomes(suite, samples, marks).current_gone:
        stand_in = await StandIn.find(course.store, plan.identity(suite), suite)
    if stand_in is not None:
        samples, marks = stand_in.instead_of(samples), {**marks, **stand_in.marks}
    facts = RunFacts(
        calls=course.calls,
        repeated_calls=course.stored.repeated_calls,
        stopped=course.stopped,
        overhead=course.overhead,
        stored_current=stand_in is not None,
        look=course.look,
        stopped_early=course.stopped_early,
    )
    # Thinking it over takes a moment with thousands of cases, and the loop is shared.
    report = await asyncio.to_thread(judge, suite, plan, samples.values(), facts, marks)
    return await with_answers(report, course.store, stand_in)


@dataclass
class _Course:
    """One run while it goes on.

    In memory are a sample's figures and its marks, made when it arrives; its words are in the store, so that twenty
    thousand long answers take no more room than short ones. Only what a judge reads or says keeps its words.
    """

    suite: Suite
    plan: ComparisonPlan
    provider: ChatProvider
    judge_provider: ChatProvider
    store: SampleStore
    clock: Clock
    stored: StoredRun
    on_progress: OnProgress
    calls: int = 0
    stopped: str = ""
    overhead: OverheadReport | None = None
    look: int | None = None
    stopped_early: str = ""
    samples: dict[SampleKey, Sample] = field(default_factory=dict)
    marks: dict[SampleKey, Marks] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing is asked yet."""
        self._run_id = self.plan.identity(self.suite).id
        self._cases = self.suite.by_id
        self._parameters = self.plan.asked_with(self.suite)
        draw = random.Random(f"wait {self.plan.seed}")
        self._asker = Asker(self.provider, self.clock, self.plan.retries, draw, self.suite.private)
        self._judge_asker = replace(self._asker, provider=self.judge_provider)
        self._asked, self._kept = len(ARMS) * len(self.suite.cases) * self.suite.repeats, 0
        self._parts = self.plan.parts(self.suite)
        self._judging = JudgeCalls(self.suite, tuple(self._pairs_to_judge()))
        self._judged = JudgeCourse(self._judging, self._asked)
        self._unfinished: set[SampleKey] = set()
        self._watch = Watch(self.plan, self._asked)
        self._judge_watch = JudgeWatch(self.suite.judge, self.plan.concurrency)
        self._budget = Budget(self.plan.max_cost_usd, self._per_call_usd())
        self._first: dict[AnyArm, asyncio.Lock] = {arm: asyncio.Lock() for arm in (*ARMS, *JUDGE_ARMS)}
        self._turns = dict(self.stored.turns)
        self._todo = Todo()
        self.calls = self.stored.calls
        if (noted := self.stored.notes.get(_OVERHEAD)) is not None:
            self.overhead = OverheadReport.model_validate_json(noted)

    def _pairs_to_judge(self) -> Iterator[str]:
        """The cases with rubrics in the order in which they are asked for the first time."""
        firsts = (key for part in self._parts for key in part if (key.arm, key.repeat) == ("current", 0))
        return (key.case for key in firsts if self._cases[key.case].rubrics)

    def _per_call_usd(self) -> dict[AnyArm, float | None]:
        """What a call to each model may cost, as far as its provider knows by now."""
        told = forecast(self.suite, self.plan, self.provider.price, judge_price=self.judge_provider.price)
        return told.per_call_usd

    async def take_up_stored(self) -> None:
        """Go on from what an earlier process left: its samples, and what its conversations have cost so far."""
        wanted = {*(key for part in self._parts for key in part), *self._judging.possible()}
        async for sample in self.store.kept(self._run_id):
            if sample.key in wanted:
                self._see(sample)
                self._budget.settle(sample)
                self._take_up(sample)
        for turns in self._turns.values():
            for turn in turns:
                self._budget.settle(turn)
        if self.plan.left_usd is not None:
            self._budget.lower(self.plan.left_usd)
        self._kept = self._done
        self._began = self.clock.monotonic()

    @property
    def _total(self) -> int:
        return self._asked + self._judged.expected

    @property
    def _done(self) -> int:
        return len(self.samples) - len(self._unfinished)

    async def complete(self) -> None:
        """Ask for all that is missing, part by part where the suite declares looks, until one of them decides."""
        if self._total > self._kept:
            await self._prepare(min(self.plan.concurrency, self._total - self._kept))
        self._tell()
        for look, part in enumerate(self._parts, 1):
            await self._ask(part)
            if self.stopped or await self._decided(look):
                return

    async def _decided(self, look: int) -> bool:
        """Whether the run may end here; thought over beside the loop, which others share."""
        if look == len(self._parts):
            return True
        if self.plan.raw:
            return False
        early = await asyncio.to_thread(stopping, self.suite, self.plan, self.samples.values(), look, self.marks)
        if early is not None:
            self.look, self.stopped_early = early.look, early.why
        return early is not None

    async def _ask(self, part: Sequence[SampleKey]) -> None:
        """Ask for what is missing of a part, as many at a time as the plan allows."""
        self._todo = Todo(part, done=self.samples.keys() - self._unfinished)
        self._todo.add(self._judged.wanted, first=True)
        workers = min(self.plan.concurrency, len(self._todo))
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    group.create_task(self._work(number * BEGUN_APART_S))
        except* CouldNotRun as stops:
            await self.store.discard(self._run_id, [*self._watch.unkept, *self._judge_watch.unkept])
            raise next(_flat(stops)) from None
        if self._budget.reached:
            self.stopped = f"the run stopped at {self._budget.told()} after {self._done:,} of {self._total:,} samples"

    async def _prepare(self, workers: int) -> None:
        """Warm the way to the endpoint; of several processes that worked on a run, the worst client is reported."""
        found = await self.provider.prepare(workers, stream=self._parameters.get("stream", True) is not False)
        if found is not None and (self.overhead is None or found.p50_ms > self.overhead.p50_ms):
            self.overhead = found
            await self.store.note(self._run_id, _OVERHEAD, found.model_dump_json())
        self._budget.expect(self._per_call_usd())
        self._began = self.clock.monotonic()

    async def _work(self, begin_after_s: float) -> None:
        """One of the workers: key after key, until none is left or the money is spent."""
        if begin_after_s:
            await self.clock.sleep(begin_after_s)
        while (key := await self._todo.take()) is not None:
            try:
                # A judge whose first reply could not be used is asked once more.
                for _ in range(2 if is_judges(key) else 1):
                    sample = await self._sample(key)
                    if sample is None:
                        return
                    await self._keep(sample)
                    if key not in self._unfinished:
                        break
            finally:
                self._todo.done()
            self._tell()

    async def _sample(self, key: SampleKey) -> Sample | None:
        """Ask until there is a sample, turn by turn where the case scripts tool results; None when money is short."""
        if is_judges(key):
            return await self._judgement(key)
        turns = list(self._turns.pop(key, ()))
        while (request := self._request(key, turns)) is not None:
            if turns:
                await self.store.add_turn(self._run_id, turns[-1], len(turns) - 1)
            async with self._alone_where_unpriced(key.arm):
                reserved = self._budget.reserve(key.arm)
                if reserved is None:
                    return None
                turn = await self._asker.ask(key, request, self._starting(key))
                self.calls += turn.attempts
                self._budget.settle(turn, reserved)
            turns.append(turn)
        return whole(key, turns, self.plan.model(key.arm)) if self._cases[key.case].results else turns[-1]

    async def _judgement(self, key: SampleKey) -> Sample | None:
        """Ask the judge, in other words where it was asked before; None when money is short."""
        async with self._alone_where_unpriced(key.arm):
            reserved = self._budget.reserve(key.arm)
            if reserved is None:
                return None
            reply = await self._judge_asker.ask(key, self._judging.request(key, self.samples), self._starting(key))
            self.calls += reply.attempts
            self._budget.settle(reply, reserved)
        return together(self.samples.get(key), reply)

    @contextlib.asynccontextmanager
    async def _alone_where_unpriced(self, arm: AnyArm) -> AsyncIterator[None]:
        """One call at a time to a model of which nobody knows what a call costs, until one of them has told."""
        if not self._budget.guessing(arm):
            yield
            return
        async with self._first[arm]:
            if self._budget.guessing(arm):
                yield
                return
        yield

    def _request(self, key: SampleKey, turns: Sequence[Sample]) -> ChatRequest | None:
        """The next question of a sample, after the turns there are; None when there is none."""
        case = self._cases[key.case]
        so_far = conversation(case, turns)
        return None if so_far is None else request_for(case, self.plan.model(key.arm), self._parameters, so_far)

    async def _keep(self, sample: Sample) -> None:
        """Store a finished sample. Raises CouldNotRun when there is no point in going on."""
        stop = self._see(sample)
        if stop is not None and not (sample.gone or sample.lost or sample.key in self._watch.unkept):
            raise stop
        await self.store.add(self._run_id, sample)
        self._take_up(sample)
        if stop is not None:
            raise stop

    def _take_up(self, sample: Sample) -> None:
        """What a finished sample means for the run, be it new or stored: it may lengthen the queue, or close it."""
        case = self._cases[sample.key.case]
        if not is_judges(sample.key):
            self.marks[sample.key] = mark(case, sample)
        self.samples[sample.key] = sample if case.rubrics else sample.without_words()
        (self._unfinished.add if asked_again(sample, self.samples) else self._unfinished.discard)(sample.key)
        # The judge is asked as pairs come in: it is not what a run waits for at its end.
        self._todo.add(self._judged.take_up(sample, self.samples), first=True)

    def _see(self, sample: Sample) -> CouldNotRun | None:
        return (self._judge_watch if is_judges(sample.key) else self._watch).see(sample)

    def _starting(self, key: SampleKey) -> "_Starting":
        return _Starting(self.store, self._run_id, key)

    def _tell(self) -> None:
        done = self._done
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
