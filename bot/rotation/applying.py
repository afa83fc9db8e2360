"""Applying a stage: the last look before the change, one target after another, and traffic seen on the new model."""

from bot.rotation.asking import ask_approval, begin_change, open_stage
from bot.rotation.baking import start_bake
from bot.rotation.draft import Draft
from bot.rotation.effects import ApplyTarget, CheckTraffic, RestoreTarget
from bot.rotation.ending import abort
from bot.rotation.events import Preflighted, Reading, TargetWritten, TrafficChecked
from bot.rotation.model import (
    ENDS,
    Approval,
    Phase,
    Rotation,
    Standing,
    TargetState,
    Trouble,
    WayBack,
    target_plan,
)
from bot.rotation.policy import Deny, ReasonCode, comparison_young
from bot.rotation.rolling_back import restore_value

KEEPS_APPROVALS = frozenset({ReasonCode.WAY_BACK_BROKEN, ReasonCode.TARGET_UNREADABLE, ReasonCode.APPROVER_LEFT})
"""Refusals that say nothing about the evidence: approvals given for it still hold, `promote` tries again."""


def in_step(rotation: Rotation, phase: Phase) -> bool:
    """Whether it is in that phase, or paused out of it."""
    return rotation.phase is phase or (
        rotation.phase is Phase.PAUSED and rotation.pause is not None and rotation.pause.returns_to is phase
    )


def on_preflighted(draft: Draft, event: Preflighted) -> None:
    """Check evidence, targets, approvers and way back once more; then change, or ask again with the reason."""
    rotation = draft.rotation
    if not (in_step(rotation, Phase.APPLYING) and rotation.preflight):
        return
    if (event.stage, event.attempt) != (rotation.stage, rotation.attempt):
        return
    draft.set(way_back=WayBack(ok=event.way_back_ok, at=event.at, detail=event.way_back_detail))
    refusal = _refusal(draft.rotation, event)
    if refusal is not None:
        _send_back(draft, refusal, event)
        return
    for reading in event.readings:
        target = draft.rotation.target(reading.target)
        if target.standing is Standing.UNTOUCHED:
            draft.set(**_targets(draft.rotation, target.model_copy(update={"held": reading.value})))
    draft.set(preflight=False)
    if draft.rotation.plan.dry_run:
        _pretend(draft)
    elif draft.rotation.phase is Phase.APPLYING:
        apply_next(draft)


def _refusal(rotation: Rotation, event: Preflighted) -> Deny | None:
    young = comparison_young(rotation.plan, rotation.comparison, event.at)
    if isinstance(young, Deny):
        return young
    for reading in event.readings:
        if reading.problem:
            return Deny(ReasonCode.TARGET_UNREADABLE, {"target": reading.target, "problem": reading.problem})
    changed = [
        reading
        for reading in event.readings
        if rotation.target(reading.target).standing is Standing.UNTOUCHED
        and reading.value != rotation.models.current.id
    ]
    if changed:
        return Deny(ReasonCode.TARGETS_CHANGED, {"targets": [_drift(rotation, reading) for reading in changed]})
    left = [approval.by.name for approval in _gone(rotation, event)]
    if left:
        return Deny(ReasonCode.APPROVER_LEFT, {"people": ", ".join(left)})
    if not event.way_back_ok:
        return Deny(ReasonCode.WAY_BACK_BROKEN, {"detail": event.way_back_detail})
    return None


def _drift(rotation: Rotation, reading: Reading) -> str:
    _, plan = target_plan(rotation.plan, reading.target)
    return f"{plan.place} holds {reading.value or 'nothing'}, not {rotation.models.current.id}"


def _gone(rotation: Rotation, event: Preflighted) -> list[Approval]:
    request = rotation.request
    if request is None or request.stage != rotation.stage:
        return []
    wanted = set(rotation.stage_plan.approval.groups)
    return [
        a for a in request.approvals if not a.by.administrator and not wanted & set(event.groups_now.get(a.by.id, ()))
    ]


def _send_back(draft: Draft, refusal: Deny, event: Preflighted) -> None:
    rotation = draft.rotation
    gone = {approval.by.id for approval in _gone(rotation, event)}
    approvals = rotation.request.approvals if rotation.request is not None else ()
    kept = tuple(a for a in approvals if a.by.id not in gone)
    if refusal.code is ReasonCode.WAY_BACK_BROKEN:
        draft.page("way_back_broken", detail=event.way_back_detail)
    draft.tell("sent_back", because=refusal.code.value, **refusal.facts)
    keep = kept if refusal.code in KEEPS_APPROVALS else ()
    ask_approval(draft, note=refusal.code.value, kept=keep)


def _targets(rotation: Rotation, changed: TargetState) -> dict[str, object]:
    return {"targets": rotation.with_target(changed).targets}


