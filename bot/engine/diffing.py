"""Comparisons: begun by a command, run to their end whatever happens, shown while they run, and told to their owner."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from bot.difftest.alike import closest, is_listed
from bot.difftest.external import RETRIES as OWN_RETRIES
from bot.difftest.external import unfit_for
from bot.difftest.model.report import DimensionVerdict, Report
from bot.difftest.plan import RETRIES, ComparisonPlan, ProviderPin
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import DimensionName, Suite
from bot.engine.answers import answer, refusal
from bot.engine.changes import as_json
from bot.engine.chores import AttachReport, Reply, RunComparison, ShowComparison, TellRegressions
from bot.engine.estimating import Takes, estimated
from bot.engine.models.commands import Asked, Diff, Spend, Steer
from bot.engine.models.comparisons import Comparison
from bot.engine.models.notes import ReplyNote
from bot.engine.outside import Outside, Rules
from bot.engine.paging import raised
from bot.engine.people import actor_for
from bot.engine.records import Commit, Entry, Outcome, Wanted
from bot.engine.slots import nearest
from bot.engine.suites import suite_of
from bot.engine.targets import measured_against, read_all, spelled
from bot.rotation.events import Reading
from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.model.state import ModelRef
from bot.rotation.policy import Deny, may_compare, may_stop
from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import Plan, authority_in, plan_for

DAY = timedelta(days=1)


async def ask_or_begin(outside: Outside, rules: Rules, command: Diff, now: datetime) -> None:
    """Check what can be checked before money is spent; then start the run, or ask whether it is worth what it costs."""
    found = await _checked(outside, rules, command, now)
    if isinstance(found, Wanted):
        await _say(outside, command, now, found)
        return
    plan, suite, current = found
    comparison = await _asked(outside, rules, command, plan, current, await outside.store.new_id("D"))
    takes = await _takes(outside, rules, plan, suite, comparison)
    if takes.usd is not None and takes.usd <= plan.comparison.ask_above_usd:
        await _begin(outside, comparison, takes, command, now)
        return
    entry = Entry(comparison.id, "comparison_asked", {"state": as_json(comparison)})
    told = answer(command, "diff_estimate", **_told(comparison, takes))
    commit = Commit(at=now, comparison=comparison, entries=(entry,), wanted=(told,), inbox_done=command.id)
    await outside.store.commit(commit)


async def foreseen(outside: Outside, rules: Rules, command: Diff, now: datetime) -> ReplyNote:
    """What would be answered now: what the comparison takes and can see, or why it cannot begin. Changes nothing.

    Raises OutsideError when people or targets cannot be looked up.
    """
    found = await _checked(outside, rules, command, now)
    if isinstance(found, Wanted):
        return Reply.model_validate(found.body).note
    plan, suite, current = found
    comparison = await _asked(outside, rules, command, plan, current, "")
    facts = _told(comparison, await _takes(outside, rules, plan, suite, comparison))
    return ReplyNote(code="diff_foreseen", facts=facts)


async def _asked(
    outside: Outside, rules: Rules, command: Diff, plan: Plan, current: str, comparison_id: str
) -> Comparison:
    """The comparison somebody asks for, before anybody has agreed to what it costs."""
    provider = rules.runbook.provider
    return Comparison(
        id=comparison_id,
        slot=plan.slot,
        current=ModelRef(provider=provider.name, id=current),
        candidate=ModelRef(provider=provider.name, id=command.candidate),
        rollback=ModelRef(provider=provider.name, id=command.rollback or plan.rollback_model or current),
        trigger=command.trigger,
        reason=command.reason,
        requester=await actor_for(outside, rules, command.actor, plan.channel),
        channel=plan.channel,
        started_at=outside.clock.now(),
        status="asked",
        fresh=command.fresh,
    )


async def _takes(outside: Outside, rules: Rules, plan: Plan, suite: Suite, comparison: Comparison) -> Takes:
    work = comparison_plan(plan, comparison, rules.runbook)
    left = await left_of_day(outside, plan, comparison, outside.clock.now())
    return await estimated(outside, suite, work, left_usd=left, own_engine=plan.engine is not None)


def _told(comparison: Comparison, takes: Takes) -> dict[str, JsonValue]:
    """What is said of a comparison before it runs."""
    about = {"comparison": comparison.id, "slot": comparison.slot, "candidate": comparison.candidate.id}
    return {**about, **asdict(takes)}


async def begin_asked(outside: Outside, rules: Rules, command: Spend, now: datetime) -> None:
    """Yes to what a comparison costs: everything is checked again, then it runs."""
    comparison = await outside.store.comparison(command.comparison)
    if comparison is None or comparison.status != "asked":
        await _say(outside, command, now, answer(command, "diff_begun_already", comparison=command.comparison))
        return
    about = command.model_dump(exclude={"kind", "comparison", "reason"})
    asked = Diff(**about, slot=comparison.slot, candidate=comparison.candidate.id, rollback=comparison.rollback.id)
    found = await _checked(outside, rules, asked, now)
    if isinstance(found, Wanted):
        await _say(outside, command, now, found)
        return
    plan, suite, current = found
    live = comparison.model_copy(update={"current": comparison.current.model_copy(update={"id": current})})
    await _begin(outside, live, await _takes(outside, rules, plan, suite, live), command, now)


async def _begin(outside: Outside, comparison: Comparison, takes: Takes, asked: Diff | Spend, now: datetime) -> None:
    begun = comparison.model_copy(update={"status": "running", "started_at": now})
    await outside.store.commit(
        Commit(
            at=now,
            comparison=begun,
            entries=(Entry(begun.id, "comparison_begun", {"state": as_json(begun)}),),
            wanted=(show(begun, "begun"), _run(begun), answer(asked, "diff_started", **_told(begun, takes))),
            inbox_done=asked.id,
        ),
    )


async def _checked(outside: Outside, rules: Rules, command: Diff, now: datetime) -> tuple[Plan, Suite, str] | Wanted:
    """The slot's plan, its suite and the model that is live; or why the comparison cannot begin."""
    known = list(rules.runbook.slots)
    if command.slot not in known:
        return answer(command, "unknown_slot", slot=command.slot, known=known, nearest=nearest(command.slot, known))
    plan = plan_for(rules.runbook, command.slot)
    gate = may_compare(plan.authority, await actor_for(outside, rules, command.actor, plan.channel))
    if isinstance(gate, Deny):
        return refusal(command, gate, {"channel": plan.channel})
    try:
        suite = await suite_of(plan)
    except MalformedFile as error:
        return answer(command, "suite_broken", problems=error.shareable()[:8])
    except OSError as error:
        return answer(command, "suite_broken", problems=[f"{plan.suite}: {error.strerror}"])
    if plan.engine is not None and (unfit := unfit_for(plan.engine, suite)):
        return answer(command, "suite_broken", problems=[f"{plan.suite}: {one}" for one in unfit])
    readings = await read_all(outside, plan)
    current = await _current(outside, plan, readings)
    if current is None:
        return answer(command, "targets_disagree", targets=list(spelled(plan, readings)))
    if current == command.candidate:
        return answer(command, "comparison_candidate_is_current", candidate=current)
    listed = plan.engine is None  # an engine of one's own may know models the provider does not list
    unknown = await _unknown_model(outside, command, current) if listed else None
    refused = unknown or await _running_or_spent(outside, plan, command, now)
    return refused or (plan, suite, current)


