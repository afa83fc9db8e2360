"""What people do: each function asks its gates and either changes the draft or returns the refusal."""

from collections.abc import Sequence
from typing import assert_never

from pydantic import JsonValue

from bot.rotation.applying import resume_applying
from bot.rotation.asking import (
    WAITING,
    about_comparison,
    ask_again,
    ask_approval,
    close_question,
    enough_answers,
    enough_approvals,
    open_stage,
    post_request,
    with_answer,
)
from bot.rotation.baking import go_on_watching
from bot.rotation.calendar import due_after
from bot.rotation.concluding import accept_signals, advance, extend, seal, verify
from bot.rotation.draft import Draft
from bot.rotation.effects import ReadTargets
from bot.rotation.ending import abort, complete, reject
from bot.rotation.events import (
    Abort,
    Approve,
    ConfirmByHand,
    Decide,
    PauseIt,
    Promote,
    Reject,
    RenewComparison,
    Resume,
    Retry,
    RollBack,
    SettleByHand,
    Withdraw,
)
from bot.rotation.model.people import Approval
from bot.rotation.model.questions import Choice, Decision
from bot.rotation.model.rotation import Pause, Phase, Rotation
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    ReasonCode,
    comparison_young,
    digest_now,
    may_answer_decision,
    may_answer_request,
    may_break_glass,
    may_pause,
    may_roll_back,
    may_settle,
    may_steer,
    nothing_failing,
    question_waits,
    rollback_possible,
    same_comparison,
    startable,
)
from bot.rotation.queueing import read_for_start
from bot.rotation.quorum import Seat, answers_missing, asked_groups, missing, seats
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


def approve(draft: Draft, event: Approve) -> Gate:
    """Count a yes; the last one needed starts the change (after a pause, at resume)."""
    rotation = draft.rotation
    request = rotation.request
    gate = question_waits(rotation, request, event.request)
    if isinstance(gate, Deny) or request is None:
        return gate
    stage = rotation.plan.stages[request.stage]
    gate = may_answer_request(rotation, request.stage, event.actor)
    if isinstance(gate, Deny):
        return gate
    if event.digest != request.digest or event.digest != digest_now(rotation):
        return Deny(ReasonCode.STALE_EVIDENCE)
    gate = startable(rotation.plan, event.start, event.at)
    if gate == ALLOW:
        gate = comparison_young(rotation.plan, rotation.comparison, event.start or event.at)
    if gate == ALLOW:
        gate = nothing_failing(rotation)
    if isinstance(gate, Deny):
        return gate
    if any(approval.by.id == event.actor.id for approval in request.approvals):
        return Deny(ReasonCode.ALREADY_APPROVED, {"groups": [*asked_groups(rotation, request.stage)]})
    given = Approval(by=event.actor, at=event.at, digest=event.digest, reason=event.reason, start=event.start)
    asked = request.model_copy(update={"approvals": (*request.approvals, given)})
    draft.set(request=asked)
    when = {"start": event.start.isoformat()} if event.start is not None else {}
    draft.tell(
        "approved",
        by=event.actor.name,
        stage=stage.name,
        needed=len(seats(rotation, request.stage)),
        **when,
        **_checked(rotation, request.stage, given),
        **_left(draft.rotation, request.stage),
    )
    if rotation.phase is Phase.AWAITING_APPROVAL and enough_approvals(draft.rotation):
        begin_or_schedule(draft)
    else:
        draft.refresh(request.id)
    return ALLOW


def _checked(rotation: Rotation, stage: int, given: Approval) -> dict[str, object]:
    """The membership a yes was checked against, as facts: for which groups, how many seconds before it was read.

    Without membership a yes is a named administrator's, in the place of groups that could not be read.
    """
    by, asked = given.by, asked_groups(rotation, stage)
    own = [group.value for group in asked if group in by.groups]
    facts: dict[str, object] = (
        {"member_of": own} if own else {"in_place_of": [g.value for g in asked if g in by.problems]}
    )
    age = (given.at - by.read_at).total_seconds() if by.read_at is not None else None
    return facts | ({"age_s": max(0.0, age)} if age is not None else {})


def _left(rotation: Rotation, stage: int) -> dict[str, object]:
    """Whose yes is still missing, as a fact: the groups of each open seat; none where nobody's is."""
    approvals = rotation.request.approvals if rotation.request is not None else ()
    return _named_seats(missing(rotation, stage, approvals))


def _named_seats(left: Sequence[Seat]) -> dict[str, object]:
    return {"missing": [[group.value for group in seat] for seat in left]} if left else {}


