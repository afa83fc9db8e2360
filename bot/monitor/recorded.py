"""Recorded history, a row a line: what one check counted of one arm and one tenant in the look that ends at `at`.

Reading and refusing rows only; what they say of a model is `replay`'s business.
"""

import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, Literal

from bot.monitor.histogram import Histogram
from bot.monitor.model import LARGEST
from bot.monitor.moments import Moments
from bot.monitor.reading import Gauge
from bot.monitor.tallies import Tally

Arm = Literal["candidate", "current"]
ARMS: Final = ("candidate", "current")
MOST_TOLD: Final = 20
"""So many wrong lines are named; the rest are counted."""


@dataclass(frozen=True)
class Row:
    """One line. `counted` is a Tally, Moments, Histogram or Gauge, a number (value) or a truth value (health)."""

    line: int
    at: datetime
    check: str
    arm: Arm
    tenant: str
    counted: Any


class RowsError(Exception):
    """Lines that cannot be used: `problems` has each with its line."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{line}: {what}" for line, what in problems))


def read_rows(lines: Iterable[str], kinds: Mapping[str, str]) -> list[Row]:
    """The rows of a file, in the order of their looks; `kinds` is the kind of each check. Raises RowsError."""
    found: list[Row] = []
    problems: list[tuple[int, str]] = []
    first: dict[tuple[datetime, str, str, str], int] = {}
    told: dict[str, tuple[str, int]] = {}
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            raw = _object(text)
            row = _row(number, raw, kinds)
            key = (row.at, row.check, row.arm, row.tenant)
            if key in first:
                _refuse(f"line {first[key]} has counted this check, arm, tenant and look already")
            first[key] = number
            if kinds[row.check] == "latency":
                _of_one_sort(row, _sort_of(raw), told)
            found.append(row)
        except _WrongRowError as error:
            problems.append((number, str(error)))
    if not found and not problems:
        problems.append((0, "no row is in it"))
    if problems:
        raise RowsError(problems)
    return sorted(found, key=lambda row: (row.at, row.check, row.arm, row.tenant))


class _WrongRowError(ValueError):
    """What is wrong with one line."""


def _refuse(what: str) -> None:
    raise _WrongRowError(what)


def _object(text: str) -> Mapping[str, Any]:
    try:
        raw = json.loads(text, object_pairs_hook=_once)
    except _WrongRowError:
        raise
    except (ValueError, RecursionError) as error:
        where = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        message = f"is not JSON{where}"
        raise _WrongRowError(message) from None
    if not isinstance(raw, dict):
        message = "is no JSON object"
        raise _WrongRowError(message)
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name in found if sum(name == key for key, _ in pairs) > 1)
        message = f"{twice} stands in it twice"
        raise _WrongRowError(message)
    return found


def _row(number: int, raw: Mapping[str, Any], kinds: Mapping[str, str]) -> Row:
    check = _text(raw, "check")
    if check not in kinds:
        near = difflib.get_close_matches(check, kinds, n=1)
        known = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(kinds))}"
        _refuse(f"check: there is no check {check!r}; {known}")
    arm = _text(raw, "arm")
    if arm not in ARMS:
        _refuse(f"arm: expected candidate or current, found {arm!r}")
    tenant = _text(raw, "tenant") if "tenant" in raw else "all"
    at = _moment(raw)
    return Row(number, at, check, arm, tenant, _COUNTED[kinds[check]](raw))  # type: ignore[arg-type]  # checked above


def _text(raw: Mapping[str, Any], field: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or not value.strip():
        _refuse(f"{field}: a text is expected" if field in raw else f"{field} is missing")
    return str(value)


def _moment(raw: Mapping[str, Any]) -> datetime:
    text = _text(raw, "at")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"at: {text!r} is no time as in RFC 3339, such as 2026-03-02T09:00:00Z"
        raise _WrongRowError(message) from None
    if at.tzinfo is None:
        _refuse(f"at: {text!r} has no time zone; write Z or an offset at its end")
    return at


def _number(raw: Mapping[str, Any], field: str, *, negative: bool = False) -> float:
    value = raw.get(field)
    if field not in raw:
        _refuse(f"{field} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        _refuse(f"{field}: a number is expected")
    number = float(value)  # type: ignore[arg-type]  # just asked
    if abs(number) > LARGEST:
        _refuse(f"{field}: {number:g} is more than can be counted")
    if number < 0 and not negative:
        _refuse(f"{field}: {number:g} is less than nothing")
    return number


def _tally(raw: Mapping[str, Any]) -> Tally:
    bad, total = _number(raw, "bad"), _number(raw, "total")
    if bad > total:
        _refuse(f"bad: {bad:g} of {total:g} is more than all")
    return Tally(bad, total)


def _moments(raw: Mapping[str, Any]) -> Moments:
    count, total = _number(raw, "count"), _number(raw, "sum", negative=True)
    squares = _number(raw, "sum_squares")
    if squares * count < total * total * (1 - 1e-6):
        _refuse("sum_squares: smaller than numbers of that sum can have")
    return Moments(count, total, squares)


def _histogram(raw: Mapping[str, Any]) -> Histogram:
    buckets = raw.get("buckets")
    if not isinstance(buckets, dict) or not buckets:
        _refuse("buckets: a mapping of upper bounds in seconds to cumulative counts is expected")
        raise AssertionError
    pairs = sorted((_bound(bound), _number(buckets, bound)) for bound in buckets)
    if not math.isinf(pairs[-1][0]):
        _refuse('buckets: "+Inf" is missing: how many there were in all')
    if any(bound == later for (bound, _), (later, _) in pairwise(pairs)):
        _refuse("buckets: two upper bounds are the same")
    counts = [count for _, count in pairs]
    if any(later < earlier for earlier, later in pairwise(counts)):
        _refuse("buckets: counts are cumulative, so none is smaller than the one before")
    return Histogram(tuple(bound for bound, _ in pairs), tuple(counts))


def _latency(raw: Mapping[str, Any]) -> Histogram | Gauge:
    if "buckets" in raw and "value" in raw:
        _refuse("buckets and value: a histogram or one quantile of it, one of the two")
    if "value" not in raw and "quantile" not in raw:
        return _histogram(raw)
    quantile = _number(raw, "quantile")
    if not 0 < quantile < 1:
        _refuse(f"quantile: {quantile:g} is none; expected a share such as 0.95")
    seconds = _number(raw, "value")
    if not seconds:
        _refuse("value: 0 seconds are no quantile; leave out looks without requests")
    requests = _number(raw, "count") if "count" in raw else math.inf
    if not requests:
        _refuse("count: a quantile of no requests is none; leave the row out")
    return Gauge(seconds, requests)


def _sort_of(raw: Mapping[str, Any]) -> str:
    return f"the quantile {raw['quantile']:g}" if "quantile" in raw else "buckets"


def _of_one_sort(row: Row, sort: str, told: dict[str, tuple[str, int]]) -> None:
    """Refuses a row of a latency check that tells something else of it than the first one did."""
    before, line = told.setdefault(row.check, (sort, row.line))
    if before != sort:
        _refuse(f"{sort} of {row.check}, where line {line} has {before}: one check is read from one of them")


def _bound(text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if math.isnan(bound):
        _refuse(f"buckets: {text!r} is no upper bound in seconds")
    return bound


def _truth(raw: Mapping[str, Any]) -> bool:
    value = raw.get("healthy")
    if not isinstance(value, bool):
        _refuse("healthy: true or false is expected")
    return bool(value)


_COUNTED: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "ratio": _tally,
    "attribution": _tally,
    "latency": _latency,
    "mean": _moments,
    "value": lambda raw: _number(raw, "value", negative=True),
    "health": _truth,
}
