"""What is held against what: one quantity of both arms, now and before, and the designs by which they are compared."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.monitor.added import NOTHING, Added

ALL = "all"
"""The tenant of what carries no tenant label."""


class Design(StrEnum):
    """What the candidate's numbers were held against."""

    SPLIT = "split"
    TENANT_DID = "tenant_did"
    POOLED_DID = "pooled_did"
    CONCURRENT_TENANTS = "concurrent_tenants"
    CONCURRENT = "concurrent"
    OWN_PAST = "own_past"
    SAME_HOURS = "same_hours"


@dataclass(frozen=True)
class Arms:
    """A quantity added up over windows, tenant by tenant: both arms now, and both before the stage was applied.

    `fair` says whether the current arm, at the same time, is a control for the candidate's; `split` whether both serve
    the same tenants. `same_hours` are the candidate's past windows at the hours of the watched ones, a cycle earlier.
    `tenants` names the columns, as far as they have names. `changed` says that the current arm was a control and moved
    by itself.
    """

    candidate: Added = NOTHING
    current: Added = NOTHING
    candidate_past: Added = NOTHING
    current_past: Added = NOTHING
    fair: bool = True
    split: bool = False
    same_hours: Added = NOTHING
    tenants: tuple[str, ...] = ()
    changed: bool = False

    @property
    def width(self) -> int:
        """How many tenants there are in all."""
        sides = (self.candidate, self.current, self.candidate_past, self.current_past, self.same_hours)
        return max(side.tenants for side in sides)

    @property
    def everybody(self) -> int | None:
        """The column of what carries no tenant label; None where there is none."""
        return self.tenants.index(ALL) if ALL in self.tenants else None

    def each(self, count: Callable[[Added], Added]) -> "Arms":
        """The same arms, every one counted in another way."""
        return replace(
            self,
            candidate=count(self.candidate),
            current=count(self.current),
            candidate_past=count(self.candidate_past),
            current_past=count(self.current_past),
            same_hours=count(self.same_hours),
        )
