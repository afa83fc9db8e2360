"""What was seen before a stage was applied, added up: each arm's own past, and the candidate's hour by hour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.monitor.added import NOTHING, Added
from bot.monitor.cycle import Buckets
from bot.monitor.membership import Membership, Rows, Window
from bot.monitor.model import Observation
from bot.monitor.placed import Placed, Places, with_tenants
from bot.monitor.watched import Watched, watched
from bot.runbook.models.limits import TrafficCycle


@dataclass(frozen=True)
class PastWindow:
    """The candidate's arm in one window from before, by check: what its hour showed."""

    end: datetime
    cells: dict[str, Added]


@dataclass(frozen=True)
class Before:
    """Both arms before the stage was applied, by check; of the candidate's also window by window, for its hours.

    `places` are the columns of the tenants seen then; `buckets` what usually falls into each part of a traffic cycle.
    """

    places: Places = field(default_factory=dict)
    candidate: dict[str, Added] = field(default_factory=dict)
    current: dict[str, Added] = field(default_factory=dict)
    windows: tuple[PastWindow, ...] = ()
    buckets: Buckets | None = None

    def a_cycle_before(self, observation: Observation, cycle: timedelta) -> list[PastWindow]:
        """The windows at the hour of this one, a cycle earlier."""
        return [one for one in self.windows if is_hour_of(one.end, observation.start, observation.end, cycle)]


def is_hour_of(past_end: datetime, start: datetime, end: datetime, cycle: timedelta) -> bool:
    """Whether a window that ended then was at the hour of this one, a cycle earlier."""
    return abs(past_end - (end - cycle)) < (end - start) / 2


def cycle_of(membership: Membership) -> TrafficCycle | None:
    """The traffic cycle a stage has to be watched for; None where it has none."""
    return membership.plan.cycle_of(membership.stage)


def drawn_up(membership: Membership, past: Sequence[Observation]) -> Before:
    """What these windows from before the stage was applied come to."""
    every, cycle = watched(membership.plan.checks, membership.plan.metrics), cycle_of(membership)
    before = Before(buckets=None if cycle is None else Buckets.empty(cycle))
    windows, buckets = membership.past(past), before.buckets
    for window in windows:
        places = with_tenants(before.places, tenants_of(window))
        own = cells_of(every, window, window.candidate, places)
        others = cells_of(every, window, window.current, places)
        if cycle is not None and buckets is not None:
            seen = window.observation
            buckets = buckets.with_window(cycle, seen.start, seen.end, window.requests)
        before = Before(
            places,
            {name: before.candidate.get(name, NOTHING) + cells for name, cells in own.items()},
            {name: before.current.get(name, NOTHING) + cells for name, cells in others.items()},
            (*before.windows, PastWindow(window.observation.end, {name: one.plain for name, one in own.items()})),
            buckets,
        )
    return before


def tenants_of(window: Window) -> list[str]:
    """Whose series both arms are."""
    keys = window.table.keys
    return [keys[row][1] for rows in (window.candidate, window.current) for row in rows]


def cells_of(every: Sequence[Watched], window: Window, rows: Rows, places: Places) -> dict[str, Added]:
    """What each check counts in some rows of a window."""
    part = Placed(window.table, rows, places)
    return {one.check.name: one.cells(part) for one in every}
