"""Beginning a rotation from a finished comparison, or putting the comparison under the one that runs."""

from datetime import datetime

from bot.difftest.model.report import DimensionVerdict, Report
from bot.engine.answers import answer, frozen_facts, refusal
from bot.engine.diffing import show
from bot.engine.happen import happen, start
from bot.engine.models.commands import Promote
from bot.engine.models.comparisons import Comparison
from bot.engine.outside import Outside, Rules
from bot.engine.people import actor_for
from bot.engine.records import Commit, StaleError, Wanted
from bot.engine.slots import holder, nearest
from bot.engine.targets import agreed, read_all, refusals, spelled
from bot.rotation.events import RenewComparison
from bot.rotation.evidence import ComparedMonth, ComparisonEvidence, Dimension
from bot.rotation.freezes import holding
from bot.rotation.machine import Refused, begin
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import Models
from bot.rotation.model.targets import target_plans
from bot.rotation.policy import Deny, may_steer
from bot.runbook.models.plan import Plan, plan_for


def evidence_of(comparison: Comparison, report: Report) -> ComparisonEvidence:
    """What a rotation takes over from a comparison."""
    named = {name: getattr(report.dimensions, name) for name in ("quality", "tools", "latency", "cost")}
    return ComparisonEvidence(
        id=comparison.id,
        digest=report.digest(),
        verdict=report.verdict,
        finished_at=report.answers_since or comparison.finished_at or comparison.started_at,
        candidate_alone=report.mode == "candidate_alone",
        dimensions={name: part.verdict.value for name, part in named.items()},
        failed=tuple(Dimension(name) for name, part in named.items() if part.verdict is DimensionVerdict.FAIL),
        summary=report.reason,
        month=_month_of(comparison, report),
        differences={name: part.difference for name, part in named.items() if part.difference is not None},
    )


def _month_of(comparison: Comparison, report: Report) -> ComparedMonth | None:
    """A month with the new model, where both what one costs now and the ratio are known."""
    month, cost = comparison.month, report.dimensions.cost
    if month is None or cost.difference is None or cost.interval is None:
        return None
    low, high = cost.interval
    return ComparedMonth(
        usd=month.usd * cost.difference,
        low=month.usd * low,
        high=month.usd * high,
        current=month.usd,
        days=month.days,
    )


async def begin_rotation(
    outside: Outside,
    rules: Rules,
    command: Promote,
    comparison: Comparison,
    now: datetime,
) -> None:
    """Begin a rotation, queue it behind the one that holds the slot, or renew the evidence of its own."""
    if comparison.status != "finished" or comparison.report is None:
        await _say(outside, command, now, answer(command, "comparison_not_finished", comparison=comparison.id))
        return
    known = list(rules.runbook.slots)
    if comparison.slot not in known:
        told = answer(
            command, "unknown_slot", slot=comparison.slot, known=known, nearest=nearest(comparison.slot, known)
        )
        await _say(outside, command, now, told)
        return
    plan = plan_for(rules.runbook, comparison.slot, dry_run=rules.dry_run)
    actor = await actor_for(outside, rules, command.actor, plan.channel)
    evidence = evidence_of(comparison, comparison.report)
    running = await outside.store.rotations(running=True)
    held = holder(plan, running)
    own = next((r for r in running if r.slot == plan.slot and r.models.candidate == comparison.candidate), None)
    gate = may_steer(plan.authority, actor)
    if isinstance(gate, Deny):
        await _say(outside, command, now, refusal(command, gate))
        return
    if own is not None:
        event = RenewComparison(
            at=now,
            actor=actor,
            comparison=evidence,
            slot=comparison.slot,
            models=_models(comparison, comparison.report),
        )
        await _renew(outside, command, comparison, own, event)
        return
    spent = None if held is not None else await _spent(outside, command, plan, comparison)
    if spent is not None:
        await _say(outside, command, now, spent)
        return
    rotation_id = await outside.store.new_id("R")
    outcome = begin(
        rotation_id,
        plan,
        _models(comparison, comparison.report),
        evidence,
        actor,
        trigger=comparison.trigger,
        reason=comparison.reason,
        at=now,
        blocked_by=held.id if held else "",
    )
    if isinstance(outcome, Refused):
        await _say(outside, command, now, refusal(command, outcome.deny, {"comparison": comparison.id}))
        return
    frozen = frozen_facts(holding(outcome.rotation, now, await outside.store.freezes(now)))
    told = (
        answer(command, "queued", rotation=rotation_id, slot=plan.slot, **_held_by(held), **frozen)
        if held
        else answer(command, "rotation_begun", rotation=rotation_id, **frozen)
    )
    try:
        used = show(comparison, f"used:{rotation_id}")
        await start(outside.store, outcome, inbox_done=command.id, wanted=(told, used))
    except StaleError:
        await begin_rotation(outside, rules, command, comparison, now)


