"""Effects that no rotation asks for: running and showing comparisons, pages, private answers. Data only."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.engine.models import ReplyNote, ReplyTo
from bot.rotation.effects import Effect


class Chore(BaseModel):
    """Something to be done."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunComparison(Chore):
    """Run a comparison to its end, from wherever its samples are."""

    kind: Literal["run_comparison"] = "run_comparison"
    comparison: str


class ShowComparison(Chore):
    """Post a comparison's message, or bring it up to date."""

    kind: Literal["show_comparison"] = "show_comparison"
    comparison: str


class PostPage(Chore):
    """Post an escalation in its group's channel."""

    kind: Literal["post_page"] = "post_page"
    escalation: str
    number: int


class UpdatePage(Chore):
    """Bring an escalation's message up to date."""

    kind: Literal["update_page"] = "update_page"
    escalation: str


class Reply(Chore):
    """Answer one person privately; of no use once their response URL has run out."""

    kind: Literal["reply"] = "reply"
    to: ReplyTo
    note: ReplyNote


Task = Annotated[
    Effect | RunComparison | ShowComparison | PostPage | UpdatePage | Reply,
    Field(discriminator="kind"),
]
TASK: TypeAdapter[Task] = TypeAdapter(Task)
