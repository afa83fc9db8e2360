"""A freeze somebody set by hand, and what holds a change at a moment: either of them, or one of the runbook's."""

from datetime import datetime
from typing import Literal

from bot.rotation.model.state import State
from bot.runbook.models.people import GroupName


class Scope(State):
    """What a freeze holds: everything, one model setting, or the stages of one name."""

    kind: Literal["all", "slot", "stage"]
    name: str = ""

    def covers(self, slot: str, stage: str) -> bool:
        """Whether a change of that stage of that slot is held."""
        return self.kind == "all" or self.name == (slot if self.kind == "slot" else stage)


class Freeze(State):
    """A freeze set by hand: by whom (`by` is their id, `name` how they are called), why, until when.

    `lifted_at`: when it was ended before its time, by whom and why.
    """

    id: str
    version: int = 1
    scope: Scope
    by: str
    name: str
    reason: str
    set_at: datetime
    until: datetime
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lifted_name: str = ""
    lifted_reason: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether it is in force then."""
        return self.lifted_at is None and self.set_at <= at < self.until


class Binding(State):
    """What holds the change of a stage: which freeze (F3, or its name in the runbook), whose, why, until when.

    `until` is when the last of all that follow on each other is over. One of the runbook's has no `scope`, and nobody
    lifts it; else the members of `lifters` may, beside whoever set it.
    """

    freeze: str
    stage: str
    scope: Scope | None = None
    by: str = ""
    reason: str = ""
    since: datetime
    until: datetime
    lifters: tuple[GroupName, ...] = ()
