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


class Finding(BaseModel):
    """What was found later about the same incident: told on the open page, not by one of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cause: str
    dimension: str = ""
    facts: dict[str, JsonValue] = {}
    at: datetime


class Escalation(BaseModel):
    """One page. `subject` is R42 or D17; `action`: something has to be done, else it is for information.

    `findings` are further ones of the same incident, `over` the causes among all that are over while others are not.
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
    findings: tuple[Finding, ...] = ()
    over: tuple[str, ...] = ()
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
    def causes(self) -> tuple[str, ...]:
        """Every cause it is about, its own first."""
        return tuple(dict.fromkeys((self.cause, *(finding.cause for finding in self.findings))))

    def about(self, cause: str, dimension: str) -> bool:
        """Whether it tells of that cause already, as its own or as a further finding."""
        told = ((self.cause, self.dimension), *((found.cause, found.dimension) for found in self.findings))
        return (cause, dimension) in told

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self.standing is Standing.CLOSED
