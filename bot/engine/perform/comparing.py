"""Running a comparison: difftest does it, its message shows how far it is, its end is written at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.difftest.located import MalformedFile
from bot.difftest.model.report import Report
from bot.difftest.ports import RunBusy
from bot.difftest.run import Progress as RunProgress
from bot.difftest.run import run_comparison
from bot.difftest.stopping import CouldNotRun
from bot.engine.chores import RunComparison
from bot.engine.diffing import comparison_plan, finished, stopped
from bot.engine.models import Comparison, ComparisonNote, Progress
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat import CARD
from bot.engine.records import Claimed, Commit, Outcome
from bot.engine.suites import suite_of
from bot.ports import OutsideError
from bot.runbook.models.plan import plan_for

SHOWN_EVERY_S = 1.5
"""Slack takes about one edit a second and message (docs.slack.dev, rate limits: chat.update tier 3)."""
WATCHED_EVERY_S = 0.5


async def run(outside: Outside, rules: Rules, task: RunComparison, claimed: Claimed) -> Commit:
    """Run to the end, or until it is aborted or cannot go on. What was answered is kept whatever happens."""
    done = Outcome(claimed.id, claimed.epoch, "done")
    comparison = await outside.store.comparison(task.comparison)
    now = outside.clock.now()
    if comparison is None or comparison.status != "running":
        return Commit(at=now, effect_done=done)
    plan = plan_for(rules.runbook, comparison.slot)
    try:
        suite = await suite_of(plan)
        work = comparison_plan(plan, comparison, rules.runbook.provider.url)
        async with _shown(outside, comparison) as progress:
            report = await _unless_aborted(
                outside,
                comparison,
                asyncio.ensure_future(
                    run_comparison(suite, work, outside.provider, outside.samples, outside.pace, progress.take),
                ),
            )
    except (CouldNotRun, RunBusy, MalformedFile, OSError) as error:
        whose = error.whose if isinstance(error, CouldNotRun) else ""
        return stopped(comparison, "errored", str(error), whose, done, outside.clock.now())
    if report is None:
        return Commit(at=outside.clock.now(), effect_done=done)
    return finished(comparison, report, done, outside.clock.now())


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


class _Shown:
    """The latest progress; `run_comparison` reports it, the message is edited with it now and then."""

    def __init__(self) -> None:
        self.latest: Progress | None = None

    def take(self, progress: RunProgress) -> None:
        self.latest = Progress(
            done=progress.done,
            total=progress.total,
            cost_usd=progress.cost_usd,
            seconds_left=progress.seconds_left,
        )


@contextlib.asynccontextmanager
async def _shown(outside: Outside, comparison: Comparison) -> AsyncIterator[_Shown]:
    """Edit the comparison's message with its progress until the block is left."""
    shown = _Shown()
    task = asyncio.ensure_future(_keep_showing(outside, comparison, shown))
    try:
        yield shown
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _keep_showing(outside: Outside, comparison: Comparison, shown: _Shown) -> None:
    told: Progress | None = None
    while True:
        await outside.clock.sleep(SHOWN_EVERY_S)
        standing = await outside.store.message(comparison.id, CARD)
        if standing is None or shown.latest is None or shown.latest == told:
            continue
        told = shown.latest
        # Progress that could not be shown is not owed to anybody: the next edit carries more.
        with contextlib.suppress(OutsideError):
            await outside.messenger.edit(standing, ComparisonNote(comparison=comparison, progress=told))
