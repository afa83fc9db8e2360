"""Everything that can happen to a rotation: commands and clicks, timers, and the answers of effects. Data only.

Time and identity come in on the event. Only events by people (`Human`) can be refused.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.rotation.evidence import ComparisonEvidence, LookResult, VerificationItem
from bot.rotation.model.freezes import Binding
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.state import Models
from bot.runbook.models.people import GroupName


class Happened(BaseModel):
    """Something that happened, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime


class Human(Happened):
    """A command or click. `actor` carries what was known of the person when they acted."""

    actor: Actor
    reason: str = ""


class Promote(Human):
    """`promote R42`: post the current question again, from `paused` too."""

    kind: Literal["promote"] = "promote"


class Approve(Human):
    """Yes to a request that showed this digest, to begin at once or at `start`."""

    kind: Literal["approve"] = "approve"
    request: str
    digest: str
    start: datetime | None = None


class Withdraw(Human):
    """Take one's own yes back, to a request or a decision, as long as nothing was done for it."""

    kind: Literal["withdraw"] = "withdraw"


class Reject(Human):
    """No to a request. Before any change it ends the rotation, later it rolls back."""

    kind: Literal["reject"] = "reject"
    request: str


class Decide(Human):
    """An answer to a decision."""

    kind: Literal["decide"] = "decide"
    decision: str
    choice: Choice


class RollBack(Human):
    """Go back to what was. `later_rotation` names one that has since changed a target of this slot."""

    kind: Literal["roll_back"] = "roll_back"
    later_rotation: str = ""


class PauseIt(Human):
    """Stop advancing; guardrails go on."""

    kind: Literal["pause"] = "pause"


class Resume(Human):
    """Go on from a pause."""

    kind: Literal["resume"] = "resume"


class Abort(Human):
    """End before anything was applied."""

    kind: Literal["abort"] = "abort"


class Retry(Human):
    """Try again what failed for technical reasons."""

    kind: Literal["retry"] = "retry"


class SettleByHand(Human):
    """Read every target, show it, and record that as the end."""

    kind: Literal["settle"] = "settle"


class ConfirmByHand(Human):
    """Traffic is back on the old model: somebody looked."""

    kind: Literal["confirm"] = "confirm"


class HandsOffIt(Human):
    """Suspend automatic rollback, with a reason, for `lasts` (None: the usual length)."""

    kind: Literal["hands_off"] = "hands_off"
    lasts: timedelta | None = None


class HandsOnIt(Human):
    """End that before its time."""

    kind: Literal["hands_on"] = "hands_on"


class Supersede(Human):
    """Ask whoever holds the slot to give way to this queued rotation. `before` names one that is before it in line."""

    kind: Literal["supersede"] = "supersede"
    before: str = ""


class GiveWay(Human):
    """The holder's answer to a queued rotation's wish: give way, or go on."""

    kind: Literal["give_way"] = "give_way"
    wish: str
    yes: bool


class RenewComparison(Human):
    """`promote D18`: put a new comparison of the same slot and models under the running rotation.

    `slot` and `models` are what was compared; without them it is refused as not the same.
    """

    kind: Literal["renew"] = "renew"
    comparison: ComparisonEvidence
    slot: str = ""
    models: Models | None = None


class Reading(BaseModel):
    """What a target held when it was read; `problem` when it could not be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    value: str | None = None
    problem: str = ""


class Refusal(BaseModel):
    """A target that would not take the candidate, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    why: str


class SlotFreed(Happened):
    """Nothing stands before this queued rotation any more."""

    kind: Literal["slot_freed"] = "slot_freed"


class SlotTaken(Happened):
    """The rotation before this one is being rolled back after its end: nothing was changed here yet, so it queues."""

    kind: Literal["slot_taken"] = "slot_taken"
    by: str


class SlotWanted(Happened):
    """A queued rotation asks for the slot this one holds."""

    kind: Literal["slot_wanted"] = "slot_wanted"
    rotation: str
    by: str
    by_id: str
    reason: str = ""


class SlotUnwanted(Happened):
    """It does not wait for it any more."""

    kind: Literal["slot_unwanted"] = "slot_unwanted"
    rotation: str


class WishRefused(Happened):
    """Whoever holds the slot goes on; told to the one that asked."""

    kind: Literal["wish_refused"] = "wish_refused"
    holder: str
    by: str


