"""Counts read directly from `/metrics` endpoints, with a history of its own: the embedded way, without a Prometheus.

Scraping and matching live here; adding counters up across restarts is `bot.monitor.counters`' business.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.adapters.http import HttpError, place
from bot.monitor.counted import ABSENT_TENANT, QUANTILE, Count, Key, is_quantile
from bot.monitor.counters import Endpoint, Reading, advance, between
from bot.monitor.model import LARGEST, Observation, Series, Snapshot
from bot.monitor.queries import QUANTILE_LABEL, selectors
from bot.monitor.reading import is_reading, several_quantiles
from bot.monitor.reasons import Reason
from bot.monitor.selectors import Selector
from bot.ports import Clock
from bot.runbook.models.sources import Metrics

NEAR: Final = 0.25
"""A snapshot stands for an end of a window when it lies no further from it than this part of the window's length."""
_LOOKED_AT: Final = 250
"""So many of the nearest snapshots are read for a complete one: more than a quarter of an hour has by the second."""
RECENT: Final = timedelta(hours=6)
"""How far back the newest snapshot is looked for when the process starts; older, and a new epoch begins."""
_STARTED: Final = "process_start_time_seconds"


class History(Protocol):
    """Where snapshots are kept."""

    async def save(self, snapshot: Snapshot) -> None:
        """Keep the snapshot; it is newer than every other. Those before it may be kept `without_raw`."""
        ...

    async def load(self, start: datetime, end: datetime) -> Sequence[Snapshot]:
        """The snapshots of `start <= at <= end`, in time order; the newest of all with its `raw`."""
        ...

    async def times(self, start: datetime, end: datetime) -> Sequence[datetime]:
        """When the snapshots of `start <= at <= end` were taken, in order; much cheaper than the snapshots."""
        ...


class MemoryHistory:
    """A history that ends with the process. `kept` bounds its length."""

    def __init__(self, kept: timedelta = timedelta(days=2)) -> None:
        self._kept = kept
        self._snapshots: list[Snapshot] = []

    async def save(self, snapshot: Snapshot) -> None:
        """Keep the snapshot."""
        oldest = snapshot.at - self._kept
        earlier = [one for one in self._snapshots if one.at >= oldest]
        if earlier:
            earlier[-1] = earlier[-1].without_raw()
        self._snapshots = [*earlier, snapshot]

    async def load(self, start: datetime, end: datetime) -> Sequence[Snapshot]:
        """The snapshots from `start` to `end`, both included."""
        return [one for one in self._snapshots if start <= one.at <= end]

    async def times(self, start: datetime, end: datetime) -> Sequence[datetime]:
        """Their times."""
        return [one.at for one in self._snapshots if start <= one.at <= end]


class ScrapeSource:
    """Implements `bot.ports.MetricsSource` over `metrics.scrape`.

    `fetch` answers the text of an endpoint or raises HttpError. `scrape_once` wants to be called on a schedule: windows
    whose ends no snapshot is near are answered with `not_scraped`.
    """

    def __init__(
        self, metrics: Metrics, fetch: Callable[[str], Awaitable[str]], history: History, clock: Clock
    ) -> None:
        """Raises SelectorError when a series of the runbook cannot be read."""
        self._metrics = metrics
        self._selectors = selectors(metrics)
        self._fetch = fetch
        self._history = history
        self._clock = clock
        self._scraping = asyncio.Lock()
        self._newest: Snapshot | None = None

    async def scrape_once(self, at: datetime) -> Snapshot:
        """Read every endpoint, keep what they show as of `at` and answer it. Never raises for an endpoint's fault."""
        async with self._scraping:
            return await self._scrape(at)

    async def _scrape(self, at: datetime) -> Snapshot:
        if self._newest is None:
            recent = await self._history.load(at - RECENT, at)
            self._newest = recent[-1] if recent else None
        if self._newest is not None and self._newest.at >= at:
            return self._newest
        endpoints = await asyncio.gather(*(self._read(url) for url in self._metrics.scrape))
        snapshot = advance(self._newest, endpoints, at)
        await self._history.save(snapshot)
        self._newest = snapshot
        return snapshot

    async def _read(self, url: str) -> Endpoint:
        try:
            async with asyncio.timeout(self._metrics.timeout.total_seconds()):
                text = await self._fetch(url)
            return read_exposition(url, text, self._metrics, self._selectors)
        except TimeoutError:
            return Endpoint(url, problem=Reason.TIMEOUT, detail=f"{place(url)} did not answer in time")
        except HttpError as error:
            return Endpoint(url, problem=error.code, detail=error.what)
        except ValueError as error:
            detail = f"{place(url)} shows something that are no metrics: {error}"
            return Endpoint(url, problem=Reason.BAD_ANSWER, detail=detail[:300])

    async def observe(self, start: datetime, end: datetime) -> Observation:
        """Counts between the snapshots nearest to both ends; one is taken now where `end` is about now."""
        near = (end - start) * NEAR
        async with self._scraping:
            last = await self._nearest(end, near)
            now = self._clock.now()
            if abs(now - end) <= near and (last is None or not last.complete or abs(now - end) < abs(last.at - end)):
                taken = await self._scrape(now)
                last = taken if taken.complete or last is None else last
        first = await self._nearest(start, near)
        try:
            series = _between(_usable(first, start), _usable(last, end))
        except HttpError as error:
            return Observation(start=start, end=end, problem=error.code, detail=error.what)
        return Observation(start=start, end=end, series=series)

    async def _nearest(self, instant: datetime, near: timedelta) -> Snapshot | None:
        """The complete snapshot nearest to the instant, else the nearest incomplete one, which says what is missing."""
        times = sorted(await self._history.times(instant - near, instant + near), key=lambda at: abs(at - instant))
        nearest: Snapshot | None = None
        for at in times[:_LOOKED_AT]:  # a month of them holds too much to be read at once
            for one in await self._history.load(at, at):
                if one.complete:
                    return one
                nearest = nearest or one
        return nearest


