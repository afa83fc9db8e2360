"""Everything to be done outside on behalf of an escalation. Data only."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Wish(BaseModel):
    """Something to be done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    escalation: str


class PostPage(Wish):
    """Post its message in the group's channel, mentioning the group."""

    kind: Literal["post_page"] = "post_page"
    number: int


class UpdatePage(Wish):
    """Bring its message up to date: who has it, what is known now, that it is over."""

    kind: Literal["update_page"] = "update_page"


Effect = Annotated[PostPage | UpdatePage, Field(discriminator="kind")]
