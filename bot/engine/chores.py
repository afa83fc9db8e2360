"""Effects that no machine asks for: running and showing comparisons, ending pages, private answers. Data only."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from bot.engine.models.commands import ReplyTo
from bot.engine.models.notes import FreezeNote, ReplyNote, RulesNote, ScopesNote
from bot.escalation.effects import PostPage, UpdatePage
from bot.rotation.effects import Effect
from bot.runbook.models.targets.kinds import TargetPlan


class Chore(BaseModel):
    """Something to be done."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunComparison(Chore):
    """Run a comparison to its end, from wherever its samples are."""

    kind: Literal["run_comparison"] = "run_comparison"
    comparison: str


class RestoreTrial(Chore):
    """Put back what a comparison's test target held before it was set to `value`; `held` None: it was not set."""

    kind: Literal["restore_trial"] = "restore_trial"
    comparison: str
    target: TargetPlan
    held: str | None
    value: str


class ShowComparison(Chore):
    """Post a comparison's message, or bring it up to date."""

    kind: Literal["show_comparison"] = "show_comparison"
    comparison: str


class ResolvePages(Chore):
    """Escalations of these causes are over."""

    kind: Literal["resolve_pages"] = "resolve_pages"
    causes: tuple[str, ...]


class AttachReport(Chore):
    """Put a comparison's chart and report into its thread, as files."""

    kind: Literal["attach_report"] = "attach_report"
    comparison: str


class AttachStageChart(Chore):
    """Put the chart of a stage's result into the rotation's thread; `code` and `facts` are those of its summary."""

    kind: Literal["attach_stage_chart"] = "attach_stage_chart"
    code: str
    facts: dict[str, JsonValue]


class TellRegressions(Chore):
    """Post a comparison's worst regressions and best gains in its thread."""

    kind: Literal["tell_regressions"] = "tell_regressions"
    comparison: str


class TellRules(Chore):
    """Tell the channel that the runbook was changed."""

    kind: Literal["tell_rules"] = "tell_rules"
    channel: str
    note: RulesNote


class TellScopes(Chore):
    """Tell a slot's channel what Slack does not grant."""

    kind: Literal["tell_scopes"] = "tell_scopes"
    channel: str
    note: ScopesNote


class TellFreeze(Chore):
    """Tell a channel that a freeze was set, prolonged or lifted."""

    kind: Literal["tell_freeze"] = "tell_freeze"
    channel: str
    note: FreezeNote


class LookAtFreezes(Chore):
    """A freeze began or ended: tell what runs."""

    kind: Literal["look_at_freezes"] = "look_at_freezes"


class LookUpCatalog(Chore):
    """Look up which models there are, and tell what that is a reason for."""

    kind: Literal["look_up_catalog"] = "look_up_catalog"


class LookAtCurrent(Chore):
    """Hold a slot's live model against its own limits."""

    kind: Literal["look_at_current"] = "look_at_current"
    slot: str


class ShowProposal(Chore):
    """Post a proposal's message, or bring it up to date."""

    kind: Literal["show_proposal"] = "show_proposal"
    proposal: str


class Reply(Chore):
    """Answer one person privately; of no use once their response URL has run out."""

    kind: Literal["reply"] = "reply"
    to: ReplyTo
    note: ReplyNote


Task = Annotated[
    Effect
    | PostPage
    | UpdatePage
    | RunComparison
    | RestoreTrial
    | ShowComparison
    | ResolvePages
    | TellRegressions
    | AttachReport
    | AttachStageChart
    | TellRules
    | TellScopes
    | TellFreeze
    | LookAtFreezes
    | LookUpCatalog
    | LookAtCurrent
    | ShowProposal
    | Reply,
    Field(discriminator="kind"),
]
TASK: TypeAdapter[Task] = TypeAdapter(Task)
