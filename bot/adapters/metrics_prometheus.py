"""Counts from a Prometheus HTTP API, or any store that speaks it: one instant query for each named series.

The queries are `bot.monitor.queries`' business; here they are asked and their rows put together, or refused.
"""

import asyncio
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import repeat
from typing import Final

from bot.adapters.http import Answer, Http, HttpError, place
from bot.adapters.vectors import Texts, Vector, error_of, read_vector
from bot.monitor.counted import ABSENT_TENANT, QUANTILE, Count, Key, is_histogram, is_quantile
from bot.monitor.model import Observation
from bot.monitor.queries import Query, existence, may_never_happen, queries, selectors
from bot.monitor.reading import several_quantiles
from bot.monitor.reasons import Reason
from bot.monitor.selectors import Selector, SelectorError
from bot.monitor.table import SeriesTable, column, having
from bot.runbook.models.sources import Metrics

_BEHIND_S: Final = 5.0
_BEHIND_SHARE: Final = 0.02
"""How far a store's clock may be behind a window's end: so much, or this share of the window if that is longer."""
AT_ONCE: Final = 2
"""So many windows are asked for at the same time: of a thousand tenants each is some megabytes of rows, and its queries
alone are more than Prometheus answers at once (`--query.max-concurrency`, 20)."""
WAITS_S: Final = 120
"""A window whose turn has not come by then is one that the store does not answer for."""

Rows = Mapping[str, Vector]
"""Each count's rows."""


class PrometheusSource:
    """Implements `bot.ports.MetricsSource` over `metrics.prometheus`. `client` stays the caller's to close.

    `arithmetic` is held while answers are read: a thousand tenants take a while, and an ack must not wait for them. One
    window after the other, since the turn of the thread that acks comes the later the more there are that never rest.
    """

    def __init__(self, metrics: Metrics, client: Http, arithmetic: asyncio.Lock | None = None) -> None:
        if metrics.prometheus is None:
            message = "the runbook names no Prometheus"
            raise ValueError(message)
        self._metrics = metrics
        self._client = client
        self._url = metrics.prometheus.rstrip("/") + "/api/v1/query"
        self._timeout_s = metrics.timeout.total_seconds()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._arithmetic = arithmetic or asyncio.Lock()
        self._key_of: dict[str, Key] = {}

    async def observe(self, start: datetime, end: datetime) -> Observation:
        """Counts in `[start, end)`, by stage, tenant and model; whatever goes wrong is the observation's problem."""
        try:
            async with asyncio.timeout(WAITS_S):
                await self._turn.acquire()
        except TimeoutError:
            detail = f"{place(self._url)} left {AT_ONCE} other windows without an answer for {WAITS_S} s"
            return Observation(start=start, end=end, problem=Reason.TIMEOUT, detail=detail)
        try:
            return await self._observe(start, end)
        finally:
            self._turn.release()

    async def _observe(self, start: datetime, end: datetime) -> Observation:
        try:
            asked = queries(self._metrics, end - start)
            async with asyncio.timeout(self._timeout_s):
                answers = list(await asyncio.gather(*(self._ask(query.text, end, end - start) for query in asked)))
            async with self._arithmetic:
                rows = await asyncio.to_thread(_read, asked, answers)
            async with asyncio.timeout(self._timeout_s):
                absent = await self._absent(rows, end, end - start)
            async with self._arithmetic:
                series = await asyncio.to_thread(self._table, rows, absent)
        except SelectorError as error:
            return Observation(start=start, end=end, problem=Reason.NO_SERIES, detail=str(error))
        except TimeoutError:
            detail = f"{place(self._url)} did not answer every query within {self._timeout_s:g} s"
            return Observation(start=start, end=end, problem=Reason.TIMEOUT, detail=detail)
        except HttpError as error:
            return Observation(start=start, end=end, problem=error.code, detail=error.what)
        if Count.ERRORS in absent:
            detail = f"no series {selectors(self._metrics)[Count.ERRORS].name}: none and not counted look the same"
            return Observation(start=start, end=end, problem=Reason.NO_SERIES, detail=detail)
        return Observation(start=start, end=end, series=series)

    async def _ask(self, text: str, at: datetime, window: timedelta) -> Answer:
        """An answer that is one. Raises HttpError."""
        form = {"query": text, "time": f"{at.timestamp():.3f}"}
        answer = await self._client.post_form(self._url, form, timeout_s=self._timeout_s)
        if answer.ok:
            self._not_ahead(answer.sent, at, window)
            return answer
        said = _said(answer)
        if said and answer.status not in {401, 403}:
            raise HttpError(Reason.BAD_STATUS, f"{place(self._url)} answered {answer.status}: {said}")
        return answer.accepted()

    def _not_ahead(self, sent: datetime | None, at: datetime, window: timedelta) -> None:
        """What lies ahead of a store's clock it has not counted, and answers nothing wrong. Raises HttpError."""
        behind = (at - sent).total_seconds() if sent is not None else 0.0
        if behind > max(_BEHIND_S, _BEHIND_SHARE * window.total_seconds()):
            when = f"at {sent:%H:%M:%S} UTC by its clock, {behind:.0f} s before the window's end"
            raise HttpError(Reason.CLOCK_SKEW, f"{place(self._url)} answered {when}: one of the two clocks is wrong")

    def _table(self, rows: Rows, absent: frozenset[str]) -> SeriesTable:
        # Most series were there in the window that was asked for before: their labels need not be read again.
        known, written = self._key_of, _written(rows.values())
        self._key_of = {text: known[text] if text in known else _key(self._metrics, text) for text in written}
        return _table(self._key_of, rows, absent)

    async def _exists(self, selector: Selector, at: datetime, window: timedelta) -> bool:
        return bool(read_vector(await self._ask(existence(selector), at, window), selector.name).values)

    async def _absent(self, rows: Rows, at: datetime, window: timedelta) -> frozenset[str]:
        """The counts that have no series at all, while there are requests: not counted is not the same as none.

        What may well never happen is none where its series, with whatever labels, was seen in the last day.
        """
        asked = rows.items() if rows[Count.REQUESTS].values else ()
        empty = [count for count, found in asked if not found.values]
        named = selectors(self._metrics)
        return frozenset(
            {
                count
                for count in empty
                if not may_never_happen(count) or count not in named or not await self._exists(named[count], at, window)
            }
        )


