"""Going back: restore exactly what was held, newest stage first, and see traffic and errors back to normal."""

from datetime import timedelta

from bot.rotation.asking import close_question
from bot.rotation.draft import Draft
from bot.rotation.effects import CheckTraffic, RestoreTarget
from bot.rotation.events import TargetRestored, TrafficChecked
from bot.rotation.evidence import Dimension
from bot.rotation.model.rotation import Phase, Rollback, Rotation
from bot.rotation.model.targets import CHANGED, Standing, TargetState, target_plan, target_plans
from bot.rotation.wishes import close_wishes

FIRST_RETRY = timedelta(seconds=1)
"""A restore that failed is tried again at the earliest after this; then after as long as the rollback has taken."""


def model_after(rotation: Rotation) -> str:
    """The model that answers once everything is restored."""
    return rotation.models.after_rollback.id


def _led_back_to(rotation: Rotation) -> dict[str, object]:
    """What a line about going back needs: the model, and whether it is another than the one that was live before."""
    return {"model": model_after(rotation), "named": rotation.models.restore_named}


def start_rollback(
    draft: Draft,
    *,
    cause: str,
    by: str,
    reason: str = "",
    dimension: Dimension | None = None,
) -> None:
    """Leave whatever it was doing and go back. Held up by no approval, evidence or lock."""
    close_question(draft, "rolled_back", by)
    close_wishes(draft)
    draft.forget("look", "traffic", "verify", "retry", "go_on", "hands_off")
    draft.enter(
        Phase.ROLLING_BACK,
        rollback=Rollback(cause=cause, by=by, at=draft.at, reason=reason, dimension=dimension),
        pause=None,
        hands_off=None,
        trouble=None,
        settling=False,
        preflight=False,
        put_off=None,
        waiting_for_traffic=None,
        ended_at=None,
    )
    draft.tell("rolling_back", cause=cause, by=by, reason=reason, dimension=dimension.value if dimension else None)
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
    draft.put(target.model_copy(update={"standing": Standing.RESTORING}))
    draft.do(
        RestoreTarget(
            target=target.id,
            expected=draft.rotation.models.candidate.id,
            value=draft.rotation.set_back(target),
            number=draft.number(),
        ),
    )


def undo_late(draft: Draft, target: TargetState, *, changed: bool) -> None:
    """Put back what a write changed whose attempt is over, and tell SRE. The phase stays as it is.

    What is being restored is put back by that; what the end was recorded with stays.
    """
    if not changed or target.standing in {Standing.WRITTEN, Standing.RESTORING}:
        return
    _restore(draft, target)
    rollback = draft.rotation.rollback
    if draft.rotation.phase is Phase.ROLLING_BACK and rollback is not None:
        again: dict[str, object] = {"restored_at": None, "waiting_since": None, "to_confirm": (), "silent": ()}
        draft.set(rollback=rollback.model_copy(update=again))
    draft.tell("late_write_undone", target=target.id)
    draft.page("late_write", target=target.id)


def on_restored(draft: Draft, event: TargetRestored) -> None:
    """Record a restore; go on to confirming, or say which target stands where and keep trying."""
    rotation = draft.rotation
    target = rotation.target(event.target)
    if target.standing is not Standing.RESTORING:
        return
    standing = {"done": Standing.RESTORED, "drifted": Standing.DRIFTED, "failed": Standing.RESTORING}[event.outcome]
    draft.put(target.model_copy(update={"standing": standing, "found": event.found, "detail": event.detail}))
    if event.outcome == "done":
        _confirm_if_restored(draft)
        return
    if event.outcome == "failed":
        draft.wake("retry", event.at + _until_retry(rotation, draft))
    if (target.standing, target.detail) != (standing, event.detail):
        _tell_stuck(draft, target, event)
    if rotation.rollback is not None:
        draft.set(rollback=rotation.rollback.model_copy(update={"trouble": event.detail}))


def _tell_stuck(draft: Draft, target: TargetState, event: TargetRestored) -> None:
    """What failed is tried again; what holds something else is left as it is, and both values are shown."""
    name, detail, found = event.target, event.detail, event.found
    if event.outcome == "failed":
        draft.tell("restore_failed", target=name, detail=detail, found=found)
        draft.page("rollback_failed", target=name, detail=detail, found=found)
        return
    draft.tell("restore_drifted", target=name, detail=detail, found=found, before=draft.rotation.set_back(target))
    draft.page("target_drifted", target=name, detail=detail, found=found)


