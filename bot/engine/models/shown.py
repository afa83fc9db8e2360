"""What questions are answered with: status, why, the home tab, the models there are."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from bot.catalog.model import Kept
from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import CardNote
from bot.engine.models.plain import Facts, Plain
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import GroupName


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
    facts: Facts = Field(default_factory=dict)
    announced: bool = False


class Why(Plain):
    """Why a rotation is where it is: its card as it stands, and every step that led there, oldest first."""

    note: CardNote
    told: tuple[Told, ...] = ()


class Status(Plain):
    """Everything `/rotate status` shows."""

    now: datetime
    slots: tuple[SlotStatus, ...]
    cards: dict[str, MessageRef] = Field(default_factory=dict)


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
    cards: dict[str, MessageRef] = Field(default_factory=dict)


class Models(Plain):
    """What `/rotate models` shows: those that fit `search`, what each slot has, and how fresh the list is.

    `looked_at` None: nobody has looked yet. `problem`: why the last looks failed, `failing_since` when they began to;
    `total` models are known to be listed.
    """

    search: str
    found: tuple[Kept, ...]
    total: int
    live: dict[str, str] = Field(default_factory=dict)
    looked_at: datetime | None = None
    problem: str = ""
    failing_since: datetime | None = None
