"""Going back: restore exactly what was held, newest stage first, and see traffic and errors back to normal."""

from datetime import timedelta

from bot.rotation.asking import close_question
from bot.rotation.draft import Draft
from bot.rotation.effects import CheckTraffic, RestoreTarget
from bot.rotation.events import TargetRestored, TrafficChecked
from bot.rotation.evidence import Dimension
from bot.rotation.model import CHANGED, Phase, Rollback, Rotation, Standing, TargetState, target_plan, target_plans


def restore_value(rotation: Rotation, target: TargetState) -> str | None:
    """What a target is set back to: what it held, or the named rollback model where the old one is unusable."""
    return rotation.models.rollback.id if rotation.models.restore_named else target.held


def model_after(rotation: Rotation) -> str:
    """The model that answers once everything is restored."""
    models = rotation.models
    return models.rollback.id if models.restore_named else models.current.id


def start_rollback(draft: Draft, *, cause: str, by: str, dimension: Dimension | None = None) -> None:
    """Leave whatever it was doing and go back. Held up by no approval, evidence or lock."""
    close_question(draft, "rolled_back", by)
    draft.forget("look", "traffic", "deadline", "verify", "retry")
    draft.enter(
        Phase.ROLLING_BACK,
        rollback=Rollback(cause=cause, by=by, at=draft.at, dimension=dimension),
        pause=None,
        trouble=None,
        preflight=False,
        waiting_for_traffic=None,
        ended_at=None,
    )
    draft.tell("rolling_back", cause=cause, by=by, dimension=dimension.value if dimension else None)
    draft.wake("reminder", draft.at + draft.rotation.plan.deadlines.trouble_reminder)
    restore_all(draft)


def restore_all(draft: Draft) -> None:
    """Ask for every changed target to be put back, newest stage first."""
    for _, plan in reversed(list(target_plans(draft.rotation.plan))):
        target = draft.rotation.target(plan.id)
        if target.standing in CHANGED:
            _restore(draft, target)
    _confirm_if_restored(draft)


def _restore(draft: Draft, target: TargetState) -> None:
    rotation = draft.rotation
    draft.set(targets=rotation.with_target(target.model_copy(update={"standing": Standing.RESTORING})).targets)
    draft.do(
        RestoreTarget(
            target=target.id,
            expected=rotation.models.candidate.id,
            value=restore_value(rotation, target),
            number=draft.number(),
        ),
    )


def on_restored(draft: Draft, event: TargetRestored) -> None:
    """Record a restore; go on to confirming, or say which target stands where and keep trying."""
    rotation = draft.rotation
    target = rotation.target(event.target)
    standing = {"done": Standing.RESTORED, "drifted": Standing.DRIFTED, "failed": Standing.RESTORING}[event.outcome]
    restored = target.model_copy(update={"standing": standing, "found": event.found, "detail": event.detail})
    draft.set(targets=rotation.with_target(restored).targets)
    if rotation.phase is not Phase.ROLLING_BACK or rotation.rollback is None:
        return
    if event.outcome == "done":
        _confirm_if_restored(draft)
        return
    rollback = rotation.rollback
    draft.set(rollback=rollback.model_copy(update={"trouble": event.detail, "told_trouble": True}))
    if not rollback.told_trouble:
        draft.tell("restore_failed", target=event.target, detail=event.detail, found=event.found)
        draft.page("rollback_failed", target=event.target, detail=event.detail, found=event.found)
    if event.outcome == "failed":
        waited = max((event.at - rollback.at).total_seconds(), 1.0)
        longest = rotation.plan.deadlines.trouble_reminder.total_seconds()
        draft.wake("retry", event.at + timedelta(seconds=min(waited, longest)))


def on_retry_timer(draft: Draft) -> None:
    """Try the restores again that have not gone through."""
    if draft.rotation.phase is Phase.ROLLING_BACK:
        restore_all(draft)


def _confirm_if_restored(draft: Draft) -> None:
    rotation = draft.rotation
    rollback = rotation.rollback
    if rollback is None or rollback.restored_at is not None or rotation.changed:
        return
    touched = {target_plan(rotation.plan, t.id)[0] for t in rotation.targets if t.standing is Standing.RESTORED}
    live = tuple(sorted((i for i in touched if rotation.plan.stages[i].traffic == "live"), reverse=True))
    draft.set(rollback=rollback.model_copy(update={"restored_at": draft.at, "to_confirm": live, "trouble": ""}))
    if live:
        draft.tell("restored", targets=sum(t.standing is Standing.RESTORED for t in rotation.targets))
        _look_for_traffic(draft)
    else:
        _end(draft, "")


def _look_for_traffic(draft: Draft) -> None:
    rotation = draft.rotation
    rollback = rotation.rollback
    if rollback is None or rollback.restored_at is None or not rollback.to_confirm:
        return
    draft.do(
        CheckTraffic(
            stage=rollback.to_confirm[0],
            attempt=rotation.attempt,
            model=model_after(rotation),
            back=True,
            since=rollback.restored_at,
            number=draft.number(),
        ),
    )


def on_traffic_back(draft: Draft, event: TrafficChecked) -> None:
    """Traffic is back and errors are normal: done. No traffic for long enough: done, and marked so."""
    rotation = draft.rotation
    rollback = rotation.rollback
    if not event.back or rotation.phase is not Phase.ROLLING_BACK or rollback is None or rollback.restored_at is None:
        return
    if event.stage not in rollback.to_confirm:
        return
    waited = event.at - rollback.restored_at
    deadlines = rotation.plan.deadlines
    if event.seen and event.errors_normal:
        left = tuple(stage for stage in rollback.to_confirm if stage != event.stage)
        draft.set(rollback=rollback.model_copy(update={"to_confirm": left}))
        if left:
            _look_for_traffic(draft)
        else:
            _end(draft, "")
    elif not event.seen and waited >= deadlines.no_traffic:
        _end(draft, "no_traffic")
    else:
        if event.seen and waited >= deadlines.rollback_confirmation and not rollback.told_trouble:
            draft.set(rollback=rollback.model_copy(update={"trouble": event.detail, "told_trouble": True}))
            draft.page("rollback_unconfirmed", detail=event.detail)
        draft.wake("traffic", event.at + deadlines.traffic_poll)


def on_traffic_back_timer(draft: Draft) -> None:
    """Ask again whether traffic is back."""
    if draft.rotation.phase is Phase.ROLLING_BACK:
        _look_for_traffic(draft)


def _end(draft: Draft, unconfirmed: str) -> None:
    rotation = draft.rotation
    marks = rotation.marked("unconfirmed") if unconfirmed else rotation.marks
    rollback = rotation.rollback
    draft.forget("look", "traffic", "deadline", "reminder", "retry")
    draft.enter(Phase.ROLLED_BACK, ended_at=draft.at, marks=marks, end_detail=unconfirmed)
    draft.announce(
        "rolled_back",
        cause=rollback.cause if rollback else "",
        by=rollback.by if rollback else "",
        unconfirmed=unconfirmed,
        model=model_after(rotation),
    )
