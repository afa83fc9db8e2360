"""While a question waits: it is posted again now and then, and the groups to fall back on are asked too. Pure.

All of it counts from the delivery, and stands still while the bot is away; nothing here answers anything.
"""

from datetime import datetime, timedelta
from typing import TypeVar

from bot.rotation.calendar import due_after
from bot.rotation.draft import Draft
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.quorum import missing
from bot.runbook.models.plan import Plan

Question = TypeVar("Question", Request, Decision)


ASKING = (Phase.AWAITING_APPROVAL, Phase.AWAITING_DECISION)


def next_reminder(at: datetime, deadline: datetime, plan: Plan) -> datetime | None:
    """When a question is posted again after `at`: every `reminder`, and once `last_call` before its time is up."""
    regular = due_after(at, plan.deadlines.reminder, plan)
    last = deadline - plan.deadlines.last_call
    return min((due for due in (regular, last) if at < due < deadline), default=None)


def next_fall_back(rotation: Rotation, request: Request, at: datetime) -> datetime | None:
    """When the next group is asked too, if the others were asked at `at`; None where there is none."""
    steps = rotation.plan.stages[request.stage].approval.fallback[len(request.asked_too) :]
    return due_after(at, steps[0].after, rotation.plan) if steps else None


def delivered(draft: Draft, question: Question, deadline: datetime) -> Question:
    """The question as delivered now: its times are set, and the timers for them."""
    remind = next_reminder(draft.at, deadline, draft.rotation.plan)
    times: dict[str, object] = {"delivered_at": draft.at, "deadline": deadline, "remind_at": remind}
    draft.wake("deadline", deadline)
    if remind is not None:
        draft.wake("remind", remind)
    if isinstance(question, Request):
        too = times["fall_back_at"] = next_fall_back(draft.rotation, question, draft.at)
        if too is not None:
            draft.wake("fall_back", too)
    return question.model_copy(update=times)


def put_off(draft: Draft, question: Question, length: timedelta) -> Question:
    """The question with its times moved on, and the timers for them; what was not delivered has none."""
    times = {"deadline": "deadline", "remind": "remind_at", "fall_back": "fall_back_at"}
    moved: dict[str, datetime] = {}
    for timer, field in times.items():
        due = getattr(question, field, None)
        if due is not None:
            moved[field] = due + length
            draft.wake(timer, moved[field])
    return question.model_copy(update=moved)


def on_remind(draft: Draft) -> None:
    """Post what still waits once more, so that whoever is asked is called again."""
    rotation = draft.rotation
    if rotation.phase not in ASKING:
        return
    for kind, question in (("request", rotation.request), ("decision", rotation.decision)):
        if question is None or not question.open or question.remind_at is None or question.deadline is None:
            continue
        if not question.remind_at <= draft.at < question.deadline:
            continue
        due = next_reminder(draft.at, question.deadline, rotation.plan)
        asked = question.model_copy(update={"remind_at": due, "reminded": question.reminded + 1})
        draft.set(**{kind: asked})
        draft.post(question.id)
        if due is not None:
            draft.wake("remind", due)


def on_fall_back(draft: Draft) -> None:
    """Nobody has said enough for long enough: the next named group is asked too."""
    rotation, request = draft.rotation, draft.rotation.request
    if rotation.phase not in ASKING or request is None or not request.open:
        return
    if request.fall_back_at is None or draft.at < request.fall_back_at:
        return
    stage = rotation.plan.stages[request.stage]
    lacking = missing(rotation, request.stage, request.approvals)
    steps = stage.approval.fallback[len(request.asked_too) :]
    if not steps:
        return
    if not any(set(stage.approval.groups) <= set(seat) for seat in lacking):  # who comes next could not make up for it
        _again_later(draft, request)
        return
    asked = request.model_copy(update={"asked_too": (*request.asked_too, steps[0].group)})
    draft.tell(
        "fallback_asked",
        stage=stage.name,
        groups=[*dict.fromkeys(group for seat in lacking for group in seat)],
        too=[steps[0].group],
        seconds=steps[0].after.total_seconds(),
    )
    draft.post(request.id)
    _again_later(draft, asked)


def _again_later(draft: Draft, request: Request) -> None:
    due = next_fall_back(draft.rotation, request, draft.at)
    draft.set(request=request.model_copy(update={"fall_back_at": due}))
    if due is not None:
        draft.wake("fall_back", due)
