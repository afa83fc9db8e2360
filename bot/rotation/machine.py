"""The machine: one table of what people may do in which phase, and one function from an event to the next state.

Rule 1: whatever changes a rotation is an event and goes through `transition`. Rule 2: the table is the machine; the
code, the diagram in the docs and the buttons people see are read from it. Rule 3: only people's events are refused, and
a refusal changes nothing. An effect's answer is taken in every phase, because what was done outside was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bot.rotation import applying, asking, baking, ending, people, rolling_back, waiting
from bot.rotation.calendar import due_after
from bot.rotation.draft import Draft
from bot.rotation.effects import Effect, ReadTargets
from bot.rotation.events import (
    Abort,
    Approve,
    ConfirmByHand,
    Decide,
    Delivered,
    Event,
    HumanEvent,
    LookTaken,
    PauseIt,
    Preflighted,
    Promote,
    Reject,
    RenewComparison,
    Resume,
    Retry,
    RollBack,
    SettleByHand,
    SlotFreed,
    TargetRestored,
    TargetsRead,
    TargetWritten,
    TimerFired,
    TrafficChecked,
    Verified,
    WasDown,
    WayBackChecked,
)
from bot.rotation.evidence import ComparisonEvidence
from bot.rotation.model import Actor, Models, Phase, Rotation, TargetState, Trigger, target_plans
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    ReasonCode,
    comparison_young,
    may_steer,
    question_open,
    rollback_possible,
)
from bot.runbook.models.plan import Plan

TRANSITIONS: Mapping[Phase, frozenset[str]] = {
    Phase.QUEUED: frozenset({"abort", "renew"}),
    Phase.AWAITING_APPROVAL: frozenset({"promote", "approve", "reject", "roll_back", "pause", "abort", "renew"}),
    Phase.SCHEDULED: frozenset({"promote", "roll_back", "pause", "abort"}),
    Phase.APPLYING: frozenset({"roll_back", "pause"}),
    Phase.BAKING: frozenset({"roll_back", "pause"}),
    Phase.AWAITING_DECISION: frozenset({"promote", "decide", "roll_back", "pause", "abort", "renew"}),
    Phase.VERIFYING: frozenset({"roll_back", "pause"}),
    Phase.PAUSED: frozenset({"promote", "approve", "roll_back", "resume", "abort"}),
    Phase.ROLLING_BACK: frozenset({"retry", "settle"}),
    Phase.ERRORED: frozenset({"retry", "roll_back", "settle", "abort"}),
    Phase.REJECTED: frozenset(),
    Phase.ABORTED: frozenset(),
    Phase.COMPLETED: frozenset({"roll_back"}),
    Phase.ROLLED_BACK: frozenset({"confirm"}),
    Phase.SETTLED: frozenset(),
}
"""Phase -> kinds of human events it takes. Everything else by people is refused with `not_in_phase`."""


@dataclass(frozen=True)
class Moved:
    """The event was taken: the next state and what must be done."""

    rotation: Rotation
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Refused:
    """The event was a person's and is not possible: why. Nothing changed."""

    deny: Deny


Outcome = Moved | Refused


def transition(rotation: Rotation, event: Event) -> Outcome:
    """What an event leads to. Pure: the same arguments give the same outcome."""
    draft = Draft(rotation, event.at)
    gate = _apply(draft, event)
    if isinstance(gate, Deny):
        return Refused(gate)
    return Moved(*draft.finish())


def begin(
    rotation_id: str,
    plan: Plan,
    models: Models,
    comparison: ComparisonEvidence,
    requester: Actor,
    *,
    trigger: Trigger,
    reason: str,
    at: datetime,
    blocked_by: str = "",
) -> Outcome:
    """A new rotation from a comparison. `blocked_by` names what holds the slot: then it queues."""
    gate = may_steer(requester)
    if gate == ALLOW:
        gate = comparison_young(plan, comparison, at)
    if gate == ALLOW and models.current == models.candidate:
        gate = Deny(ReasonCode.SAME_MODEL, {"model": models.candidate.id})
    if isinstance(gate, Deny):
        return Refused(gate)
    rotation = Rotation(
        id=rotation_id,
        slot=plan.slot,
        plan=plan,
        models=models,
        trigger=trigger,
        reason=reason,
        requester=requester,
        comparison=comparison,
        begun_at=at,
        blocked_by=blocked_by,
        targets=tuple(TargetState(id=target.id) for _, target in target_plans(plan)),
        marks=("dry_run",) if plan.dry_run else (),
    )
    draft = Draft(rotation, at)
    draft.tell("begun", by=requester.name, trigger=trigger.value, reason=reason, comparison=comparison.id)
    if blocked_by:
        draft.tell("queued", behind=blocked_by)
        draft.wake("reminder", due_after(at, plan.deadlines.reminder, plan))
    else:
        draft.do(ReadTargets(purpose="start", number=draft.number()))
    return Moved(*draft.finish())


