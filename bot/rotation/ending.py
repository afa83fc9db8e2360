"""The ends: rejected, aborted, completed, settled, and the verification list before `completed`."""

from bot.rotation.asking import ask_decision, close_question, owner_of
from bot.rotation.draft import Draft
from bot.rotation.events import Reading, TargetsRead, Verified
from bot.rotation.evidence import VerificationItem
from bot.rotation.model import Choice, Phase, Standing
from bot.rotation.rolling_back import restore_value, start_rollback

TIMERS = ("look", "traffic", "deadline", "reminder", "retry", "verify")


def _end(draft: Draft, phase: Phase, detail: str) -> None:
    draft.forget(*TIMERS)
    over: dict[str, object] = {"preflight": False, "waiting_for_traffic": None, "settling": False, "pause": None}
    draft.enter(phase, ended_at=draft.at, end_detail=detail, **over)


def abort(draft: Draft, *, by: str, code: str) -> None:
    """End before anything was changed."""
    close_question(draft, "aborted", by)
    _end(draft, Phase.ABORTED, code)
    draft.announce("aborted", by=by, because=code, dry_run=draft.rotation.plan.dry_run)


def reject(draft: Draft, *, by: str, reason: str) -> None:
    """Somebody entitled said no before anything was changed."""
    close_question(draft, "rejected", by)
    _end(draft, Phase.REJECTED, reason)
    draft.announce("rejected", by=by, reason=reason)


def complete(draft: Draft) -> None:
    """Every stage holds the candidate and the list is met."""
    _end(draft, Phase.COMPLETED, "")
    draft.announce("completed", items=[item.model_dump(mode="json") for item in draft.rotation.verification])


def on_verified(draft: Draft, event: Verified) -> None:
    """Complete, roll back, hold or ask, by what the list says."""
    if draft.rotation.phase is not Phase.VERIFYING:
        return
    draft.set(verification=event.items)
    missed = [item for item in event.items if item.state == "not_met"]
    unknown = [item for item in event.items if item.state == "cannot_tell"]
    if event.incident:
        _tell_incident(draft)
        draft.wake("verify", event.at + draft.rotation.plan.deadlines.trouble_reminder)
    elif missed:
        items = [item.model_dump(mode="json") for item in missed]
        start_rollback(draft, cause="verification_failed", by="", dimension=missed[0].dimension)
        for dimension in dict.fromkeys(item.dimension for item in missed):
            draft.page("verification_failed", dimension, items=items)
    elif unknown:
        _ask_who_can_tell(draft, unknown)
    else:
        complete(draft)


def _tell_incident(draft: Draft) -> None:
    bake = draft.rotation.watched
    if bake.told_incident:
        return
    draft.set(bake=bake.model_copy(update={"told_incident": True}))
    draft.tell("verification_held")
    draft.page("provider_incident", stage=draft.rotation.stage_plan.name, checks=[])


def _ask_who_can_tell(draft: Draft, unknown: list[VerificationItem]) -> None:
    rotation = draft.rotation
    before = rotation.decision
    lapsed = before is not None and before.question == "cannot_verify" and not before.decided_by
    unanswered = before.times_asked if before is not None and lapsed else 0
    ask_decision(
        draft,
        "cannot_verify",
        rotation.plan.fallback_group if unanswered else owner_of(item.dimension for item in unknown),
        (Choice.EXTEND, Choice.GO_ON, Choice.ROLL_BACK),
        Choice.EXTEND,
        reasons=tuple(f"{item.name}: {item.figures}" for item in unknown),
        times_asked=unanswered + 1,
    )


def settle(draft: Draft, event: TargetsRead) -> None:
    """Record what every target holds as the end, if that is still what is wanted."""
    if not draft.rotation.settling:
        return
    readings = [reading.model_dump(mode="json") for reading in event.readings]
    unread = [reading.target for reading in event.readings if reading.problem]
    by = event.by.name if event.by else ""
    if unread:
        draft.set(settling=False)
        draft.tell("settle_failed", targets=unread)
        return
    detail = ", ".join(f"{r.target}={r.value or 'unset'}" for r in event.readings)
    for reading in event.readings:
        _record(draft, reading)
    _end(draft, Phase.SETTLED, detail)
    draft.set(marks=draft.rotation.marked("settled_by_hand"))
    draft.announce("settled", by=by, readings=readings)


def _record(draft: Draft, reading: Reading) -> None:
    """Afterwards only a write that is heard of too late, to a target that was found without it, is undone."""
    target = draft.rotation.target(reading.target)
    if reading.value == draft.rotation.models.candidate.id:
        standing = Standing.WRITTEN
    elif target.standing is Standing.UNTOUCHED:
        return
    elif reading.value == restore_value(draft.rotation, target):
        standing = Standing.RESTORED
    else:
        standing = Standing.DRIFTED
    draft.put(target.model_copy(update={"standing": standing, "found": reading.value}))
