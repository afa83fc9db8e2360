"""The state of an escalation: one cause about one subject, told to one group, until somebody has it. Frozen data."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from bot.runbook.models.people import GroupName


class Standing(StrEnum):
    """Where an escalation is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Escalation(BaseModel):
    """One page. `subject` is R42 or D17; `action`: something has to be done, else it is for information.

    `version` counts its states: two that change it at once are told apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 2
    id: str
    version: int = 0
    subject: str
    cause: str
    dimension: str = ""
    group: GroupName
    action: bool
    facts: dict[str, JsonValue] = {}
    raised_at: datetime
    standing: Standing = Standing.OPEN
    times_raised: int = 1
    acknowledged_by: str = ""
    acknowledged_name: str = ""
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_an_older_release(cls, found: Any) -> Any:  # noqa: ANN401 - whatever was stored
        """Schema 1 kept whether its message stood; where it stands is the messages' to know."""
        if isinstance(found, dict) and found.get("schema_version") == 1:
            return {key: value for key, value in found.items() if key != "posted"} | {"schema_version": 2}
        return found

    @property
    def key(self) -> str:
        """The same for the same cause about the same subject to the same group: raised again, it is one page."""
        return f"{self.subject}:{self.cause}:{self.dimension}:{self.group}"

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self.standing is Standing.CLOSED
