"""Counters read directly from processes: adding them up across restarts, and the counts between two readings. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.monitor.model import Series, Snapshot
from bot.monitor.queries import Count

_SEPARATOR = "\x1f"
ABSENT_TENANT = "all"

Key = tuple[str, str, str]
"""Stage, tenant, model."""


@dataclass(frozen=True)
class Reading:
    """One counter as an endpoint showed it. `bound` is a bucket's upper bound, `rest` labels nothing is read from."""

    count: Count
    key: Key
    value: float
    bound: str = ""
    rest: str = ""

    @property
    def name(self) -> str:
        """What the counter is known by from one reading to the next."""
        return _SEPARATOR.join((self.count, *self.key, self.bound, self.rest))


@dataclass(frozen=True)
class Endpoint:
    """What one endpoint answered, or why it did not. `counted` are the counts it has series for, also empty ones."""

    url: str
    readings: tuple[Reading, ...] = ()
    counted: frozenset[Count] = frozenset()
    started: float | None = None
    problem: str = ""
    detail: str = ""


@dataclass
class _Totals:
    counts: dict[Count, dict[Key, float]] = field(default_factory=dict)
    buckets: dict[Key, dict[str, float]] = field(default_factory=dict)

    def add(self, reading: Reading, grown: float) -> None:
        if reading.count is Count.LATENCY:
            bounds = self.buckets.setdefault(reading.key, {})
            bounds[reading.bound] = bounds.get(reading.bound, 0.0) + grown
        else:
            counts = self.counts.setdefault(reading.count, {})
            counts[reading.key] = counts.get(reading.key, 0.0) + grown

    def take(self, totals: Iterable[Series]) -> None:
        for series in totals:
            key = (series.stage, series.tenant, series.model)
            if series.latency is not None:
                self.buckets[key] = dict(series.latency)
            for count in Count:
                value = None if count is Count.LATENCY else getattr(series, count.value)
                if value is not None:
                    self.counts.setdefault(count, {})[key] = value

    @property
    def carried(self) -> frozenset[Count]:
        """What has been counted so far."""
        return frozenset(self.counts) | (frozenset({Count.LATENCY}) if self.buckets else frozenset())

    def series(self, counted: frozenset[Count]) -> tuple[Series, ...]:
        keys = {key for found in self.counts.values() for key in found} | set(self.buckets)
        return tuple(self._one(key, counted) for key in sorted(keys))

    def _one(self, key: Key, counted: frozenset[Count]) -> Series:
        def value(count: Count) -> float | None:
            return self.counts.get(count, {}).get(key, 0.0) if count in counted else None

        stage, tenant, model = key
        return Series(
            stage=stage,
            tenant=tenant,
            model=model,
            requests=value(Count.REQUESTS) or 0.0,
            errors=value(Count.ERRORS) or 0.0,
            latency=self.buckets.get(key, {}) if Count.LATENCY in counted else None,
            latency_sum_s=value(Count.LATENCY_SUM),
            cost_usd=value(Count.COST),
            tool_calls=value(Count.TOOL_CALLS),
            invalid_tool_calls=value(Count.INVALID_TOOL_CALLS),
            retries=value(Count.RETRIES),
        )


def _grown(reading: Reading, before: Mapping[str, float] | None, *, restarted: bool) -> float:
    """What a counter counted since the last reading of its endpoint (None: there was none)."""
    if before is None:
        return 0.0  # a process met for the first time has its whole past in its counters
    previous = 0.0 if restarted else before.get(reading.name, 0.0)
    return reading.value - previous if reading.value >= previous else reading.value


def advance(previous: Snapshot | None, endpoints: Iterable[Endpoint], at: datetime) -> Snapshot:
    """The snapshot at `at`, from the one before it and what every endpoint shows now."""
    totals = _Totals()
    totals.take(previous.totals if previous else ())
    raw = dict(previous.raw) if previous else {}
    started = dict(previous.started) if previous else {}
    missing: dict[str, str] = {}
    problem = ""
    counted: set[Count] = set()
    for endpoint in endpoints:
        if endpoint.problem:
            missing[endpoint.url] = endpoint.detail
            problem = problem or endpoint.problem
            continue
        began = started.get(endpoint.url)
        restarted = endpoint.started is not None and began is not None and endpoint.started != began
        counted |= endpoint.counted
        for reading in endpoint.readings:
            totals.add(reading, _grown(reading, raw.get(endpoint.url), restarted=restarted))
        raw[endpoint.url] = {reading.name: reading.value for reading in endpoint.readings}
        if endpoint.started is not None:
            started[endpoint.url] = endpoint.started
    return Snapshot(
        at=at,
        epoch=previous.epoch if previous else at,
        totals=totals.series(frozenset(counted) | (totals.carried if missing else frozenset())),
        raw=raw,
        started=started,
        missing=missing,
        problem=problem,
    )


def between(first: Snapshot, last: Snapshot) -> tuple[Series, ...]:
    """What was counted from one snapshot to a later one of the same epoch; series with nothing new are left out."""
    before = {(series.stage, series.tenant, series.model): series for series in first.totals}
    found = []
    for series in last.totals:
        earlier = before.get((series.stage, series.tenant, series.model))
        grown = series if earlier is None else _difference(series, earlier)
        if grown.requests > 0 or grown.errors > 0:
            found.append(grown)
    return tuple(found)


def _difference(series: Series, earlier: Series) -> Series:
    changes: dict[str, object] = {}
    for count in Count:
        now, then = getattr(series, count.value), getattr(earlier, count.value)
        if count is Count.LATENCY:
            changes[count.value] = now and {bound: value - (then or {}).get(bound, 0.0) for bound, value in now.items()}
        elif now is not None:
            changes[count.value] = max(0.0, now - (then or 0.0))
    return series.model_copy(update=changes)
