"""People answer a request: yes, no, or their yes taken back. Each asks its gates, then changes the draft."""

from bot.rotation.asking import (
    ask_approval,
    close_question,
    enough_approvals,
)
from bot.rotation.draft import Draft
from bot.rotation.ending import reject
from bot.rotation.events import (
    Approve,
    Reject,
    Withdraw,
)
from bot.rotation.model.people import Approval
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    ReasonCode,
    comparison_young,
    digest_now,
    may_answer_request,
    nothing_failing,
    question_waits,
    startable,
)
from bot.rotation.quorum import asked_groups, missing, named_seats, seats
from bot.rotation.rolling_back import start_rollback
from bot.rotation.scheduling import begin_or_schedule


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
    return named_seats(missing(rotation, stage, approvals))


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
