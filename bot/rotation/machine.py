"""The machine: one table of what people may do in which phase, and one function from an event to the next state.

Rule 1: whatever changes a rotation is an event and goes through `transition`. Rule 2: the table is the machine; the
code, the diagram in the docs and the buttons people see are read from it. Rule 3: only people's events are refused, and
a refusal changes nothing. An effect's answer is taken in every phase, because what was done outside was done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bot.rotation import (
    applying,
    approving,
    baking,
    concluding,
    deciding,
    ending,
    hands_off,
    preflight,
    putting_off,
    queueing,
    reminding,
    rolling_back,
    scheduling,
    steering,
    superseding,
    waiting,
    wishes,
)
from bot.rotation.draft import Draft
from bot.rotation.effects import Effect
from bot.rotation.events import (
    Abort,
    Approve,
    ConfirmByHand,
    Decide,
    Delivered,
    Event,
    FreezeMet,
    FreezesChanged,
    GiveWay,
    HandsOffIt,
    HandsOnIt,
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
    SlotTaken,
    SlotUnwanted,
    SlotWanted,
    Supersede,
    TargetRestored,
    TargetsRead,
    TargetWritten,
    TimerFired,
    TrafficChecked,
    Verified,
    WasDown,
    WayBackChecked,
    WishRefused,
    Withdraw,
)
from bot.rotation.evidence import ComparisonEvidence
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import Models, Trigger
from bot.rotation.model.targets import TargetState, target_plans
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    comparison_young,
    may_steer,
    models_differ,
)
from bot.rotation.refusing import not_here
from bot.runbook.models.plan import Plan

HANDS = frozenset({"hands_off", "hands_on", "give_way"})
"""Possible wherever a look may roll back, and the slot is held."""
TRANSITIONS: Mapping[Phase, frozenset[str]] = {
    Phase.QUEUED: frozenset({"pause", "abort", "renew", "supersede", "give_way"}),
    Phase.AWAITING_APPROVAL: HANDS
    | {"promote", "approve", "withdraw", "reject", "roll_back", "pause", "abort", "renew"},
    Phase.SCHEDULED: HANDS | {"promote", "withdraw", "roll_back", "pause", "abort"},
    Phase.APPLYING: HANDS | {"roll_back", "pause", "abort"},
    Phase.BAKING: HANDS | {"roll_back", "pause"},
    Phase.AWAITING_DECISION: HANDS | {"promote", "decide", "withdraw", "roll_back", "pause", "abort", "renew"},
    Phase.VERIFYING: HANDS | {"roll_back", "pause"},
    Phase.PAUSED: HANDS | {"promote", "approve", "withdraw", "reject", "decide", "roll_back", "resume", "abort"},
    Phase.ROLLING_BACK: frozenset({"retry", "settle"}),
    Phase.ERRORED: HANDS | {"retry", "roll_back", "settle", "abort"},
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


def begin(  # noqa: PLR0913 - each is a fact about it that nothing else knows
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
    gate = may_steer(plan.authority, requester)
    if gate == ALLOW:
        gate = comparison_young(plan, comparison, at)
    if gate == ALLOW:
        gate = models_differ(models)
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
    queueing.read_for_start(draft)
    return Moved(*draft.finish())


def _apply(draft: Draft, event: Event) -> Gate:
    match event:
        case Promote() | Approve() | Withdraw() | Reject() | Decide() | RenewComparison():
            return _answered(draft, event) if _takes(draft, event) else not_here(draft.rotation, event)
        case HandsOffIt() | HandsOnIt() | Supersede() | GiveWay():
            return _held(draft, event) if _takes(draft, event) else not_here(draft.rotation, event)
        case RollBack() | PauseIt() | Resume() | Abort() | Retry() | SettleByHand() | ConfirmByHand():
            return _steered(draft, event) if _takes(draft, event) else not_here(draft.rotation, event)
        case SlotFreed() | SlotTaken() | TimerFired() | WasDown() | FreezesChanged() | Delivered():
            _occurred(draft, event)
        case SlotWanted() | SlotUnwanted() | WishRefused():
            _wished(draft, event)
        case _:
            _done(draft, event)
    return ALLOW


def _takes(draft: Draft, event: HumanEvent) -> bool:
    return event.kind in TRANSITIONS[draft.rotation.phase]


def _answered(draft: Draft, event: Promote | Approve | Withdraw | Reject | Decide | RenewComparison) -> Gate:
    match event:
        case Promote():
            return steering.promote(draft, event)
        case Approve():
            return approving.approve(draft, event)
        case Withdraw():
            return approving.withdraw(draft, event)
        case Reject():
            return approving.reject_request(draft, event)
        case Decide():
            return deciding.decide(draft, event)
        case RenewComparison():
            return steering.renew_comparison(draft, event)
        case _:
            assert_never(event)


def _held(draft: Draft, event: HandsOffIt | HandsOnIt | Supersede | GiveWay) -> Gate:
    match event:
        case HandsOffIt():
            return hands_off.take_hands_off(draft, event)
        case HandsOnIt():
            return hands_off.put_hands_on(draft, event)
        case Supersede():
            return superseding.ask_to_supersede(draft, event)
        case GiveWay():
            return superseding.give_way(draft, event)
        case _:
            assert_never(event)


def _steered(
    draft: Draft,
    event: RollBack | PauseIt | Resume | Abort | Retry | SettleByHand | ConfirmByHand,
) -> Gate:
    match event:
        case RollBack():
            return steering.roll_back(draft, event)
        case PauseIt():
            return steering.pause(draft, event)
        case Resume():
            return steering.resume(draft, event)
        case Abort():
            return steering.abort_it(draft, event)
        case Retry():
            return steering.retry(draft, event)
        case SettleByHand():
            return steering.settle_by_hand(draft, event)
        case ConfirmByHand():
            return steering.confirm_by_hand(draft, event)
        case _:
            assert_never(event)


def _done(
    draft: Draft,
    event: Preflighted
    | FreezeMet
    | TargetWritten
    | TargetRestored
    | TrafficChecked
    | LookTaken
    | WayBackChecked
    | Verified
    | TargetsRead,
) -> None:
    match event:
        case Preflighted():
            preflight.on_preflighted(draft, event)
        case FreezeMet():
            putting_off.on_freeze_met(draft, event)
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
        case TargetsRead(purpose="start"):
            queueing.on_targets_read(draft, event)
        case TargetsRead():
            ending.settle(draft, event)
        case _:
            assert_never(event)


def _occurred(draft: Draft, event: SlotFreed | SlotTaken | TimerFired | WasDown | FreezesChanged | Delivered) -> None:
    match event:
        case SlotFreed():
            queueing.on_slot_freed(draft)
        case SlotTaken():
            queueing.on_slot_taken(draft, event)
        case TimerFired():
            _timer(draft, event)
        case WasDown():
            waiting.on_was_down(draft, event)
        case FreezesChanged():
            scheduling.on_freezes_changed(draft)
        case Delivered():
            waiting.on_delivered(draft, event)
        case _:
            assert_never(event)


def _wished(draft: Draft, event: SlotWanted | SlotUnwanted | WishRefused) -> None:
    match event:
        case SlotWanted():
            wishes.on_slot_wanted(draft, event)
        case SlotUnwanted():
            wishes.on_slot_unwanted(draft, event)
        case WishRefused():
            superseding.on_wish_refused(draft, event)
        case _:
            assert_never(event)


_TIMERS: Mapping[str, Callable[[Draft], None]] = {
    "look": baking.on_look_timer,
    "begin": scheduling.on_begin_timer,
    "start": queueing.on_start_timer,
    "retry": rolling_back.on_retry_timer,
    "deadline": waiting.on_deadline,
    "remind": reminding.on_remind,
    "fall_back": reminding.on_fall_back,
    "reminder": waiting.on_reminder,
    "hands_off": hands_off.on_hands_off_timer,
    "go_on": hands_off.on_go_on_timer,
}


def _timer(draft: Draft, event: TimerFired) -> None:
    match event.name:
        case "traffic":
            applying.on_traffic_timer(draft)
            rolling_back.on_traffic_back_timer(draft)
        case "verify" if draft.rotation.phase is Phase.VERIFYING:
            concluding.verify(draft)
        case name if name in _TIMERS:
            _TIMERS[name](draft)
        case _:
            pass