class Preflighted(Happened):
    """What was found right before the change: targets, those that refuse, approvers' groups now, the way back.

    `groups_problem`: why groups could not be read; approvals then wait instead of counting as withdrawn. `standings`:
    how each target stood when the look began; one that has moved since was not seen as it is.
    """

    kind: Literal["preflighted"] = "preflighted"
    attempt: int
    stage: int
    readings: tuple[Reading, ...]
    refusals: tuple[Refusal, ...] = ()
    groups_now: dict[str, tuple[GroupName, ...]] = {}
    groups_problem: str = ""
    way_back_ok: bool
    way_back_detail: str = ""
    way_back_retires: datetime | None = None
    standings: dict[str, str] = {}


class FreezeMet(Happened):
    """A freeze holds the change of this stage: nothing was written.

    `target` is the one whose turn it was; none where the look before the change found it. `changed`: an earlier attempt
    at it may have written. `seen` is how often the freezes had changed when it was looked.
    """

    kind: Literal["freeze_met"] = "freeze_met"
    attempt: int
    stage: int
    freeze: Binding
    seen: int = 0
    target: str = ""
    changed: bool = False


class FreezesChanged(Happened):
    """A freeze was set, prolonged or lifted, or its time came: what was put off is looked at anew."""

    kind: Literal["freezes_changed"] = "freezes_changed"


class TargetWritten(Happened):
    """How a write went: `done` (changed or already there), `drifted` (holds something else), `failed` for good.

    `changed`: the target holds, or may hold, the candidate now; with `drifted`, that it did, or may have, since.
    `cause`: with `failed`, that it was set and restarted, and its workers are not well.
    """

    kind: Literal["target_written"] = "target_written"
    attempt: int
    target: str
    outcome: Literal["done", "drifted", "failed"]
    changed: bool
    found: str | None = None
    detail: str = ""
    cause: Literal["", "workers_unwell"] = ""


class TargetRestored(Happened):
    """How a restore went, in the same words."""

    kind: Literal["target_restored"] = "target_restored"
    target: str
    outcome: Literal["done", "drifted", "failed"]
    found: str | None = None
    detail: str = ""


class TrafficChecked(Happened):
    """Whether requests are answered by the model a target was set to, and whether errors are normal."""

    kind: Literal["traffic_checked"] = "traffic_checked"
    attempt: int
    stage: int
    back: bool
    seen: bool
    errors_normal: bool = True
    detail: str = ""


class LookTaken(Happened):
    """A look's result."""

    kind: Literal["look_taken"] = "look_taken"
    stage: int
    attempt: int
    result: LookResult


class WayBackChecked(Happened):
    """Whether the model the way back leads to is still there and answers, and when it retires, where that is known."""

    kind: Literal["way_back_checked"] = "way_back_checked"
    ok: bool
    detail: str = ""
    retires: datetime | None = None


class Verified(Happened):
    """The runbook's verification list, looked at. `incident`: the provider fails for both models."""

    kind: Literal["verified"] = "verified"
    items: tuple[VerificationItem, ...]
    incident: bool = False


class TargetsRead(Happened):
    """What the targets hold, read for settling by hand or for starting a queued rotation; `standings` as above."""

    kind: Literal["targets_read"] = "targets_read"
    purpose: Literal["start", "settle"]
    readings: tuple[Reading, ...]
    by: Actor | None = None
    standings: dict[str, str] = {}


class Delivered(Happened):
    """A question reached its readers: only from now does its deadline count."""

    kind: Literal["delivered"] = "delivered"
    question: str


class TimerFired(Happened):
    """A stored due time came."""

    kind: Literal["timer"] = "timer"
    name: str


class WasDown(Happened):
    """The bot was not running for this long: waits did not count."""

    kind: Literal["was_down"] = "was_down"
    length: timedelta


HumanEvent = (
    Promote
    | Approve
    | Withdraw
    | Reject
    | Decide
    | RollBack
    | PauseIt
    | Resume
    | Abort
    | Retry
    | SettleByHand
    | ConfirmByHand
    | HandsOffIt
    | HandsOnIt
    | Supersede
    | GiveWay
    | RenewComparison
)
Answer = (
    Preflighted
    | FreezeMet
    | TargetWritten
    | TargetRestored
    | TrafficChecked
    | LookTaken
    | WayBackChecked
    | Verified
    | TargetsRead
    | Delivered
)
Occurrence = SlotFreed | SlotTaken | SlotWanted | SlotUnwanted | WishRefused | TimerFired | WasDown | FreezesChanged
Event = Annotated[HumanEvent | Answer | Occurrence, Field(discriminator="kind")]
