"""The runbook's verification list, looked at: four items, each with its figures."""

from collections.abc import Sequence

from bot.difftest.smoke import SmokeResult, prove_model
from bot.engine.health import active_health
from bot.engine.outside import Outside
from bot.engine.perform.watching import LOOK, part, served_to
from bot.engine.quiet import left_out, smoke_check
from bot.engine.suites import smoke_run
from bot.engine.targets import read_all
from bot.monitor.counted import Count
from bot.monitor.model import HealthReport
from bot.monitor.table import SeriesTable
from bot.rotation.effects import Verify
from bot.rotation.events import Reading, Verified
from bot.rotation.evidence import FORECASTS, CheckResult, Dimension, Verdict, VerificationItem
from bot.rotation.model.rotation import Rotation
from bot.wording.figures import brief_figures
from bot.wording.units import count, percent

ACCEPTANCE_CASES = 30
STATES = {Verdict.PASS: "met", Verdict.FAIL: "not_met", Verdict.INCONCLUSIVE: "cannot_tell"}


async def verify(outside: Outside, rotation: Rotation, effect: Verify) -> Verified:
    """Ask the live model the acceptance prompts, read what the last bake saw, and the platform's health."""
    del effect
    plan = rotation.plan
    run, allowed = await smoke_run(outside, plan, rotation.models.candidate.id, ACCEPTANCE_CASES)
    health = await active_health(outside, rotation.models.candidate.id)
    tables = await _seen(outside, rotation)
    items = (
        places(rotation, await read_all(outside, rotation.plan)),
        acceptance(run, allowed),
        tool_calls(rotation, tables),
        budget(rotation),
        provider_health(health),
    )
    incident = run.lost == run.asked > 0 and not (await prove_model(outside.provider, rotation.models.current.id)).alive
    return Verified(at=outside.clock.now(), items=items, incident=incident)


async def _seen(outside: Outside, rotation: Rotation) -> list[SeriesTable]:
    bake = rotation.bake
    if bake is None:
        return []
    stage = rotation.plan.stages[bake.stage]
    windows = await outside.store.observations(rotation.id, part(stage, bake.attempt, LOOK))
    candidate = rotation.models.candidate.id
    return [served_to(window, stage.metric_stage, candidate) for window in windows]


def places(rotation: Rotation, readings: Sequence[Reading]) -> VerificationItem:
    """Every place holds the new model: what somebody else wrote there meanwhile is shown, not overwritten."""
    wanted = rotation.models.candidate.id
    other = [reading for reading in readings if reading.problem or reading.value != wanted]
    shown = "; ".join(f"{reading.target}: {reading.problem or reading.value or 'not set'}" for reading in other)
    return VerificationItem(
        name="every place holds the new model",
        state="cannot_tell" if other else "met",
        figures=shown or f"{count(len(readings), 'place')} read back",
        dimension=Dimension.ATTRIBUTION,
    )


def acceptance(run: SmokeResult, allowed: float) -> VerificationItem:
    """No material regression in acceptance prompts."""
    check = smoke_check(run, allowed)
    figures = f"{run.passed} of {run.asked} answered as expected, at most {percent(allowed)} may fail{left_out(run)}"
    return VerificationItem(
        name="acceptance prompts", state=STATES[check.verdict], figures=figures, dimension=Dimension.QUALITY
    )


def tool_calls(rotation: Rotation, tables: Sequence[SeriesTable]) -> VerificationItem:
    """Tool-call validity and retry rate remain acceptable."""
    metrics, checks = rotation.plan.metrics, rotation.plan.checks
    name = "tool-call validity and retries"
    if metrics is None or not (metrics.tool_calls and metrics.invalid_tool_calls):
        figures = "add `tool_calls`, `invalid_tool_calls` and `retries` under `metrics` in the runbook"
        return VerificationItem(name=name, state="not_measured", figures=figures, dimension=Dimension.TOOLS)
    calls = sum(table.sum_of(Count.TOOL_CALLS) for table in tables)
    invalid = sum(table.sum_of(Count.INVALID_TOOL_CALLS) for table in tables)
    requests = sum(table.sum_of(Count.REQUESTS) for table in tables)
    if not calls or not requests:
        return VerificationItem(name=name, state="cannot_tell", figures="no tool calls seen", dimension=Dimension.TOOLS)
    valid = 1 - invalid / calls
    retried = sum(table.sum_of(Count.RETRIES) for table in tables) / requests
    met = valid >= checks.tool_validity_min and retried <= checks.retry_rate_max
    figures = (
        f"{percent(valid)} of {count(calls, 'tool call')} valid (at least {percent(checks.tool_validity_min)}), "
        f"{percent(retried)} of requests retried (at most {percent(checks.retry_rate_max)})"
    )
    return VerificationItem(name=name, state="met" if met else "not_met", figures=figures, dimension=Dimension.TOOLS)


def budget(rotation: Rotation) -> VerificationItem:
    """Per-run cost and latency within budget: as the last bake's checks judged them.

    What is only reported decides nothing here either, nor does a signal somebody has gone on with.
    """
    bake = rotation.bake
    looks = [look for look in bake.looks if look.counted] if bake is not None else []
    accepted_checks = bake.accepted if bake is not None else ()
    checks: list[CheckResult] = [
        check
        for check in (looks[-1].checks if looks else ())
        if check.dimension in {Dimension.COST, Dimension.LATENCY} and check.name not in FORECASTS
    ]
    name = "per-run cost and latency"
    if not checks:
        figures = "add `cost` and `latency` under `metrics` in the runbook"
        return VerificationItem(name=name, state="not_measured", figures=figures, dimension=Dimension.COST)
    figures = "; ".join(brief_figures(check) for check in checks)
    deciding = [c for c in checks if c.role != "report" and c.name not in accepted_checks]
    worst = next((c for c in deciding if c.verdict is Verdict.FAIL), None)
    unclear = next((c for c in checks if c.verdict is Verdict.INCONCLUSIVE and c.role == "guardrail"), None)
    if worst is not None:
        return VerificationItem(name=name, state="not_met", figures=figures, dimension=worst.dimension)
    accepted = rotation.sealed[-1].accepted_by if rotation.sealed else None
    if unclear is not None and not accepted:
        return VerificationItem(name=name, state="cannot_tell", figures=figures, dimension=unclear.dimension)
    return VerificationItem(name=name, state="met", figures=figures, dimension=Dimension.COST)


def provider_health(health: HealthReport | None) -> VerificationItem:
    """Health checks for the active provider remain healthy."""
    name = "provider health"
    if health is None:
        figures = "add `health: URL` to the runbook"
        return VerificationItem(name=name, state="not_measured", figures=figures, dimension=Dimension.HEALTH)
    state = "met" if health.healthy else "cannot_tell"
    return VerificationItem(name=name, state=state, figures=health.detail or state, dimension=Dimension.HEALTH)
