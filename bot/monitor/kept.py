"""A bake's counts as they are kept from one look to the next, and whether what was kept may still be gone by. Pure.

What is kept is a convenience: it is drawn up anew from the windows wherever it is missing, of another version, of other
rules, or not of the look right before (`kept_bake` answers None).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bot.monitor.account import Account
from bot.monitor.added import Added
from bot.monitor.before import Before, PastWindow, is_hour_of
from bot.monitor.cycle import Buckets
from bot.monitor.kinds import Value
from bot.monitor.membership import Membership
from bot.monitor.packed import header_of, joined, rows_of, sums_from, taken_apart
from bot.monitor.running import Running
from bot.monitor.verdict import Bake

VERSION: Final = 2
"""Of the form, and of what is added up: raise it when either changes, and all is drawn up anew."""
BEFORE, RUNNING = "before", "running"
"""Two of the parts: what does not change as long as the bake lasts, and what does with every look. Beside them the
candidate's windows from before are kept one by one, so that a look reads that of its own hour only."""


def rules_of(membership: Membership, *, past: bool) -> str:
    """The digest of all that what is counted depends on besides the windows; `past` says whether there is to be one."""
    named = (membership.stage.name, membership.candidate, membership.current, sorted(membership.moved), past)
    told = json.dumps([VERSION, membership.plan.model_dump_json(), *named])
    return hashlib.sha256(told.encode()).hexdigest()


def kept_before(before: Before, rules: str) -> dict[str, bytes]:
    """What was before, as its parts are kept."""
    names = list(before.candidate)
    said, columns = rows_of([side[name] for side in (before.candidate, before.current) for name in names])
    header = {
        "rules": rules,
        "names": names,
        "tenants": list(before.places),
        "ends": [window.end.isoformat() for window in before.windows],
        "buckets": _buckets(before.buckets),
        "sums": said,
    }
    return {BEFORE: joined(header, columns), **{_hour(one.end): _kept_hour(one) for one in before.windows}}


def _hour(end: datetime) -> str:
    return f"hour {end.isoformat()}"


def _kept_hour(window: PastWindow) -> bytes:
    said, columns = rows_of(list(window.cells.values()))
    return joined({"names": list(window.cells), "sums": said}, columns)


def hours_of(kept: Mapping[str, bytes], start: datetime, end: datetime, cycle: timedelta) -> list[str]:
    """The parts that have the candidate's windows a cycle before this one; none where nothing was kept."""
    try:
        ends = [datetime.fromisoformat(one) for one in header_of(kept[BEFORE])["ends"]]
    except (ValueError, LookupError, TypeError):
        return []
    return [_hour(one) for one in ends if is_hour_of(one, start, end, cycle)]


def kept_running(running: Running, rules: str, look: int) -> bytes:
    """What the counted windows come to once that look is over, as it is kept."""
    accounts = running.accounts
    sums = [side for one in accounts.values() for side in (one.candidate, one.current, one.same_hours)]
    said, columns = rows_of(sums)
    header = {
        "rules": rules,
        "look": look,
        "tenants": list(running.places),
        "names": list(accounts),
        "figures": [
            [None if value is None else (value.figure, value.total) for value in one.figures]
            for one in accounts.values()
        ],
        "cold": [one.cold for one in accounts.values()],
        "windows": running.windows,
        "time": running.time // _MICROSECOND,
        "steady": running.steady,
        "hours": running.hours,
        "found": sorted(running.found),
        "heard": running.heard,
        "buckets": _buckets(running.buckets),
        "sums": said,
    }
    return joined(header, columns)


def kept_bake(membership: Membership, planned: int, rules: str, kept: Mapping[str, bytes], look: int) -> Bake | None:
    """The bake as the look before this one left it; None where what was kept cannot be gone by."""
    if BEFORE not in kept or RUNNING not in kept:
        return None
    try:
        (past, past_columns), (now, columns) = taken_apart(kept[BEFORE]), taken_apart(kept[RUNNING])
        if past["rules"] != rules or now["rules"] != rules or now["look"] != look - 1:
            return None
        hours = [
            PastWindow(end, _hour_from(kept[_hour(end)]))
            for end in map(datetime.fromisoformat, past["ends"])
            if _hour(end) in kept
        ]
        before = _before(past, sums_from(past["sums"], past_columns), tuple(hours))
        return Bake(membership, before, _running(now, sums_from(now["sums"], columns)), max(1, planned))
    except (ValueError, LookupError, TypeError, StopIteration):
        return None


def _before(told: Mapping[str, Any], sums: list[Added], hours: tuple[PastWindow, ...]) -> Before:
    names = told["names"]
    candidate, current = sums[: len(names)], sums[len(names) :]
    return Before(
        places=_places(told),
        candidate=dict(zip(names, candidate, strict=True)),
        current=dict(zip(names, current, strict=True)),
        windows=hours,
        buckets=_buckets_from(told),
    )


def _hour_from(body: bytes) -> dict[str, Added]:
    told, columns = taken_apart(body)
    return dict(zip(told["names"], sums_from(told["sums"], columns), strict=True))


def _running(told: Mapping[str, Any], sums: list[Added]) -> Running:
    accounts = {}
    for at, (name, figures, cold) in enumerate(zip(told["names"], told["figures"], told["cold"], strict=True)):
        values = tuple(None if one is None else Value(*one) for one in figures)
        accounts[name] = Account(cold, values, *sums[3 * at : 3 * at + 3])
    return Running(
        places=_places(told),
        accounts=accounts,
        windows=told["windows"],
        time=told["time"] * _MICROSECOND,
        steady=told["steady"],
        hours=told["hours"],
        found=frozenset(told["found"]),
        heard={name: tuple(words) for name, words in told["heard"].items()},
        buckets=_buckets_from(told),
    )


_MICROSECOND: Final = timedelta(microseconds=1)


def _places(told: Mapping[str, Any]) -> dict[str, int]:
    return {tenant: place for place, tenant in enumerate(told["tenants"])}


def _buckets(buckets: Buckets | None) -> list[tuple[float, int]] | None:
    if buckets is None:
        return None
    return [(count, time // _MICROSECOND) for count, time in zip(buckets.requests, buckets.time, strict=True)]


def _buckets_from(told: Mapping[str, Any]) -> Buckets | None:
    if told["buckets"] is None:
        return None
    requests, times = zip(*told["buckets"], strict=True)
    return Buckets(tuple(requests), tuple(time * _MICROSECOND for time in times))
