"""The state of a rotation: frozen data, changed only by `machine.transition`.

No behaviour beyond looking things up in itself. Every field that a person is shown or a gate asks about is here: the
state row alone says where a rotation is.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from bot.rotation.evidence import ComparisonEvidence, Dimension, LookResult, StageEvidence, VerificationItem
from bot.runbook.models.durations import Duration
from bot.runbook.models.file import GroupName
from bot.runbook.models.plan import LONGEST_GAP, Plan, StagePlan, TargetPlan

MACHINE_VERSION = 2
"""Raised when the same events would fold to another state; older ledger rows are then read through upcasters."""


class State(BaseModel):
    """A part of a rotation's state: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class Trigger(StrEnum):
    """Why a rotation is run: the runbook's four."""

    NEW_MODEL = "new-model"
    COST = "cost"
    DEPRECATED = "deprecated"
    QUALITY = "quality"


class ModelRef(State):
    """A model at a provider: the two are kept apart because `openai/x` is an id at one and a prefix at another."""

    provider: str
    id: str


class Models(State):
    """Current, candidate, and what the way back leads to.

    `restore_named`: the current model is no longer usable, so rollback writes `rollback` instead of what was held.
    """

    current: ModelRef
    candidate: ModelRef
    rollback: ModelRef
    restore_named: bool = False

    @property
    def after_rollback(self) -> ModelRef:
        """The model that answers once everything was set back."""
        return self.rollback if self.restore_named else self.current


class Actor(State):
    """Who acts, and what was known of them when they did. `problems` names groups that could not be resolved."""

    id: str
    name: str
    groups: tuple[GroupName, ...] = ()
    member: bool = False
    guest: bool = False
    bot: bool = False
    stranger: bool = False
    administrator: bool = False
    problems: tuple[GroupName, ...] = ()
    read_at: datetime | None = None


class Approval(State):
    """One person's yes to one question, with the membership it was checked against."""

    by: Actor
    at: datetime
    digest: str
    reason: str = ""


class Request(State):
    """A question for approval: bound to (stage, attempt, evidence digest). `note` says why it is asked again."""

    id: str
    stage: int
    attempt: int
    digest: str
    asked_at: datetime
    delivered_at: datetime | None = None
    deadline: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    note: str = ""
    outcome: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody."""
        return not self.outcome


class Choice(StrEnum):
    """What a person can answer to a decision."""

    GO_ON = "go_on"
    EXTEND = "extend"
    ROLL_BACK = "roll_back"
    ABORT = "abort"


class Decision(State):
    """A question only a person can settle: `question` is a code, `default` what happens when nobody answers."""

    id: str
    question: Literal["comparison_failed", "comparison_inconclusive", "bake_inconclusive", "held", "cannot_verify"]
    group: GroupName
    choices: tuple[Choice, ...]
    default: Choice
    asked_at: datetime
    quorum: int = 1
    answers: tuple[Approval, ...] = ()
    delivered_at: datetime | None = None
    deadline: datetime | None = None
    times_asked: int = 1
    reasons: tuple[str, ...] = ()
    outcome: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody."""
        return not self.outcome


class Standing(StrEnum):
    """What this rotation has done to a target. `WRITING` and `RESTORING`: asked for, not yet heard of.

    `UNREADABLE`: settled by hand without anybody knowing what it holds.
    """

    UNTOUCHED = "untouched"
    WRITING = "writing"
    WRITTEN = "written"
    RESTORING = "restoring"
    RESTORED = "restored"
    DRIFTED = "drifted"
    UNREADABLE = "unreadable"


class TargetState(State):
    """A target as this rotation knows it. `held` is what it held before the first write (None: unset).

    `wrote`: it holds, or may have held since, what this rotation wrote.
    """

    id: str
    standing: Standing = Standing.UNTOUCHED
    held: str | None = None
    found: str | None = None
    detail: str = ""
    wrote: bool = False