def withdraw(draft: Draft, event: Withdraw) -> Gate:
    """Take a yes back that nothing was done for yet; what it had settled is asked anew."""
    rotation, by = draft.rotation, event.actor
    request, decision = rotation.request, rotation.decision
    if decision is not None and decision.open and any(yes.by.id == by.id for yes in decision.answers):
        left = tuple(yes for yes in decision.answers if yes.by.id != by.id)
        draft.set(decision=decision.model_copy(update={"answers": left}))
        draft.tell("yes_withdrawn", by=by.name, stage=rotation.stage_plan.name)
        draft.refresh(decision.id)
        return ALLOW
    scheduled = rotation.doing(Phase.SCHEDULED)
    if request is None or not (request.open or scheduled) or all(yes.by.id != by.id for yes in request.approvals):
        return Deny(ReasonCode.NOTHING_TO_WITHDRAW)
    left = tuple(yes for yes in request.approvals if yes.by.id != by.id)
    draft.set(request=request.model_copy(update={"approvals": left}))
    draft.tell("yes_withdrawn", by=by.name, stage=rotation.stage_plan.name)
    if request.open:
        draft.refresh(request.id)
    elif rotation.phase is Phase.SCHEDULED:
        draft.forget("begin")
        ask_approval(draft, note="yes_withdrawn", kept=left)
    else:
        draft.lead_to(Phase.AWAITING_APPROVAL, start_at=None, put_off=None)
    return ALLOW


def reject_request(draft: Draft, event: Reject) -> Gate:
    """Say no: the end before any change, a rollback after one."""
    rotation = draft.rotation
    gate = question_waits(rotation, rotation.request, event.request)
    if isinstance(gate, Deny):
        return gate
    gate = may_answer_request(rotation, rotation.stage, event.actor)
    if isinstance(gate, Deny):
        return gate
    if rotation.changed:
        close_question(draft, "rejected", event.actor.name)
        start_rollback(draft, cause="rejected", by=event.actor.name, reason=event.reason)
    else:
        reject(draft, by=event.actor.name, reason=event.reason)
    return ALLOW


def decide(draft: Draft, event: Decide) -> Gate:
    """Answer a decision; with a quorum, the last of them settles it (after a pause, at resume)."""
    decision = draft.rotation.decision
    gate = question_waits(draft.rotation, decision, event.decision)
    if isinstance(gate, Deny) or decision is None:
        return gate
    gate = _may_choose(draft.rotation, decision, event)
    if isinstance(gate, Deny):
        return gate
    if event.choice is not Choice.GO_ON:
        settle_decision(draft, decision, event.choice, event.actor.name, event.reason)
        return ALLOW
    decision = with_answer(decision, event.actor, event.at, digest_now(draft.rotation), event.reason)
    draft.set(decision=decision)
    left = _named_seats(answers_missing(decision))
    draft.tell("decision_vote", by=event.actor.name, reason=event.reason, needed=decision.quorum, **left)
    if draft.rotation.phase is Phase.AWAITING_DECISION and enough_answers(decision):
        settle_decision(draft, decision, event.choice, event.actor.name, event.reason)
    else:
        draft.refresh(decision.id)
    return ALLOW


def _may_choose(rotation: Rotation, decision: Decision, event: Decide) -> Gate:
    if event.choice not in decision.choices:
        return Deny(ReasonCode.CHOICE_NOT_OFFERED, {"choices": list(decision.choices)})
    if event.choice is Choice.ROLL_BACK:
        return may_roll_back(rotation, event.actor)
    gate = may_answer_decision(decision, event.actor)
    if isinstance(gate, Deny) or event.choice is not Choice.GO_ON:
        return gate
    if not event.reason.strip():
        return Deny(ReasonCode.REASON_NEEDED)
    if any(answer.by.id == event.actor.id for answer in decision.answers):
        return Deny(ReasonCode.ALREADY_APPROVED, {"groups": list(decision.groups)})
    gate = nothing_failing(rotation)
    return gate if isinstance(gate, Deny) else may_break_glass(rotation, decision, event.actor)


def settle_decision(draft: Draft, decision: Decision, choice: Choice, by: str, reason: str) -> None:
    """Carry out what a decision came to, by people or by its stated default."""
    close_question(draft, choice.value, by)
    draft.tell("decided", question=decision.question, choice=choice.value, by=by, reason=reason)
    match choice:
        case Choice.ABORT:
            abort(draft, by=by, code="decided")
        case Choice.ROLL_BACK:
            start_rollback(draft, cause="decided", by=by, reason=reason)
        case Choice.EXTEND:
            _measure_longer(draft, decision)
        case Choice.GO_ON:
            _go_on(draft, decision, by, reason)
        case _:
            assert_never(choice)


def _measure_longer(draft: Draft, decision: Decision) -> None:
    if decision.question == "cannot_verify":
        verify(draft)
    else:
        extend(draft)


def _go_on(draft: Draft, decision: Decision, by: str, reason: str) -> None:
    match decision.question:
        case "comparison_failed" | "comparison_inconclusive":
            mark = "break_glass" if decision.question == "comparison_failed" else "accepted_uncertainty"
            draft.set(accepted=draft.rotation.comparison.digest, marks=draft.rotation.marked(mark))
            draft.announce("went_on", mark=mark, by=by, reason=reason)
            open_stage(draft, draft.rotation.stage, draft.rotation.attempt)
        case "bake_inconclusive" | "held":
            draft.set(marks=draft.rotation.marked("accepted_uncertainty"))
            seal(draft, accepted_by=by, reason=reason)
            advance(draft)
        case "signal_failed":
            draft.set(marks=draft.rotation.marked("accepted_signal"))
            accept_signals(draft, by=by, reason=reason)
            if draft.rotation.phase is Phase.BAKING:
                go_on_watching(draft)
        case "cannot_verify":
            draft.set(marks=draft.rotation.marked("accepted_uncertainty"))
            complete(draft)
        case _:
            assert_never(decision.question)


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
