"""What is held against what: one quantity of both arms, now and before, and the designs by which they are compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

Counted = TypeVar("Counted")
"""What is counted of one tenant in one window: a tally, a histogram, moments."""

Other = TypeVar("Other")

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
class Arms(Generic[Counted]):
    """A quantity window by window, tenant by tenant: both arms now, and both before the stage was applied.

    `fair` says whether the current arm, at the same time, is a control for the candidate's; `split` whether both serve
    the same tenants. `same_hours` are the candidate's past windows at the hours of the watched ones, a cycle earlier.
    """

    candidate: Sequence[Mapping[str, Counted]]
    current: Sequence[Mapping[str, Counted]] = ()
    candidate_past: Sequence[Mapping[str, Counted]] = ()
    current_past: Sequence[Mapping[str, Counted]] = ()
    fair: bool = True
    split: bool = False
    same_hours: Sequence[Mapping[str, Counted]] = ()

    def without_first(self, windows: int) -> "Arms[Counted]":
        """The same arms without their first windows; what was before stays."""
        if not windows:
            return self
        later = self.same_hours[windows:] if len(self.same_hours) == len(self.candidate) else self.same_hours
        return replace(self, candidate=self.candidate[windows:], current=self.current[windows:], same_hours=later)

    def only(self, window: int) -> "Arms[Counted]":
        """The same arms in one of their windows; what was before stays."""
        here = slice(window, window + 1)
        same = self.same_hours[here] if len(self.same_hours) == len(self.candidate) else self.same_hours
        return replace(self, candidate=self.candidate[here], current=self.current[here], same_hours=same)

    def with_past_in_one(self, add: Callable[[Counted, Counted], Counted]) -> "Arms[Counted]":
        """The same arms, each tenant's past as one window: where many comparisons rest on it, it is added up once."""

        def one(windows: Sequence[Mapping[str, Counted]]) -> list[Mapping[str, Counted]]:
            whole: dict[str, Counted] = {}
            for window in windows:
                for tenant, counted in window.items():
                    whole[tenant] = add(whole[tenant], counted) if tenant in whole else counted
            return [whole]

        return replace(self, candidate_past=one(self.candidate_past), current_past=one(self.current_past))

    def each(self, count: Callable[[Mapping[str, Counted]], Mapping[str, Other]]) -> "Arms[Other]":
        """The same arms, every window counted in another way."""
        sides = (self.candidate, self.current, self.candidate_past, self.current_past, self.same_hours)
        candidate, current, candidate_past, current_past, same_hours = ([*map(count, side)] for side in sides)
        return Arms(candidate, current, candidate_past, current_past, self.fair, self.split, same_hours)
