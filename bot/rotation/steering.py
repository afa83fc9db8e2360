"""People steer a rotation: on, back, to a stop, to its end. Each asks its gates, then changes the draft."""

from pydantic import JsonValue

from bot.rotation.applying import resume_applying
from bot.rotation.asking import (
    WAITING,
    about_comparison,
    ask_again,
    close_question,
    enough_answers,
    enough_approvals,
    open_stage,
    post_request,
)
from bot.rotation.baking import go_on_watching
from bot.rotation.calendar import due_after
from bot.rotation.concluding import verify
from bot.rotation.deciding import settle_decision
from bot.rotation.draft import Draft
from bot.rotation.effects import ReadTargets
from bot.rotation.ending import abort
from bot.rotation.events import (
    Abort,
    ConfirmByHand,
    PauseIt,
    Promote,
    RenewComparison,
    Resume,
    Retry,
    RollBack,
    SettleByHand,
)
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Pause, Phase
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    ReasonCode,
    may_pause,
    may_roll_back,
    may_settle,
    may_steer,
    rollback_possible,
    same_comparison,
)
from bot.rotation.queueing import read_for_start
from bot.rotation.rolling_back import on_traffic_back_timer, restore_all, start_rollback
from bot.rotation.scheduling import ask_sooner, begin_or_schedule, go_on_scheduled, look_anew


