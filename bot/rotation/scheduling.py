"""A change that is approved now and begins later: at its time it is looked at once more, as any other change."""

from datetime import datetime, timedelta
from typing import Final

from bot.rotation.asking import ask_approval, begin_change, close_question, post_request
from bot.rotation.calendar import due_after
from bot.rotation.draft import Draft
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import digest_now

MADE_UP: Final = timedelta(hours=1)
"""A start that was missed by more is not made up: who approved it thought of another time."""


def begin_or_schedule(draft: Draft) -> None:
    """Enough said yes: begin, or wait for the latest of the times they gave."""
    start = _start(draft.rotation)
    if start is None or start <= draft.at:
        begin_change(draft)
        return
    request = draft.rotation.request
    by = request.approvals[-1].by.name if request is not None else ""
    close_question(draft, "approved", by)
    draft.enter(Phase.SCHEDULED, start_at=start)
    draft.wake("begin", start)
    draft.wake("reminder", due_after(draft.at, draft.rotation.plan.deadlines.reminder, draft.rotation.plan))
    draft.tell("scheduled", stage=draft.rotation.stage_plan.name, start=start.isoformat(), by=by)


def _start(rotation: Rotation) -> datetime | None:
    """The latest start among the approvals that count; None where all of them said now."""
    digest = digest_now(rotation)
    approvals = rotation.request.approvals if rotation.request is not None else ()
    return max((yes.start for yes in approvals if yes.digest == digest and yes.start is not None), default=None)


def on_begin_timer(draft: Draft) -> None:
    """The time has come: begin, or where it was missed by too much, ask again. While paused it waits."""
    start = draft.rotation.start_at
    if draft.rotation.phase is not Phase.SCHEDULED or start is None or start > draft.at:
        return
    _begin_unless_missed(draft, start)


def _begin_unless_missed(draft: Draft, start: datetime) -> None:
    if draft.at - start > MADE_UP:
        draft.tell("start_missed", stage=draft.rotation.stage_plan.name, start=start.isoformat())
        ask_approval(draft, note="start_missed")
    else:
        begin_change(draft)


def go_on_scheduled(draft: Draft) -> None:
    """After a pause: wait on for the time, or take it up where it came meanwhile. The freezes may have changed."""
    start = draft.rotation.start_at
    if draft.rotation.put_off is not None:
        look_anew(draft)
        return
    if start is not None and start > draft.at:
        draft.wake("begin", start)
    on_begin_timer(draft)


def look_anew(draft: Draft) -> None:
    """What a freeze put off begins now, unless the look before the change finds one that holds it still."""
    rotation = draft.rotation
    if rotation.phase is Phase.SCHEDULED and rotation.put_off is not None and rotation.start_at is not None:
        draft.forget("begin")
        _begin_unless_missed(draft, rotation.start_at)


def on_freezes_changed(draft: Draft) -> None:
    """A freeze was set, prolonged, lifted, began or ended: what people read of it is brought up to date."""
    rotation = draft.rotation
    if rotation.ended:
        return
    draft.set(freezes_seen=rotation.freezes_seen + 1)
    if rotation.request is not None and rotation.request.open:
        draft.refresh(rotation.request.id)
    if rotation.phase is Phase.APPLYING and rotation.preflight:
        begin_change(draft)  # what is being looked at may be what has changed
    look_anew(draft)


def ask_sooner(draft: Draft) -> None:
    """`promote` before the time: the request stands anew, for whoever wants it at another time."""
    draft.forget("begin")
    request = draft.rotation.request
    if request is not None and request.open:
        post_request(draft, request)
    else:
        ask_approval(draft, note="asked_for_another_time")
