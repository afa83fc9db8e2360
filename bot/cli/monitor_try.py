"""`rotate monitor try`: what one check of a runbook sees now, and which queries that comes from."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.exits import ExitCode, Stop
from bot.cli.monitor_month import try_month
from bot.cli.monitor_named import stage_named
from bot.cli.monitor_word import Asked, try_word, word_named

if TYPE_CHECKING:
    from bot.app.trying import Looked
    from bot.monitor.trying import Line
    from bot.monitor.watched import Watched
    from bot.runbook.models.plan import Plan, StagePlan


def try_check(
    check: Annotated[
        str,
        typer.Argument(
            metavar="CHECK", help="errors, latency, cost, tools, retries, attribution, health, envelope, or your own."
        ),
    ],
    *,
    runbook: Annotated[Path, typer.Option(help="The runbook file.")] = Path("runbook.yml"),
    slot: Annotated[str | None, typer.Option(help="The model setting; may be left out where there is one.")] = None,
    stage: Annotated[str | None, typer.Option(help="The stage; else the last one.")] = None,
    window: Annotated[str, typer.Option(help="How long a look it is to be.")] = "1h",
    model: Annotated[
        str, typer.Option(help="Filled in for $model in a query or command; for attribution, who should answer.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> ExitCode:
    """Show what a check sees now: each model's figure, what it rests on, and the queries. Nothing is changed.

    Exit code 0 when there is a figure within the limit, 1 when one is beyond it, 3 when there is none, 4 when the
    source could not answer, 2 when the runbook or the check is wrong. Endpoints that are scraped are watched for as
    long as the window is: give a short one. `envelope` is what this month and the next will cost as it is.
    """
    from bot.app.trying import look_now
    from bot.monitor.trying import asked_for, tried

    plan, place, rules = stage_named(runbook, slot, stage)
    if check == "envelope" and check not in plan.checks.by_name:
        return try_month(rules, plan, as_json=as_json)
    length = _length(window)
    if named := word_named(plan, check):
        return try_word(*named, Asked(rules, plan, place, length, model), as_json=as_json)
    watched, written = _watched(plan, check)
    if rules.metrics is not None and rules.metrics.scrape and not as_json:
        typer.echo(f"Watching the endpoints for {window} ...", err=True)
    looked = asyncio.run(look_now(rules, place, written, length, model))
    if looked.seen.problem or (looked.number is not None and looked.number.problem):
        said = looked.seen.detail or looked.seen.problem or (looked.number.problem if looked.number else "")
        raise Stop(ExitCode.COULD_NOT_RUN, f"{check}: {said}.")
    lines = _lines(watched, looked, model) if looked.number else tried(watched, plan, place, looked.seen)
    queries = [query.text for query in asked_for(check, written, plan, length)]
    if written is not None and written.query is not None:
        queries.append(written.query)
    told = _told(watched, plan, place, looked, lines, queries)
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else _text(told, watched))
    if not lines:
        return ExitCode.INCONCLUSIVE
    return ExitCode.FAIL if any(line.beyond_limit for line in lines) else ExitCode.PASS


def _watched(plan: "Plan", name: str) -> "tuple[Watched, Any]":
    """The check and what the runbook writes of it. Raises Stop where there is none of that name."""
    from bot.monitor.watched import measured, watched
    from bot.monitor.words import SHIPPED_WORDS, own_words
    from bot.runbook.problems import nearest

    every = {one.check.name: one for one in watched(plan.checks, plan.metrics)}
    if name not in every:
        known = [*every, *SHIPPED_WORDS, *(word.name for word in own_words(plan.checks))]
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}."
        raise Stop(ExitCode.USAGE, f"CHECK: there is no {name!r}; {hint}")
    if name not in measured(plan.metrics, plan.checks):
        raise Stop(ExitCode.USAGE, f"{name}: its series is not named in `metrics`; docs/monitoring.md has the lines.")
    return every[name], plan.checks.by_name.get(name)


def _length(text: str) -> timedelta:
    from bot.runbook.models.durations import parse_duration

    try:
        length = parse_duration(text)
    except ValueError as error:
        raise Stop(ExitCode.USAGE, f"--window: {error}") from None
    if not isinstance(length, timedelta) or length <= timedelta():
        raise Stop(ExitCode.USAGE, f"--window: expected a length such as 1h or 10m, found {text!r}")
    return length


def _lines(watched: "Watched", looked: "Looked", model: str) -> "list[Line]":
    """The one line of a value."""
    from bot.monitor.kinds import Value
    from bot.monitor.trying import Line

    value = looked.number.value if looked.number is not None else None
    if value is None:
        return []
    beyond = watched.check.beyond_limit(Value(value, float("inf")))
    return [Line(model or "now", value, 1, 0, beyond)]


def _told(
    watched: "Watched", plan: "Plan", stage: "StagePlan", looked: "Looked", lines: "list[Line]", queries: list[str]
) -> dict[str, Any]:
    check = watched.check
    return {
        "check": check.name,
        "slot": plan.slot,
        "stage": stage.name,
        "from": looked.start.isoformat(timespec="seconds"),
        "to": looked.end.isoformat(timespec="seconds"),
        "role": check.role,
        "unit": check.unit,
        "margin": check.margin if watched.read is not None else None,
        "limit": check.backstop.limit if check.backstop else None,
        "min_samples": check.fewest,
        "models": [
            {
                "model": line.model,
                "figure": line.figure,
                "of": line.total,
                "tenants": line.tenants,
                "beyond_limit": line.beyond_limit,
            }
            for line in lines
        ],
        "queries": queries,
    }


def _text(told: dict[str, Any], watched: "Watched") -> str:
    from bot.wording.figures import difference_text, figure_text
    from bot.wording.units import count

    unit = told["unit"]
    start, end = (datetime.fromisoformat(told[side]) for side in ("from", "to"))
    what = f"{told['check']} ({told['role']}), slot {told['slot']}, stage {told['stage']}"
    head = f"{what}, {start:%H:%M} to {end:%H:%M} UTC"
    rows = [
        f"  {one['model']}: {figure_text(unit, one['figure'])}"
        + (f" of {count(one['of'], 'sample')}, {count(one['tenants'], 'tenant')}" if one["tenants"] else "")
        + (", beyond the limit" if one["beyond_limit"] else "")
        for one in told["models"]
    ]
    rules = [f"at least {count(told['min_samples'], 'sample')}"] if watched.read is not None else []
    if told["margin"] is not None:
        rules.insert(0, f"allowed {difference_text(unit, told['margin'])}")
    if told["limit"] is not None:
        rules.append(f"limit {figure_text(unit, told['limit'])}")
    asked = [f"  {query}" for query in told["queries"]]
    return "\n".join(
        [
            head,
            *(rows or ["  nothing: no request of this stage carries this figure"]),
            "; ".join(rules),
            *(["asked:", *asked] if asked else []),
        ]
    )
