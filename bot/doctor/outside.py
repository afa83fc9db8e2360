"""The rest of an installation: targets, metrics, traffic, health, models. Through ports, and without writing."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.doctor.model import Finding, fails, not_checked, ok
from bot.monitor.model import Observation
from bot.monitor.power import Shortfall, Traffic, shortfalls
from bot.monitor.reading import LATENCY
from bot.ports import Clock, Health, MetricsSource, Numbers
from bot.runbook.impossible import unreachable_approvals
from bot.runbook.models.durations import format_duration
from bot.runbook.models.external import External
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import Plan, plan_for
from bot.runbook.models.sources import Metrics

Prove = Callable[[str], Awaitable[str]]
"""Asks a model for a word: empty when it answered, else why not."""
Unset = Callable[[Iterable[str]], tuple[str, ...]]
"""Which of these environment variables are not set."""
Find = Callable[[str], str | None]
"""Where a program is, None when it is not on PATH."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BETWEEN_SCRAPES = 3.0  # seconds

PASS_SHARES = 1
"""A pass needs every guardrail at once, so each may use the whole alpha (intersection-union test)."""


def plans_of(runbook: Runbook) -> tuple[Plan, ...]:
    """The plan of every slot."""
    return tuple(plan_for(runbook, slot) for slot in runbook.slots)


def check_engine(slot: str, engine: External, find: Find, unset: Unset) -> tuple[Finding, ...]:
    """Whether the command of a slot's own engine is there, and what it is to be given is set. Nothing is run."""
    check, program = f"engine {slot}", engine.command[0]
    folder = Path(engine.directory or ".")
    if not folder.is_dir():
        return (fails(check, f"there is no folder {folder} to run it in", "correct the engine's `directory`"),)
    # A program with a slash is looked for from the folder it runs in, another one on PATH.
    path = find(str(folder / program)) if "/" in program else find(program)
    if path is None:
        where = f"in {folder}" if "/" in program else "on PATH"
        return (
            fails(check, f"`{program}` is not an executable file {where}", "install it, or correct `engine.command`"),
        )
    missing = unset(engine.environment)
    if missing:
        what = f"{', '.join(missing)} is not set"
        return (fails(check, what, "write it into .env or the environment, or leave it out of `engine.environment`"),)
    read = "its output is read by a person: no `answers`" if engine.raw else "its answers are mapped"
    told = f"{program} ({path}) in {folder}; {read}. It was not run: its tools may really do what they do"
    return (ok(check, told),)


async def recent(source: MetricsSource, clock: Clock, metrics: Metrics) -> Observation:
    """The last hour; of directly scraped endpoints, which know no past, the next three seconds."""
    if not metrics.scrape:
        end = clock.now()
        return await source.observe(end - _HOUR, end)
    start = clock.now()
    await source.observe(start - timedelta(seconds=_BETWEEN_SCRAPES), start)
    await clock.sleep(_BETWEEN_SCRAPES)
    return await source.observe(start, clock.now())


def check_series(runbook: Runbook, seen: Observation) -> tuple[Finding, ...]:
    """Whether the named series are there, and every stage with live traffic is among them."""
    metrics = runbook.metrics
    if metrics is None:
        return (not_checked("metrics", "the runbook names no metrics", "see `rotate runbook check`"),)
    if seen.problem:
        what = f"{seen.problem.replace('_', ' ')}: {seen.detail}" if seen.detail else seen.problem
        return (fails("metrics", what, "correct `metrics` in the runbook, or start what exposes them"),)
    if not seen.series:
        what = f"`{metrics.requests}` has no samples in the {_window(seen)}"
        return (fails("metrics", what, "correct the series' name and labels in the runbook, or send traffic"),)
    findings = [_named_series(metrics, seen)]
    if metrics.labels.stage is not None:
        findings += [_stage(plan, stage, metrics, seen) for plan in plans_of(runbook) for stage in _live(plan)]
    return tuple(findings)


def _window(seen: Observation) -> str:
    length = seen.end - seen.start
    return f"last {format_duration(timedelta(seconds=round(length.total_seconds())))}"


def _live(plan: Plan) -> tuple[str, ...]:
    return tuple(stage.metric_stage for stage in plan.stages if stage.traffic == "live")


