"""`rotate monitor try` of a health or an attribution of one's own: what it is told now, and what that comes to."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.app.trying import Looked
    from bot.monitor.words import Heard, Word
    from bot.runbook.models.file import Runbook
    from bot.runbook.models.plan import Plan, StagePlan


@dataclass(frozen=True)
class Asked:
    """What is tried where: one window of a stage, as if it held that model."""

    runbook: "Runbook"
    plan: "Plan"
    stage: "StagePlan"
    window: timedelta
    model: str


def try_word(word: "Word", asked: Asked, *, as_json: bool) -> ExitCode:
    """Show what it hears. Exit codes as of `rotate monitor try`; unwell is 1. Raises Stop where nothing was heard."""
    from bot.app.trying import look_now

    rules = asked.plan.checks.by_name[word.name]
    looked = asyncio.run(look_now(asked.runbook, asked.stage, rules, asked.window, asked.model))
    problem = looked.seen.detail or looked.seen.problem or (looked.number.problem if looked.number else "")
    if problem:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{word.name}: {problem}.")
    heard = _heard(word, asked, looked)
    told = _told(word, asked, looked, heard)
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else _text(told))
    if heard.well is None:
        return ExitCode.INCONCLUSIVE
    return ExitCode.PASS if heard.well else ExitCode.FAIL


def _heard(word: "Word", asked: Asked, looked: "Looked") -> "Heard":
    from bot.monitor.placed import Placed, with_tenants
    from bot.monitor.table import table_of
    from bot.monitor.trying import at_stage
    from bot.monitor.words import Heard, of_report

    if word.kind == "health":
        return of_report(looked.word)
    if word.read is None:
        share = looked.number.value if looked.number is not None else None
        return Heard(None) if share is None else word.of_asked(share, 0.0)
    table = table_of(looked.seen)
    rows = at_stage(asked.plan, asked.stage, table)
    places = with_tenants({}, (table.keys[row][1] for row in rows))
    return word.of_added(word.read(Placed(table, rows, places)))


def _told(word: "Word", asked: Asked, looked: "Looked", heard: "Heard") -> dict[str, Any]:
    from bot.monitor.trying import asked_for

    rules = asked.plan.checks.by_name[word.name]
    queries = [query.text for query in asked_for(word.name, rules, asked.plan, asked.window)]
    figures = {"said": heard.said} if word.kind == "health" else {"share": heard.share, "limit": word.limit}
    return {
        "check": word.name,
        "kind": word.kind,
        "slot": asked.plan.slot,
        "stage": asked.stage.name,
        "from": looked.start.isoformat(timespec="seconds"),
        "to": looked.end.isoformat(timespec="seconds"),
        "role": word.role,
        "well": heard.well,
        **figures,
        "fails_at": list(word.fails) if word.fails else None,
        "queries": [*queries, *([rules.query] if rules.query else [])],
    }


def _text(told: dict[str, Any]) -> str:
    from bot.wording.figures import figure_text

    head = f"{told['check']} ({told['role']}), slot {told['slot']}, stage {told['stage']}"
    if told["kind"] == "health":
        said = f"  {'healthy' if told['well'] else 'not healthy'}: {told['said']}"
    elif told["share"] is None:
        said = "  nothing: no request of this stage says who answered it"
    else:
        most = figure_text("share", told["limit"])
        said = f"  {figure_text('share', told['share'])} answered by another model, at most {most}"
    k, n = told["fails_at"] or (0, 0)
    rule = f"fails when it is bad at {k} of the last {n} looks" if k else "holds while it is bad, and never fails"
    asked = [f"  {query}" for query in told["queries"]]
    return "\n".join(
        [head, said, *([rule] if told["role"] != "report" else []), *(["asked:", *asked] if asked else [])]
    )
