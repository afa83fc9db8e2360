"""What people are asked, for a stage or for a decision, with their answers."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.rotation.model.basis import Basis, Change
from bot.rotation.model.people import Approval
from bot.rotation.model.state import State
from bot.runbook.models.people import GroupName


class Request(State):
    """A question for approval: bound to (stage, attempt, evidence digest). `note` says why it is asked again.

    `asked_too` are the groups to fall back on that were asked meanwhile, `fall_back_at` is when the next one is;
    `remind_at` is when it is posted again, `reminded` how often it was. `basis` is what it shows, `changes` what of it
    is not as it was when the stage was asked for before, `void` who said yes then and has to look again.
    """

    id: str
    stage: int
    attempt: int
    digest: str
    asked_at: datetime
    delivered_at: datetime | None = None
    deadline: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    note: str = ""
    asked_too: tuple[GroupName, ...] = ()
    fall_back_at: datetime | None = None
    remind_at: datetime | None = None
    reminded: int = 0
    basis: Basis | None = None
    changes: tuple[Change, ...] = ()
    void: tuple[str, ...] = ()
    outcome: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody."""
        return not self.outcome


class Choice(StrEnum):
    """What a person can answer to a decision."""

    GO_ON = "go_on"
    EXTEND = "extend"
    ROLL_BACK = "roll_back"
    ABORT = "abort"


class Decision(State):
    """A question only a person can settle: `question` is a code, `default` what happens when nobody answers.

    It is put to `group`, and to the groups of `also` no less; going on takes a yes of `quorum` people, somebody of each
    of the groups among them if `each`. `remind_at` is when it is posted again while nobody answers, `reminded` how
    often it was.
    """

    id: str
    question: Literal[
        "comparison_failed", "comparison_inconclusive", "bake_inconclusive", "held", "signal_failed", "cannot_verify"
    ]
    group: GroupName
    choices: tuple[Choice, ...]
    default: Choice
    asked_at: datetime
    quorum: int = 1
    also: tuple[GroupName, ...] = ()
    each: bool = False
    answers: tuple[Approval, ...] = ()
    delivered_at: datetime | None = None
    deadline: datetime | None = None
    times_asked: int = 1
    reasons: tuple[str, ...] = ()
    remind_at: datetime | None = None
    reminded: int = 0
    outcome: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def groups(self) -> tuple[GroupName, ...]:
        """Every group whose members may answer."""
        return (self.group, *self.also)

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody."""
        return not self.outcome
