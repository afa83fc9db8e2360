"""What is held against what: one quantity of both arms, now and before, and the designs by which they are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Counted = TypeVar("Counted")
"""What is counted of one tenant in one window: a tally, a histogram, moments."""

ALL = "all"
"""The tenant of what carries no tenant label."""


class Design(StrEnum):
    """What the candidate's numbers were held against."""

    TENANT_DID = "tenant_did"
    POOLED_DID = "pooled_did"
    CONCURRENT_TENANTS = "concurrent_tenants"
    CONCURRENT = "concurrent"
    OWN_PAST = "own_past"


@dataclass(frozen=True)
class Arms(Generic[Counted]):
    """A quantity window by window, tenant by tenant: both arms now, and both before the stage was applied.

    `fair` says whether the current arm, at the same time, is a control for the candidate's.
    """

    candidate: Sequence[Mapping[str, Counted]]
    current: Sequence[Mapping[str, Counted]] = ()
    candidate_past: Sequence[Mapping[str, Counted]] = ()
    current_past: Sequence[Mapping[str, Counted]] = ()
    fair: bool = True
