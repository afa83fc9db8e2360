"""How much traffic a bake needs before it can say anything: the bake's own rule, asked backwards.

Pure arithmetic on the errors check, which counts requests and so can be planned; latency and cost need their spread.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist

from bot.monitor.sequential import Spending, level_of
from bot.runbook.models.plan import Plan, StagePlan

USUAL_POWER = 0.8
"""How often a bake of two equal models should end in `pass`."""
EVEN_CHANCE = 0.5
"""Below this a bake of two equal models ends in `can't tell` more often than not."""
_MOST = 10**12


def requests_needed(
    margin: float,
    base_rate: float,
    alpha: float,
    looks: int,
    *,
    guardrails: int = 1,
    power: float = USUAL_POWER,
) -> int:
    """Requests per arm for the errors check to end in `pass` with that power when both models err at `base_rate`.

    `margin` and `base_rate` are shares of requests; `alpha` is the bake's, shared over its guardrails; `looks` is how
    many are planned. The smallest n for which the upper bound of the difference at the last look (Wilson's bounds of
    both arms, joined as `comparison` joins them) lies below the margin. Raises ValueError for a margin that is not
    above 0: no traffic shows that.
    """
    if margin <= 0:
        message = "no number of requests shows a difference below nothing"
        raise ValueError(message)
    z = level_of(Spending.POCOCK, alpha=alpha, guardrails=guardrails, look=looks, planned=looks).z
    luck = NormalDist().inv_cdf(power)
    low, high = 0, 1
    while _reach(base_rate, high, z, luck) >= margin and high < _MOST:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _reach(base_rate, middle, z, luck) < margin else (middle, high)
    return high


def _reach(rate: float, n: int, z: float, luck: float) -> float:
    """How far above the truth the upper bound of the difference lies with `n` requests per arm."""
    stretch = 1 + z * z / n
    middle = (rate + z * z / (2 * n)) / stretch
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / stretch
    bound = math.hypot(middle + half - rate, rate - (middle - half))
    return bound + luck * math.sqrt(2 * rate * (1 - rate) / n)


@dataclass(frozen=True)
class Traffic:
    """What a stage usually carries: requests an hour, and the share of them that errs."""

    requests_per_hour: float
    error_rate: float


@dataclass(frozen=True)
class Shortfall:
    """A stage whose watch sees too little. `available` and `needed` are requests per arm over the whole watch.

    `cannot_pass` when even two equal models would end in `can't tell` more often than not; else they often would.
    """

    stage: str
    requests_per_hour: float
    length: timedelta
    available: float
    needed: int
    cannot_pass: bool


def shortfalls(plan: Plan, traffic: Mapping[str, Traffic], guardrails: int) -> tuple[Shortfall, ...]:
    """The stages of a plan that the traffic they usually have cannot carry to `pass`, in order.

    `traffic` is by the stage's name in the metrics; a stage it does not hold has none. Stages that plan without
    traffic are left out.
    """
    found = (
        _shortfall(plan, stage, traffic.get(stage.metric_stage, Traffic(0.0, 0.0)), guardrails)
        for stage in plan.stages
        if stage.traffic == "live"
    )
    return tuple(shortfall for shortfall in found if shortfall)


def _shortfall(plan: Plan, stage: StagePlan, traffic: Traffic, guardrails: int) -> Shortfall | None:
    checks = plan.checks
    if checks.errors_margin <= 0:
        return None
    usual, even = (
        requests_needed(
            checks.errors_margin,
            traffic.error_rate,
            checks.alpha,
            stage.bake.count,
            guardrails=guardrails,
            power=power,
        )
        for power in (USUAL_POWER, EVEN_CHANCE)
    )
    available = traffic.requests_per_hour * (stage.bake.length / timedelta(hours=1))
    if available >= max(usual, checks.min_requests):
        return None
    return Shortfall(
        stage=stage.name,
        requests_per_hour=traffic.requests_per_hour,
        length=stage.bake.length,
        available=available,
        needed=max(usual, checks.min_requests),
        cannot_pass=available < max(even, checks.min_requests),
    )