def promote(draft: Draft, event: Promote) -> Gate:
    """Post the open question again, or go on where enough has been said; a pause ends."""
    gate = may_steer(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    rotation = draft.rotation
    if rotation.phase is Phase.PAUSED:
        return resume(draft, Resume(at=event.at, actor=event.actor))
    if rotation.phase is Phase.AWAITING_DECISION and rotation.decision is not None:
        draft.post(rotation.decision.id)
    elif rotation.phase is Phase.SCHEDULED and rotation.put_off is not None:
        look_anew(draft)
    elif rotation.phase is Phase.SCHEDULED:
        ask_sooner(draft)
    elif enough_approvals(rotation):
        begin_or_schedule(draft)
    elif rotation.request is not None:
        post_request(draft, rotation.request)
    return ALLOW


def roll_back(draft: Draft, event: RollBack) -> Gate:
    """Go back, from every phase after the first change and after completion."""
    gate = may_roll_back(draft.rotation, event.actor)
    if isinstance(gate, Deny):
        return gate
    gate = rollback_possible(draft.rotation, event.at, event.later_rotation)
    if isinstance(gate, Deny):
        return gate
    start_rollback(draft, cause="asked", by=event.actor.name, reason=event.reason)
    return ALLOW


def pause(draft: Draft, event: PauseIt) -> Gate:
    """Stop advancing; looks and the bake's clock go on. Questions stay open, their time begins anew at resume."""
    gate = may_pause(event.actor)
    if isinstance(gate, Deny):
        return gate
    stopped = Pause(returns_to=draft.rotation.phase, by=event.actor.name, at=event.at, reason=event.reason)
    draft.enter(Phase.PAUSED, pause=stopped)
    draft.forget(*WAITING)
    draft.wake("reminder", due_after(event.at, draft.rotation.plan.deadlines.reminder, draft.rotation.plan))
    draft.tell("paused", by=event.actor.name, reason=event.reason)
    return ALLOW


def resume(draft: Draft, event: Resume) -> Gate:
    """Go on where it was stopped; what came meanwhile counts."""
    gate = may_steer(draft.rotation.plan.authority, event.actor)
    stopped = draft.rotation.pause
    if isinstance(gate, Deny) or stopped is None:
        return gate
    draft.enter(stopped.returns_to, pause=None)
    draft.forget("reminder")
    draft.tell("resumed", by=event.actor.name, paused_by=stopped.by, since=stopped.at.isoformat())
    _go_on_from(draft, stopped.returns_to)
    return ALLOW


def _go_on_from(draft: Draft, phase: Phase) -> None:
    decision = draft.rotation.decision
    match phase:
        case Phase.QUEUED:
            read_for_start(draft)
        case Phase.AWAITING_APPROVAL if enough_approvals(draft.rotation):
            begin_or_schedule(draft)
        case Phase.SCHEDULED:
            go_on_scheduled(draft)
        case Phase.AWAITING_DECISION if decision is not None and enough_answers(decision):
            last = decision.answers[-1]
            settle_decision(draft, decision, Choice.GO_ON, last.by.name, last.reason)
        case Phase.APPLYING:
            resume_applying(draft)
        case Phase.BAKING:
            go_on_watching(draft)
        case Phase.VERIFYING:
            verify(draft)
        case _:
            ask_again(draft)


def abort_it(draft: Draft, event: Abort) -> Gate:
    """End it, as long as nothing was changed; afterwards the way is a rollback."""
    gate = may_steer(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    if draft.rotation.changed:
        facts: dict[str, JsonValue] = {"event": event.kind, "instead": "rollback"}
        return Deny(ReasonCode.NOT_IN_PHASE, {"phase": draft.rotation.phase.value, **facts})
    abort(draft, by=event.actor.name, code="asked")
    return ALLOW


def retry(draft: Draft, event: Retry) -> Gate:
    """Try again what failed: the same change (same attempt), or the restores."""
    gate = may_settle(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    draft.tell("retried", by=event.actor.name)
    draft.set(settling=False)
    if draft.rotation.phase is Phase.ROLLING_BACK:
        restore_all(draft)
        on_traffic_back_timer(draft)
        return ALLOW
    draft.set(trouble=None)
    draft.forget("reminder")
    resume_applying(draft)
    return ALLOW


def settle_by_hand(draft: Draft, event: SettleByHand) -> Gate:
    """Read every target; what is found becomes the end. A reason is kept with it."""
    gate = may_settle(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    draft.set(settling=True, settling_reason=" ".join(event.reason.split()))
    draft.tell("settling", by=event.actor.name)
    draft.do(ReadTargets(purpose="settle", by=event.actor.id, number=draft.number()))
    return ALLOW


def confirm_by_hand(draft: Draft, event: ConfirmByHand) -> Gate:
    """Somebody saw traffic back on the old model: the mark goes."""
    gate = may_settle(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    if "unconfirmed" not in draft.rotation.marks:
        return Deny(ReasonCode.NOT_IN_PHASE, {"phase": draft.rotation.phase.value})
    kept = tuple(mark for mark in draft.rotation.marks if mark != "unconfirmed")
    draft.set(marks=(*kept, "confirmed_by_hand"))
    draft.tell("confirmed", by=event.actor.name, model=draft.rotation.models.after_rollback.id)
    return ALLOW


def renew_comparison(draft: Draft, event: RenewComparison) -> Gate:
    """Put a new comparison of the same models under it: new evidence, so approvals start anew.

    Evidence that is the same to the last figure keeps them. A question about a bake stays: it is not about this.
    The way back stays too; only where the comparison found the old model usable no more, or again, or another one to
    go back to instead, it becomes that one: it is said, and approvals start anew with it.
    """
    gate = may_steer(draft.rotation.plan.authority, event.actor)
    if isinstance(gate, Deny):
        return gate
    gate = same_comparison(draft.rotation, event)
    if isinstance(gate, Deny) or event.models is None:
        return gate
    before = draft.rotation
    same = event.comparison.digest == before.comparison.digest
    draft.set(comparison=event.comparison, accepted=before.accepted if same else "")
    draft.tell("comparison_renewed", by=event.actor.name, comparison=event.comparison.id)
    way_back, was = event.models.after_rollback, before.models.after_rollback
    if way_back != was:
        same = False
        draft.set(models=event.models, way_back=None)
        draft.tell("way_back_changed", model=way_back.id, before=was.id)
    asked = before.phase is Phase.AWAITING_APPROVAL or about_comparison(before.decision)
    if not asked:
        return ALLOW
    if same:
        ask_again(draft)
        return ALLOW
    close_question(draft, "superseded", event.actor.name)
    open_stage(draft, before.stage, before.attempt + 1)
    return ALLOW
