"""`rotate monitor try envelope`: what this month and the next cost as it is, against the envelope."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import typer

from bot.cli.exits import VERDICTS, ExitCode, Stop

if TYPE_CHECKING:
    from bot.monitor.forecast import Forecast
    from bot.runbook.models.file import Runbook
    from bot.runbook.models.plan import Plan


def try_month(runbook: "Runbook", plan: "Plan", *, as_json: bool) -> ExitCode:
    """Print both months as they are. The exit code is that of this month's verdict. Raises Stop."""
    from bot.app.month import month_now

    envelope = plan.envelope_usd_per_month
    if envelope is None:
        raise Stop(ExitCode.USAGE, f"envelope: slot {plan.slot} names no envelope_usd_per_month.")
    if plan.metrics is None or plan.metrics.cost is None:
        raise Stop(ExitCode.USAGE, "envelope: `metrics.cost` is not named; docs/monitoring.md has the line.")
    found = asyncio.run(month_now(runbook, plan, envelope))
    if found.problem:
        raise Stop(ExitCode.COULD_NOT_RUN, f"envelope: {found.problem}.")
    if found.forecast is None:
        typer.echo("null" if as_json else f"envelope, slot {plan.slot}: no cost was measured in the last days")
        return ExitCode.INCONCLUSIVE
    typer.echo(json.dumps(_told(plan, found.forecast)) if as_json else _text(plan, found.forecast))
    return VERDICTS[found.forecast.checks[0].verdict.value]


def _told(plan: "Plan", found: "Forecast") -> dict[str, Any]:
    """The figures of both months, in US dollars; bounds nothing is known of are null."""
    return {
        "check": "envelope",
        "slot": plan.slot,
        "limit": plan.envelope_usd_per_month,
        "months": [
            {"name": check.name, "usd": check.current, "interval": _bounds(check), "verdict": check.verdict.value}
            for check in found.checks
        ],
        **found.month.model_dump(mode="json", exclude={"rest_candidate", "others_candidate"}),
        "others_usd": found.month.others_candidate,
    }


def _bounds(check: Any) -> list[float | None]:  # noqa: ANN401 - a CheckResult, whose module is heavy
    return [None if more is None else check.current * (1 + more) for more in check.interval]


def _text(plan: "Plan", found: "Forecast") -> str:
    from bot.wording.months import as_it_is, month_lines
    from bot.wording.text import plain

    head = f"envelope (report), slot {plan.slot}, by months of {plan.time_zone}"
    return "\n".join([head, *(f"  {as_it_is(check)}" for check in found.checks), plain(month_lines(found.month))])