def _until_retry(rotation: Rotation, draft: Draft) -> timedelta:
    longest = rotation.plan.deadlines.trouble_reminder
    if rotation.phase is not Phase.ROLLING_BACK or rotation.rollback is None:
        return longest
    return min(max(draft.at - rotation.rollback.at, FIRST_RETRY), longest)


def on_retry_timer(draft: Draft) -> None:
    """Try the restores again that have not gone through; a target that holds something else waits for a person."""
    for _, plan in reversed(list(target_plans(draft.rotation.plan))):
        target = draft.rotation.target(plan.id)
        if target.standing is Standing.RESTORING:
            _restore(draft, target)


def _confirm_if_restored(draft: Draft) -> None:
    rotation = draft.rotation
    rollback = rotation.rollback
    if rotation.phase is not Phase.ROLLING_BACK or rollback is None:
        return
    if rollback.restored_at is not None or rotation.changed:
        return
    restored = [target for target in rotation.targets if target.standing is Standing.RESTORED]
    touched = {target_plan(rotation.plan, target.id)[0] for target in restored}
    live = tuple(sorted((i for i in touched if rotation.plan.stages[i].traffic == "live"), reverse=True))
    now: dict[str, object] = {"restored_at": draft.at, "waiting_since": draft.at, "to_confirm": live, "trouble": ""}
    if live:
        draft.tell("restored", targets=len(restored), **_led_back_to(rotation))
    _go_on_confirming(draft, rollback.model_copy(update=now))


def _go_on_confirming(draft: Draft, rollback: Rollback) -> None:
    draft.set(rollback=rollback)
    rotation = draft.rotation
    if not rollback.to_confirm:
        _end(draft, rollback)
        return
    draft.do(
        CheckTraffic(
            stage=rollback.to_confirm[0],
            attempt=rotation.attempt,
            model=model_after(rotation),
            back=True,
            since=rollback.restored_at or draft.at,
            number=draft.number(),
        ),
    )


def on_traffic_back(draft: Draft, event: TrafficChecked) -> None:
    """Traffic is back and errors are normal: done. No traffic for long enough: done, and marked so."""
    rotation = draft.rotation
    rollback = rotation.rollback
    if not event.back or rotation.phase is not Phase.ROLLING_BACK or rollback is None:
        return
    if rollback.waiting_since is None or event.stage not in rollback.to_confirm:
        return
    waited = event.at - rollback.waiting_since
    deadlines = rotation.plan.deadlines
    left = tuple(stage for stage in rollback.to_confirm if stage != event.stage)
    if event.seen and event.errors_normal:
        _go_on_confirming(draft, rollback.model_copy(update={"to_confirm": left}))
    elif not event.seen and waited >= deadlines.no_traffic:
        silent = (*rollback.silent, event.stage)
        _go_on_confirming(draft, rollback.model_copy(update={"to_confirm": left, "silent": silent}))
    else:
        if event.seen and waited >= deadlines.rollback_confirmation and not rollback.told_trouble:
            draft.set(rollback=rollback.model_copy(update={"trouble": event.detail, "told_trouble": True}))
            draft.page("rollback_unconfirmed", detail=event.detail)
        draft.wake("traffic", event.at + deadlines.traffic_poll)


def on_traffic_back_timer(draft: Draft) -> None:
    """Ask again whether traffic is back."""
    rollback = draft.rotation.rollback
    if draft.rotation.phase is Phase.ROLLING_BACK and rollback is not None and rollback.to_confirm:
        _go_on_confirming(draft, rollback)


def _end(draft: Draft, rollback: Rollback) -> None:
    rotation = draft.rotation
    unconfirmed = "no_traffic" if rollback.silent else ""
    marks = rotation.marked("unconfirmed") if unconfirmed else rotation.marks
    draft.forget("look", "traffic", "deadline", "remind", "fall_back", "reminder", "retry")
    draft.enter(Phase.ROLLED_BACK, ended_at=draft.at, marks=marks, end_detail=unconfirmed, settling=False)
    draft.announce(
        "rolled_back",
        cause=rollback.cause,
        by=rollback.by,
        unconfirmed=unconfirmed,
        model=model_after(rotation),
    )
