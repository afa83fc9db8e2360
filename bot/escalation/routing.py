"""Whose a cause is, and whether somebody has to act: the runbook's escalation path as one table. Pure.

Nobody is woken for what has already been put right: a failed guardrail that was rolled back by itself is information
for its owner. What needs a person is `action`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from bot.runbook.models.owners import OWNERS
from bot.runbook.models.people import GroupName

ML, SRE, FINANCE = GroupName.ML, GroupName.SRE, GroupName.FINANCE


@dataclass(frozen=True)
class Route:
    """Who is told. `group` None: the owner of the dimension. `again`: told anew each time, until somebody has it."""

    group: GroupName | None
    action: bool
    again: bool = False


ROUTES: Mapping[str, Route] = {
    "guardrail_failed": Route(None, action=False),
    "verification_failed": Route(None, action=False),
    "guardrail_failing": Route(None, action=True),
    "verification_failing": Route(None, action=True),
    "comparison_failed": Route(None, action=False),
    "envelope_forecast": Route(FINANCE, action=False),
    "comparison_errored": Route(SRE, action=False),
    "test_target_drifted": Route(SRE, action=True),
    "test_target_not_restored": Route(SRE, action=True),
    "provider_incident": Route(SRE, action=True),
    "held": Route(SRE, action=True),
    "write_failed": Route(SRE, action=True),
    "workers_unwell": Route(SRE, action=True),
    "target_drifted": Route(SRE, action=True),
    "place_drifted": Route(SRE, action=True),
    "late_write": Route(SRE, action=False),
    "rollback_failed": Route(SRE, action=True),
    "rollback_unconfirmed": Route(SRE, action=True),
    "way_back_broken": Route(SRE, action=True),
    "message_refused": Route(SRE, action=True),
    "still_in_trouble": Route(SRE, action=True, again=True),
    "approval_lapsed": Route(ML, action=True),
}
"""Cause -> who is told. A cause that is not here is told to SRE as something to act on."""

UNKNOWN = Route(SRE, action=True)

OUTAGE = frozenset({"health"})
"""Dimensions whose failure is an outage: going back does not end it."""


@dataclass(frozen=True)
class Told:
    """A group to be told about a cause, and how."""

    group: GroupName
    action: bool
    again: bool = False


def told(cause: str, dimension: str = "") -> Told:
    """The group that owns a cause, and whether it must act. Without a known dimension the owner is ML."""
    route = ROUTES.get(cause, UNKNOWN)
    group = route.group or OWNERS.get(dimension, ML)
    outage = route.group is None and dimension in OUTAGE
    return Told(group, action=route.action or outage, again=route.again)


_INCIDENT = "provider_incident"
_OF_AN_INCIDENT = frozenset({_INCIDENT, "held", "way_back_broken"})
"""What a provider that fails for everybody leads to, in whatever order it is found."""


_OF_THE_PROVIDER = frozenset({"unhealthy", "both_arms_worse"})
"""Why a stage is held where the provider is the cause."""


def same_incident(raised: Iterable[tuple[str, Mapping[str, JsonValue]]]) -> bool:
    """Whether causes, each with its facts, are findings of one incident of the provider's."""
    every = list(raised)
    provider = any(cause == _INCIDENT or _reasons(facts) & _OF_THE_PROVIDER for cause, facts in every)
    return provider and {cause for cause, _ in every} <= _OF_AN_INCIDENT


def _reasons(facts: Mapping[str, JsonValue]) -> set[str]:
    reasons = facts.get("reasons")
    return {str(reason) for reason in reasons} if isinstance(reasons, list) else set()


_STOPPED = frozenset({"write_failed", "workers_unwell", "target_drifted", "still_in_trouble"})
_WAITING = frozenset({"approval_lapsed", "held"})
_FAILING = frozenset({"guardrail_failing", "verification_failing"})
_ENDED = frozenset(cause for cause, route in ROUTES.items() if route.action)

_OVER: Mapping[str, frozenset[str]] = {
    "data_returned": frozenset({"provider_incident", "held"}),
    "way_back_works": frozenset({"way_back_broken"}),
    "bake_extended": frozenset({"held"}),
    "stage_passed": _WAITING,
    "resumed": frozenset({"approval_lapsed"}),
    "applied": _STOPPED,
    "guardrail_recovered": frozenset({"guardrail_failing"}),
    "rolling_back": _STOPPED | _WAITING | _FAILING,
    "restored": frozenset({"rollback_failed", "target_drifted"}),
    "completed": _ENDED,
    "rolled_back": _ENDED,
    "settled": _ENDED,
    "aborted": _ENDED,
    "rejected": _ENDED,
}


def over(code: str) -> frozenset[str]:
    """The causes that are settled once a rotation says this in its thread or channel (timeline or summary code)."""
    return _OVER.get(code, frozenset())
