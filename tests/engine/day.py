"""Two days of a platform as Prometheus scrapes it: tenants, nights, restarts, histograms, and a model that is set.

The pilots' model changes in the middle. Everything is made by a seed: the same history every time.
"""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tests.adapters.conftest import Line, SampleAt
from tests.engine.world import NEW, NOON, OLD

SCRAPE: Final = timedelta(minutes=2)
SET: Final = NOON + timedelta(minutes=20)
"""When the pilots are set to the new model, and their worker restarts."""
FIRST, LAST = SET - timedelta(hours=26), SET + timedelta(hours=25)
PILOTS: Final = ("northwind", "globex", "initech")
OTHERS: Final = tuple(f"tenant-{number}" for number in range(8))
RESTARTS: Final = {
    "pilots": (SET, SET + timedelta(hours=15, minutes=21)),
    "global": (SET - timedelta(hours=11), SET + timedelta(hours=9, minutes=33)),
}
"""When the worker of a stage begins anew, all its counters at nothing."""
BOUNDS: Final = {"0.25": 0.30, "0.5": 0.62, "1": 0.90, "2.5": 0.985, "10": 1.0, "+Inf": 1.0}
"""The share of requests at or below so many seconds."""
HOURLY: Final = 700.0
ERRORS: Final = 0.005
USD: Final = 0.002


def a_day(cluster: str, *, worse_from: timedelta | None = None) -> Iterator[Line]:
    """Every series of one cluster; from `worse_from` after it was set the new model fails five times as often."""
    worse = None if worse_from is None else SET + worse_from
    for stage, tenants in (("pilots", PILOTS), ("global", OTHERS)):
        for tenant in tenants:
            rng = random.Random(f"{cluster} {tenant}")
            size, often = rng.uniform(0.7, 1.4), rng.uniform(0.8, 1.25)
            labels = {"job": "worker", "instance": f"{stage}-0", "cluster": cluster, "env": stage, "tenant": tenant}
            if stage == "global":
                yield from _served({**labels, "model": OLD}, FIRST, LAST, stage, rng, size, often, None)
            else:
                yield from _served({**labels, "model": OLD}, FIRST, SET, stage, rng, size, often, None)
                yield from _served({**labels, "model": NEW}, SET, LAST, stage, rng, size, often, worse)


def _served(
    labels: dict[str, str],
    first: datetime,
    last: datetime,
    stage: str,
    rng: random.Random,
    size: float,
    often: float,
    worse: datetime | None,
) -> Iterator[Line]:
    """The counters of one tenant and model on one worker."""
    names = ("ok", "error", *BOUNDS, "sum", "usd")
    counts, samples = dict.fromkeys(names, 0.0), {name: list[SampleAt]() for name in names}
    at = first
    while at <= last:
        if any(at - SCRAPE < restart <= at for restart in RESTARTS[stage]):
            counts = dict.fromkeys(names, 0.0)
        mean = HOURLY * size * _busy(at) * (SCRAPE / timedelta(hours=1))
        requests = max(0, round(rng.gauss(mean, math.sqrt(mean))))
        rate = ERRORS * often * (5 if worse is not None and at >= worse else 1)
        errors = sum(rng.random() < rate for _ in range(requests))
        counts["ok"] += requests - errors
        counts["error"] += errors
        for bound, share in BOUNDS.items():
            counts[bound] += round(requests * share)
        counts["sum"] += requests * 0.6
        counts["usd"] += (requests - errors) * USD
        for name in names:
            samples[name].append((at, counts[name]))
        at += SCRAPE
    for status in ("ok", "error"):
        yield Line("llm_requests_total", {**labels, "status": status}, samples[status])
    for bound in BOUNDS:
        yield Line("llm_request_duration_seconds_bucket", {**labels, "le": bound}, samples[bound])
    yield Line("llm_request_duration_seconds_sum", labels, samples["sum"])
    yield Line("llm_cost_usd_total", labels, samples["usd"])


def _busy(at: datetime) -> float:
    """How busy that time of the day is: most in the afternoon, a fifth of it in the night."""
    return 1 + 0.65 * math.sin(2 * math.pi * (at.hour + at.minute / 60 - 9) / 24)
