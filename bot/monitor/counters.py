"""Counters read directly from processes: adding them up across restarts, and the counts between two readings. Pure.

A quantile's gauge is no counter: it is as it is shown, the mean of the processes that show it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean

from bot.monitor.counted import (
    Buckets,
    Key,
    histograms_in,
    is_histogram,
    is_own,
    is_quantile,
    series_of,
    values_of,
)
from bot.monitor.model import Series, Snapshot

_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Reading:
    """One counter as an endpoint showed it. `bound` is a bucket's upper bound, `rest` labels nothing is read from."""

    count: str
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
    counted: frozenset[str] = frozenset()
    started: float | None = None
    problem: str = ""
    detail: str = ""


@dataclass
class _Totals:
    values: dict[Key, dict[str, float]] = field(default_factory=dict)
    histograms: dict[Key, dict[str, dict[str, float]]] = field(default_factory=dict)
    shown: dict[Key, dict[str, list[float]]] = field(default_factory=dict)

    def show(self, reading: Reading) -> None:
        """Take a gauge as it is."""
        self.shown.setdefault(reading.key, {}).setdefault(reading.count, []).append(reading.value)

    def add(self, reading: Reading, grown: float) -> None:
        if is_histogram(reading.count):
            bounds = self.histograms.setdefault(reading.key, {}).setdefault(reading.count, {})
            bounds[reading.bound] = bounds.get(reading.bound, 0.0) + grown
        else:
            values = self.values.setdefault(reading.key, {})
            values[reading.count] = values.get(reading.count, 0.0) + grown

    def take(self, totals: Iterable[Series]) -> None:
        for series in totals:
            key = (series.stage, series.tenant, series.model)
            self.values[key] = {count: value for count, value in values_of(series) if not is_quantile(count)}
            self.histograms[key] = {count: dict(buckets) for count, buckets in histograms_in(series)}

    @property
    def carried(self) -> frozenset[str]:
        """What has been counted so far."""
        singles = {count for counts in self.values.values() for count in counts}
        return frozenset(singles | {count for counts in self.histograms.values() for count in counts})

    def series(self, counted: frozenset[str]) -> tuple[Series, ...]:
        return tuple(self._one(key, counted) for key in sorted({*self.values, *self.histograms}))

    def _one(self, key: Key, counted: frozenset[str]) -> Series:
        values, histograms = self.values.get(key, {}), self.histograms.get(key, {})
        return series_of(
            key,
            {
                **{
                    count: values.get(count, 0.0)
                    for count in counted
                    if not is_histogram(count) and not is_quantile(count)
                },
                **{count: fmean(shown) for count, shown in self.shown.get(key, {}).items()},
            },
            {count: histograms.get(count, {}) for count in counted if is_histogram(count)},
        )


def _grown(reading: Reading, before: Mapping[str, float] | None, *, restarted: bool, known: bool) -> float:
    """What a counter counted since the last reading of its endpoint (None: there was none); `known` as a count."""
    if before is None or not known:
        return 0.0  # a process met for the first time, or a counter just named, has its whole past in it
    previous = 0.0 if restarted else before.get(reading.name, 0.0)
    return reading.value - previous if reading.value >= previous else reading.value


def advance(previous: Snapshot | None, endpoints: Iterable[Endpoint], at: datetime) -> Snapshot:
    """The snapshot at `at`, from the one before it and what every endpoint shows now."""
    totals = _Totals()
    totals.take(previous.totals if previous else ())
    carried = totals.carried
    raw = dict(previous.raw) if previous else {}
    started = dict(previous.started) if previous else {}
    missing: dict[str, str] = {}
    problem = ""
    counted: set[str] = set()
    for endpoint in endpoints:
        if endpoint.problem:
            missing[endpoint.url] = endpoint.detail
            problem = problem or endpoint.problem
            continue
        began = started.get(endpoint.url)
        restarted = endpoint.started is not None and began is not None and endpoint.started != began
        counted |= endpoint.counted
        for reading in endpoint.readings:
            if is_quantile(reading.count):
                totals.show(reading)
                continue
            known = not is_own(reading.count) or not carried or reading.count in carried
            totals.add(reading, _grown(reading, raw.get(endpoint.url), restarted=restarted, known=known))
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
    before, buckets_before = dict(values_of(earlier)), dict(histograms_in(earlier))
    return series_of(
        (series.stage, series.tenant, series.model),
        {
            count: value if is_quantile(count) else max(0.0, value - before.get(count, 0.0))
            for count, value in values_of(series)
            if count in before or not is_own(count)  # named in between: what it counted before that is not known
        },
        {
            count: _less(now, buckets_before.get(count, {}))
            for count, now in histograms_in(series)
            if count in buckets_before or not is_own(count)
        },
    )


def _less(now: Buckets, then: Buckets) -> Buckets:
    return {bound: value - then.get(bound, 0.0) for bound, value in now.items()}
