"""What a check sees in one window right now, before any rotation: figures by model, and the queries they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.monitor.counted import OWN, OWN_LATENCY, Count
from bot.monitor.model import Observation, Series
from bot.monitor.queries import Query, queries
from bot.monitor.watched import Watched
from bot.runbook.models.checks import PLAIN_TOTALS, CheckRules
from bot.runbook.models.plan import Plan, StagePlan

_COUNTS: Final[Mapping[str, frozenset[str]]] = {
    "errors": frozenset({Count.REQUESTS, Count.ERRORS}),
    "latency": frozenset({Count.LATENCY}),
    "cost": frozenset({Count.REQUESTS, Count.ERRORS, Count.COST}),
    "tools": frozenset({Count.TOOL_CALLS, Count.INVALID_TOOL_CALLS}),
    "retries": frozenset({Count.REQUESTS, Count.RETRIES}),
}
"""What each shipped check is read from."""


@dataclass(frozen=True)
class Line:
    """One model's figure at the stage, in the check's unit, and what it rests on; `tenants` it was served to."""

    model: str
    figure: float
    total: float
    tenants: int
    beyond_limit: bool


def tried(watched: Watched, plan: Plan, stage: StagePlan, seen: Observation) -> list[Line]:
    """What the check sees of each model that answered at the stage; models without a figure are left out."""
    staged = plan.metrics is None or plan.metrics.labels.stage is not None
    mine = [one for one in seen.series if not staged or one.stage == stage.metric_stage]
    if stage.tenants and any(one.tenant in stage.tenants for one in mine):
        mine = [one for one in mine if one.tenant in stage.tenants]
    lines = [_line(watched, model, [one for one in mine if one.model == model]) for model in sorted(_models(mine))]
    return [line for line in lines if line is not None]


def _models(series: Sequence[Series]) -> set[str]:
    return {one.model for one in series if one.requests > 0}


def _line(watched: Watched, model: str, series: Sequence[Series]) -> Line | None:
    value = watched.value(series)
    if value is None:
        return None
    tenants = len({one.tenant for one in series})
    return Line(model, value.figure, value.total, tenants, watched.check.beyond_limit(value))


def asked_for(name: str, rules: CheckRules | None, plan: Plan, window: timedelta) -> tuple[Query, ...]:
    """The queries a check's figures come from. Raises SelectorError."""
    if plan.metrics is None:
        return ()
    wanted = _COUNTS.get(name) or _own_counts(rules)
    return tuple(query for query in queries(plan.metrics, window) if query.count in wanted)


def _own_counts(rules: CheckRules | None) -> frozenset[str]:
    if rules is None:
        return frozenset()
    return frozenset(
        name if name in PLAIN_TOTALS else (OWN_LATENCY if field == "histogram" else OWN) + name
        for field, name in rules.figures.items()
    )
