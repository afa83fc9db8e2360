"""How each check's figure went, window by window: what a bake's verdicts added up, taken apart again to be looked at.

A check is judged over all windows so far; here every window has figures of its own, read from the windows as they were
kept. The new model's are what it showed. The old model's are, before the stage was changed, what the same requests
showed then; and from then on what it would have shown in the new one's place, by the rule the check is judged by. So
both lines are about the same requests, and where they lie apart the check saw a difference. What other tenants show at
the same time may lie elsewhere for reasons of their own; it is a line only where there is nothing else. Pure.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.monitor.account import Account
from bot.monitor.added import NOTHING, Added
from bot.monitor.arms import Arms
from bot.monitor.before import Before, drawn_up
from bot.monitor.checks import Check
from bot.monitor.membership import Membership, Rows, Window
from bot.monitor.model import Observation
from bot.monitor.placed import Placed, Places, with_tenants
from bot.monitor.screen import Screen, Screened
from bot.monitor.watched import Watched, watched
from bot.rotation.evidence import of_tenant

Asked = tuple[str, str]
"""A check's name, and the tenant whose requests alone are meant; empty: those of all."""


@dataclass(frozen=True)
class Point:
    """One window's figures in the check's unit; None where nothing was counted, or nothing says what to expect."""

    start: datetime
    end: datetime
    candidate: float | None
    current: float | None


@dataclass(frozen=True)
class Course:
    """A check's figures: in the windows before the stage was changed, and in those the check took into account."""

    check: Check
    before: tuple[Point, ...]
    watched: tuple[Point, ...]


def courses(
    membership: Membership, windows: Sequence[Observation], past: Sequence[Observation], asked: Collection[Asked]
) -> tuple[Course, ...]:
    """How these checks went, those that measured anything; windows are as `Bake.of` takes them."""
    earlier, before = membership.past(past), drawn_up(membership, past)
    screen = Screen(membership, before)
    clean = [one for one in map(screen.sift, windows) if not one.reason]
    tenants = (key[1] for one in clean for key in one.window.table.keys)
    seen = _Seen(membership, before, clean, with_tenants(before.places, tenants))
    found = (
        Course(one.check, one.before(earlier, seen.places), one.watched(seen))
        for one in _asked_for(watched(membership.plan.checks, membership.plan.metrics), asked)
    )
    return tuple(course for course in found if any(point.candidate is not None for point in course.watched))


@dataclass(frozen=True)
class _Seen:
    """The windows that counted, beside what was before; `places` are all tenants' columns."""

    membership: Membership
    past: Before
    windows: Sequence[Screened]
    places: Places

    @property
    def fair(self) -> bool:
        return self.membership.concurrent and all(one.steady for one in self.windows)


def _asked_for(every: Sequence[Watched], asked: Collection[Asked]) -> "Iterator[_Drawn]":
    """The checks that are asked for; one over a tenant's requests is held to no absolute limit."""
    known = {one.check.name: one for one in every}
    for name, tenant in asked:
        if name not in known:
            continue
        one = known[name]
        named = replace(one.check, name=of_tenant(name, tenant), backstop=None) if tenant else one.check
        yield _Drawn(one, named, tenant)


@dataclass(frozen=True)
class _Drawn:
    """A check as it is looked at: over all of the stage's requests, or over those of one tenant."""

    source: Watched
    check: Check
    tenant: str = ""

    def before(self, earlier: Sequence[Window], places: Places) -> tuple[Point, ...]:
        """The stage's own windows on the old model, in the order of time."""
        points = []
        for window in earlier:
            own = self._mine(self._cells(window, window.candidate, places), places)
            points.append(Point(window.observation.start, window.observation.end, None, self._figure(own)))
        return tuple(sorted(points, key=lambda point: point.start))

    def watched(self, seen: _Seen) -> tuple[Point, ...]:
        """The windows the check took into account; a number that is asked for is held against nothing."""
        times = [one.window.observation for one in seen.windows]
        if self.source.read is None:
            return tuple(Point(at.start, at.end, at.numbers.get(self.check.name), None) for at in times)
        warming, points = Account(), []
        for at, one in zip(times, seen.windows, strict=True):
            whole = self._cells(one.window, one.window.candidate, seen.places)
            warm, warming = warming, warming.with_window(self.source.check, whole)
            if len(warming.figures) > len(warm.figures):
                arms = self._arms(seen, one.window, whole)
                points.append(Point(at.start, at.end, self._figure(arms.candidate), self._expected(arms)))
        return tuple(points)

    def _arms(self, seen: _Seen, window: Window, whole: Added) -> Arms:
        """Both arms in this one window, and all that was before."""
        name, places = self.source.check.name, seen.places
        cycle = seen.membership.plan.traffic_cycle.length
        hours = [seen.past.a_cycle_before(one.window.observation, cycle) for one in seen.windows]
        here = seen.past.a_cycle_before(window.observation, cycle) if all(hours) else []
        return Arms(
            candidate=self._mine(whole, places),
            current=self._cells(window, window.current, places),
            candidate_past=self._mine(seen.past.candidate.get(name, NOTHING), places),
            current_past=seen.past.current.get(name, NOTHING),
            fair=seen.fair,
            same_hours=self._mine(sum((hour.cells.get(name, NOTHING) for hour in here), NOTHING), places),
            tenants=tuple(places),
        )

    def _cells(self, window: Window, rows: Rows, places: Places) -> Added:
        return self.source.cells(Placed(window.table, rows, places))

    def _mine(self, cells: Added, places: Places) -> Added:
        return cells.only(places.get(self.tenant, len(places))) if self.tenant else cells

    def _figure(self, cells: Added) -> float | None:
        value = self.check.kind.value(cells)
        return value.figure if value is not None and value.total > 0 else None

    def _expected(self, arms: Arms) -> float | None:
        found = self.check.compare(arms)
        return found.current if found is not None else None