def _named_series(metrics: Metrics, seen: Observation) -> Finding:
    fields = {
        "latency": "latency",
        "cost": "cost_usd",
        "tool_calls": "tool_calls",
        "invalid_tool_calls": "invalid_tool_calls",
        "retries": "retries",
    }
    written = {name: getattr(metrics, name) for name in fields if getattr(metrics, name)}
    empty = [
        series for name, series in written.items() if all(getattr(one, fields[name]) is None for one in seen.series)
    ]
    if empty:
        what = f"no samples of {', '.join(f'`{series}`' for series in empty)} in the {_window(seen)}"
        return fails("metrics", what, "correct their names in the runbook, or leave them out")
    if metrics.latency_quantile and not any(LATENCY in one.quantiles for one in seen.series):
        what = f"no quantile of `{metrics.latency_quantile}` in the {_window(seen)}"
        return fails("metrics", what, "correct `latency_quantile` in the runbook; NaN is one of no requests")
    if unseen := _unseen_of_ones_own(metrics, seen):
        what = f"no samples of {', '.join(unseen)} in the {_window(seen)}"
        return fails("metrics", what, "correct the series, or expose it at 0 before anything is counted")
    requests = sum(one.requests for one in seen.series)
    models = sorted({one.model for one in seen.series if one.requests})
    answered = f", answered by {', '.join(models)}" if models else ""
    named = 2 + len(written) + len(metrics.counters) + len(metrics.histograms) + len(metrics.quantiles)
    named += metrics.latency_quantile is not None
    return ok("metrics", f"{named} series, {requests:,.0f} requests in the {_window(seen)}{answered}")


def _unseen_of_ones_own(metrics: Metrics, seen: Observation) -> list[str]:
    """The counters, histograms and quantiles of one's own, by name, that no series has."""
    counters = [name for name in metrics.counters if all(name not in one.own for one in seen.series)]
    histograms = [name for name in metrics.histograms if all(name not in one.own_latency for one in seen.series)]
    quantiles = [name for name in metrics.quantiles if all(name not in one.quantiles for one in seen.series)]
    unseen = {"counters": counters, "histograms": histograms, "quantiles": quantiles}
    return [f"`{block}.{name}`" for block, names in unseen.items() for name in names]


async def check_numbers(plan: Plan, source: Numbers, model: str, now: datetime) -> list[Finding]:
    """Whether every number and word on health a slot's checks ask for can be read now, and whether it is well."""
    found, stage = [], plan.stages[-1]
    named = {"stage": stage.metric_stage, "model": model}
    for name, rules in plan.checks.by_name.items():
        check = f"check {plan.slot}/{name}"
        if rules.kind == "health":
            report = await source.word(rules, now - stage.bake.every, now, **named)
            todo = f"correct `checks.by_name.{name}`, or mend what it asks"
            found.append(ok(check, report.detail) if report.healthy else fails(check, report.detail, todo))
        elif rules.asks:
            said = await source.read(rules, now - stage.bake.every, now, **named)
            if said.value is None:
                found.append(fails(check, said.problem, f"correct `checks.by_name.{name}`, or mend what it asks"))
            else:
                found.append(ok(check, f"reads {said.value:,.6g} now"))
    return found


def _stage(plan: Plan, stage: str, metrics: Metrics, seen: Observation) -> Finding:
    check = f"metrics {plan.slot}/{stage}"
    requests = [one.requests for one in seen.series if one.stage == stage]
    if not requests:
        known = sorted({one.stage for one in seen.series})
        what = f'no series with {metrics.labels.stage}="{stage}"; there are {", ".join(known)}'
        return fails(check, what, "write `metric_stage:` for this stage, or `traffic: none` where it has none")
    return ok(check, f"{sum(requests):,.0f} requests in the {_window(seen)}")


