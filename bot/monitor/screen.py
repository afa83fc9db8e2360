"""Which windows may be judged at all: answered, with traffic, by the right model, in a world that held still meanwhile.

A window that may not be is evidence for nothing. Silence is one reason among them, and never health.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.monitor.incident import Control, Side, control_in
from bot.monitor.membership import Membership, Window
from bot.monitor.model import Observation, Series
from bot.monitor.reasons import Reason
from bot.monitor.watched import Seen, shipped
from bot.runbook.models.limits import Checks


@dataclass(frozen=True)
class Screened:
    """A window and why it is set aside (empty: it is judged). `steady` says whether the control held still."""

    window: Window
    reason: str = ""
    steady: bool = True


def _said(found: Screened) -> str:
    return "steady" if found.steady else "moved"


@dataclass(frozen=True)
class Past:
    """The windows before the stage was applied, by arm."""

    candidate: tuple[tuple[Series, ...], ...]
    current: tuple[tuple[Series, ...], ...]
    ends: tuple[datetime, ...]

    def a_cycle_before(self, windows: Sequence[Window], cycle: timedelta) -> tuple[tuple[Series, ...], ...]:
        """The candidate's windows at the hours of these, a cycle earlier; none where one of them has no counterpart."""
        found = []
        for window in windows:
            hour, half = window.observation.end - cycle, (window.observation.end - window.observation.start) / 2
            near = [series for end, series in zip(self.ends, self.candidate, strict=True) if abs(end - hour) < half]
            if not near:
                return ()
            found += near
        return tuple(found)


def past_of(windows: Sequence[Window]) -> Past:
    """The series of both arms, window by window."""
    return Past(
        tuple(window.candidate for window in windows),
        tuple(window.current for window in windows),
        tuple(window.observation.end for window in windows),
    )


def seen_by(membership: Membership, past: Past, clean: Sequence[Screened]) -> Seen:
    """All that was seen of both arms, as checks take it: over the windows that were let through, and before."""
    windows = [one.window for one in clean]
    return Seen(
        candidate=tuple(window.candidate for window in windows),
        current=tuple(window.current for window in windows),
        candidate_past=past.candidate,
        current_past=past.current,
        fair=membership.concurrent and all(one.steady for one in clean),
        same_hours=past.a_cycle_before(windows, membership.plan.traffic_cycle.length),
        numbers=tuple(window.observation.numbers for window in windows),
    )


@dataclass(frozen=True)
class Screen:
    """Sets windows of one bake aside, or lets them through."""

    membership: Membership
    past: Past

    @property
    def _checks(self) -> Checks:
        return self.membership.plan.checks

    def sift(self, observation: Observation) -> Screened:
        """The window in its arms, with the first reason there is to set it aside."""
        window = self.membership.window(observation)
        if observation.control and not observation.set_aside:
            return Screened(window, steady=observation.control == "steady")
        reason = observation.set_aside or observation.problem
        if not reason and window.requests <= 0:
            reason = Reason.NO_REQUESTS
        share = self.membership.other_share(window.candidate, self.membership.candidate)
        if not reason and share > self._checks.other_model_share:
            reason = Reason.ANSWERED_BY_ANOTHER_MODEL
        if reason:
            return Screened(window, reason)
        return self._with_control(window)

    def looked_at(self, observation: Observation) -> Observation:
        """The window with what the control did in it, where nothing sets it aside."""
        found = self.sift(observation)
        return observation if found.reason else observation.model_copy(update={"control": _said(found)})

    def _with_control(self, window: Window) -> Screened:
        control, control_past = self._control(window)
        doubted = self.membership.other_share(window.current, self.membership.current) > self._checks.other_model_share
        moved = False
        for one in shipped(self._checks)[:2]:  # errors and latency: what a provider in trouble shows
            candidate = Side(one.cells(window.candidate), [one.cells(series) for series in self.past.candidate])
            against = Side(one.cells(control), [one.cells(series) for series in control_past])
            match control_in(one.check, candidate, against):
                case Control.MOVED_WITH_CANDIDATE:
                    return Screened(window, Reason.BOTH_ARMS_WORSE, steady=False)
                case Control.MOVED:
                    moved = True
                case Control.STEADY:
                    pass
        return Screened(window, steady=not (doubted or moved))

    def _control(self, window: Window) -> tuple[tuple[Series, ...], tuple[tuple[Series, ...], ...]]:
        """Tells whether the provider is at fault: production not yet moved, else what the old model answers still."""
        if sum(series.requests for series in window.current) >= self._checks.min_requests:
            return window.current, self.past.current
        same, current = self.membership.same, self.membership.current
        left = tuple(series for series in window.observation.series if same(current, series.model))
        return left, ()
