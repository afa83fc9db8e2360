"""A Prometheus query's answer: the labels of each row as they are written, a bucket's bound aside, and its value.

As Prometheus writes it, an answer is cut into rows by one pattern. Labels stay text: a series has the same in the
answers to all queries, so that they are read once and not for every count of a thousand tenants. Together that takes a
quarter of the time that reading answers as JSON does, most of which Python spends on tens of thousands of objects. An
answer that is written in any other way is read as JSON; what is no answer is refused either way.
"""

import json
import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Final

from bot.adapters.http import Answer, HttpError, place
from bot.monitor.model import LARGEST

_BAD: Final = "bad_answer"
_SUCCESS: Final = "success"
_BOUND: Final = "le"
_VALUE: Final = r',"value":\[[-+.eE\d]+,"([^"\\]*)"\]\}'
_PLAIN: Final = re.compile(r'\{"metric":(\{[^{}]*\})' + _VALUE)
_BUCKET: Final = re.compile(r'\{"metric":\{((?:"[^"]*":"[^"]*",)*?)"le":"([^"\\]*)"([^{}]*)\}' + _VALUE)


@dataclass(frozen=True)
class Vector:
    """An answer's rows: each one's labels as JSON, its bound where it is a bucket, and its value."""

    labels: Sequence[str]
    bounds: Sequence[str]
    values: "array[float]"


@dataclass
class Texts:
    """What was written in one window's answers so far: each text is kept once, and so is a list that comes again."""

    _each: dict[str, str] = field(default_factory=dict)
    _lists: list[list[str]] = field(default_factory=list)

    def shared(self, texts: list[str]) -> list[str]:
        """The same texts; the very same list where they came before."""
        for before in self._lists:
            if before == texts:
                return before
        known = self._each.setdefault
        self._lists.append([known(text, text) for text in texts])
        return self._lists[-1]


def read_vector(
    answer: Answer, what: str, texts: Texts | None = None, *, buckets: bool = False, gaps: bool = False
) -> Vector:
    """The rows of an answer; `what` is counted, for the errors, and `buckets` says whether they are a histogram's.

    With `gaps` a value that is no number, or none above 0, is NaN: a quantile of no requests. `texts` are those of the
    answers read before, to be shared.

    Raises HttpError `bad_answer` for what is no vector, a row without labels, and a value that counts nothing.
    """
    shared = (texts or Texts()).shared
    pattern = _BUCKET if buckets else _PLAIN
    parts, step = pattern.split(answer.text), pattern.groups + 1
    if len(parts) == 1 or {*parts[step:-1:step]} - {","} or not _is_empty(parts[0] + parts[-1]):
        labels, bounds, written = _read_json(answer, what, buckets=buckets)
        return Vector(shared(labels), shared(bounds), _numbers(written, what, gaps=gaps))
    labels, values = parts[1::step], _numbers(parts[step - 1 :: step], what, gaps=gaps)
    if not buckets:
        return Vector(shared(labels), (), values)
    series = list(starmap(_around, zip(labels, parts[3::step], strict=True)))
    return Vector(shared(series), shared(parts[2::step]), values)


def _around(before: str, after: str) -> str:
    """Labels without the bound that stood between them."""
    return f"{{{before}{after[1:]}}}" if after else f"{{{before[:-1]}}}"


def _is_empty(shell: str) -> bool:
    """Whether an answer is whole that its rows were cut out of."""
    try:
        return _result(json.loads(shell)) == []
    except (ValueError, RecursionError):
        return False


def _result(document: object) -> Sequence[object] | None:
    match document:
        case {"status": "success", "data": {"resultType": "vector", "result": [*rows]}}:
            return rows
        case _:
            return None


def _read_json(answer: Answer, what: str, *, buckets: bool) -> tuple[list[str], list[str], list[str]]:
    """Labels, bounds and values as they are written."""
    document = answer.json()
    rows = _result(document)
    if rows is None:
        if isinstance(document, dict) and document.get("status", _SUCCESS) != _SUCCESS:
            raise HttpError(_BAD, f"{place(answer.url)} answered {document['status']}: {error_of(document)}")
        raise HttpError(_BAD, f"{place(answer.url)} answered with something that is no query result")
    labels, bounds, texts = [], [], []
    for row in rows:
        match row:
            case {"metric": {**named}, "value": [_, str() as text]}:
                if buckets:
                    bounds.append(str(named.pop(_BOUND, "")))
                labels.append(json.dumps(named, sort_keys=True))
                texts.append(text)
            case _:
                raise HttpError(_BAD, f"the answer for {what} has a row without labels or value")
    return labels, bounds, texts


def error_of(document: object) -> str:
    """What a store says went wrong."""
    return str(document.get("error", ""))[:200] if isinstance(document, dict) else ""


def _numbers(texts: Sequence[str], what: str, *, gaps: bool) -> "array[float]":
    if gaps:
        return array("d", map(_reading, texts))
    try:
        values = array("d", map(float, texts))
    except ValueError:
        values = array("d", [math.nan])
    if values and not (math.isfinite(sum(values)) and min(values) >= 0 and max(values) <= LARGEST):
        _refuse(texts, what)
    return values


def _reading(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and value > 0 else math.nan


def _refuse(texts: Sequence[str], what: str) -> None:
    """Raises HttpError for the first value that counts nothing, if there is one."""
    for text in texts:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= LARGEST:
            raise HttpError(_BAD, f"the answer for {what} has the value {text!r}, which counts nothing")
