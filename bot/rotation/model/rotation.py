"""A rotation: where it is, and all that is known of it. The state row alone says it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from bot.rotation.evidence import ComparisonEvidence, Dimension, StageEvidence, VerificationItem
from bot.rotation.model.bake import BakeState
from bot.rotation.model.freezes import Binding
from bot.rotation.model.hands_off import HandsOff
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.state import Models, State, Trigger
from bot.rotation.model.targets import CHANGED, Standing, TargetState
from bot.rotation.model.wishes import SlotWish
from bot.runbook.models.plan import Plan, StagePlan


class Phase(StrEnum):
    """Where a rotation is."""

    QUEUED = "queued"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    APPLYING = "applying"
    BAKING = "baking"
    AWAITING_DECISION = "awaiting_decision"
    VERIFYING = "verifying"
    PAUSED = "paused"
    ROLLING_BACK = "rolling_back"
    ERRORED = "errored"
    REJECTED = "rejected"
    ABORTED = "aborted"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    SETTLED = "settled"


ENDS = frozenset({Phase.REJECTED, Phase.ABORTED, Phase.COMPLETED, Phase.ROLLED_BACK, Phase.SETTLED})
"""Phases a rotation does not leave, but for the exceptions the table names."""


class Pause(State):
    """Who stopped the rotation, why, and where it goes on."""

    returns_to: Phase
    by: str
    at: datetime
    reason: str = ""


class Rollback(State):
    """A way back being gone: why, for whom, and how far.

    `to_confirm` are stages where traffic is still to be seen on the old model, `silent` those where none came in time.
    """

    cause: str
    by: str
    at: datetime
    reason: str = ""
    dimension: Dimension | None = None
    restored_at: datetime | None = None
    waiting_since: datetime | None = None
    to_confirm: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    trouble: str = ""
    told_trouble: bool = False


class Trouble(State):
    """A technical failure that needs a person: what happened, at which target, whose it is."""

    what: str
    at: datetime
    target: str | None = None
    code: str = ""


class WayBack(State):
    """When the way back was last proven, and what was found; `retires` where its model's end is announced."""

    ok: bool
    at: datetime
    detail: str = ""
    retires: datetime | None = None


class Rotation(State):
    """One run of the runbook for one slot, from one comparison.

    `unread` are the targets that could not be read when it was last tried to settle it by hand, `start_problem` why a
    queued one could not read what is live. `verification_held` while the provider's incident holds the list.
    `put_off` is the freeze because of which an approved change begins only at `start_at`, `freezes_seen` how often the
    freezes have changed.
    `asked_of` is the rotation whose holder was asked to give way to this queued one, `asked_by` by whom; `refused_by`
    is who went on all the same. `wishes` are those of others for the slot this one holds.
    """

    schema_version: int = 1
    id: str
    version: int = 0
    slot: str
    plan: Plan
    models: Models
    trigger: Trigger
    reason: str
    requester: Actor
    comparison: ComparisonEvidence
    begun_at: datetime
    phase: Phase = Phase.QUEUED
    blocked_by: str = ""
    asked_of: str = ""
    asked_by: str = ""
    asked_by_id: str = ""
    asked_because: str = ""
    refused_by: str = ""
    wishes: tuple[SlotWish, ...] = ()
    stage: int = 0
    attempt: int = 1
    asked: int = 0
    request: Request | None = None
    decision: Decision | None = None
    past: tuple[Request | Decision, ...] = ()
    accepted: str = ""
    approvers: tuple[str, ...] = ()
    targets: tuple[TargetState, ...] = ()
    start_at: datetime | None = None
    put_off: Binding | None = None
    freezes_seen: int = 0
    preflight: bool = False
    waiting_for_traffic: datetime | None = None
    bake: BakeState | None = None
    sealed: tuple[StageEvidence, ...] = ()
    pause: Pause | None = None
    hands_off: HandsOff | None = None
    rollback: Rollback | None = None
    trouble: Trouble | None = None
    settling: bool = False
    settling_reason: str = ""
    unread: tuple[str, ...] = ()
    start_problem: str = ""
    way_back: WayBack | None = None
    verification: tuple[VerificationItem, ...] = ()
    verification_held: bool = False
    marks: tuple[str, ...] = ()
    ended_at: datetime | None = None
    end_detail: str = ""

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.phase in ENDS

    @property
    def stage_plan(self) -> StagePlan:
        """The stage it is at."""
        return self.plan.stages[self.stage]

    @property
    def last_stage(self) -> bool:
        """Whether no stage comes after the one it is at."""
        return self.stage == len(self.plan.stages) - 1

    @property
    def watched(self) -> BakeState:
        """The bake of the stage that was changed last. Raises LookupError before the first."""
        if self.bake is None:
            message = f"{self.id} has not begun to watch a stage"
            raise LookupError(message)
        return self.bake

    @property
    def held_back(self) -> bool:
        """Whether a rollback is held back because hands are off: nothing may be begun or completed meanwhile."""
        return self.hands_off is not None and self.hands_off.holding

    @property
    def changed(self) -> bool:
        """Whether this rotation has changed, or may have changed, any target that is not restored yet."""
        return any(t.standing in CHANGED for t in self.targets)

    @property
    def ever_changed(self) -> bool:
        """Whether this rotation ever asked for a target to be changed."""
        return any(t.standing is not Standing.UNTOUCHED for t in self.targets)

    def question(self, question_id: str) -> Request | Decision | None:
        """A question of this rotation, open or answered long ago; None for an id it never asked under."""
        asked = (self.request, self.decision, *self.past)
        return next((q for q in asked if q is not None and q.id == question_id), None)

    def wish(self, wisher: str) -> SlotWish | None:
        """What a queued rotation wants of this one; None where it never asked."""
        return next((wish for wish in self.wishes if wish.rotation == wisher), None)

    def doing(self, phase: Phase) -> bool:
        """Whether it is in that phase, or paused out of it."""
        return phase in (self.phase, self.pause.returns_to if self.pause is not None else self.phase)

    def target(self, target_id: str) -> TargetState:
        """The state of a target of this rotation. Raises KeyError for another's."""
        for target in self.targets:
            if target.id == target_id:
                return target
        raise KeyError(target_id)

    @property
    def standings(self) -> dict[str, str]:
        """How each target stands now."""
        return {target.id: target.standing.value for target in self.targets}

    def moved_since(self, standings: Mapping[str, str]) -> bool:
        """Whether a target stands otherwise than it did then; one that nothing is known of did not move."""
        return any(standings.get(name, now) != now for name, now in self.standings.items())

    def set_back(self, target: TargetState) -> str | None:
        """What going back sets: what the target held, or the named model where the old one is unusable."""
        return self.models.rollback.id if self.models.restore_named else target.held

    def with_target(self, changed: TargetState) -> "Rotation":
        """The same rotation with one target's state replaced."""
        targets = tuple(changed if t.id == changed.id else t for t in self.targets)
        return self.model_copy(update={"targets": targets})

    def marked(self, *marks: str) -> tuple[str, ...]:
        """Its marks with more of them, each once."""
        return (*self.marks, *(m for m in marks if m not in self.marks))