def _apply(draft: Draft, event: Event) -> Gate:
    match event:
        case (
            Promote()
            | Approve()
            | Reject()
            | Decide()
            | RollBack()
            | PauseIt()
            | Resume()
            | Abort()
            | Retry()
            | SettleByHand()
            | ConfirmByHand()
            | RenewComparison()
        ):
            return _human(draft, event)
        case Preflighted():
            applying.on_preflighted(draft, event)
        case TargetWritten():
            applying.on_written(draft, event)
        case TargetRestored():
            rolling_back.on_restored(draft, event)
        case TrafficChecked():
            applying.on_traffic(draft, event)
            rolling_back.on_traffic_back(draft, event)
        case LookTaken():
            baking.on_look(draft, event)
        case WayBackChecked():
            baking.on_way_back(draft, event)
        case Verified():
            ending.on_verified(draft, event)
        case TargetsRead():
            _targets_read(draft, event)
        case Delivered():
            waiting.on_delivered(draft, event)
        case TimerFired():
            _timer(draft, event)
        case WasDown():
            waiting.on_was_down(draft, event)
        case SlotFreed():
            _slot_freed(draft)
        case _:
            assert_never(event)
    return ALLOW


def _human(draft: Draft, event: HumanEvent) -> Gate:
    if event.kind not in TRANSITIONS[draft.rotation.phase]:
        return _not_here(draft.rotation, event)
    match event:
        case Promote():
            return people.promote(draft, event)
        case Approve():
            return people.approve(draft, event)
        case Reject():
            return people.reject_request(draft, event)
        case Decide():
            return people.decide(draft, event)
        case RollBack():
            return people.roll_back(draft, event)
        case PauseIt():
            return people.pause(draft, event)
        case Resume():
            return people.resume(draft, event)
        case Abort():
            return people.abort_it(draft, event)
        case Retry():
            return people.retry(draft, event)
        case SettleByHand():
            return people.settle_by_hand(draft, event)
        case ConfirmByHand():
            return people.confirm_by_hand(draft, event)
        case RenewComparison():
            return people.renew_comparison(draft, event)
        case _:
            assert_never(event)


def _not_here(rotation: Rotation, event: HumanEvent) -> Deny:
    if isinstance(event, Approve | Reject | Decide):
        question = rotation.decision if isinstance(event, Decide) else rotation.request
        asked = event.decision if isinstance(event, Decide) else event.request
        gate = question_open(question, asked)
        if isinstance(gate, Deny):
            return gate
    if isinstance(event, RollBack):
        gate = rollback_possible(rotation, event.at, event.later_rotation)
        if isinstance(gate, Deny):
            return gate
    if isinstance(event, PauseIt) and rotation.phase is Phase.PAUSED:
        return Deny(ReasonCode.ALREADY_PAUSED, {"by": rotation.pause.by if rotation.pause else ""})
    if rotation.ended:
        return Deny(ReasonCode.ALREADY_ENDED, {"phase": rotation.phase.value})
    return Deny(ReasonCode.NOT_IN_PHASE, {"phase": rotation.phase.value, "event": event.kind})


def _timer(draft: Draft, event: TimerFired) -> None:
    match event.name:
        case "look":
            baking.on_look_timer(draft)
        case "traffic":
            applying.on_traffic_timer(draft)
            rolling_back.on_traffic_back_timer(draft)
        case "retry":
            rolling_back.on_retry_timer(draft)
        case "deadline":
            waiting.on_deadline(draft)
        case "reminder":
            waiting.on_reminder(draft)
        case "verify" if draft.rotation.phase is Phase.VERIFYING:
            baking.verify(draft)
        case _:
            pass


def _slot_freed(draft: Draft) -> None:
    if draft.rotation.phase is Phase.QUEUED and draft.rotation.blocked_by:
        draft.set(blocked_by="")
        draft.forget("reminder")
        draft.do(ReadTargets(purpose="start", number=draft.number()))


def _targets_read(draft: Draft, event: TargetsRead) -> None:
    rotation = draft.rotation
    if event.purpose == "settle":
        if rotation.phase in {Phase.ERRORED, Phase.ROLLING_BACK}:
            ending.settle(draft, event)
        return
    if rotation.phase is not Phase.QUEUED or rotation.blocked_by:
        return
    wrong = [r for r in event.readings if r.problem or r.value != rotation.models.current.id]
    if wrong:
        facts = [reading.model_dump(mode="json") for reading in wrong]
        draft.tell("targets_disagree", readings=facts, expected=rotation.models.current.id)
        ending.abort(draft, by="", code=ReasonCode.TARGETS_DISAGREE.value)
        return
    asking.open_stage(draft, 0)