def _held_by(holder: Rotation) -> dict[str, str]:
    """Who holds the slot, since when, and where that is."""
    stage = holder.stage_plan.name
    who = {"behind": holder.id, "by": holder.requester.name, "since": holder.begun_at.isoformat()}
    return {**who, "phase": holder.phase.value, "stage": stage}


async def _spent(outside: Outside, command: Promote, plan: Plan, comparison: Comparison) -> Wanted | None:
    """The private answer where the places do not hold what was compared: which holds what. None where they do.

    A place that cannot be read says nothing of what it holds, but nothing is begun on it either.
    """
    readings = await read_all(outside, plan)
    held = agreed(plan, readings)
    if held == comparison.current.id:
        return await _not_taken(outside, command, plan, comparison)
    places = list(spelled(plan, readings))
    if held is None:
        return answer(command, "targets_disagree", targets=places)
    about = {"comparison": comparison.id, "candidate": comparison.candidate.id, "expected": comparison.current.id}
    return answer(command, "comparison_spent", targets=places, **about)


async def _not_taken(outside: Outside, command: Promote, plan: Plan, comparison: Comparison) -> Wanted | None:
    """The private answer where places would not take the new model: which, and why. None where all would."""
    places = {target.id: target.place for _, target in target_plans(plan)}
    found = await refusals(outside, [target for _, target in target_plans(plan)], comparison.candidate.id)
    if not found:
        return None
    told = [f"{places[one.target]}: {one.why}" for one in found]
    return answer(command, "candidate_refused", candidate=comparison.candidate.id, targets=told)


async def _renew(
    outside: Outside, command: Promote, comparison: Comparison, own: Rotation, event: RenewComparison
) -> None:
    """Put a newer comparison under its rotation; the one it rests on already, or an older one, changes nothing."""
    if _number(comparison.id) <= _number(own.comparison.id):
        paused = {"paused_by": own.pause.by, "since": own.pause.at.isoformat()} if own.pause is not None else {}
        about = {"rotation": own.id, "comparison": comparison.id, "phase": own.phase.value, **paused}
        told = (
            answer(command, "comparison_in_use", **about)
            if comparison.id == own.comparison.id
            else answer(command, "comparison_overtaken", newer=own.comparison.id, **about)
        )
        await _say(outside, command, event.at, told)
        return
    outcome = await happen(
        outside.store,
        own.id,
        event,
        inbox_done=command.id,
        then=lambda outcome: (
            refusal(command, outcome.deny, {"rotation": own.id})
            if isinstance(outcome, Refused)
            else answer(command, "accepted", rotation=own.id, event="renew")
        ),
    )
    if not isinstance(outcome, Refused):
        await outside.store.commit(Commit(at=event.at, wanted=(show(comparison, f"used:{own.id}"),)))


def _number(comparison_id: str) -> int:
    return int(comparison_id[1:])


def _models(comparison: Comparison, report: Report) -> Models:
    """The rotation's models; a current one that no longer answers is no way back, also where old answers of it are."""
    return Models(
        current=comparison.current,
        candidate=comparison.candidate,
        rollback=comparison.rollback,
        restore_named=report.mode != "paired",
    )


async def _say(outside: Outside, command: Promote, now: datetime, wanted: Wanted) -> None:
    await outside.store.commit(Commit(at=now, wanted=(wanted,), inbox_done=command.id))
