"""Counts from a Prometheus HTTP API, or any store that speaks it: one instant query for each named series.

The queries are `bot.monitor.queries`' business; here they are asked and their answers put together, or refused.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.adapters.http import Http, HttpError, place
from bot.monitor.counted import ABSENT_TENANT, Count, Key, is_histogram, series_of
from bot.monitor.model import Observation, Series
from bot.monitor.queries import Query, existence, may_never_happen, queries, selectors
from bot.monitor.reasons import Reason
from bot.monitor.selectors import SelectorError
from bot.runbook.models.sources import Metrics

_SUCCESS: Final = "success"
_BEHIND_S: Final = 5.0
_BEHIND_SHARE: Final = 0.02
"""How far a store's clock may be behind a window's end: so much, or this share of the window if that is longer."""

Rows = Mapping[str, Mapping[tuple[str, ...], float]]
"""Each count's values by its query's labels."""


class PrometheusSource:
    """Implements `bot.ports.MetricsSource` over `metrics.prometheus`. `client` stays the caller's to close."""

    def __init__(self, metrics: Metrics, client: Http) -> None:
        if metrics.prometheus is None:
            message = "the runbook names no Prometheus"
            raise ValueError(message)
        self._metrics = metrics
        self._client = client
        self._url = metrics.prometheus.rstrip("/") + "/api/v1/query"
        self._timeout_s = metrics.timeout.total_seconds()

    async def observe(self, start: datetime, end: datetime) -> Observation:
        """Counts in `[start, end)`, by stage, tenant and model; whatever goes wrong is the observation's problem."""
        try:
            asked = queries(self._metrics, end - start)
            async with asyncio.timeout(self._timeout_s):
                answers = await asyncio.gather(*(self._ask(query.text, end, end - start) for query in asked))
                rows = {query.count: _rows(query, answer) for query, answer in zip(asked, answers, strict=True)}
                absent = await self._absent(rows, end, end - start)
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
        return Observation(start=start, end=end, series=_series(self._metrics, rows, absent))

    async def _ask(self, text: str, at: datetime, window: timedelta) -> Sequence[Mapping[str, Any]]:
        form = {"query": text, "time": f"{at.timestamp():.3f}"}
        answer = await self._client.post_form(self._url, form, timeout_s=self._timeout_s)
        if answer.ok:
            self._not_ahead(answer.sent, at, window)
            return _vector(answer.json(), self._url)
        said = _error_of(answer.body and answer.json()) if answer.content_type.startswith("application/json") else ""
        if said and answer.status not in {401, 403}:
            raise HttpError(Reason.BAD_STATUS, f"{place(self._url)} answered {answer.status}: {said}")
        answer.accepted()
        return ()

    def _not_ahead(self, sent: datetime | None, at: datetime, window: timedelta) -> None:
        """What lies ahead of a store's clock it has not counted, and answers nothing wrong. Raises HttpError."""
        behind = (at - sent).total_seconds() if sent is not None else 0.0
        if behind > max(_BEHIND_S, _BEHIND_SHARE * window.total_seconds()):
            when = f"at {sent:%H:%M:%S} UTC by its clock, {behind:.0f} s before the window's end"
            raise HttpError(Reason.CLOCK_SKEW, f"{place(self._url)} answered {when}: one of the two clocks is wrong")

    async def _absent(self, rows: Rows, at: datetime, window: timedelta) -> frozenset[str]:
        """The counts that have no series at all, while there are requests: not counted is not the same as none.

        What may well never happen is none where its series, with whatever labels, was seen in the last day.
        """
        empty = [count for count, found in rows.items() if not found] if rows[Count.REQUESTS] else []
        named = selectors(self._metrics)
        return frozenset(
            {
                count
                for count in empty
                if not may_never_happen(count)
                or count not in named
                or not await self._ask(existence(named[count]), at, window)
            }
        )


def _error_of(document: object) -> str:
    return str(document.get("error", ""))[:200] if isinstance(document, dict) else ""


def _vector(document: object, url: str) -> Sequence[Mapping[str, Any]]:
    match document:
        case {"status": "success", "data": {"resultType": "vector", "result": [*rows]}}:
            return rows
        case {"status": status, **rest} if status != _SUCCESS:
            raise HttpError(Reason.BAD_ANSWER, f"{place(url)} answered {status}: {_error_of(rest)}")
    raise HttpError(Reason.BAD_ANSWER, f"{place(url)} answered with something that is no query result")


def _rows(query: Query, vector: Sequence[Mapping[str, Any]]) -> dict[tuple[str, ...], float]:
    rows: dict[tuple[str, ...], float] = {}
    for row in vector:
        match row:
            case {"metric": {**labels}, "value": [_, str() as text]}:
                key = tuple(str(labels.get(label, "")) for label in query.by)
            case _:
                raise HttpError(Reason.BAD_ANSWER, f"the answer for {query.count} has a row without labels or value")
        if key in rows:
            raise HttpError(Reason.BAD_ANSWER, f"the answer for {query.count} has {dict(labels)} twice")
        rows[key] = _number(query.count, text)
    return rows


def _number(count: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise HttpError(Reason.BAD_ANSWER, f"the answer for {count} has the value {text!r}, which counts nothing")
    return value


def _series(metrics: Metrics, rows: Rows, absent: frozenset[str]) -> tuple[Series, ...]:
    labels = metrics.labels

    def key_of(row: tuple[str, ...]) -> Key:
        left = list(row)
        stage = left.pop(0) if labels.stage else "all"
        tenant = left.pop(0) if labels.tenant else ABSENT_TENANT
        return stage, tenant or ABSENT_TENANT, left[0]

    values: dict[Key, dict[str, float]] = {}
    histograms: dict[Key, dict[str, dict[str, float]]] = {}
    for count, found in rows.items():
        for row, value in found.items():
            key = key_of(row)
            values.setdefault(key, {})
            if is_histogram(count):
                histograms.setdefault(key, {}).setdefault(count, {})[row[-1]] = value
            elif count not in absent:
                values[key][count] = value
    there = [count for count in rows if count not in absent]
    singles = [count for count in there if not is_histogram(count)]
    buckets = [count for count in there if is_histogram(count) and rows[count]]
    return tuple(
        series_of(
            key,
            {count: values[key].get(count, 0.0) for count in singles},
            {count: histograms.get(key, {}).get(count, {}) for count in buckets},
        )
        for key in sorted(values)
    )
