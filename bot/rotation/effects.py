"""Everything to be done outside on behalf of a rotation. Data only; the engine performs each one once.

An effect names what is wanted, never how. Its lane says what it must stay in order with: one lane never waits for
another, so that Slack being down delays no rollback. `key` is the same for the same wish.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.rotation.evidence import Dimension


class Lane(StrEnum):
    """What an effect stays in order with, within its rotation."""

    TARGET = "target"
    PREFLIGHT = "preflight"
    LOOK = "look"
    CHAT = "chat"
    PAGE = "page"
    COMPARISON = "comparison"
    TIMER = "timer"


class Wish(BaseModel):
    """Something to be done."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadTargets(Wish):
    """Read every target of the slot. Answers `TargetsRead`."""

    kind: Literal["read_targets"] = "read_targets"
    purpose: Literal["start", "settle"]
    by: str = ""
    number: int


class Preflight(Wish):
    """Look once more right before a change. Answers `Preflighted`."""

    kind: Literal["preflight"] = "preflight"
    stage: int
    attempt: int
    number: int


class ApplyTarget(Wish):
    """Compare-and-set a target from `expected` to `value`, restart, read back. Answers `TargetWritten`."""

    kind: Literal["apply_target"] = "apply_target"
    stage: int
    attempt: int
    target: str
    expected: str | None
    value: str


class RestoreTarget(Wish):
    """Put back `value` (None: unset) where `expected` was written, restart, read back. Answers `TargetRestored`."""

    kind: Literal["restore_target"] = "restore_target"
    target: str
    expected: str
    value: str | None
    number: int = 1


class CheckTraffic(Wish):
    """See whether requests are answered by `model`. Answers `TrafficChecked`."""

    kind: Literal["check_traffic"] = "check_traffic"
    stage: int
    attempt: int
    model: str
    back: bool
    since: datetime
    number: int


class TakeLook(Wish):
    """Evaluate all checks over one window. Answers `LookTaken`."""

    kind: Literal["take_look"] = "take_look"
    stage: int
    attempt: int
    number: int
    window_start: datetime
    window_end: datetime
    final: bool


class ProveWayBack(Wish):
    """Look the model up that the way back leads to, and ask it for a tiny answer. Answers `WayBackChecked`."""

    kind: Literal["prove_way_back"] = "prove_way_back"
    number: int


class Verify(Wish):
    """Go through the runbook's verification list. Answers `Verified`."""

    kind: Literal["verify"] = "verify"
    number: int


class UpdateCard(Wish):
    """Bring the card up to date with the state."""

    kind: Literal["update_card"] = "update_card"


class PostQuestion(Wish):
    """Post a request or decision as a new broadcast message. Answers `Delivered`."""

    kind: Literal["post_question"] = "post_question"
    question: str
    number: int


class UpdateQuestion(Wish):
    """Bring a posted question up to date: votes, or its outcome without buttons."""

    kind: Literal["update_question"] = "update_question"
    question: str


class PostWish(Wish):
    """Put another rotation's wish for the slot to whoever holds it, as a new broadcast message."""

    kind: Literal["post_wish"] = "post_wish"
    wish: str
    number: int


class UpdateWish(Wish):
    """Bring that message up to date: its outcome without buttons."""

    kind: Literal["update_wish"] = "update_wish"
    wish: str


class PostTimeline(Wish):
    """One line for the thread. `code` names the text, `facts` fill it."""

    kind: Literal["post_timeline"] = "post_timeline"
    code: str
    facts: dict[str, JsonValue] = {}
    number: int


class PostSummary(Wish):
    """A message for the slot's channel: a stage's result or the end."""

    kind: Literal["post_summary"] = "post_summary"
    code: str
    facts: dict[str, JsonValue] = {}
    number: int


class Page(Wish):
    """Tell whoever owns it about one cause. `bot.escalation.routing` knows who, and whether they must act."""

    kind: Literal["page"] = "page"
    cause: str
    dimension: Dimension | None = None
    facts: dict[str, JsonValue] = {}
    number: int


class SetTimer(Wish):
    """Wake the rotation with `TimerFired(name)` at `due`; replaces a timer of the same name."""

    kind: Literal["set_timer"] = "set_timer"
    name: str
    due: datetime


class ClearTimer(Wish):
    """Forget a timer."""

    kind: Literal["clear_timer"] = "clear_timer"
    name: str


Effect = Annotated[
    ReadTargets
    | Preflight
    | ApplyTarget
    | RestoreTarget
    | CheckTraffic
    | TakeLook
    | ProveWayBack
    | Verify
    | UpdateCard
    | PostQuestion
    | UpdateQuestion
    | PostWish
    | UpdateWish
    | PostTimeline
    | PostSummary
    | Page
    | SetTimer
    | ClearTimer,
    Field(discriminator="kind"),
]

_LANES = {
    "read_targets": Lane.TARGET,
    "preflight": Lane.PREFLIGHT,
    "apply_target": Lane.TARGET,
    "restore_target": Lane.TARGET,
    "check_traffic": Lane.LOOK,
    "take_look": Lane.LOOK,
    "prove_way_back": Lane.LOOK,
    "verify": Lane.LOOK,
    "update_card": Lane.CHAT,
    "post_question": Lane.CHAT,
    "update_question": Lane.CHAT,
    "post_wish": Lane.CHAT,
    "update_wish": Lane.CHAT,
    "post_timeline": Lane.CHAT,
    "post_summary": Lane.CHAT,
    "page": Lane.PAGE,
    "set_timer": Lane.TIMER,
    "clear_timer": Lane.TIMER,
}


def lane_of(effect: Effect) -> Lane:
    """The lane an effect runs in; those of a stage's targets are beside each other as its plan has rows."""
    return _LANES[effect.kind]
