"""Working off one claimed effect: perform it, record what it led to, or decide whether it is tried again."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.engine.chores import TASK, RunComparison, Task
from bot.engine.happen import UnknownRotationError, happen
from bot.engine.outside import Outside, Rules
from bot.engine.perform.comparing import could_not_run
from bot.engine.perform.table import PATIENCE, Done, given_up, perform
from bot.engine.records import Claimed, Commit, LeaseLostError, Outcome, StaleError
from bot.ports import OutsideError

log = structlog.get_logger()

FIRST_WAIT = timedelta(seconds=0.5)
LONGEST_WAIT = timedelta(seconds=30)
LIMITS = {"run_comparison": timedelta(hours=6), "apply_target": timedelta(minutes=10), "verify": timedelta(minutes=10)}
LIMIT = timedelta(minutes=3)
UNKNOWN = frozenset({"answer_lost", "timeout", "crashed"})
"""Failures that leave open whether what was asked for was done all the same."""


async def work_off(outside: Outside, rules: Rules, claimed: Claimed) -> None:
    """Perform a claimed effect and record its outcome. Raises nothing but what keeps it from being recorded."""
    task = TASK.validate_python(claimed.body)
    try:
        limit = LIMITS.get(claimed.kind, LIMIT).total_seconds()
        done = await asyncio.wait_for(perform(outside, rules, task, claimed), limit)
        await _record(outside, claimed, done)
    except LeaseLostError:
        log.warning("lease_lost", effect=claimed.key)
    except StaleError:
        await outside.store.postpone(claimed, outside.clock.now() + FIRST_WAIT, "it changed meanwhile")
    except UnknownRotationError:
        await _close(outside, claimed, "skipped", "its rotation is gone")
    except OutsideError as error:
        await _failed(outside, claimed, task, error)
    except TimeoutError:
        what = f"{claimed.kind} took too long"
        await _failed(outside, claimed, task, OutsideError(what, whose="unknown", again=True, code="timeout"))
    except Exception:
        reference = uuid.uuid4().hex[:8]
        log.exception("effect_crashed", effect=claimed.key, reference=reference)
        what = f"an unexpected error, reference {reference} in the log"
        await _failed(outside, claimed, task, OutsideError(what, whose="rotate", again=True, code="crashed"))


async def _record(outside: Outside, claimed: Claimed, done: Done) -> None:
    outcome = Outcome(claimed.id, claimed.epoch, "skipped" if done.skipped else "done")
    if done.commit is not None:
        commit = done.commit if done.commit.effect_done else replace(done.commit, effect_done=outcome)
        await outside.store.commit(commit)
    elif done.event is not None:
        await happen(outside.store, claimed.subject, done.event, effect_done=outcome, posted=done.posted)
    else:
        await outside.store.commit(Commit(at=outside.clock.now(), effect_done=outcome, posted=done.posted))


async def _close(outside: Outside, claimed: Claimed, state: str, detail: str) -> None:
    outcome = Outcome(claimed.id, claimed.epoch, state, detail)
    await outside.store.commit(Commit(at=outside.clock.now(), effect_done=outcome))


async def _failed(outside: Outside, claimed: Claimed, task: Task, error: OutsideError) -> None:
    log.warning("effect_failed", effect=claimed.key, attempt=claimed.attempts, what=error.what, whose=error.whose)
    patience = PATIENCE.get(claimed.kind)
    out_of_patience = patience is not None and claimed.attempts >= patience
    try:
        if error.again and not out_of_patience:
            due = outside.clock.now() + waiting_time(claimed.attempts)
            await outside.store.postpone(claimed, due, error.what, lost=error.code in UNKNOWN)
            return
        await _give_up(outside, claimed, task, error)
    except LeaseLostError:
        log.warning("lease_lost", effect=claimed.key)


async def _give_up(outside: Outside, claimed: Claimed, task: Task, error: OutsideError) -> None:
    outcome = Outcome(claimed.id, claimed.epoch, "failed", error.what)
    if isinstance(task, RunComparison):
        commit = await could_not_run(outside, task, error, outcome)
    else:
        rotation = await outside.store.rotation(claimed.subject)
        event = await given_up(outside, rotation, task, error) if rotation is not None else None
        if event is not None:
            await happen(outside.store, claimed.subject, event, effect_done=outcome)
            return
        commit = Commit(at=outside.clock.now(), effect_done=outcome)
    await outside.store.commit(commit)


def waiting_time(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from half a second, at most half a minute."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doublings)
