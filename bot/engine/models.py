"""What goes into the engine (commands) and what comes out of it (notes for people). Data only, no word of Slack's API.

A command is what somebody asked for, already parsed. A note is everything a message needs, so that rendering is pure:
`bot.wording` has the texts, `handlers.blocks` the layout.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from bot.catalog.model import Kept, Proposed
from bot.difftest.model.report import Report
from bot.escalation.model import Finding
from bot.masking import mask
from bot.rotation.model.freezes import Binding, Freeze
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import ModelRef, Trigger
from bot.runbook.models.authority import AuthorityPlan
from bot.runbook.models.people import GroupName
from bot.runbook.models.sources import Links

Facts = dict[str, JsonValue]
Typed = Annotated[str, AfterValidator(mask)]
"""What a person typed. A key that slipped in is masked before it is kept, posted or written into the ledger."""


def _masked(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return mask(value)
        case list():
            return [_masked(one) for one in value]
        case dict():
            return {key: _masked(one) for key, one in value.items()}
        case _:
            return value


class Plain(BaseModel):
    """A piece of data: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


TERMINAL = "terminal:"
"""What stands before `user@host` where a command was typed at a terminal of the bot's machine."""


class ReplyTo(Plain):
    """Where the answer to a command goes: privately to `user`, through `response_url` while it lives.

    `replaces` says that a question of ours that only they see was answered: what it comes to takes its place. One at a
    terminal reads the answer from the database.
    """

    user: str
    channel: str = ""
    thread: str = ""
    response_url: str = ""
    replaces: bool = False

    @property
    def terminal(self) -> bool:
        """Whether nobody in Slack waits for it."""
        return self.user.startswith(TERMINAL)


class Asked(Plain):
    """A command: `id` is the same for the same press of the same button, `actor` the member id of who asked."""

    id: str
    actor: str
    at: datetime
    reply: ReplyTo
    via: Literal["slack", "terminal"] = "slack"
    reason: Typed = ""


class Diff(Asked):
    """`/rotate diff`: compare a candidate with what is live."""

    kind: Literal["diff"] = "diff"
    slot: Typed
    candidate: Typed
    rollback: Typed = ""
    trigger: Trigger = Trigger.NEW_MODEL
    fresh: bool = False


class Spend(Asked):
    """Yes to what a comparison is expected to cost; `comparison` waits for that."""

    kind: Literal["spend"] = "spend"
    comparison: str


class Promote(Asked):
    """`/rotate promote D17|R42|SLOT`."""

    kind: Literal["promote"] = "promote"
    subject: Typed


class Answer(Asked):
    """A yes or no to a request, or a choice on a decision; `question` and `digest` come from the button.

    `start`: when what is approved is to begin; None for at once.
    """

    kind: Literal["answer"] = "answer"
    rotation: str
    question: str
    digest: str = ""
    answer: Literal["approve", "reject"] | Choice
    start: datetime | None = None


class Steer(Asked):
    """A verb on a running rotation or comparison; `subject` is R42, D17 or a slot.

    `lasts`: for how long, of `hands_off`; None for the usual length.
    """

    kind: Literal["steer"] = "steer"
    verb: Literal[
        "roll_back",
        "pause",
        "resume",
        "abort",
        "retry",
        "settle",
        "confirm",
        "withdraw",
        "hands_off",
        "hands_on",
        "supersede",
    ]
    subject: Typed
    lasts: timedelta | None = None


class GiveWay(Asked):
    """The answer of whoever holds a slot to the queued rotation that wants it (`wish`)."""

    kind: Literal["give_way"] = "give_way"
    rotation: str
    wish: str
    yes: bool


class Acknowledge(Asked):
    """Somebody has an escalation."""

    kind: Literal["acknowledge"] = "acknowledge"
    escalation: str


class Mute(Asked):
    """Tell a slot no more proposals with the reason of this one, or tell them again (`on` false)."""

    kind: Literal["mute"] = "mute"
    proposal: str
    on: bool = True


