"""What a check sees in one window right now, before any rotation: figures by model, and the queries they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.monitor.counted import OWN, OWN_LATENCY, QUANTILE, Count
from bot.monitor.membership import Rows
from bot.monitor.model import Observation
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.queries import Query, queries
from bot.monitor.reading import LATENCY
from bot.monitor.table import SeriesTable, table_of
from bot.monitor.watched import Watched
from bot.runbook.models.checks import PLAIN_TOTALS, CheckRules
from bot.runbook.models.plan import Plan, StagePlan

_COUNTS: Final[Mapping[str, frozenset[str]]] = {
    "errors": frozenset({Count.REQUESTS, Count.ERRORS}),
    "latency": frozenset({Count.LATENCY, QUANTILE + LATENCY}),
    "cost": frozenset({Count.REQUESTS, Count.ERRORS, Count.COST}),
    "tools": frozenset({Count.TOOL_CALLS, Count.INVALID_TOOL_CALLS}),
    "retries": frozenset({Count.REQUESTS, Count.RETRIES}),
    "attribution": frozenset({Count.REQUESTS}),
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
    table = table_of(seen)
    mine = at_stage(plan, stage, table)
    requests = table.counts.get(Count.REQUESTS)
    models = sorted({table.keys[row][2] for row in mine if requests is not None and requests[row] > 0})
    lines = [_line(watched, model, table, [row for row in mine if table.keys[row][2] == model]) for model in models]
    return [line for line in lines if line is not None]


def at_stage(plan: Plan, stage: StagePlan, table: SeriesTable) -> Rows:
    """The rows of the stage, of its own tenants where it names some that are there."""
    staged = plan.metrics is None or plan.metrics.labels.stage is not None
    mine = [row for row, key in enumerate(table.keys) if not staged or key[0] == stage.metric_stage]
    if stage.tenants and any(table.keys[row][1] in stage.tenants for row in mine):
        mine = [row for row in mine if table.keys[row][1] in stage.tenants]
    return mine


def _line(watched: Watched, model: str, table: SeriesTable, rows: Rows) -> Line | None:
    places = with_tenants({}, (table.keys[row][1] for row in rows))
    value = watched.value(Placed(table, rows, places))
    if value is None:
        return None
    return Line(model, value.figure, value.total, len(places), watched.check.beyond_limit(value))


def answered(plan: Plan, stage: StagePlan, seen: Observation) -> dict[str, float]:
    """How many of the stage's requests each model answered."""
    table = table_of(seen)
    requests = table.counts.get(Count.REQUESTS)
    found: dict[str, float] = {}
    for row in at_stage(plan, stage, table) if requests is not None else ():
        found[table.keys[row][2]] = found.get(table.keys[row][2], 0.0) + requests[row]  # type: ignore[index]
    return found


def asked_for(name: str, rules: CheckRules | None, plan: Plan, window: timedelta) -> tuple[Query, ...]:
    """The queries a check's figures come from; none where endpoints are read. Raises SelectorError."""
    if plan.metrics is None or plan.metrics.prometheus is None:
        return ()
    wanted = _COUNTS.get(name) or _own_counts(rules)
    return tuple(query for query in queries(plan.metrics, window) if query.count in wanted)


def _own_counts(rules: CheckRules | None) -> frozenset[str]:
    if rules is None:
        return frozenset()
    blocks = {"histogram": OWN_LATENCY, "quantile": QUANTILE}
    return frozenset(
        name if name in PLAIN_TOTALS else blocks.get(field, OWN) + name for field, name in rules.figures.items()
    )
