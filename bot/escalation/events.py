"""Everything that can happen to an escalation. Data only; time and identity come in on the event."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.runbook.models.people import GroupName


class Happened(BaseModel):
    """Something that happened, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime


class Raised(Happened):
    """The same cause again, with what is known now. `again`: nobody has it yet, so they are told anew.

    With a `cause` it is another one of the same incident: the open page tells of it, too.
    """

    kind: Literal["raised"] = "raised"
    cause: str = ""
    dimension: str = ""
    facts: dict[str, JsonValue] = {}
    action: bool = False
    again: bool = False


class Acknowledged(Happened):
    """Somebody says they have it; `groups` and `person` are what was known of them when they clicked."""

    kind: Literal["acknowledged"] = "acknowledged"
    by: str
    name: str
    groups: tuple[GroupName, ...] = ()
    person: bool = True


class Resolved(Happened):
    """There is nothing left to do about these causes; without any, about all of it."""

    kind: Literal["resolved"] = "resolved"
    causes: tuple[str, ...] = ()


Event = Annotated[Raised | Acknowledged | Resolved, Field(discriminator="kind")]
