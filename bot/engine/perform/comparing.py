"""Running a comparison: difftest does it, its message shows how far it is, its end is written at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from bot.difftest.model.report import Report
from bot.difftest.plan import ComparisonPlan
from bot.difftest.ports import RunBusy
from bot.difftest.run import Progress as RunProgress
from bot.difftest.run import run_comparison
from bot.difftest.stopping import CouldNotRun
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Suite
from bot.engine.chores import RunComparison
from bot.engine.diffing import comparison_plan, errored, finished, left_of_day, show
from bot.engine.models.comparisons import Comparison, Progress
from bot.engine.models.notes import ComparisonNote
from bot.engine.money import spend_a_month
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat.cards import CARD
from bot.engine.perform.trial import set_for
from bot.engine.records import Claimed, Commit, Outcome, StaleError, Wanted
from bot.engine.suites import answering, judge_of, suite_of
from bot.ports import OutsideError
from bot.runbook.models.plan import Plan, plan_for

SHOWN_EVERY_S = 1.5
"""Slack takes about one edit a second and message (docs.slack.dev, rate limits: chat.update tier 3)."""
WATCHED_EVERY_S = 0.5
OVERTAKEN = 9
"""So many of the newest comparisons are brought up to date when another has overtaken them."""


async def run(outside: Outside, rules: Rules, task: RunComparison, claimed: Claimed) -> Commit:
    """Run to the end, or until it is aborted or cannot go on. What was answered is kept whatever happens.

    Raises OutsideError when another comparison asks the same questions right now, StaleError when it is over.
    """
    done = Outcome(claimed.id, claimed.epoch, "done")
    comparison = await outside.store.comparison(task.comparison)
    if comparison is None or comparison.status != "running":
        return Commit(at=outside.clock.now(), effect_done=done)
    if comparison.slot not in rules.runbook.slots:
        problem = f"the runbook no longer has a model setting {comparison.slot}"
        return errored(comparison, problem, "", done, outside.clock.now())
    meter = _Meter(comparison.spent_usd or 0.0)
    try:
        report = await _report(outside, rules, comparison, meter)
    except RunBusy as error:
        raise OutsideError(str(error), whose="rotate", again=True, code="run_busy") from None
    except (CouldNotRun, MalformedFile, OSError) as error:
        whose = error.whose if isinstance(error, CouldNotRun) else ""
        problem = "\n".join(error.shareable()) if isinstance(error, MalformedFile) else str(error)
        spent = comparison.model_copy(update={"spent_usd": meter.spent})
        return errored(spent, problem, whose, done, outside.clock.now())
    if report is None:
        # Progress may have been shown over the word that it was stopped.
        return Commit(at=outside.clock.now(), wanted=(show(comparison, "stopped"),), effect_done=done)
    month = await spend_a_month(outside, plan_for(rules.runbook, comparison.slot))
    measured = comparison.model_copy(update={"month": month})
    commit = finished(measured, report, meter.spent, done, outside.clock.now())
    return replace(commit, wanted=(*commit.wanted, *await _overtaken(outside, comparison)))


async def _overtaken(outside: Outside, comparison: Comparison) -> list[Wanted]:
    """The messages of earlier comparisons of the same models: what they offered is this one's to offer now."""
    models = (comparison.current, comparison.candidate)
    earlier = await outside.store.comparisons(slot=comparison.slot, finished=True, newest=OVERTAKEN)
    return [
        show(other, f"overtaken:{comparison.id}")
        for other in earlier
        if other.id != comparison.id and (other.current, other.candidate) == models
    ]


async def could_not_run(outside: Outside, task: RunComparison, error: OutsideError, outcome: Outcome) -> Commit:
    """What it changes that a run failed unexpectedly time and again."""
    comparison = await outside.store.comparison(task.comparison)
    if comparison is None or comparison.status != "running":
        return Commit(at=outside.clock.now(), effect_done=outcome)
    return errored(comparison, error.what, error.whose, outcome, outside.clock.now())


async def _report(outside: Outside, rules: Rules, comparison: Comparison, meter: "_Meter") -> Report | None:
    plan = plan_for(rules.runbook, comparison.slot)
    suite = await suite_of(plan)
    work = comparison_plan(plan, comparison, rules.runbook)
    work = replace(work, left_usd=await left_of_day(outside, plan, comparison, outside.clock.now()))
    if not rules.dry_run:
        await set_for(outside, plan, comparison)
    async with _shown(outside, comparison, meter):
        return await _unless_aborted(
            outside,
            comparison,
            asyncio.ensure_future(_compare(outside, plan, suite, work, meter)),
        )


async def _compare(outside: Outside, plan: Plan, suite: Suite, work: ComparisonPlan, meter: "_Meter") -> Report:
    async with (
        judge_of(outside, suite) as judge,
        answering(outside, plan, suite, work.current, work.candidate) as provider,
    ):
        return await run_comparison(
            suite, work, provider, outside.samples, outside.pace, meter.take, judge_provider=judge
        )


async def _unless_aborted(outside: Outside, comparison: Comparison, work: "asyncio.Future[Report]") -> Report | None:
    """The report, or None when somebody stopped the comparison meanwhile."""
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=WATCHED_EVERY_S)
            stored = await outside.store.comparison(comparison.id)
            if not work.done() and stored is not None and stored.status != "running":
                return None
        return await work
    finally:
        if not work.done():
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, CouldNotRun):
                await work


class _Meter:
    """The latest progress of a run, and what its own calls have cost: without the samples that were there before."""

    def __init__(self, spent_before: float) -> None:
        self.latest: Progress | None = None
        self._before = spent_before
        self._kept: float | None = None

    @property
    def spent(self) -> float:
        """US dollars, those of an earlier life of the process included; unknown costs count as nothing."""
        latest = self.latest.cost_usd if self.latest is not None else None
        return self._before + (latest or 0.0) - (self._kept or 0.0)

    def take(self, progress: RunProgress) -> None:
        """Take what `run_comparison` reports: first of all, before any call, what it found."""
        if self._kept is None:
            self._kept = progress.cost_usd
        self.latest = Progress(
            done=progress.done,
            total=progress.total,
            cost_usd=progress.cost_usd,
            seconds_left=progress.seconds_left,
        )


@contextlib.asynccontextmanager
async def _shown(outside: Outside, comparison: Comparison, meter: _Meter) -> AsyncIterator[None]:
    """Keep what is spent, and edit the comparison's message with its progress, until the block is left."""
    task = asyncio.ensure_future(_keep_showing(outside, comparison, meter))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _keep_showing(outside: Outside, comparison: Comparison, meter: _Meter) -> None:
    told: Progress | None = None
    while True:
        await outside.clock.sleep(SHOWN_EVERY_S)
        if meter.latest is None or meter.latest == told:
            continue
        told = meter.latest
        spending = comparison.model_copy(update={"spent_usd": meter.spent})
        try:
            await outside.store.commit(Commit(at=outside.clock.now(), comparison=spending))
        except StaleError:
            return
        standing = await outside.store.message(comparison.id, CARD)
        if standing is None:
            continue
        note = ComparisonNote(comparison=comparison, progress=told, maybe_repeat=standing.maybe_repeat)
        # Progress that could not be shown is not owed to anybody: the next edit carries more.
        with contextlib.suppress(OutsideError):
            await outside.messenger.edit(standing, note)