def _usable(snapshot: Snapshot | None, instant: datetime) -> Snapshot:
    if snapshot is None:
        raise HttpError(Reason.NOT_SCRAPED, f"nothing was scraped around {instant.isoformat(timespec='seconds')}")
    if not snapshot.complete:
        raise HttpError(snapshot.problem, "; ".join(snapshot.missing.values()))
    return snapshot


def _between(first: Snapshot, last: Snapshot) -> tuple[Series, ...]:
    if first.epoch != last.epoch:
        raise HttpError(Reason.NOT_SCRAPED, "scraping began anew in between: what was counted meanwhile is unknown")
    return between(first, last)


_DECLARED: Final = re.compile(r"# TYPE (\S+) \S")
_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_FOREIGN: Final = re.compile(r'\{"[^"]+"[,}]')  # a name outside the old alphabet: none of ours
_LABEL: Final = re.compile(r'[,\s]*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"')
_VALUE: Final = re.compile(r"\s*(?:,\s*)?\}?\s*(\S+)")
_ESCAPE: Final = re.compile(r"\\(.)")


def read_exposition(url: str, text: str, metrics: Metrics, named: Mapping[str, Selector]) -> Endpoint:
    """The counters the runbook names, out of an endpoint's exposition text (Prometheus text format or OpenMetrics).

    Raises ValueError for text that is none, HttpError `no_series` where requests are counted and errors are not. Read
    line by line: prometheus_client's parser takes three times as long, and most lines are of families not asked for.
    """
    by_name: dict[str, list[tuple[str, Selector]]] = {}
    for count, selector in named.items():
        by_name.setdefault(selector.name, []).append((count, selector))
    readings: list[Reading] = []
    shown: set[str] = set()
    started = None
    for line in text.splitlines():
        name = _name_of(line, shown)
        if name in by_name:
            labels, value = _sample(line, len(name))
            shown.add(name)
            readings += _readings(labels, value, metrics, by_name[name])
        elif name == _STARTED:
            started = _sample(line, len(name))[1]
    _refuse_several(readings)
    counted = frozenset(count for count, one in named.items() if one.name in shown or _family(one.name) in shown)
    if Count.REQUESTS in counted and Count.ERRORS not in counted:
        message = f"no series {named[Count.ERRORS].name}: none and not counted look the same; expose it at 0"
        raise HttpError(Reason.NO_SERIES, f"{place(url)} has {message}")
    return Endpoint(url, tuple(readings), counted, started)


def _refuse_several(readings: Sequence[Reading]) -> None:
    """Raises ValueError where a summary shows several quantiles and the runbook does not say which is meant."""
    shown: dict[tuple[str, Key], str] = {}
    for one in readings:
        if is_quantile(one.count) and shown.setdefault((one.count, one.key), one.bound) != one.bound:
            raise ValueError(several_quantiles(one.count.removeprefix(QUANTILE)))


def _family(name: str) -> str:
    for ending in ("_bucket", "_sum", "_total"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def _name_of(line: str, shown: set[str]) -> str:
    """The name a line is a sample of, empty for other lines; a declared family is added to those shown."""
    if match := _NAME.match(line):
        return match.group()
    stripped = line.lstrip()
    if stripped.startswith("#"):
        if declared := _DECLARED.match(stripped):
            shown.add(declared.group(1))
        return ""
    if stripped and not _FOREIGN.match(stripped):
        message = f"it has the line {stripped[:40]!r}"
        raise ValueError(message)
    return ""


def _sample(line: str, position: int) -> tuple[dict[str, str], float]:
    labels: dict[str, str] = {}
    if line[position : position + 1] == "{":
        position += 1
        while match := _LABEL.match(line, position):
            labels[match.group(1)] = _unescaped(match.group(2))
            position = match.end()
    found = _VALUE.match(line, position)
    if found is None:
        message = f"a sample without a value: {line[:80]!r}"
        raise ValueError(message)
    return labels, float(found.group(1))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match.group(1) == "n" else match.group(1), text) if "\\" in text else text


def _readings(
    labels: Mapping[str, str], value: float, metrics: Metrics, named: Sequence[tuple[str, Selector]]
) -> Iterator[Reading]:
    for count, selector in named:
        if not selector.matches(labels):
            continue
        if is_quantile(count):
            if is_reading(value):
                yield Reading(
                    count, _key(metrics, labels), value, labels.get(QUANTILE_LABEL, ""), _rest(metrics, labels)
                )
            continue
        if not 0 <= value <= LARGEST:
            message = f"{selector.name} has the value {value}, which counts nothing"
            raise ValueError(message)
        yield Reading(count, _key(metrics, labels), value, labels.get("le", ""), _rest(metrics, labels))


def _key(metrics: Metrics, labels: Mapping[str, str]) -> Key:
    names = metrics.labels
    stage = labels.get(names.stage, "") if names.stage else "all"
    tenant = labels.get(names.tenant, "") if names.tenant else ABSENT_TENANT
    return stage, tenant or ABSENT_TENANT, labels.get(names.model, "")


def _rest(metrics: Metrics, labels: Mapping[str, str]) -> str:
    known = {metrics.labels.stage, metrics.labels.tenant, metrics.labels.model, "le"}
    return ",".join(f"{label}={labels[label]}" for label in sorted(labels) if label not in known)