class SetFreeze(Asked):
    """`/rotate freeze SLOT|STAGE|all --until T --reason R`; `until` as typed."""

    kind: Literal["freeze"] = "freeze"
    subject: Typed
    until: Typed = ""


class LiftFreeze(Asked):
    """`/rotate unfreeze SLOT|STAGE|all|F3`."""

    kind: Literal["unfreeze"] = "unfreeze"
    subject: Typed


Command = Annotated[
    Diff | Spend | Promote | Answer | Steer | GiveWay | Acknowledge | Mute | SetFreeze | LiftFreeze,
    Field(discriminator="kind"),
]


class MessageRef(Plain):
    """A posted message: its channel's id, its timestamp, and a link to it where known.

    `maybe_repeat`: an earlier copy may stand above it, because the answer to the first attempt was lost.
    """

    channel: str
    ts: str
    link: str = ""
    maybe_repeat: bool = False


class Attachment(Plain):
    """A file that goes with a message: its name, what people call it, and what it shows in words (`alt`)."""

    name: str
    title: str
    alt: str = ""
    content: bytes


class Person(Plain):
    """A person as the workspace knows them."""

    id: str
    name: str
    guest: bool = False
    bot: bool = False
    stranger: bool = False


class Members(Plain):
    """Who belongs to a group or channel. `problem`: why it could not be read; `mention`: how to call the group."""

    ids: tuple[str, ...] = ()
    read_at: datetime
    problem: str = ""
    mention: str = ""


class Progress(Plain):
    """How far a comparison is. Never a verdict."""

    done: int
    total: int
    cost_usd: float | None = None
    seconds_left: float | None = None


class MonthlySpend(Plain):
    """What a slot costs a month, in US dollars, measured over `days`, and what it may cost (None: nobody said)."""

    usd: float
    days: int
    envelope: float | None = None


class Comparison(Plain):
    """One diff run as the engine keeps it. `spent_usd`: what its own calls cost; None while nobody has said.

    `asked`: nothing is spent until somebody has agreed to what it is expected to cost.
    """

    id: str
    slot: str
    current: ModelRef
    candidate: ModelRef
    rollback: ModelRef
    trigger: Trigger
    reason: str
    requester: Actor
    channel: str
    started_at: datetime
    status: Literal["asked", "running", "finished", "aborted", "errored"] = "running"
    finished_at: datetime | None = None
    report: Report | None = None
    problem: str = ""
    whose: str = ""
    fresh: bool = False
    spent_usd: float | None = None
    month: MonthlySpend | None = None


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
    links: dict[str, Links] = {}
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
    mentions: dict[GroupName, str] = {}
    comparison: Comparison | None = None
    maybe_repeat: bool = False
    asked_again: bool = False
    links: dict[str, Links] = {}


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
    facts: Facts = {}
    maybe_repeat: bool = False
    happened_at: datetime | None = None


class SummaryNote(Plain):
    """A stage's result or a rotation's end, for the slot's channel (posted in the thread and broadcast).

    `happened_at`: when, where it could be told only later.
    """

    kind: Literal["summary"] = "summary"
    rotation: Rotation
    code: str
    facts: Facts = {}
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
    facts: Facts = {}
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
    links: dict[str, Links] = {}
    maybe_repeat: bool = False


class ReplyNote(Plain):
    """A private answer: `code` names the text, `facts` fill it. Refusals carry the rule, who can, and what to do.

    Facts repeat what somebody typed, so what looks like a secret in them is masked.
    """

    kind: Literal["reply"] = "reply"
    code: str
    facts: Annotated[Facts, AfterValidator(_masked)] = {}


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


