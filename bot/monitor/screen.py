"""Which windows may be judged at all: answered, with traffic, by the right model, in a world that held still meanwhile.

A window that may not be is evidence for nothing. Silence is one reason among them, and never health.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison
from bot.monitor.histogram import histograms_of, pool
from bot.monitor.latency import TAIL, compare_latency
from bot.monitor.membership import Membership, Window
from bot.monitor.model import Observation, Series
from bot.monitor.rates import compare_rates
from bot.monitor.reasons import Reason
from bot.monitor.tallies import ERRORS, cells_of, pooled
from bot.runbook.models.limits import Checks

_SURE = 2.33  # standard errors, one-sided 1 %: how plainly the control must have moved to be called moved
_COMPARABLE = 1 / 3  # of the candidate's own worsening: less than that and the two do not share one cause
_DOUBLED = 1.0  # a control that is slower by this much is no daily peak


@dataclass(frozen=True)
class Screened:
    """A window and why it is set aside (empty: it is judged). `steady` says whether the control held still."""

    window: Window
    reason: str = ""
    steady: bool = True


@dataclass(frozen=True)
class Past:
    """The windows before the stage was applied, by arm."""

    candidate: tuple[tuple[Series, ...], ...]
    current: tuple[tuple[Series, ...], ...]


def past_of(windows: Sequence[Window]) -> Past:
    """The series of both arms, window by window."""
    return Past(tuple(window.candidate for window in windows), tuple(window.current for window in windows))


@dataclass(frozen=True)
class _Moved:
    """How an arm stands in one window: against its own past where it has one, and against the absolute limit."""

    against_past: Comparison | None
    beyond_limit: bool

    def plainly(self, margin: float) -> bool:
        """Whether it is worse beyond doubt."""
        if self.against_past is None:
            return self.beyond_limit
        return self.against_past.interval(_SURE)[0] > margin

    def apparently(self, margin: float) -> bool:
        """Whether it looks worse."""
        return self.beyond_limit if self.against_past is None else self.against_past.harm() > margin

    def shares(self, control: "_Moved") -> bool:
        """Whether the control moved far enough for one cause to explain both."""
        if self.against_past is None or control.against_past is None:
            return True
        return control.against_past.harm() >= _COMPARABLE * self.against_past.harm()


def _errors_moved(now: Iterable[Series], past: Sequence[Iterable[Series]], checks: Checks) -> _Moved:
    cells = cells_of(ERRORS, now)
    arms = Arms([cells], candidate_past=[cells_of(ERRORS, one) for one in past])
    total = pooled(cells)
    enough = total.total >= checks.min_requests
    against = compare_rates(ERRORS.shape, arms, checks.min_requests) if enough else None
    return _Moved(against, enough and total.rate > checks.errors_backstop.limit)


def _latency_moved(now: Iterable[Series], past: Sequence[Iterable[Series]], checks: Checks) -> _Moved:
    cells = histograms_of(now)
    arms = Arms([cells], candidate_past=[histograms_of(one) for one in past])
    times = pool(cells)
    enough = times.total >= checks.min_requests
    against = compare_latency(arms, checks.min_requests) if enough else None
    return _Moved(against, enough and times.least(TAIL) > checks.latency_backstop_s.limit)


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
        reason = observation.set_aside or observation.problem
        if not reason and window.requests <= 0:
            reason = Reason.NO_REQUESTS
        share = self.membership.other_share(window.candidate, self.membership.candidate)
        if not reason and share > self._checks.other_model_share:
            reason = Reason.ANSWERED_BY_ANOTHER_MODEL
        if reason:
            return Screened(window, reason)
        return self._with_control(window)

    def _with_control(self, window: Window) -> Screened:
        control, control_past = self._control(window)
        doubted = self.membership.other_share(window.current, self.membership.current) > self._checks.other_model_share
        moved = False
        for measure, margin, far in (
            (_errors_moved, self._checks.errors_margin, self._checks.errors_margin),
            (_latency_moved, self._checks.latency_margin, max(self._checks.latency_margin, _DOUBLED)),
        ):
            theirs = measure(control, control_past, self._checks)
            if not theirs.plainly(far):
                continue
            moved = True
            ours = measure(window.candidate, self.past.candidate, self._checks)
            if ours.apparently(margin) and ours.shares(theirs):
                return Screened(window, Reason.BOTH_ARMS_WORSE, steady=False)
        return Screened(window, steady=not (doubted or moved))

    def _control(self, window: Window) -> tuple[tuple[Series, ...], tuple[tuple[Series, ...], ...]]:
        """Tells whether the provider is at fault: production not yet moved, else what the old model answers still."""
        if sum(series.requests for series in window.current) >= self._checks.min_requests:
            return window.current, self.past.current
        same, current = self.membership.same, self.membership.current
        left = tuple(series for series in window.observation.series if same(current, series.model))
        return left, ()
