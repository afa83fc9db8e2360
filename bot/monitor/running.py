"""A bake as it runs: what its counted windows come to so far. Pure.

`Running` is a fold over windows: `advance` takes in one more, and nothing of a window is needed again. Drawn up anew
from the same windows it is the same, so it may be kept, thrown away, or not be there.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.monitor.account import Account
from bot.monitor.added import NOTHING
from bot.monitor.arms import Arms
from bot.monitor.before import Before, cycle_of, tenants_of
from bot.monitor.counted import Count
from bot.monitor.cycle import Buckets, Coverage, coverage
from bot.monitor.kinds import Value
from bot.monitor.membership import Membership, Window
from bot.monitor.placed import Placed, Places, with_tenants
from bot.monitor.screen import Screened
from bot.monitor.watched import Watched, watched
from bot.monitor.words import own_words

_NO_TIME = timedelta()


@dataclass(frozen=True)
class Running:
    """What the counted windows of a bake come to: an account a check, and what is said of all of them.

    `steady` says whether the control held still in all of them, `hours` whether each has a counterpart a cycle earlier,
    `found` which shipped checks the candidate's series allow, where the runbook names none; `buckets` are the parts of
    a traffic cycle that were seen. `heard` is of every window, counted or not: whether each of the runbook's own words
    was well, the newest last, as many as it fails by.
    """

    places: Places
    accounts: dict[str, Account] = field(default_factory=dict)
    windows: int = 0
    time: timedelta = _NO_TIME
    steady: bool = True
    hours: bool = True
    found: frozenset[str] = frozenset()
    buckets: Buckets | None = None
    heard: dict[str, tuple[bool | None, ...]] = field(default_factory=dict)

    @classmethod
    def begun(cls, membership: Membership, before: Before) -> "Running":
        """A bake none of whose windows has been counted yet."""
        cycle = cycle_of(membership)
        return cls(before.places, buckets=None if cycle is None else Buckets.empty(cycle))

    def account(self, one: Watched) -> Account:
        """A check's account."""
        return self.accounts.get(one.check.name, Account())

    def covered(self, membership: Membership, before: Before) -> Coverage | None:
        """How much of the traffic cycle was seen, where one has to be."""
        cycle = cycle_of(membership)
        if cycle is None or self.buckets is None or before.buckets is None:
            return None
        return coverage(cycle, self.buckets, before.buckets)

    def arms(self, one: Watched, before: Before, *, concurrent: bool) -> Arms:
        """A check's arms; `concurrent` says whether stages still on the current model are a control at all."""
        name, account = one.check.name, self.account(one)
        return Arms(
            candidate=account.candidate,
            current=account.current,
            candidate_past=before.candidate.get(name, NOTHING),
            current_past=before.current.get(name, NOTHING),
            fair=concurrent and self.steady,
            changed=concurrent and not self.steady,
            same_hours=account.same_hours if self.hours else NOTHING,
            tenants=tuple(self.places),
        )


def advance(running: Running, before: Before, membership: Membership, seen: Screened) -> Running:
    """The bake with one more window that counts."""
    window, cycle = seen.window, cycle_of(membership)
    observation = window.observation
    places = with_tenants(running.places, tenants_of(window))
    candidate, current = Placed(window.table, window.candidate, places), Placed(window.table, window.current, places)
    hours = before.a_cycle_before(observation, membership.plan.traffic_cycle.length)
    accounts = {}
    for one in watched(membership.plan.checks, membership.plan.metrics):
        check, account = one.check, running.account(one)
        if one.read is None:
            number = observation.numbers.get(check.name)
            accounts[check.name] = account.with_figure(check, None if number is None else Value(number, math.inf))
            continue
        earlier = sum((hour.cells.get(check.name, NOTHING) for hour in hours), NOTHING)
        accounts[check.name] = account.with_window(check, one.read(candidate), one.read(current), earlier)
    buckets = running.buckets
    if cycle is not None and buckets is not None:
        buckets = buckets.with_window(cycle, observation.start, observation.end, window.requests)
    return replace(
        running,
        places=places,
        accounts=accounts,
        windows=running.windows + 1,
        time=running.time + (observation.end - observation.start),
        steady=running.steady and seen.steady,
        hours=running.hours and bool(hours),
        found=running.found if membership.plan.metrics is not None else running.found | _found(window),
        buckets=buckets,
    )


def hearing(running: Running, membership: Membership, window: Window) -> Running:
    """The bake with what the runbook's own words say of one more window, whether it counts or not."""
    words = own_words(membership.plan.checks)
    if not words:
        return running
    kept = {word.name: word.fails[1] if word.fails else 1 for word in words}
    told = {word.name: (*running.heard.get(word.name, ()), word.in_window(window).well) for word in words}
    return replace(running, heard={name: wells[-kept[name] :] for name, wells in told.items()})


_SHOWN_BY = {
    "latency": (Count.LATENCY,),
    "cost": (Count.COST,),
    "tools": (Count.TOOL_CALLS, Count.INVALID_TOOL_CALLS),
    "retries": (Count.RETRIES,),
}


def _found(window: Window) -> frozenset[str]:
    """The shipped checks that the candidate's series in a window allow."""
    has = window.table.has
    return frozenset(
        name
        for name, counts in _SHOWN_BY.items()
        if any(all(has(count, row) for count in counts) for row in window.candidate)
    )
