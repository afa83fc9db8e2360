"""A change that a freeze holds: put off to the freeze's end, where it is looked at once more."""

from bot.rotation.asking import begin_change
from bot.rotation.calendar import due_after
from bot.rotation.draft import Draft
from bot.rotation.events import FreezeMet
from bot.rotation.model.freezes import Binding
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import Standing


def on_freeze_met(draft: Draft, event: FreezeMet) -> None:
    """Put the change off, with what is written of its stage left as it is. While paused it is found again at resume."""
    if event.target:
        _unwritten(draft, event)
    rotation = draft.rotation
    if rotation.phase is not Phase.APPLYING or (event.stage, event.attempt) != (rotation.stage, rotation.attempt):
        return
    if rotation.preflight is bool(event.target):  # of a look or a change that is over: another is under way
        return
    if event.seen == rotation.freezes_seen:
        _put_off(draft, event.freeze)
    elif event.target:  # the freezes changed while it was looked: what was found may not hold any more
        begin_change(draft)


def _unwritten(draft: Draft, event: FreezeMet) -> None:
    """A target whose turn does not come now; what may have been written before stays to be accounted for."""
    target = draft.rotation.target(event.target)
    if target.standing is Standing.WRITING and not event.changed:
        draft.put(target.model_copy(update={"standing": Standing.UNTOUCHED}))


def _put_off(draft: Draft, freeze: Binding) -> None:
    before, rotation = draft.rotation.put_off, draft.rotation
    draft.enter(Phase.SCHEDULED, preflight=False, start_at=freeze.until, put_off=freeze)
    draft.wake("begin", freeze.until)
    draft.wake("reminder", due_after(draft.at, rotation.plan.deadlines.reminder, rotation.plan))
    if before == freeze:
        return
    stage = rotation.stage_plan
    written = sum(rotation.target(plan.id).standing is not Standing.UNTOUCHED for plan in stage.targets)
    draft.tell(
        "put_off",
        stage=stage.name,
        freeze=freeze.model_dump(mode="json"),
        written=written,
        places=len(stage.targets),
    )
