"""Applying a stage: one target after another, or several at a time, and traffic seen on the new model."""

from bot.rotation.asking import begin_change
from bot.rotation.baking import start_bake
from bot.rotation.draft import Draft
from bot.rotation.effects import ApplyTarget, CheckTraffic
from bot.rotation.events import TargetWritten, TrafficChecked
from bot.rotation.model.rotation import ENDS, Phase, Rotation, Trouble
from bot.rotation.model.targets import Standing, TargetState, target_plan
from bot.rotation.rolling_back import undo_late


def apply_stage(draft: Draft) -> None:
    """Begin with the stage, or again with what is left of it: also what is being written already is asked for anew."""
    rotation = draft.rotation
    under_way = [t for t in _targets_of_stage(rotation) if t.standing is Standing.WRITING]
    if rotation.phase is not Phase.PAUSED:
        for target in under_way:
            _write(draft, target)
    _apply_next(draft)


def _apply_next(draft: Draft) -> None:
    """Write as many more targets as may be under way, none while it stands still; all written: wait for traffic."""
    rotation = draft.rotation
    left = [t for t in _targets_of_stage(rotation) if t.standing is not Standing.WRITTEN]
    if left and (rotation.phase is Phase.PAUSED or rotation.held_back):
        return
    if left:
        waiting = [target for target in left if target.standing is not Standing.WRITING]
        free = rotation.stage_plan.parallel - (len(left) - len(waiting))
        for target in waiting[: max(0, free)]:
            _write(draft, target)
        return
    draft.tell("applied", stage=rotation.stage_plan.name, targets=len(rotation.stage_plan.targets))
    if rotation.stage_plan.traffic == "none":
        start_bake(draft)
        return
    draft.set(waiting_for_traffic=draft.at)
    _look_for_traffic(draft)


def _write(draft: Draft, target: TargetState) -> None:
    rotation = draft.rotation
    draft.put(target.model_copy(update={"standing": Standing.WRITING}))
    draft.do(
        ApplyTarget(
            stage=rotation.stage,
            attempt=rotation.attempt,
            target=target.id,
            expected=target.held,
            value=rotation.models.candidate.id,
        ),
    )


def _targets_of_stage(rotation: Rotation) -> list[TargetState]:
    return [rotation.target(plan.id) for plan in rotation.stage_plan.targets]


def _look_for_traffic(draft: Draft) -> None:
    rotation = draft.rotation
    draft.do(
        CheckTraffic(
            stage=rotation.stage,
            attempt=rotation.attempt,
            model=rotation.models.candidate.id,
            back=False,
            since=rotation.waiting_for_traffic or draft.at,
            number=draft.number(),
        ),
    )


def on_written(draft: Draft, event: TargetWritten) -> None:
    """Record a write's outcome; go on, stop for a person, or undo one that came too late.

    An answer about a target that is known to be written says nothing new, nor does one that changed nothing.
    """
    rotation = draft.rotation
    target = rotation.target(event.target)
    if rotation.phase in ENDS or rotation.phase is Phase.ROLLING_BACK or rotation.doing(Phase.QUEUED):
        undo_late(draft, target, changed=event.changed)
        return
    awaited = target.standing is Standing.WRITING
    if target.standing is Standing.WRITTEN or not (awaited or event.changed):
        return
    standing = _standing(target, event)
    known = (target.standing, target.found, target.detail) == (standing, event.found, event.detail)
    if known and rotation.phase is Phase.ERRORED:
        return
    draft.put(
        target.model_copy(
            update={
                "standing": standing,
                "found": event.found,
                "detail": event.detail,
                "wrote": standing is not Standing.UNTOUCHED,
            },
        ),
    )
    here = target_plan(rotation.plan, target.id)[0] == rotation.stage
    if here and rotation.phase is Phase.ERRORED and event.outcome != "done":
        _tell_too(draft, event)
    put_off = rotation.doing(Phase.SCHEDULED) and rotation.put_off is not None and event.outcome != "done"
    if not here or rotation.preflight or not (rotation.doing(Phase.APPLYING) or put_off):
        return
    if event.outcome == "done":
        _apply_next(draft)
    else:
        _stop(draft, event)


def _standing(target: TargetState, event: TargetWritten) -> Standing:
    """A target that ever held what we wrote stays ours to account for, whatever it holds by now."""
    if event.outcome == "done":
        return Standing.WRITTEN
    if event.outcome == "drifted" and (event.changed or target.wrote):
        return Standing.DRIFTED
    return Standing.WRITING if event.changed else Standing.UNTOUCHED


def _stop(draft: Draft, event: TargetWritten) -> None:
    code = "target_drifted" if event.outcome == "drifted" else "workers_unwell" if event.cause else "write_failed"
    draft.enter(
        Phase.ERRORED,
        pause=None,
        trouble=Trouble(what=event.detail, at=event.at, target=event.target, code=code),
    )
    draft.tell(code, target=event.target, detail=event.detail, found=event.found)
    draft.page(code, target=event.target, detail=event.detail, found=event.found)
    draft.wake("reminder", event.at + draft.rotation.plan.deadlines.trouble_reminder)


def _tell_too(draft: Draft, event: TargetWritten) -> None:
    """Tell of one that was under way beside the one that stopped the stage; SRE has the page about that."""
    code = "target_drifted" if event.outcome == "drifted" else "workers_unwell" if event.cause else "write_failed"
    draft.tell(code, target=event.target, detail=event.detail, found=event.found)


def on_traffic(draft: Draft, event: TrafficChecked) -> None:
    """Traffic on the candidate: the bake begins. None for long enough: it begins all the same, and says so.

    Watching changes nothing, so a pause does not hold it up.
    """
    rotation = draft.rotation
    waiting = rotation.waiting_for_traffic
    if event.back or waiting is None or not rotation.doing(Phase.APPLYING):
        return
    if (event.stage, event.attempt) != (rotation.stage, rotation.attempt):
        return
    if event.seen:
        draft.tell("traffic_seen", stage=rotation.stage_plan.name, detail=event.detail)
        start_bake(draft)
    elif event.at - waiting >= rotation.plan.deadlines.no_traffic:
        draft.tell("no_traffic", stage=rotation.stage_plan.name, detail=event.detail)
        start_bake(draft, no_traffic=True)
    else:
        draft.wake("traffic", event.at + rotation.plan.deadlines.traffic_poll)


def on_traffic_timer(draft: Draft) -> None:
    """Ask about traffic again, if it is still waited for."""
    if draft.rotation.waiting_for_traffic is not None and draft.rotation.doing(Phase.APPLYING):
        _look_for_traffic(draft)


def resume_applying(draft: Draft) -> None:
    """Go on with the stage from wherever a pause or a failure left it; what is left to write is looked at once more."""
    rotation = draft.rotation
    draft.enter(Phase.APPLYING)
    if rotation.waiting_for_traffic is not None:
        _look_for_traffic(draft)
    elif all(target.standing is Standing.WRITTEN for target in _targets_of_stage(rotation)):
        apply_stage(draft)
    else:
        begin_change(draft)