def _said(answer: Answer) -> str:
    """What a store says of its failure; empty where it, or what stands before it, does not say it as a store does."""
    try:
        return error_of(answer.json())
    except HttpError:
        return ""


def _read(asked: Sequence[Query], answers: list[Answer]) -> Rows:
    """What each query was answered; an answer that was read is let go. Raises HttpError."""
    texts, found = Texts(), {}
    answers.reverse()
    for query in asked:
        histogram, gauge = is_histogram(query.count), is_quantile(query.count)
        found[query.count] = read_vector(answers.pop(), query.count, texts, buckets=histogram, gaps=gauge)
    return found


def _written(found: Iterable[Vector]) -> set[str]:
    """The labels in some answers, of which many share one list."""
    return {text for labels in {id(one.labels): one.labels for one in found}.values() for text in labels}


def _table(key_of: Mapping[str, Key], rows: Rows, absent: frozenset[str]) -> SeriesTable:
    """All counts by series. What the source has, and not of a series, is 0 there; what it has not is in no column.

    `key_of` says whose labels are. Raises HttpError for the same ones twice.
    """
    # A summary goes on showing a model that no longer answers: its quantile is of no request in this window.
    counted = _written(found for count, found in rows.items() if not is_quantile(count))
    keys = sorted({key_of[text] for text in counted})
    places = {key: row for row, key in enumerate(keys)}
    row_of = {text: places[key] for text, key in key_of.items() if key in places}
    order = _Order(row_of, len(keys))
    counts: dict[str, array[float]] = {}
    histograms: dict[str, dict[str, array[float]]] = {}
    for count, found in rows.items():
        if is_quantile(count):
            counts[count] = _gauges(count, row_of, found, len(keys))
        elif is_histogram(count):
            buckets = order.buckets(count, found)
            if found.values and count not in absent:
                histograms[count] = having(len(keys), buckets)
        else:
            values = order.column(count, found)
            if count not in absent:
                counts[count] = values
    return SeriesTable(keys, counts, histograms)


