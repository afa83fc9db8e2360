"""The place that holds the candidate while a comparison runs: set before its first call, and put back after it.

What it held is stored together with the task that puts it back, before anything is written. That task stands in the
comparison's own lane, behind the run: whatever ends the run, also a kill, it comes next.
"""

import json
from datetime import datetime

from bot.engine.changes import as_json
from bot.engine.chores import ResolvePages, RestoreTrial
from bot.engine.models.comparisons import Comparison
from bot.engine.models.plain import Facts
from bot.engine.outside import Outside
from bot.engine.paging import raised
from bot.engine.records import Claimed, Commit, Entry, Outcome, Wanted
from bot.engine.targets import changed, taken_up
from bot.ports import DriftError, OutsideError
from bot.runbook.models.plan import TEST_TARGET, Plan
from bot.runbook.models.targets.kinds import TargetPlan

DRIFTED, STUCK = "test_target_drifted", "test_target_not_restored"
"""The causes SRE is told of."""


async def set_for(outside: Outside, plan: Plan, comparison: Comparison) -> None:
    """Set the slot's test target to the candidate, if it has one; what was set before by the same run is set again.

    Raises OutsideError: `run_busy` while another comparison has it, `target_drifted` where it holds something else
    than this run left there. Raises StaleError when the comparison is over.
    """
    target = plan.test_target
    if target is None:
        return
    model = comparison.candidate.id
    holder, held = await _noted(outside, target)
    if holder and holder != comparison.id:
        what = f"{target.place} is set for {holder}, and has not been put back yet"
        raise OutsideError(what, whose="rotate", again=True, code="run_busy")
    if not holder:
        held = await outside.targets[target.kind].read(target)
        await _note(outside, target, comparison, held)
    try:
        found = await changed(outside, target, expected=held, value=model, stage=TEST_TARGET)
    except DriftError as drift:
        raise OutsideError(str(drift), whose="sre", again=False, code="target_drifted") from None
    if found != model:
        what = f"{target.place} holds {found or 'nothing'} after {model} was written"
        raise OutsideError(what, whose="sre", again=False, code="target_drifted")


async def _noted(outside: Outside, target: TargetPlan) -> tuple[str, str | None]:
    """For which comparison the place is set (empty: for none), and what it held before."""
    noted = await outside.store.fact(_fact(target))
    if not noted:
        return "", None
    found = json.loads(noted)
    return str(found["comparison"]), found["held"]


async def _note(outside: Outside, target: TargetPlan, comparison: Comparison, held: str | None) -> None:
    task = RestoreTrial(comparison=comparison.id, target=target, held=held, value=comparison.candidate.id)
    told: Facts = {"place": target.place, "held": held, "value": task.value}
    await outside.store.commit(
        Commit(
            at=outside.clock.now(),
            comparison=comparison,
            entries=(Entry(comparison.id, "test_target_set", told),),
            facts=((_fact(target), json.dumps({"comparison": comparison.id, "held": held})),),
            wanted=(_restoring(task),),
        )
    )


def _fact(target: TargetPlan) -> str:
    return f"test_target:{target.key}"


def _restoring(task: RestoreTrial, *, due: datetime | None = None, number: int = 0) -> Wanted:
    again = f"#{number}" if number else ""
    return Wanted(
        subject=task.comparison,
        lane="comparison",
        key=f"{task.comparison}:restore_trial:{task.target.key}{again}",
        kind=task.kind,
        body=as_json(task),
        due=due,
    )


async def restore(outside: Outside, task: RestoreTrial, claimed: Claimed) -> Commit:
    """Put back what the place held; what somebody else has written there meanwhile stays, and SRE is told.

    Raises OutsideError.
    """
    target = task.target
    name, wanted = "test_target_restored", _over(task)
    try:
        await outside.targets[target.kind].write(target, expected=task.value, value=task.held)
    except DriftError as drift:
        facts: Facts = {"place": target.place, "found": drift.found or "nothing", "held": task.held or "nothing"}
        name, wanted = DRIFTED, raised(task.comparison, DRIFTED, None, facts)
    else:
        await taken_up(outside, target, value=task.held, stage=TEST_TARGET)
    return Commit(
        at=outside.clock.now(),
        entries=(Entry(task.comparison, name, {"place": target.place, "held": task.held}),),
        facts=((_fact(target), ""),),
        wanted=(wanted,),
        effect_done=Outcome(claimed.id, claimed.epoch, "done"),
    )


def _over(task: RestoreTrial) -> Wanted:
    ended = ResolvePages(causes=(STUCK,))
    key = f"{task.comparison}:resolve:{STUCK}"
    return Wanted(subject=task.comparison, lane="page", key=key, kind=ended.kind, body=as_json(ended))


def not_restored(task: RestoreTrial, claimed: Claimed, error: OutsideError, due: datetime, now: datetime) -> Commit:
    """It could not be put back: SRE is told, and it is tried again at `due`, for as long as it takes."""
    number = int(claimed.key.rpartition("#")[2]) + 1 if "#" in claimed.key else 1
    facts: Facts = {"place": task.target.place, "held": task.held or "nothing", "detail": error.what}
    return Commit(
        at=now,
        effect_done=Outcome(claimed.id, claimed.epoch, "failed", error.what),
        wanted=(_restoring(task, due=due, number=number), raised(task.comparison, STUCK, None, facts)),
    )