class BakeState(State):
    """The watched time of the stage that was changed last. It goes on until the next stage is applied or rolled back.

    Of its looks only the newest, the newest that was seen, and the one `completing` it are kept; all are in the ledger.
    `taken` counts all, `counted` those whose window was seen: they make the bake, the others are held
    time. `watched` is the time that was seen. The next look's window goes from `until` to `due`.
    `sealed` when its verdict was taken over as evidence. `unanswered` counts the questions about it whose deadline
    passed.
    """

    stage: int
    attempt: int
    started_at: datetime
    every: Duration
    planned: int
    looks: tuple[LookResult, ...] = ()
    taken: int = 0
    counted: int = 0
    watched: Duration = timedelta()
    completing: LookResult | None = None
    until: datetime | None = None
    due: datetime | None = None
    asked: int = 0
    held_since: datetime | None = None
    hold_reasons: tuple[str, ...] = ()
    extended: int = 0
    unanswered: int = 0
    told_incident: bool = False
    sealed: bool = False
    no_traffic: bool = False

    @model_validator(mode="before")
    @classmethod
    def _counted_up(cls, written: Any) -> Any:  # noqa: ANN401 - whatever was stored
        """Rows of the first release keep every look and count none: they are counted once, when they are read."""
        if not isinstance(written, dict) or "taken" in written or not written.get("looks"):
            return written
        bake = cls.model_validate({**written, "looks": (), "taken": 0})
        for look in written["looks"]:
            bake = bake.with_look(LookResult.model_validate(look))
        return dict(bake)

    @property
    def newest_seen(self) -> LookResult | None:
        """The newest look whose window was seen."""
        return next((look for look in reversed(self.looks) if look.seen), None)

    @property
    def next_window(self) -> tuple[datetime, datetime]:
        """The window of the next look: it begins where the last one ended."""
        start = self.until or self.started_at
        return start, self.due or start + self.every

    def with_look(self, look: LookResult) -> "BakeState":
        """The same bake one look on; what later looks and people need of it is kept.

        After the planned looks the next ones come further and further apart: each after the planned share of the time
        that was seen, at most an hour. Whatever waits, and for how long, few looks watch over it.
        """
        counted = self.counted + look.seen
        watched = self.watched + (look.window_end - look.window_start if look.seen else timedelta())
        gap = self.every if counted < self.planned else max(self.every, min(watched / self.planned, LONGEST_GAP))
        seen_before = () if look.seen or self.newest_seen is None else (self.newest_seen,)
        return self.model_copy(
            update={
                "looks": (*seen_before, look),
                "taken": self.taken + 1,
                "counted": counted,
                "watched": watched,
                "completing": look if look.seen and counted == self.planned else self.completing,
                "until": look.window_end,
                "due": look.window_end + gap,
            },
        )


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
    """When the way back was last proven, and what was found."""

    ok: bool
    at: datetime
    detail: str = ""


class Rotation(State):
    """One run of the runbook for one slot, from one comparison.

    `unread` are the targets that could not be read when it was last tried to settle it by hand, `start_problem` why a
    queued one could not read what is live. `verification_held` while the provider's incident holds the list.
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
    stage: int = 0
    attempt: int = 1
    asked: int = 0
    request: Request | None = None
    decision: Decision | None = None
    past: tuple[Request | Decision, ...] = ()
    accepted: str = ""
    approvers: tuple[str, ...] = ()
    targets: tuple[TargetState, ...] = ()
    preflight: bool = False
    waiting_for_traffic: datetime | None = None
    bake: BakeState | None = None
    sealed: tuple[StageEvidence, ...] = ()
    pause: Pause | None = None
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

    def doing(self, phase: Phase) -> bool:
        """Whether it is in that phase, or paused out of it."""
        return phase in (self.phase, self.pause.returns_to if self.pause is not None else self.phase)

    def target(self, target_id: str) -> TargetState:
        """The state of a target of this rotation. Raises KeyError for another's."""
        for target in self.targets:
            if target.id == target_id:
                return target
        raise KeyError(target_id)

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


CHANGED = frozenset({Standing.WRITING, Standing.WRITTEN, Standing.RESTORING, Standing.DRIFTED})
"""Standings in which a target holds, or may hold, something this rotation wrote."""


def target_plans(plan: Plan) -> Iterable[tuple[int, TargetPlan]]:
    """Every target of a plan with the index of its stage, in the order they are applied."""
    for index, stage in enumerate(plan.stages):
        for target in stage.targets:
            yield index, target


def target_plan(plan: Plan, target_id: str) -> tuple[int, TargetPlan]:
    """A target's stage index and plan. Raises KeyError for an unknown id."""
    for index, target in target_plans(plan):
        if target.id == target_id:
            return index, target
    raise KeyError(target_id)
