"""Suites as the engine uses them: read beside the event loop, kept until their file changes, and run in small."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache
from pathlib import Path

from bot.difftest.external import engine_run, unfit_for
from bot.difftest.model.chat import ErrorKind
from bot.difftest.ports import ChatProvider
from bot.difftest.smoke import SmokeResult, smoke
from bot.difftest.stopping import CouldNotRun
from bot.difftest.suite.load import load_suite
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Suite
from bot.engine.outside import Outside
from bot.ports import OutsideError
from bot.runbook.models.plan import Plan


async def suite_of(plan: Plan) -> Suite:
    """The slot's suite as its file is now. Raises MalformedFile, OSError."""
    # A large suite takes seconds to check, and an ack or a look must not wait for it.
    return await asyncio.to_thread(_suite, Path(plan.suite))


@asynccontextmanager
async def judge_of(outside: Outside, suite: Suite) -> AsyncIterator[ChatProvider]:
    """Where the suite's judge is asked: the runbook's provider, or an endpoint of its own.

    Raises CouldNotRun where the judge's key is not there.
    """
    judge = suite.judge
    if judge is None or not judge.apart or outside.endpoint is None:
        yield outside.provider
        return
    async with outside.endpoint(judge.base_url, judge.api_key_env) as provider:
        yield provider


@asynccontextmanager
async def answering(
    outside: Outside, plan: Plan, suite: Suite, current: str, candidate: str
) -> AsyncIterator[ChatProvider]:
    """Who answers a comparison's cases: the runbook's provider, or the slot's own engine. Raises CouldNotRun."""
    if plan.engine is None:
        yield outside.provider
        return
    unfit = unfit_for(plan.engine, suite)
    if unfit or outside.own_engine is None:
        what = "; ".join(unfit) or "this installation cannot run an engine of its own"
        raise CouldNotRun(what, whose="request", kind=ErrorKind.UNSUPPORTED)
    async with outside.own_engine(plan.engine, engine_run(suite, current, candidate)) as provider:
        yield provider


async def smoke_run(outside: Outside, plan: Plan, model: str, limit: int) -> tuple[SmokeResult, float]:
    """How a model does on the slot's first cases, and the share of them that may fail. Raises OutsideError."""
    try:
        suite = await suite_of(plan)
    except (MalformedFile, OSError) as error:
        why = error.shareable()[0] if isinstance(error, MalformedFile) else str(error)
        what = f"the suite {plan.suite} cannot be used: {why}"
        raise OutsideError(what, whose="ml", again=False, code="suite_broken") from None
    try:
        async with AsyncExitStack() as stack:
            try:
                judge = await stack.enter_async_context(judge_of(outside, suite))
            except CouldNotRun:
                judge = None  # its cases are left out, and that is said
            run = await smoke(suite, model, outside.provider, outside.pace, limit=limit, judge=judge)
    except CouldNotRun as stop:
        raise OutsideError(str(stop), whose=stop.whose, again=False, code="could_not_run") from None
    return run, 1 - suite.pass_rate + plan.comparison.margins.quality


def _suite(path: Path) -> Suite:
    seen = path.stat()
    return _loaded(path, seen.st_mtime_ns, seen.st_size, seen.st_ino)


@lru_cache(maxsize=4)
def _loaded(path: Path, modified: int, size: int, inode: int) -> Suite:
    del modified, size, inode  # they are the key: another file in its place is read anew
    return load_suite(path)
