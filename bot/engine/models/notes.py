"""What a message needs, so that rendering is pure: `bot.wording` has the texts, `handlers.blocks` the layout."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from bot.catalog.model import Proposed
from bot.engine.models.comparisons import Comparison, Progress
from bot.engine.models.messages import MessageRef
from bot.engine.models.plain import Facts, Plain, masked
from bot.escalation.model import Finding
from bot.rotation.model.freezes import Binding, Freeze
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import GroupName
from bot.runbook.models.sources import Links


class Drift(Plain):
    """A place that was found to hold something else than it should, or could not be read (`problem`)."""

    place: str
    expected: str | None = None
    found: str | None = None
    problem: str = ""


class CardNote(Plain):
    """The card of a rotation. `question` is the open question's message, `actions` the human events possible now.

    `drifts` are the places that somebody else has changed; `freeze` holds its next change, where one does.
    """

    kind: Literal["card"] = "card"
    rotation: Rotation
    now: datetime
    freeze: Binding | None = None
    actions: tuple[str, ...]
    question: MessageRef | None = None
    comparison: MessageRef | None = None
    links: dict[str, Links] = Field(default_factory=dict)
    tenants: int = 0
    drifts: tuple[Drift, ...] = ()
    maybe_repeat: bool = False


class Ahead(Plain):
    """What lies ahead of a change that begins now.

    `opening` is when people are at work next; `watched_until` the end of the stage's watch, at which nobody is at work
    where `unattended` says so; `day_off`: it spans a day on which nobody works.
    """

    opening: datetime
    watched_until: datetime
    unattended: bool = False
    day_off: bool = False


class QuestionNote(Plain):
    """A request or decision of a rotation, open or decided (`question` is its id).

    `asked_again`: this copy of it has been overtaken by a newer message. `freeze` holds what is asked for.
    """

    kind: Literal["question"] = "question"
    rotation: Rotation
    question: str
    now: datetime
    ahead: Ahead | None = None
    freeze: Binding | None = None
    mentions: dict[GroupName, str] = Field(default_factory=dict)
    comparison: Comparison | None = None
    maybe_repeat: bool = False
    asked_again: bool = False
    links: dict[str, Links] = Field(default_factory=dict)


class WishNote(Plain):
    """That a queued rotation wants the slot of this one (`wish` is its id): asked of the holder, or answered."""

    kind: Literal["wish"] = "wish"
    rotation: Rotation
    wish: str
    maybe_repeat: bool = False


class ChartSeries(Plain):
    """One line, or one group of bars: a figure for each of the chart's categories."""

    name: str
    values: tuple[float, ...]


class NativeChart(Plain):
    """A chart the workspace draws itself: few categories, few series, every figure there."""

    title: str
    shape: Literal["line", "bar"]
    categories: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    x_label: str = ""
    y_label: str = ""


class ChartNote(Plain):
    """Charts for a thread, drawn by the workspace: `words` say which they are, `alt` all that they show."""

    kind: Literal["chart"] = "chart"
    words: str
    charts: tuple[NativeChart, ...]
    alt: str


class TimelineNote(Plain):
    """One line in a rotation's thread. `happened_at`: when, where it could be told only later."""

    kind: Literal["timeline"] = "timeline"
    rotation: str
    code: str
    facts: Facts = Field(default_factory=dict)
    maybe_repeat: bool = False
    happened_at: datetime | None = None


class SummaryNote(Plain):
    """A stage's result or a rotation's end, for the slot's channel (posted in the thread and broadcast).

    `happened_at`: when, where it could be told only later.
    """

    kind: Literal["summary"] = "summary"
    rotation: Rotation
    code: str
    facts: Facts = Field(default_factory=dict)
    maybe_repeat: bool = False
    happened_at: datetime | None = None


class ComparisonNote(Plain):
    """A comparison's message: progress while it runs, then its result with a Promote button while it is of use.

    `used_by` is the rotation that rests on it, `superseded_by` a newer one of the same models.
    """

    kind: Literal["comparison"] = "comparison"
    comparison: Comparison
    progress: Progress | None = None
    cases: int = 0
    calls: int = 0
    sees_points: float | None = None
    used_by: str = ""
    superseded_by: str = ""
    maybe_repeat: bool = False


class PageNote(Plain):
    """An escalation's message in the group's channel; `meant_for` that channel, `not_taken` why it stands elsewhere.

    `findings` are further ones of the same incident, `over` the causes that are over while others are not.
    """

    kind: Literal["page"] = "page"
    escalation: str
    cause: str
    dimension: str = ""
    group: GroupName
    mention: str
    action: bool
    facts: Facts = Field(default_factory=dict)
    rotation: Rotation | None = None
    comparison: Comparison | None = None
    card: MessageRef | None = None
    findings: tuple[Finding, ...] = ()
    over: tuple[str, ...] = ()
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    closed: bool = False
    meant_for: str = ""
    not_taken: str = ""
    links: dict[str, Links] = Field(default_factory=dict)
    maybe_repeat: bool = False


class ReplyNote(Plain):
    """A private answer: `code` names the text, `facts` fill it. Refusals carry the rule, who can, and what to do.

    Facts repeat what somebody typed, so what looks like a secret in them is masked.
    """

    kind: Literal["reply"] = "reply"
    code: str
    facts: Annotated[Facts, AfterValidator(masked)] = Field(default_factory=dict)


class RuleChange(Plain):
    """One line of the runbook that changed, before and after as JSON; None where the line is not there."""

    field: str
    before: JsonValue
    after: JsonValue


class RulesNote(Plain):
    """The runbook was changed in who may decide or what is allowed. `running` go on by the rules they began with."""

    kind: Literal["rules"] = "rules"
    digest: str
    changes: tuple[RuleChange, ...]
    running: tuple[str, ...] = ()


class ScopesNote(Plain):
    """What Slack does not grant the app. `groups` are the user groups that the runbook names as owners."""

    kind: Literal["scopes"] = "scopes"
    missing: tuple[str, ...]
    groups: tuple[str, ...] = ()


class FreezeNote(Plain):
    """A freeze was set, prolonged or lifted. `lifters` may lift it, `held` are running rotations it holds."""

    kind: Literal["freeze"] = "freeze"
    what: Literal["set", "prolonged", "lifted"]
    freeze: Freeze
    lifters: tuple[GroupName, ...] = ()
    held: tuple[str, ...] = ()
    maybe_repeat: bool = False


class ProposalNote(Plain):
    """A proposal's message, with a button that opens the form; `muted_by` has muted its reason for the slot."""

    kind: Literal["proposal"] = "proposal"
    proposed: Proposed
    now: datetime
    muted_by: str = ""
    maybe_repeat: bool = False


Note = Annotated[
    CardNote
    | QuestionNote
    | WishNote
    | ChartNote
    | TimelineNote
    | SummaryNote
    | ComparisonNote
    | PageNote
    | RulesNote
    | ScopesNote
    | FreezeNote
    | ProposalNote
    | ReplyNote,
    Field(discriminator="kind"),
]
