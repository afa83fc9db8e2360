"""One line of recorded history -> its row, or what is wrong with it."""

import difflib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal

from bot.monitor.arms import ALL
from bot.monitor.histogram import Histogram
from bot.monitor.model import LARGEST
from bot.monitor.moments import Moments
from bot.monitor.reading import Gauge
from bot.monitor.tallies import Tally

Arm = Literal["candidate", "current"]
ARMS: Final = ("candidate", "current")
_MISSPELT: Final = 0.75
"""How alike a field's name must be to one that is known to be taken for it misspelt."""
_FARTHEST: Final = 1e300
"""A whole number has no end, and a float has."""
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
"""Before and after these nothing was recorded, and a calendar's ends are near."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `counted` is a Tally, Moments, Histogram or Gauge, a number (value) or a truth value (health)."""

    line: int
    at: datetime
    check: str
    arm: Arm
    tenant: str
    counted: Any


class WrongRowError(ValueError):
    """What is wrong with one line."""


def _refuse(what: str) -> None:
    raise WrongRowError(what)


def object_of(text: str) -> Mapping[str, Any]:
    """The JSON object a line is. Raises WrongRowError."""
    try:
        raw = json.loads(text, object_pairs_hook=_once)
    except WrongRowError:
        raise
    except (ValueError, RecursionError) as error:
        where = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        message = f"is not JSON{where}"
        raise WrongRowError(message) from None
    if not isinstance(raw, dict):
        message = "is no JSON object"
        raise WrongRowError(message)
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name in found if sum(name == key for key, _ in pairs) > 1)
        message = f"{twice} stands in it twice"
        raise WrongRowError(message)
    return found


def row_of(number: int, raw: Mapping[str, Any], kinds: Mapping[str, str]) -> Row:
    """The row that line `number` is; `kinds` is the kind of each check. Raises WrongRowError."""
    check = _text(raw, "check")
    if check not in kinds:
        near = difflib.get_close_matches(check, kinds, n=1)
        known = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(kinds))}"
        _refuse(f"check: there is no check {check!r}; {known}")
    arm = _text(raw, "arm")
    if arm not in ARMS:
        _refuse(f"arm: expected candidate or current, found {arm!r}")
    counted = _COUNTED[kinds[check]](raw)
    return Row(number, _moment(raw), _once_kept(check), _once_kept(arm), _once_kept(_tenant(raw)), counted)  # type: ignore[arg-type]  # checked above


def _tenant(raw: Mapping[str, Any]) -> str:
    """Whose row it is; all tenants' where it does not say. Misspelt it would not say either, and tenants be pooled."""
    if "tenant" in raw:
        return _text(raw, "tenant")
    if near := difflib.get_close_matches("tenant", raw, n=1, cutoff=_MISSPELT):
        _refuse(f"{near[0]}: did you mean tenant?")
    return ALL


@lru_cache(maxsize=100_000)
def _once_kept(text: str) -> str:
    """The same text: rows by the million are of few names."""
    return text


def _text(raw: Mapping[str, Any], field: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or not value.strip():
        _refuse(f"{field}: a text is expected" if field in raw else f"{field} is missing")
    return str(value)


def _moment(raw: Mapping[str, Any]) -> datetime:
    return _moment_of(_text(raw, "at"))


@lru_cache(maxsize=1024)
def _moment_of(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        message = f"at: {text!r} is no time as in RFC 3339, such as 2026-03-02T09:00:00Z"
        raise WrongRowError(message) from None
    if at.tzinfo is None:
        _refuse(f"at: {text!r} has no time zone; write Z or an offset at its end")
    if not _FIRST_YEAR <= at.year < _LAST_YEAR:
        _refuse(f"at: {text!r} is no time anything was recorded at")
    return at


def _number(raw: Mapping[str, Any], field: str, *, negative: bool = False, of: str = "") -> float:
    """A field's number; `of` is what stands before its name where it is told."""
    value, name = raw.get(field), of + field
    if field not in raw:
        _refuse(f"{name} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == math.inf:  # noqa: PLR0124
        _refuse(f"{name}: a number is expected")
    number = float(min(max(value, -_FARTHEST), _FARTHEST))  # type: ignore[type-var, arg-type]  # just asked
    if abs(number) > LARGEST:
        _refuse(f"{name}: {number:g} is more than can be counted")
    if number < 0 and not negative:
        _refuse(f"{name}: {number:g} is less than nothing")
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
    pairs = sorted((_bound(bound), _number(buckets, bound, of="buckets: ")) for bound in buckets)
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


def sort_of(raw: Mapping[str, Any]) -> str:
    """What a latency's row tells of it."""
    return f"the quantile {raw['quantile']:g}" if "quantile" in raw else "buckets"


def _bound(text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if math.isnan(bound) or bound < 0:
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