async def check_traffic(runbook: Runbook, source: MetricsSource, now: datetime) -> tuple[Finding, ...]:
    """Which watches can never end in `pass`, by the traffic of the last day."""
    metrics = runbook.metrics
    if metrics is None:
        return ()
    if metrics.scrape:
        return (not_checked("traffic", "directly scraped endpoints say nothing of how much traffic there usually is"),)
    seen = await source.observe(now - _DAY, now)
    if seen.problem or not seen.series:
        return (not_checked("traffic", f"no figures of the last day: {seen.detail or seen.problem or 'no samples'}"),)
    traffic = usual_traffic(seen, staged=metrics.labels.stage is not None, plans=plans_of(runbook))
    found = [
        _short(plan, shortfall) for plan in plans_of(runbook) for shortfall in shortfalls(plan, traffic, PASS_SHARES)
    ]
    return tuple(found) or (ok("traffic", "enough for every watch to end in `pass` when both models are alike"),)


def usual_traffic(seen: Observation, *, staged: bool, plans: tuple[Plan, ...]) -> Mapping[str, Traffic]:
    """Requests an hour and error rate of each stage; without a stage label all stages share what there is."""
    hours = (seen.end - seen.start) / _HOUR
    stages = {stage.metric_stage for plan in plans for stage in plan.stages}
    totals: dict[str, tuple[float, float]] = {}
    for one in seen.series:
        for stage in {one.stage} if staged else stages:
            requests, errors = totals.get(stage, (0.0, 0.0))
            totals[stage] = (requests + one.requests, errors + one.errors)
    return {
        stage: Traffic(requests / hours, errors / requests if requests else 0.0)
        for stage, (requests, errors) in totals.items()
    }


def _short(plan: Plan, shortfall: Shortfall) -> Finding:
    check = f"traffic {plan.slot}/{shortfall.stage}"
    needed = _rounded(shortfall.needed)
    rate = f"at your {shortfall.requests_per_hour:,.0f} requests an hour the {shortfall.stage} watch"
    figures = (
        f"it needs about {needed:,} per arm, and sees {shortfall.available:,.0f} in {format_duration(shortfall.length)}"
    )
    if not shortfall.requests_per_hour:
        return fails(
            check,
            f"there is no traffic at {shortfall.stage}, so its watch cannot pass; {figures}",
            f"write `traffic: none` for {shortfall.stage}, or give it traffic",
        )
    hours = shortfall.needed / shortfall.requests_per_hour
    longer = format_duration(timedelta(hours=max(1, round(hours + 0.5))))
    todo = f"write `bake: {{length: {longer}}}` for {shortfall.stage}, or a larger `checks.errors_margin`"
    if shortfall.cannot_pass:
        return fails(check, f"{rate} cannot pass; {figures}", todo)
    return ok(check, f"{rate} will often end as can't tell; {figures}", todo)


def _rounded(count: int) -> int:
    """Two figures are as much as an estimate is worth."""
    digits = max(0, len(str(count)) - 2)
    return round(count, -digits)


def check_approvals(runbook: Runbook, sizes: Mapping[GroupName, int | None]) -> tuple[Finding, ...]:
    """Whether every stage could be approved by somebody."""
    impossible = unreachable_approvals(runbook, sizes)
    if impossible:
        todo = "add people to the group, or change `approval:` of the stage, or `authority:`"
        return tuple(fails("approvals", sentence, todo) for sentence in impossible)
    if None in sizes.values():
        return (not_checked("approvals", "not every group's size is known"),)
    return (ok("approvals", "every stage can be approved"),)


async def check_health(health: Health | None) -> tuple[Finding, ...]:
    """What the health endpoint says now."""
    if health is None:
        return (not_checked("health", "the runbook names no health address", "see `rotate runbook check`"),)
    report = await health.check()
    if report.healthy:
        return (ok("health", report.detail or "healthy"),)
    return (
        fails("health", report.detail or "not healthy", "correct `health` in the runbook, or mend what it reports"),
    )


@dataclass(frozen=True)
class Judge:
    """Who judges a suite's rubrics; `key` is the variable that holds its key, `prove` None where that is not set."""

    model: str
    key: str
    prove: Prove | None


async def check_model(prove: Prove | None, key: str, model: str, role: str) -> Finding:
    """Whether the provider's key is good for a model: one tiny completion."""
    check = f"model {model}"
    if prove is None:
        return fails(check, f"{key} is not set", f"write {key}=... into .env or the environment")
    reason = await prove(model)
    if reason:
        return fails(check, f"the {role} model does not answer: {reason}", f"check {key} and the model's id")
    return ok(check, f"the {role} model answers")
