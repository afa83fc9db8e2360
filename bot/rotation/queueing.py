"""Queued: waiting for the slot, reading the targets once it is free, and giving it back while nothing was changed."""

from bot.rotation import asking, ending
from bot.rotation.calendar import due_after
from bot.rotation.draft import Draft
from bot.rotation.effects import ReadTargets
from bot.rotation.events import SlotTaken, TargetsRead
from bot.rotation.model import Phase
from bot.rotation.policy import ReasonCode


def wait_behind(draft: Draft, other: str) -> None:
    """Queue behind another rotation; the owner is told again every working day."""
    draft.tell("queued", behind=other)
    draft.wake("reminder", due_after(draft.at, draft.rotation.plan.deadlines.reminder, draft.rotation.plan))


def read_for_start(draft: Draft) -> None:
    """Nothing stands before it: see what the targets hold. While paused or behind another it waits."""
    if draft.rotation.phase is not Phase.QUEUED:
        return
    if draft.rotation.blocked_by:
        wait_behind(draft, draft.rotation.blocked_by)
    else:
        draft.do(ReadTargets(purpose="start", number=draft.number()))


def on_slot_freed(draft: Draft) -> None:
    """Its turn has come."""
    if draft.rotation.doing(Phase.QUEUED) and draft.rotation.blocked_by:
        draft.set(blocked_by="")
        if draft.rotation.phase is Phase.QUEUED:
            draft.forget("reminder")
        read_for_start(draft)


def on_slot_taken(draft: Draft, event: SlotTaken) -> None:
    """Back to the queue: what was asked is asked anew when the slot is free again. Once changed, it keeps the slot."""
    rotation = draft.rotation
    if rotation.ended or rotation.changed or rotation.phase is Phase.ROLLING_BACK:
        return
    asking.close_question(draft, "withdrawn", "")
    waits: dict[str, object] = {"stage": 0, "preflight": False, "trouble": None, "settling": False}
    draft.lead_to(Phase.QUEUED, blocked_by=event.by, **waits)
    wait_behind(draft, event.by)


def on_targets_read(draft: Draft, event: TargetsRead) -> None:
    """Begin when every target holds the current model; otherwise the comparison was about something else: abort."""
    rotation = draft.rotation
    if rotation.phase is not Phase.QUEUED or rotation.blocked_by:
        return
    current = rotation.models.current.id
    wrong = [reading for reading in event.readings if reading.problem or reading.value != current]
    if not wrong:
        asking.open_stage(draft, 0)
        return
    facts = [reading.model_dump(mode="json") for reading in wrong]
    unread = any(reading.problem for reading in wrong)
    code = ReasonCode.TARGET_UNREADABLE if unread else ReasonCode.TARGETS_DISAGREE
    draft.tell("targets_disagree", readings=facts, expected=current)
    ending.abort(draft, by="", code=code.value)
