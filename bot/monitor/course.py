"""How each check's figure went, window by window: what a bake's verdicts added up, taken apart again to be looked at.

A check is judged over all windows so far; here every window has figures of its own, read from the windows as they were
kept. The new model's are what it showed. The old model's are, before the stage was changed, what the same requests
showed then; and from then on what it would have shown in the new one's place, by the rule the check is judged by. So
both lines are about the same requests, and where they lie apart the check saw a difference. What other tenants show at
the same time may lie elsewhere for reasons of their own; it is a line only where there is nothing else. Pure.
"""

import operator
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.monitor.arms import Arms
from bot.monitor.checks import Check, warm_windows
from bot.monitor.membership import Membership, Window
from bot.monitor.model import Observation, Series
from bot.monitor.screen import Screen, past_of, seen_by
from bot.monitor.watched import Seen, Watched, watched


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
    membership: Membership, windows: Sequence[Observation], past: Sequence[Observation], names: Collection[str]
) -> tuple[Course, ...]:
    """How the checks of these names went, those that measured anything; `windows` and `past` are as `judge` takes them.

    How far the past scatters from window to window is left out: it moves bounds, which nobody sees here, and hardly a
    figure; with a thousand tenants it would take half a minute.
    """
    earlier = membership.past(past)
    screen = Screen(membership, past_of(earlier))
    clean = [one for one in map(screen.sift, windows) if not one.reason]
    seen = seen_by(membership, screen.past, clean)
    times = [one.window.observation for one in clean]
    found = (
        Course(one.check, one.before(earlier), one.watched(seen, times))
        for one in _asked_for(watched(membership.plan.checks), names)
    )
    return tuple(course for course in found if any(point.candidate is not None for point in course.watched))


def _asked_for(every: Sequence[Watched], names: Collection[str]) -> "Iterator[_Drawn]":
    """The checks of these names; `errors of acme` is a check over one tenant's requests, held to no absolute limit."""
    known = {one.check.name: one for one in every}
    for name in names:
        whole, _, tenant = name.partition(" of ")
        if name in known:
            yield _Drawn(known[name], known[name].check)
        elif tenant and whole in known:
            yield _Drawn(known[whole], replace(known[whole].check, name=name, backstop=None), tenant)


@dataclass(frozen=True)
class _Drawn:
    """A check as it is looked at: over all of the stage's requests, or over those of one tenant."""

    source: Watched
    check: Check
    tenant: str = ""

    def before(self, earlier: Sequence[Window]) -> tuple[Point, ...]:
        """The stage's own windows on the old model, in the order of time."""
        points = [
            Point(window.observation.start, window.observation.end, None, self._figure(self._own(window.candidate)))
            for window in earlier
        ]
        return tuple(sorted(points, key=lambda point: point.start))

    def watched(self, seen: Seen, times: Sequence[Observation]) -> tuple[Point, ...]:
        """The windows the check took into account; a number that is asked for is held against nothing."""
        if self.source.read is None:
            figures = [numbers.get(self.check.name) for numbers in seen.numbers]
            return tuple(Point(at.start, at.end, figure, None) for at, figure in zip(times, figures, strict=True))
        whole = self.source.arms(seen)
        first = warm_windows(self.check, whole.candidate)
        own, past, hours = (
            [*map(self._mine, side)] for side in (whole.candidate, whole.candidate_past, whole.same_hours)
        )
        arms = replace(whole, candidate=own, candidate_past=past, same_hours=hours).with_past_in_one(operator.add)
        return tuple(
            Point(at.start, at.end, self._figure(arms.candidate[number]), self._expected(arms.only(number)))
            for number, at in enumerate(times)
            if number >= first
        )

    def _own(self, series: Sequence[Series]) -> Mapping[str, Any]:
        return self._mine(self.source.cells(series))

    def _mine(self, cells: Mapping[str, Any]) -> Mapping[str, Any]:
        return cells if not self.tenant else {self.tenant: cells[self.tenant]} if self.tenant in cells else {}

    def _figure(self, cells: Mapping[str, Any]) -> float | None:
        value = self.check.kind.value(cells)
        return value.figure if value is not None and value.total > 0 else None

    def _expected(self, arms: Arms[Any]) -> float | None:
        found = self.check.compare(arms)
        return found.current if found is not None else None
