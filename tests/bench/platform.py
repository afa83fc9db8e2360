"""A platform with many tenants for `tests.bench.rounds`: a runbook's checks, and what a store answers of them."""

import asyncio
import json
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Final

from bot.adapters.http import Answer
from bot.monitor.counted import Count, is_histogram
from bot.monitor.queries import Query
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.limits import Checks
from bot.runbook.models.plan import LookPlan, Plan
from bot.runbook.models.sources import Metrics
from tests.monitor.world import NEW, OLD, metrics, plan_of, stage_plan

HOUR: Final = timedelta(hours=1)
BEGUN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
VARIANTS: Final = 3
"""So many different windows there are; they come round again."""
SHIPPED: Final = 5
_BOUNDS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
_SHARES: Final = {**{str(one): NormalDist(-0.5, 0.6).cdf(math.log(one)) for one in _BOUNDS}, "+Inf": 1.0}
"""Which share of requests is answered within each bound."""
_OWN: Final[tuple[dict[str, object], ...]] = (
    {"kind": "ratio", "margin": 0.01},
    {"kind": "ratio", "margin": 0.01, "dimension": "quality", "role": "signal"},
    {"kind": "mean", "margin": 0.2},
)


def checks(many: int) -> Checks:
    """The shipped five, and the rest of one's own: shares of requests, some watched tenant by tenant, and means."""
    named = {}
    for number in range(many - SHIPPED):
        rules = _OWN[number % len(_OWN)]
        figure = "sum" if rules["kind"] == "mean" else "bad"
        named[f"own {number}"] = CheckRules.model_validate({**rules, figure: f"counter{number}"})
    return Checks(by_name=named)


def series(many: int) -> Metrics:
    """All series of the runbook: one counter for each check of one's own."""
    return metrics(
        tool_calls="llm_tool_calls_total",
        invalid_tool_calls="llm_bad_calls_total",
        retries="llm_retries_total",
        counters={f"counter{number}": f"counter{number}_total" for number in range(many - SHIPPED)},
    )


def plan(many: int) -> Plan:
    """Pilots beside all others; a day of hourly looks."""
    bake = {"bake": LookPlan(length=24 * HOUR, count=24, every=HOUR), "targets": ()}
    stages = [stage_plan(name).model_copy(update=bake) for name in ("staging", "pilots", "global")]
    return plan_of(*stages, checks=checks(many), series=series(many), health=None)


@dataclass
class Platform:
    """What the store answers of its tenants, each of them in one arm or in `both`, from files by query and variant."""

    folder: Path
    tenants: int
    both: bool
    asked: Mapping[str, Query]
    numbers: int = 0

    def write(self) -> None:
        """Make every answer there is to give, and count the numbers of one window."""
        draw = random.Random(5)
        usual = [round(math.exp(draw.gauss(6, 0.7))) for _ in range(2 * self.tenants)]
        for place, query in enumerate(self.asked.values()):
            for variant in range(VARIANTS):
                for moved in (False, True):
                    rows = list(self._rows(query, draw, usual, moved=moved))
                    self.numbers += len(rows) if moved and variant == 0 else 0
                    body = {"status": "success", "data": {"resultType": "vector", "result": rows}}
                    path = self.folder / f"{place}-{variant}-{moved}.json"
                    path.write_text(json.dumps(body, separators=(",", ":")), encoding="utf-8")

    def _rows(self, query: Query, draw: random.Random, usual: list[int], *, moved: bool) -> Iterator[dict[str, object]]:
        for number in range(self.tenants):
            for stage in ("global", "pilots") if self.both else (("global", "pilots")[number % 2],):
                requests = usual[2 * number + (stage == "pilots")]
                labels = {"env": stage, "model": NEW if moved and stage == "pilots" else OLD}
                labels["tenant"] = f"tenant-{number:04d}"
                if not is_histogram(query.count):
                    yield {"metric": labels, "value": [0, str(_drawn(query.count, requests, draw))]}
                    continue
                for bound, share in _SHARES.items():
                    inside = {"env": stage, "le": bound, **labels}
                    yield {"metric": inside, "value": [0, str(round(requests * share))]}

    async def post_form(self, url: str, form: Mapping[str, str], *, timeout_s: float | None = None) -> Answer:
        """As `bot.adapters.http.Http` answers."""
        del timeout_s
        await asyncio.sleep(0)
        at = datetime.fromtimestamp(float(form["time"]), UTC)
        place = list(self.asked).index(form["query"])
        variant = int((at - BEGUN) / HOUR) % VARIANTS
        body = (self.folder / f"{place}-{variant}-{at > BEGUN}.json").read_bytes()
        return Answer(url, 200, body, "application/json")


def _drawn(count: str, requests: int, draw: random.Random) -> float:
    if count in {Count.REQUESTS, Count.TOOL_CALLS}:
        return requests
    if count in {Count.COST, Count.LATENCY_SUM}:
        return round(requests * draw.uniform(0.0019, 0.0021), 6)
    return max(0, round(draw.gauss(0.005 * requests, math.sqrt(0.005 * requests))))
