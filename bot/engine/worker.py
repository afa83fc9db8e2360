"""Working off one claimed effect: perform it, record what it led to, or decide whether it is tried again."""

import asyncio
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.engine.chores import TASK, RestoreTrial, RunComparison, Task
from bot.engine.happen import UnknownRotationError, happen
from bot.engine.models.plain import Facts
from bot.engine.outside import Outside, Rules
from bot.engine.paging import raised
from bot.engine.perform.comparing import could_not_run
from bot.engine.perform.table import MESSAGES, MUST_REACH, PATIENCE, Done, given_up, perform
from bot.engine.perform.trial import not_restored
from bot.engine.records import Claimed, Commit, LeaseLostError, Outcome, StaleError, Wanted
from bot.engine.targets import time_to_read
from bot.ports import OutsideError
from bot.rotation.effects import ApplyTarget, Preflight, ReadTargets, RestoreTarget, Verify
from bot.rotation.model.targets import target_plan

log = structlog.get_logger()

FIRST_WAIT = timedelta(seconds=0.5)
LONGEST_WAIT = timedelta(seconds=30)
LIMITS = {"run_comparison": timedelta(hours=6), "verify": timedelta(minutes=10)}
LIMIT = timedelta(minutes=3)
"""Of every other effect."""
UNKNOWN = frozenset({"answer_lost", "timeout", "unrecorded"})
"""Failures that leave open whether what was asked for was done all the same."""
WAITED_OUT = frozenset({"run_busy"})
"""Failures that end by themselves, however often they come."""
COPIES = 3
LONG_WAIT = timedelta(minutes=10)
"""Once so many copies may stand in Slack, the next one waits this long; so does one that Slack refuses."""
CRASHES = 5
"""A message that could not be made after so many attempts will not be made by one more."""


async def work_off(outside: Outside, rules: Rules, claimed: Claimed) -> None:
    """Perform a claimed effect and record its outcome. Raises nothing but what keeps it from being recorded."""
    task = TASK.validate_python(claimed.body)
    done: Done | None = None
    try:
        limit = await limit_of(outside, claimed, task)
        done = await asyncio.wait_for(perform(outside, rules, task, claimed), limit.total_seconds())
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
        code = "crashed" if done is None else "unrecorded"
        await _failed(outside, claimed, task, OutsideError(what, whose="rotate", again=True, code=code))


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


async def limit_of(outside: Outside, claimed: Claimed, task: Task) -> timedelta:
    """How long performing an effect may take; what changes or reads targets has their own time on top."""
    if isinstance(task, RestoreTrial):
        return LIMIT + task.target.patience
    if not isinstance(task, ApplyTarget | RestoreTarget | Preflight | ReadTargets | Verify):
        return LIMITS.get(claimed.kind, LIMIT)
    rotation = await outside.store.rotation(claimed.subject)
    if rotation is None:
        return LIMIT
    if isinstance(task, Preflight | ReadTargets | Verify):
        return LIMITS.get(claimed.kind, LIMIT) + time_to_read(rotation.plan)
    _, plan = target_plan(rotation.plan, task.target)
    return LIMIT + plan.patience


async def _failed(outside: Outside, claimed: Claimed, task: Task, error: OutsideError) -> None:
    log.warning("effect_failed", effect=claimed.key, attempt=claimed.attempts, what=error.what, whose=error.whose)
    try:
        if error.again and not _out_of_patience(claimed, error):
            lost = error.code in UNKNOWN
            wait = LONG_WAIT if lost and claimed.lost >= COPIES else waiting_time(claimed.attempts)
            await outside.store.postpone(claimed, outside.clock.now() + wait, error.what, lost=lost)
            return
        await _give_up(outside, claimed, task, error)
    except LeaseLostError:
        log.warning("lease_lost", effect=claimed.key)


def _out_of_patience(claimed: Claimed, error: OutsideError) -> bool:
    if claimed.kind in MESSAGES:
        return error.code == "crashed" and claimed.attempts >= CRASHES
    patience = PATIENCE.get(claimed.kind)
    return patience is not None and claimed.attempts >= patience and error.code not in WAITED_OUT


async def _give_up(outside: Outside, claimed: Claimed, task: Task, error: OutsideError) -> None:
    outcome = Outcome(claimed.id, claimed.epoch, "failed", error.what)
    if isinstance(task, RunComparison):
        commit = await could_not_run(outside, task, error, outcome)
    elif isinstance(task, RestoreTrial):
        now = outside.clock.now()
        commit = not_restored(task, claimed, error, now + LONG_WAIT, now)
    else:
        rotation = await outside.store.rotation(claimed.subject)
        event = await given_up(outside, rotation, task, error) if rotation is not None else None
        if event is not None:
            await happen(outside.store, claimed.subject, event, effect_done=outcome)
            return
        wanted = _untold(claimed, error, outside.clock.now()) if claimed.kind in MESSAGES else ()
        commit = Commit(at=outside.clock.now(), effect_done=outcome, wanted=wanted)
    await outside.store.commit(commit)


def _untold(claimed: Claimed, error: OutsideError, now: datetime) -> tuple[Wanted, ...]:
    """What follows from a message that cannot be told: what must reach somebody is tried again, beside the others.

    SRE hears of it, but not of a page's own trouble: that one has a second channel.
    """
    again = Wanted(
        subject=claimed.subject,
        lane="again",
        key=f"{claimed.key.partition('#')[0]}#{int(claimed.key.partition('#')[2] or 0) + 1}",
        kind=claimed.kind,
        body=claimed.body,
        due=now + LONG_WAIT,
    )
    owed = (again,) if claimed.kind in MUST_REACH else ()
    if claimed.lane == "page" or claimed.kind == "post_page":
        return owed
    facts: Facts = {"message": claimed.kind, "detail": error.what, "whose": error.whose}
    return (*owed, raised(claimed.subject, "message_refused", None, facts))


def waiting_time(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from half a second, at most half a minute."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doublings)
