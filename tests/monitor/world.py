"""A platform that serves requests and counts them: the monitor's tests watch it through windows, as a source would."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.monitor.model import HealthReport, Observation, Series
from bot.rotation.evidence import LookResult
from bot.runbook.models.limits import Checks, Deadlines, WayBack, WorkingHours
from bot.runbook.models.limits import Comparison as ComparisonLimits
from bot.runbook.models.people import Approval
from bot.runbook.models.plan import LookPlan, Plan, StagePlan
from bot.runbook.models.sources import Labels, Metrics
from bot.runbook.models.stages import Evidence
from bot.runbook.models.targets.env_file import EnvFilePlan

OLD, NEW = "acme/old", "acme/new"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WELL = HealthReport(at=START, healthy=True)
ILL = HealthReport(at=START, healthy=False, detail="degraded")


def stage_plan(name: str, *, traffic: str = "live", tenants: tuple[str, ...] = (), metric_stage: str = "") -> StagePlan:
    return StagePlan.model_validate(
        {
            "name": name,
            "metric_stage": metric_stage or name,
            "targets": (
                EnvFilePlan(id=name, path=f"{name}.env", variable="MODEL", restart_timeout=timedelta(minutes=2)),
            ),
            "traffic": traffic,
            "tenants": tenants,
            "approval": Approval(),
            "evidence": Evidence.PASS,
            "bake": LookPlan(length=timedelta(hours=3), count=3, every=timedelta(hours=1)),
        },
    )


def metrics(**changes: object) -> Metrics:
    written: dict[str, object] = {
        "prometheus": "http://127.0.0.1:9090",
        "requests": "llm_requests_total",
        "errors": 'llm_requests_total{status="error"}',
        "latency": "llm_request_duration_seconds",
        "cost": "llm_cost_usd_total",
        "labels": Labels(model="model", stage="env", tenant="tenant"),
    }
    return Metrics.model_validate(written | changes)


def plan_of(
    *stages: StagePlan,
    checks: Checks | None = None,
    series: Metrics | None = None,
    health: str | None = "http://127.0.0.1:8080/api/health",
) -> Plan:
    return Plan(
        slot="chat",
        channel="model-rotation",
        suite="chat.suite.yml",
        stages=stages or (stage_plan("staging"), stage_plan("pilots"), stage_plan("global")),
        envelope_usd_per_month=None,
        rollback_model=None,
        comparison=ComparisonLimits(),
        checks=checks or Checks(),
        metrics=series or metrics(),
        health=health,
        deadlines=Deadlines(),
        working_hours=WorkingHours(),
        time_zone="UTC",
        way_back=WayBack(),
    )


@dataclass(frozen=True)
class Behaviour:
    """How a model answers: error rate, median seconds (log-normal, sigma 0.6), dollars a request, tools and retries."""

    errors: float = 0.005
    seconds: float = 0.6
    cost: float = 2e-3
    invalid: float = 0.01
    retries: float = 0.02


GOOD = Behaviour()


def poisson(random_: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(random_.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, random_.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= random_.random()
    return count


def binomial(random_: random.Random, count: int, chance: float) -> int:
    mean = count * chance
    if min(mean, count - mean) > 50:
        return min(count, max(0, round(random_.gauss(mean, math.sqrt(mean * (1 - chance))))))
    if chance > 0.5:
        return count - binomial(random_, count, 1 - chance)
    return min(count, poisson(random_, mean)) if chance < 0.05 else sum(random_.random() < chance for _ in range(count))


def _times(random_: random.Random, requests: int, seconds: float) -> dict[str, float]:
    counts, left, below = {}, requests, 0.0
    for bound in BUCKETS:
        share = 0.5 * math.erfc(-(math.log(bound / seconds) / 0.6) / math.sqrt(2))
        inside = binomial(random_, left, min(1.0, (share - below) / (1 - below)) if below < 1 else 0.0)
        left -= inside
        below = share
        counts[str(bound)] = float(requests - left)
    counts["+Inf"] = float(requests)
    return counts


def _tail(random_: random.Random, requests: int, seconds: float) -> float:
    """A summary's p95 of so many log-normal times; NaN of none."""
    off = random_.gauss(0, 1.27 / math.sqrt(requests)) if requests else math.nan
    return seconds * math.exp(0.6 * (1.645 + off))


@dataclass
class Platform:
    """Three stages; `carries` says which model each runs. Rates of a tenant are its own, times what drifts."""

    seed: int = 1
    requests: Mapping[str, float] = field(
        default_factory=lambda: {"staging": 2000.0, "pilots": 2000.0, "global": 20000.0}
    )
    tenants: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {
            "staging": ["probe"],
            "pilots": [f"pilot{n}" for n in range(3)],
            "global": [f"tenant{n}" for n in range(27)],
        }
    )
    models: dict[str, Behaviour] = field(default_factory=lambda: {OLD: GOOD, NEW: GOOD})
    carries: dict[str, str] = field(default_factory=lambda: dict.fromkeys(("staging", "pilots", "global"), OLD))
    factor: dict[str, float] = field(default_factory=dict)
    windows: int = 0
    quantiles: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def seen(self, *, outage: float = 0.0, fallback: float = 0.0, without: Sequence[str] = ()) -> Observation:
        """One window. `outage` is a share of requests that fail whatever the model, `fallback` one that OLD answers."""
        series = []
        for stage, names in self.tenants.items():
            for name in names:
                series += self._tenant(stage, name, outage, fallback)
        start = START + timedelta(hours=self.windows)
        self.windows += 1
        kept = [one.model_copy(update=dict.fromkeys(without)) for one in series]
        return Observation(start=start, end=start + timedelta(hours=1), series=tuple(kept))

    def _tenant(self, stage: str, name: str, outage: float, fallback: float) -> list[Series]:
        total = poisson(self.random, self.requests[stage] / len(self.tenants[stage]))
        model = self.carries[stage]
        aside = binomial(self.random, total, fallback) if model == NEW else 0
        parts = [(model, total - aside), (OLD, aside)]
        return [self._series(stage, name, who, count, outage) for who, count in parts if count or who == model]

    def _series(self, stage: str, name: str, model: str, count: int, outage: float) -> Series:
        behaviour, factor = self.models[model], self.factor.get(name, 1.0)
        chance = min(1.0, outage + behaviour.errors * factor)
        errors = binomial(self.random, count, chance)
        paid = count - errors
        spent = behaviour.cost * self.random.gauss(paid, 1.2 * math.sqrt(paid)) if paid else 0.0
        return Series(
            stage=stage,
            tenant=name,
            model=model,
            requests=count,
            errors=errors,
            latency=None if self.quantiles else _times(self.random, count, behaviour.seconds),
            latency_sum_s=None if self.quantiles else count * behaviour.seconds,
            quantiles={"latency": _tail(self.random, count, behaviour.seconds)} if self.quantiles else {},
            cost_usd=max(0.0, spent),
            tool_calls=count,
            invalid_tool_calls=binomial(self.random, count, behaviour.invalid),
            retries=poisson(self.random, count * behaviour.retries),
        )


def last(results: Sequence[LookResult]) -> LookResult:
    return results[-1]