class _Order:
    """Values put where their series stand. Which row is whose is worked out once for labels that answers share."""

    def __init__(self, row_of: Mapping[str, int], rows: int) -> None:
        self._row_of, self._many = row_of, rows
        self._rows: dict[int, list[int]] = {}
        self._places: dict[int, list[int]] = {}

    def rows(self, found: Vector) -> list[int]:
        """The row of each value."""
        key = id(found.labels)
        if key not in self._rows:
            self._rows[key] = [self._row_of[text] for text in found.labels]
        return self._rows[key]

    def column(self, count: str, found: Vector) -> "array[float]":
        """A count by series. Raises HttpError for the same labels twice."""
        rows, places = self.rows(found), self._places.get(id(found.labels))
        if places is None and len(set(rows)) < len(rows):
            _refuse_twice(count, found)
            return self._added(rows, found.values)
        if places is None:
            self._places[id(found.labels)] = places = [len(rows)] * self._many
            for place, row in enumerate(rows):
                places[row] = place
        # Where there is no value, what stands after the last one is taken.
        return array("d", map([*found.values, 0.0].__getitem__, places))

    def _added(self, rows: Sequence[int], values: Sequence[float]) -> "array[float]":
        """Of a tenant that is written in two ways."""
        added = column(self._many, 0.0)
        for row, value in zip(rows, values, strict=True):
            added[row] += value
        return added

    def buckets(self, count: str, found: Vector) -> "dict[str, array[float]]":
        """A histogram's counts by series and bound. Raises HttpError for the same bucket twice."""
        start = {bound: number * self._many for number, bound in enumerate(dict.fromkeys(found.bounds))}
        cells = [start[bound] + row for bound, row in zip(found.bounds, self.rows(found), strict=True)]
        if len(set(cells)) < len(cells):
            _refuse_twice(count, found)
        values = column(self._many * len(start))
        for cell, value in zip(cells, found.values, strict=True):
            values[cell] = value
        return {bound: values[at : at + self._many] for bound, at in start.items()}


def _gauges(count: str, row_of: Mapping[str, int], found: Vector, rows: int) -> "array[float]":
    """A quantile by series; NaN where there is none. Raises HttpError where a series has several."""
    values, seen = column(rows), set()
    for text, value in zip(found.labels, found.values, strict=True):
        row = row_of.get(text)
        if row in seen:
            raise HttpError(Reason.BAD_ANSWER, several_quantiles(count.removeprefix(QUANTILE)))
        if row is not None:
            values[row] = value
            seen.add(row)
    return values


def _key(metrics: Metrics, text: str) -> Key:
    """Whose a series with these labels is; labels that Prometheus leaves out are empty. Raises HttpError."""
    try:
        labels: dict[str, str] = json.loads(text)
    except ValueError:
        raise HttpError(Reason.BAD_ANSWER, f"the answer has {text[:80]!r}, which are no labels") from None
    names = metrics.labels
    tenant = labels.get(names.tenant) if names.tenant else None
    return labels.get(names.stage, "") if names.stage else "all", tenant or ABSENT_TENANT, labels.get(names.model, "")


def _refuse_twice(count: str, found: Vector) -> None:
    """Raises HttpError where an answer has the same labels twice; one tenant's may be written in two ways."""
    each = [json.dumps(json.loads(text), sort_keys=True) for text in found.labels]
    pairs = Counter(zip(each, found.bounds or repeat(""), strict=False))
    labels, times = pairs.most_common(1)[0]
    if times > 1:
        raise HttpError(Reason.BAD_ANSWER, f"the answer for {count} has {labels[0]} twice")
