"""The state of an escalation: one cause about one subject, told to one group, until somebody has it. Frozen data."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue

from bot.runbook.models.file import GroupName


class Standing(StrEnum):
    """Where an escalation is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Escalation(BaseModel):
    """One page. `subject` is R42 or D17; `action`: something has to be done, else it is for information.

    `posted`: its message stands in the group's channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    id: str
    subject: str
    cause: str
    dimension: str = ""
    group: GroupName
    action: bool
    facts: dict[str, JsonValue] = {}
    raised_at: datetime
    standing: Standing = Standing.OPEN
    posted: bool = False
    times_raised: int = 1
    acknowledged_by: str = ""
    acknowledged_name: str = ""
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def key(self) -> str:
        """The same for the same cause about the same subject to the same group: raised again, it is one page."""
        return f"{self.subject}:{self.cause}:{self.dimension}:{self.group}"

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self.standing is Standing.CLOSED
