"""Hands off: automatic rollback suspended for a while, by whom, until when, and what has failed meanwhile."""

from datetime import datetime, timedelta
from typing import Final

from bot.rotation.evidence import LookResult
from bot.rotation.model.state import State

LONGEST: Final = timedelta(hours=2)
"""How long hands may stay off a rotation altogether, however often it is made longer."""
USUAL: Final = timedelta(hours=1)
"""How long they stay off where nobody says: long enough to see one look of the sparsest bake."""


class Failing(State):
    """A look in which a guardrail failed while hands were off."""

    stage: int
    attempt: int
    look: LookResult


class HandsOff(State):
    """Automatic rollback is suspended from `at` to `until`; `by` is who asked last.

    `failing` is the newest look that would have rolled back, while no later one was fine; `unmet`: the verification
    list was found not met. Either is acted on when hands are on again.
    """

    by: str
    at: datetime
    until: datetime
    reason: str
    failing: Failing | None = None
    unmet: bool = False

    @property
    def holding(self) -> bool:
        """Whether it holds a rollback back, so that nothing may be begun or completed."""
        return self.failing is not None or self.unmet
