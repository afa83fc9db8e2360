"""Whether the control moved in a window, alone or together with the candidate: the provider's fault, or no measure."""

from dataclasses import dataclass
from enum import StrEnum

from bot.monitor.added import NOTHING, Added
from bot.monitor.arms import Arms
from bot.monitor.checks import Check
from bot.monitor.comparison import Comparison

_SURE = 2.33  # standard errors, one-sided 1 %: how plainly the control must have moved to be called moved
_COMPARABLE = 1 / 3  # of the candidate's own worsening: less than that and the two do not share one cause


class Control(StrEnum):
    """What the control did in one window."""

    STEADY = "steady"
    MOVED = "moved"
    MOVED_WITH_CANDIDATE = "moved_with_candidate"


@dataclass(frozen=True)
class Side:
    """One arm's counts in a window, and in the windows before the stage was applied."""

    now: Added
    past: Added = NOTHING


def control_in(check: Check, candidate: Side, control: Side) -> Control:
    """What the control did as one check tells it.

    Moved is: worse beyond doubt, by more than the margin, and at least twice as bad; a daily peak slows everybody and
    is no incident.
    """
    theirs = _stand(check, control)
    if not theirs.plainly(check.margin):
        return Control.STEADY
    ours = _stand(check, candidate)
    together = ours.apparently(check.margin) and ours.shares(theirs)
    return Control.MOVED_WITH_CANDIDATE if together else Control.MOVED


@dataclass(frozen=True)
class _Stand:
    """How an arm stands in one window: against its own past where it has one, and against the absolute limit."""

    against_past: Comparison | None
    beyond_limit: bool

    def plainly(self, margin: float) -> bool:
        """Whether it is worse beyond doubt."""
        if self.against_past is None:
            return self.beyond_limit
        doubled = 1.0 if self.against_past.relative else self.against_past.current
        return self.against_past.interval(_SURE)[0] > max(margin, doubled)

    def apparently(self, margin: float) -> bool:
        """Whether it looks worse."""
        return self.beyond_limit if self.against_past is None else self.against_past.harm() > margin

    def shares(self, control: "_Stand") -> bool:
        """Whether the control moved far enough for one cause to explain both."""
        if self.against_past is None or control.against_past is None:
            return True
        return control.against_past.harm() >= _COMPARABLE * self.against_past.harm()


def _stand(check: Check, side: Side) -> _Stand:
    value = check.kind.value(side.now)
    if value is None or value.total < check.fewest:
        return _Stand(None, beyond_limit=False)
    return _Stand(check.compare(Arms(side.now, candidate_past=side.past)), check.beyond_limit(value))
