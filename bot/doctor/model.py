"""What a check found. Data only."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended. What could not be looked at is never `ok`."""

    OK = "ok"
    FAILS = "fails"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's answer: what was checked, how it stands, and (unless all is well) what to do."""

    check: str
    state: State
    what: str
    todo: str = ""


def ok(check: str, what: str, todo: str = "") -> Finding:
    """All is well; `todo` may still say what would make it better."""
    return Finding(check, State.OK, what, todo)


def fails(check: str, what: str, todo: str) -> Finding:
    """Something is wrong, and this mends it."""
    return Finding(check, State.FAILS, what, todo)


def not_checked(check: str, why: str, todo: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(check, State.NOT_CHECKED, why, todo)


RULES = frozenset({"runbook", "suite"})
"""The checks of what the operator wrote; with a failure among them `rotate serve` would not start at all."""


def unusable(findings: Iterable[Finding]) -> bool:
    """Whether the runbook or a suite of it cannot be used."""
    return any(finding.state is State.FAILS and finding.check in RULES for finding in findings)


def all_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing fails."""
    return all(finding.state is not State.FAILS for finding in findings)