async def _running_or_spent(outside: Outside, plan: Plan, command: Diff, now: datetime) -> Wanted | None:
    for running in await outside.store.comparisons(slot=command.slot, running=True):
        if running.candidate.id == command.candidate:
            return answer(command, "diff_running", comparison=running.id)
        if plan.test_target is not None:
            return answer(command, "test_target_in_use", comparison=running.id, place=plan.test_target.place)
    spent = await outside.store.spent_since(command.slot, now - DAY)
    if spent >= plan.comparison.max_usd_per_day:
        return answer(command, "diff_over_budget", spent=round(spent, 2), limit=plan.comparison.max_usd_per_day)
    return None


async def left_of_day(outside: Outside, plan: Plan, comparison: Comparison, now: datetime) -> float:
    """US dollars a comparison may still spend today: what others of its slot spent, or may yet spend, is not there."""
    left = plan.comparison.max_usd_per_day - await outside.store.spent_since(plan.slot, now - DAY)
    for other in await outside.store.comparisons(slot=plan.slot, running=True):
        if other.id != comparison.id:
            left -= max(0.0, plan.comparison.max_usd - (other.spent_usd or 0.0))
    return max(0.0, left)


async def _current(outside: Outside, plan: Plan, readings: tuple[Reading, ...]) -> str | None:
    return measured_against(plan, readings, await outside.store.rotations(slot=plan.slot, running=True))


