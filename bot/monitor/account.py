"""What one check has counted so far: the fold that every verdict is read from, one window after the other. Pure.

Nothing is kept of a window but what adds up, its figure, and its number of requests. So a look costs the same however
many windows were seen before it, and the account can be drawn up anew from the windows at any time: it is nothing else
than all of them taken in, in the order of their looks.
"""

from dataclasses import dataclass, replace
from math import isfinite

from bot.monitor.added import NOTHING, Added
from bot.monitor.checks import Check
from bot.monitor.kinds import Value


@dataclass(frozen=True)
class Account:
    """One check's counted windows. `cold` are the requests of its warm-up so far, of which nothing else is kept.

    `figures` has the candidate's figure in every window since, None where nothing was measured; `same_hours` are the
    candidate's windows from a cycle earlier. How unevenly windows fall is told by the current arm's.
    """

    cold: float = 0.0
    figures: tuple[Value | None, ...] = ()
    candidate: Added = NOTHING
    current: Added = NOTHING
    same_hours: Added = NOTHING

    def with_window(
        self, check: Check, candidate: Added, current: Added = NOTHING, same_hours: Added = NOTHING
    ) -> "Account":
        """The account with one more window, as both arms show it; and the candidate's own a cycle before."""
        return self.with_figure(check, check.kind.value(candidate), candidate, current, same_hours)

    def with_figure(
        self,
        check: Check,
        value: Value | None,
        candidate: Added = NOTHING,
        current: Added = NOTHING,
        same_hours: Added = NOTHING,
    ) -> "Account":
        """The account with one more window of which the figure is known."""
        if self.cold < check.warm_up:
            requests = value.total if value is not None and isfinite(value.total) else 0.0
            return replace(self, cold=self.cold + requests)
        return replace(
            self,
            figures=(*self.figures, value),
            candidate=self.candidate + candidate.plain,
            current=self.current + current,
            same_hours=self.same_hours + same_hours.plain,
        )