class FreezeShown(Plain):
    """A freeze in a list: what it holds (no slots, no stages: all), whose it is, why, when.

    One of the runbook's is `by` nobody, and nobody lifts it. `in_force`: it holds now; else it comes at `begins`.
    """

    freeze: str
    slots: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""
    begins: datetime
    until: datetime
    lifters: tuple[GroupName, ...] = ()
    in_force: bool = True


class SlotStatus(Plain):
    """One slot, for `status` and the modal: what its targets hold, what runs, newest comparison, freezes in force."""

    slot: str
    stages: tuple[str, ...]
    models: dict[str, str]
    rotation: Rotation | None = None
    comparison: Comparison | None = None
    queued: tuple[str, ...] = ()
    freezes: tuple[FreezeShown, ...] = ()


class Told(Plain):
    """One step of a rotation, as the ledger has it: `announced` to the channel, or told in the thread alone."""

    at: datetime
    code: str
    facts: Facts = {}
    announced: bool = False


class Why(Plain):
    """Why a rotation is where it is: its card as it stands, and every step that led there, oldest first."""

    note: CardNote
    told: tuple[Told, ...] = ()


class Status(Plain):
    """Everything `/rotate status` shows."""

    now: datetime
    slots: tuple[SlotStatus, ...]
    cards: dict[str, MessageRef] = {}


class Waiting(Plain):
    """Something that waits for one person: `what` is a code of `bot.wording.homes`, `subject` what it is about."""

    what: Literal["page", "mend", "decide", "approve", "give_way", "confirm", "ask_again", "resume", "spend"]
    subject: str
    rotation: str = ""
    slot: str = ""
    cause: str = ""
    until: datetime | None = None
    message: MessageRef | None = None


class HomeRotation(Plain):
    """A rotation on somebody's home tab, and whether they may take it back."""

    note: CardNote
    may_roll_back: bool = False


class Home(Plain):
    """Everything the home tab shows one person. `problem` names what could not be read of who they are."""

    now: datetime
    problem: str = ""
    waits: tuple[Waiting, ...] = ()
    freezes: tuple[FreezeShown, ...] = ()
    running: tuple[HomeRotation, ...] = ()
    over: tuple[Rotation, ...] = ()
    compared: tuple[Comparison, ...] = ()
    cards: dict[str, MessageRef] = {}


class StageGuide(Plain):
    """A stage as help tells it: whose yes opens it, on what evidence, and for how long it is watched."""

    name: str
    tenants: int
    last: bool
    approvals: int
    groups: tuple[GroupName, ...]
    requester_may: bool
    each: bool = False
    evidence: str
    watched_s: float
    checks: int


class SlotGuide(Plain):
    """A model setting as help tells it: where it is told, its stages, its limits in US dollars and seconds, who may."""

    slot: str
    channel: str
    stages: tuple[StageGuide, ...]
    max_usd: float
    max_usd_per_day: float
    envelope_usd_per_month: float | None
    comparison_s: float
    approval_s: float
    working_days: bool
    way_back_s: float
    authority: AuthorityPlan = AuthorityPlan()


class GroupGuide(Plain):
    """An owner: the user group that it is in Slack, or how many people are named, and where it is told."""

    name: GroupName
    handle: str
    people: int
    channel: str


class Guide(Plain):
    """What help says of this installation."""

    slots: tuple[SlotGuide, ...]
    groups: tuple[GroupGuide, ...] = ()
    time_zone: str = "UTC"
    dry_run: bool = False
    freezes: tuple[FreezeShown, ...] = ()
    fallback_group: GroupName = GroupName.SRE


class Models(Plain):
    """What `/rotate models` shows: those that fit `search`, what each slot has, and how fresh the list is.

    `looked_at` None: nobody has looked yet. `problem`: why the last looks failed, `failing_since` when they began to;
    `total` models are known to be listed.
    """

    search: str
    found: tuple[Kept, ...]
    total: int
    live: dict[str, str] = {}
    looked_at: datetime | None = None
    problem: str = ""
    failing_since: datetime | None = None