def _pretend(draft: Draft) -> None:
    rotation = draft.rotation
    for plan in rotation.stage_plan.targets:
        draft.tell("would_set", target=plan.id, place=plan.place, value=rotation.models.candidate.id)
    bake = rotation.stage_plan.bake
    draft.tell("bake_skipped", stage=rotation.stage_plan.name, looks=bake.count, seconds=bake.length.total_seconds())
    if rotation.last_stage:
        abort(draft, by="dry run", code="dry_run")
    else:
        open_stage(draft, rotation.stage + 1)


def apply_next(draft: Draft) -> None:
    """Write the next target of the stage, or wait for traffic when all are written."""
    rotation = draft.rotation
    for plan in rotation.stage_plan.targets:
        target = rotation.target(plan.id)
        if target.standing in {Standing.UNTOUCHED, Standing.WRITING}:
            draft.set(**_targets(rotation, target.model_copy(update={"standing": Standing.WRITING})))
            draft.do(
                ApplyTarget(
                    stage=rotation.stage,
                    attempt=rotation.attempt,
                    target=plan.id,
                    expected=target.held,
                    value=rotation.models.candidate.id,
                ),
            )
            return
    draft.tell("applied", stage=rotation.stage_plan.name, targets=len(rotation.stage_plan.targets))
    if rotation.stage_plan.traffic == "none":
        start_bake(draft)
        return
    draft.set(waiting_for_traffic=draft.at)
    _look_for_traffic(draft)


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
    """Record a write's outcome; go on, stop for a person, or undo one that came too late."""
    rotation = draft.rotation
    target = rotation.target(event.target)
    if rotation.phase is Phase.ROLLING_BACK:
        return
    if rotation.phase in ENDS:
        _undo_late(draft, target, event)
        return
    standing = {"done": Standing.WRITTEN, "drifted": Standing.DRIFTED, "failed": Standing.WRITING}[event.outcome]
    if event.outcome != "done" and not event.changed:
        standing = Standing.UNTOUCHED
    changed = target.model_copy(update={"standing": standing, "found": event.found, "detail": event.detail})
    draft.set(**_targets(rotation, changed))
    if not in_step(rotation, Phase.APPLYING) or event.attempt != rotation.attempt:
        return
    if event.outcome == "done":
        if rotation.phase is Phase.APPLYING:
            apply_next(draft)
        return
    code = "target_drifted" if event.outcome == "drifted" else "write_failed"
    draft.enter(
        Phase.ERRORED,
        pause=None,
        trouble=Trouble(what=event.detail, at=event.at, target=event.target, code=code),
    )
    draft.tell(code, target=event.target, detail=event.detail, found=event.found)
    draft.page(code, target=event.target, detail=event.detail)
    draft.wake("reminder", event.at + rotation.plan.deadlines.trouble_reminder)


def _undo_late(draft: Draft, target: TargetState, event: TargetWritten) -> None:
    if not event.changed or draft.rotation.phase is Phase.COMPLETED or target.standing is Standing.RESTORING:
        return
    draft.set(**_targets(draft.rotation, target.model_copy(update={"standing": Standing.RESTORING})))
    draft.do(
        RestoreTarget(
            target=target.id,
            expected=draft.rotation.models.candidate.id,
            value=restore_value(draft.rotation, target),
            number=draft.number(),
        ),
    )
    draft.tell("late_write_undone", target=target.id)
    draft.page("late_write", target=target.id)


def on_traffic(draft: Draft, event: TrafficChecked) -> None:
    """Traffic on the candidate: the bake begins. None for long enough: it begins all the same, and says so."""
    rotation = draft.rotation
    waiting = rotation.waiting_for_traffic
    if event.back or waiting is None or not in_step(rotation, Phase.APPLYING):
        return
    if (event.stage, event.attempt) != (rotation.stage, rotation.attempt):
        return
    if rotation.phase is Phase.PAUSED:
        draft.wake("traffic", event.at + rotation.plan.deadlines.traffic_poll)
    elif event.seen:
        draft.tell("traffic_seen", stage=rotation.stage_plan.name, detail=event.detail)
        start_bake(draft)
    elif event.at - waiting >= rotation.plan.deadlines.no_traffic:
        draft.tell("no_traffic", stage=rotation.stage_plan.name, detail=event.detail)
        start_bake(draft, no_traffic=True)
    else:
        draft.wake("traffic", event.at + rotation.plan.deadlines.traffic_poll)


def on_traffic_timer(draft: Draft) -> None:
    """Ask about traffic again, if it is still waited for."""
    if draft.rotation.waiting_for_traffic is not None and in_step(draft.rotation, Phase.APPLYING):
        _look_for_traffic(draft)


def resume_applying(draft: Draft) -> None:
    """Go on with the stage from wherever a pause or a failure left it."""
    rotation = draft.rotation
    draft.enter(Phase.APPLYING)
    if rotation.preflight:
        begin_change(draft)
    elif rotation.waiting_for_traffic is not None:
        _look_for_traffic(draft)
    else:
        apply_next(draft)
