"""Queued: waiting for the slot, reading the targets once it is free, and giving it back while nothing was changed."""

from datetime import timedelta

from bot.rotation import asking, ending
from bot.rotation.calendar import due_after
from bot.rotation.draft import Draft
from bot.rotation.effects import ReadTargets
from bot.rotation.events import Reading, SlotTaken, TargetsRead
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import heirs
from bot.rotation.policy import ReasonCode

READ_AGAIN = timedelta(minutes=1)
"""How long after a target could not be read it is tried again, where nothing was changed yet and nobody waits."""


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
    waits: dict[str, object] = {"stage": 0, "preflight": False, "start_at": None, "put_off": None}
    draft.lead_to(Phase.QUEUED, blocked_by=event.by, trouble=None, settling=False, **waits)
    wait_behind(draft, event.by)


def on_targets_read(draft: Draft, event: TargetsRead) -> None:
    """Begin when every target holds the current model. One that holds another: the comparison was not about it, abort.

    One that cannot be read says nothing: it is read again until it can be, and the owner is told every working day.
    """
    rotation = draft.rotation
    if rotation.phase is not Phase.QUEUED or rotation.blocked_by:
        return
    current = rotation.models.current.id
    wrong = [
        reading
        for reading in event.readings
        if not reading.problem
        and reading.value != current
        and not (reading.value is None and reading.target in heirs(rotation.plan))
    ]
    unread = [reading for reading in event.readings if reading.problem]
    if wrong:
        facts = [reading.model_dump(mode="json") for reading in wrong]
        draft.tell("targets_disagree", readings=facts, expected=current)
        ending.abort(draft, by="", code=ReasonCode.TARGETS_DISAGREE.value, readings=facts, expected=current)
    elif unread:
        _read_again_later(draft, unread)
    else:
        draft.set(start_problem="")
        draft.forget("reminder")
        asking.open_stage(draft, 0)


def _read_again_later(draft: Draft, unread: list[Reading]) -> None:
    rotation = draft.rotation
    problem = "; ".join(f"{reading.target}: {reading.problem}" for reading in unread)
    if problem != rotation.start_problem:
        draft.tell("start_held", problems=[f"{reading.target}: {reading.problem}" for reading in unread])
    if not rotation.start_problem:
        draft.wake("reminder", due_after(draft.at, rotation.plan.deadlines.reminder, rotation.plan))
    draft.set(start_problem=problem)
    draft.wake("start", draft.at + READ_AGAIN)


def on_start_timer(draft: Draft) -> None:
    """Read again what could not be read. While it is paused or behind another it is read when that is over."""
    if draft.rotation.start_problem and not draft.rotation.blocked_by:
        read_for_start(draft)
