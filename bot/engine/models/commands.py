"""What somebody asked for, already parsed: what goes into the engine."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from bot.engine.models.plain import Plain, Typed
from bot.rotation.model.questions import Choice
from bot.rotation.model.state import Trigger

TERMINAL = "terminal:"
"""What stands before `user@host` where a command was typed at a terminal of the bot's machine."""

SteerVerb = Literal[
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
"""What a person can do to a rotation or comparison by one word."""


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
    verb: SteerVerb
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
