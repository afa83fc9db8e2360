"""Waiting: questions delivered, deadlines with their stated defaults, reminders, and time the bot was not there."""

from bot.rotation.asking import ask_decision, close_question
from bot.rotation.baking import page_held
from bot.rotation.calendar import due_after
from bot.rotation.concluding import extend, verify
from bot.rotation.deciding import settle_decision
from bot.rotation.draft import Draft
from bot.rotation.ending import abort
from bot.rotation.events import Delivered, WasDown
from bot.rotation.model.questions import Choice, Decision, Request
from bot.rotation.model.rotation import ENDS, Pause, Phase
from bot.rotation.reminding import delivered, put_off

NOBODY = ""


def on_delivered(draft: Draft, event: Delivered) -> None:
    """A question reached its readers: its deadline counts from now, once."""
    rotation = draft.rotation
    lengths = rotation.plan.deadlines
    request, decision = rotation.request, rotation.decision
    if request is not None and request.id == event.question and request.open and request.delivered_at is None:
        due = due_after(event.at, lengths.approval, rotation.plan)
        draft.set(request=delivered(draft, request, due))
    elif decision is not None and decision.id == event.question and decision.open and decision.delivered_at is None:
        due = due_after(event.at, lengths.inconclusive, rotation.plan)
        draft.set(decision=delivered(draft, decision, due))
        if decision.question == "held":
            page_held(draft)
    else:
        return
    draft.refresh(event.question)


def on_deadline(draft: Draft) -> None:
    """Nobody answered: what the question said would happen, happens."""
    rotation = draft.rotation
    if rotation.phase is Phase.AWAITING_APPROVAL and _due(rotation.request, draft):
        _approval_lapsed(draft)
    elif rotation.phase is Phase.AWAITING_DECISION and _due(rotation.decision, draft) and rotation.decision is not None:
        _decision_lapsed(draft, rotation.decision)


def _due(question: Request | Decision | None, draft: Draft) -> bool:
    return question is not None and question.open and question.deadline is not None and draft.at >= question.deadline


def _approval_lapsed(draft: Draft) -> None:
    rotation = draft.rotation
    if not rotation.changed:
        abort(draft, by=NOBODY, code="approval_lapsed")
        return
    close_question(draft, "lapsed", NOBODY)
    stopped = Pause(returns_to=Phase.AWAITING_APPROVAL, by=NOBODY, at=draft.at, reason="approval_lapsed")
    draft.enter(Phase.PAUSED, pause=stopped)
    draft.tell("approval_lapsed", stage=rotation.stage_plan.name)
    draft.page("approval_lapsed", stage=rotation.stage_plan.name)
    draft.wake("reminder", due_after(draft.at, rotation.plan.deadlines.reminder, rotation.plan))


def _decision_lapsed(draft: Draft, decision: Decision) -> None:
    off = draft.rotation.hands_off
    if off is not None and decision.default is Choice.ROLL_BACK:
        draft.wake("deadline", off.until)
        return
    if decision.default is not Choice.EXTEND:
        settle_decision(draft, decision, decision.default, NOBODY, "nobody answered")
        return
    if decision.question == "cannot_verify":
        close_question(draft, "extended", NOBODY)
        verify(draft)
        return
    bake = draft.rotation.watched
    draft.set(bake=bake.model_copy(update={"unanswered": bake.unanswered + 1}))
    if bake.unanswered == 0:
        close_question(draft, "extended", NOBODY)
        extend(draft)
        return
    close_question(draft, "asked_again", NOBODY)
    ask_decision(
        draft,
        decision.question,
        draft.rotation.plan.fallback_group,
        decision.choices,
        decision.default,
        reasons=decision.reasons,
        times_asked=decision.times_asked + 1,
    )


def on_reminder(draft: Draft) -> None:
    """Tell whoever must act once more, and set the next reminder. Changes nothing by itself."""
    rotation = draft.rotation
    deadlines = rotation.plan.deadlines
    match rotation.phase:
        case Phase.ERRORED | Phase.ROLLING_BACK:
            going_back = rotation.rollback.trouble if rotation.rollback else ""
            what = rotation.trouble.what if rotation.trouble else going_back
            draft.page("still_in_trouble", phase=rotation.phase.value, detail=what)
            draft.wake("reminder", draft.at + deadlines.trouble_reminder)
        case Phase.QUEUED | Phase.PAUSED | Phase.SCHEDULED:
            draft.tell("still_waiting", phase=rotation.phase.value, requester=rotation.requester.id)
            draft.wake("reminder", due_after(draft.at, deadlines.reminder, rotation.plan))
        case _:
            pass


def on_was_down(draft: Draft, event: WasDown) -> None:
    """The bot was away: deadlines move on by as long, and silence is not held against the models."""
    rotation = draft.rotation
    if rotation.phase in ENDS:
        return
    if rotation.waiting_for_traffic is not None:
        draft.set(waiting_for_traffic=rotation.waiting_for_traffic + event.length)
    rollback = rotation.rollback
    if rollback is not None and rollback.waiting_since is not None:
        since = rollback.waiting_since + event.length
        draft.set(rollback=rollback.model_copy(update={"waiting_since": since}))
    request, decision = rotation.request, rotation.decision
    if request is not None and request.open:
        draft.set(request=put_off(draft, request, event.length))
    if decision is not None and decision.open:
        draft.set(decision=put_off(draft, decision, event.length))
    draft.tell("was_down", seconds=event.length.total_seconds())