async def _unknown_model(outside: Outside, command: Diff, current: str) -> Wanted | None:
    """The answer about a model the provider does not list; None where all are known or it lists nothing.

    What is live may be named as the way back whatever is listed: it is what every place holds.
    """
    listed = await outside.catalog.models() if outside.catalog is not None else ()
    for model in filter(None, (command.candidate, command.rollback)):
        if listed and model != current and not is_listed(model, listed):
            return answer(command, "unknown_model", model=model, nearest=closest(model, listed), known=len(listed))
    return None


async def _say(outside: Outside, asked: Asked, now: datetime, wanted: Wanted) -> None:
    await outside.store.commit(Commit(at=now, wanted=(wanted,), inbox_done=asked.id))


def _run(comparison: Comparison) -> Wanted:
    return Wanted(
        subject=comparison.id,
        lane="comparison",
        key=f"{comparison.id}:run",
        kind="run_comparison",
        body=as_json(RunComparison(comparison=comparison.id)),
    )


def show(comparison: Comparison, why: str) -> Wanted:
    """Bring the comparison's message up to date."""
    return Wanted(
        subject=comparison.id,
        lane="chat",
        key=f"{comparison.id}:show:{why}",
        kind="show_comparison",
        body=as_json(ShowComparison(comparison=comparison.id)),
    )


def comparison_plan(plan: Plan, comparison: Comparison, runbook: Runbook) -> ComparisonPlan:
    """What difftest needs to know of a comparison: margins the runbook writes go over the suite's own."""
    margins = plan.comparison.margins
    written: dict[DimensionName, float] = {
        "quality": margins.quality,
        "tools": margins.tools,
        "latency": margins.latency,
        "cost": margins.cost,
    }
    return ComparisonPlan(
        current=comparison.current.id,
        candidate=comparison.candidate.id,
        base_url=runbook.provider.url if plan.engine is None else plan.engine.address,
        raw=plan.engine is not None and plan.engine.raw,
        retries=RETRIES if plan.engine is None else OWN_RETRIES,
        seed=plan.comparison.seed,
        concurrency=plan.comparison.concurrency,
        margins={name: value for name, value in written.items() if name in margins.model_fields_set},
        max_cost_usd=plan.comparison.max_usd,
        fresh=comparison.fresh,
        at=comparison.started_at,
        oldest=comparison.started_at - plan.comparison.max_age,
        pin=ProviderPin(only, runbook.provider.quantizations) if (only := _pinned(plan, runbook)) else None,
    )


def _pinned(plan: Plan, runbook: Runbook) -> tuple[str, ...]:
    """Which providers alone may answer: an engine of one's own asks whom it likes."""
    return () if plan.engine is not None else runbook.pinned(plan.slot)


