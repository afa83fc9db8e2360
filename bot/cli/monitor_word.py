"""`rotate monitor try` of a health or an attribution, shipped or one's own: what it is told, and what that comes to."""

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
    from bot.runbook.models.checks import CheckRules
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


def word_named(plan: "Plan", name: str) -> "tuple[Word, CheckRules | None] | None":
    """The word of that name, and what is written of it; None where it is none. Raises Stop for one without a source."""
    from bot.monitor.words import Word, own_words
    from bot.runbook.models.checks import CheckRules

    if name == "attribution":
        return Word(name, "attribution", limit=plan.checks.other_model_share), None
    if name == "health" and plan.health is None:
        raise Stop(ExitCode.USAGE, "health: no address is named; write `health: http://...` into the runbook.")
    if name == "health":
        return Word(name, "health"), CheckRules(kind="health", http=plan.health)
    found = next((one for one in own_words(plan.checks) if one.name == name), None)
    return None if found is None else (found, plan.checks.by_name[name])


def try_word(word: "Word", rules: "CheckRules | None", asked: Asked, *, as_json: bool) -> ExitCode:
    """Show what it hears. Exit codes as of `rotate monitor try`; unwell is 1. Raises Stop where nothing was heard."""
    from bot.app.trying import look_now

    if asked.runbook.metrics is not None and asked.runbook.metrics.scrape and rules is None and not as_json:
        typer.echo(f"Watching the endpoints for {asked.window.total_seconds():g} s ...", err=True)
    looked = asyncio.run(look_now(asked.runbook, asked.stage, rules, asked.window, asked.model))
    problem = looked.seen.detail or looked.seen.problem or (looked.number.problem if looked.number else "")
    if problem:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{word.name}: {problem}.")
    heard = _who_answered(word, asked, looked) if rules is None else _heard(word, asked, looked)
    told = _told(word, rules, asked, looked, heard)
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


def _who_answered(word: "Word", asked: Asked, looked: "Looked") -> "Heard":
    """Of the shipped attribution: what others answered than the named model, else than the one that answered most."""
    from bot.app.trying import others_share
    from bot.monitor.trying import answered
    from bot.monitor.words import Heard

    models = {model: count for model, count in answered(asked.plan, asked.stage, looked.seen).items() if count > 0}
    if not models:
        return Heard(None)
    right = asked.model or max(models, key=lambda model: models[model])
    total, share = sum(models.values()), others_share(models, right)
    most_first = sorted(models, key=lambda model: -models[model])
    shares = ", ".join(f"{model} {models[model] / total:.1%}" for model in most_first)
    return Heard(share <= word.limit, f"{right} should; answered: {shares}", share=share, total=total)


def _told(word: "Word", rules: "CheckRules | None", asked: Asked, looked: "Looked", heard: "Heard") -> dict[str, Any]:
    from bot.monitor.trying import asked_for

    queries = [query.text for query in asked_for(word.name, rules, asked.plan, asked.window)]
    figures: dict[str, Any] = {"said": heard.said} if word.kind == "health" or heard.said else {}
    figures |= {"share": heard.share, "limit": word.limit} if word.kind == "attribution" else {}
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
        "queries": [*queries, *([rules.query] if rules is not None and rules.query else [])],
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
        said += f" ({told['said']})" if told.get("said") else ""
    k, n = told["fails_at"] or (0, 0)
    rule = f"fails when it is bad at {k} of the last {n} looks" if k else "holds while it is bad, and never fails"
    asked = [f"  {query}" for query in told["queries"]]
    return "\n".join(
        [head, said, *([rule] if told["role"] != "report" else []), *(["asked:", *asked] if asked else [])]
    )