def finished(comparison: Comparison, report: Report, spent: float | None, done: Outcome, now: datetime) -> Commit:
    """What the end of a run changes: the comparison, its message, and a page to the owner of what failed."""
    over: dict[str, object] = {"status": "finished", "finished_at": now, "report": report, "spent_usd": spent}
    ended = comparison.model_copy(update=over)
    entry = Entry(comparison.id, "comparison_finished", {"verdict": report.verdict.value, "digest": report.digest()})
    commit = Commit(
        at=now,
        comparison=ended,
        entries=(entry,),
        wanted=(show(ended, "finished"), *_thread(ended, report)),
        effect_done=done,
    )
    if report.verdict is not Verdict.FAIL:
        return commit
    pages = [
        raised(comparison.id, "comparison_failed", dimension, {"reason": report.reason})
        for dimension in _failed(report)
    ]
    return replace(commit, wanted=(*commit.wanted, *pages))


def _thread(comparison: Comparison, report: Report) -> tuple[Wanted, ...]:
    """What goes into the thread of the verdict: the cases worth a look, and the files."""
    files = AttachReport(comparison=comparison.id)
    told = TellRegressions(comparison=comparison.id)
    wanted = [_said(comparison, "report", files)]
    return tuple(
        [_said(comparison, "regressions", told), *wanted]
        if report.worst_regressions or report.best_gains or report.outputs
        else wanted
    )


def _said(comparison: Comparison, name: str, task: AttachReport | TellRegressions) -> Wanted:
    key = f"{comparison.id}:{name}"
    return Wanted(subject=comparison.id, lane="chat", key=key, kind=task.kind, body=as_json(task))


def _failed(report: Report) -> list[Dimension]:
    names = ("quality", "tools", "latency", "cost")
    return [Dimension(n) for n in names if getattr(report.dimensions, n).verdict is DimensionVerdict.FAIL]


def errored(comparison: Comparison, problem: str, whose: str, done: Outcome, now: datetime) -> Commit:
    """What it changes that a run cannot go on: it is over, its message says why, and SRE is told."""
    commit = _over(comparison, "errored", problem, whose, now)
    page = raised(comparison.id, "comparison_errored", None, {"detail": problem, "whose": whose})
    return replace(commit, wanted=(*commit.wanted, page), effect_done=done)


def _over(comparison: Comparison, status: str, problem: str, whose: str, now: datetime) -> Commit:
    ended = comparison.model_copy(
        update={"status": status, "finished_at": now, "problem": problem, "whose": whose},
    )
    entry = Entry(comparison.id, f"comparison_{status}", {"problem": problem})
    return Commit(at=now, comparison=ended, entries=(entry,), wanted=(show(ended, status),))


async def abort_comparison(outside: Outside, rules: Rules, command: Steer, now: datetime) -> None:
    """`abort D17`: stop a running comparison; what was answered is kept."""
    comparison = await outside.store.comparison(command.subject.upper())
    if comparison is None:
        known = [c.id for c in await outside.store.comparisons(newest=20)]
        subject = command.subject
        told = answer(command, "unknown_subject", subject=subject, nearest=nearest(subject, known), known=known[:8])
        await _say(outside, command, now, told)
        return
    if command.verb != "abort" or comparison.status not in {"asked", "running"}:
        await _say(outside, command, now, answer(command, "nothing_to_abort", comparison=comparison.id))
        return
    actor = await actor_for(outside, rules, command.actor, comparison.channel)
    gate = may_stop(authority_in(rules.runbook, comparison.slot), actor)
    if isinstance(gate, Deny):
        await _say(outside, command, now, refusal(command, gate))
        return
    commit = _over(comparison, "aborted", f"stopped by {actor.name}", "", now)
    if comparison.status == "asked":  # nobody but who asked has seen it
        commit = replace(commit, wanted=())
    told = answer(command, "aborted_comparison", comparison=comparison.id)
    await outside.store.commit(replace(commit, inbox_done=command.id, wanted=(*commit.wanted, told)))
