"""The ends: rejected, aborted, completed, settled, and the verification list before `completed`."""

from bot.rotation.asking import ask_decision, close_question
from bot.rotation.draft import Draft
from bot.rotation.events import TargetsRead, Verified
from bot.rotation.model import Choice, Phase
from bot.rotation.rolling_back import start_rollback
from bot.runbook.models.file import GroupName

TIMERS = ("look", "traffic", "deadline", "reminder", "retry", "verify")


def _end(draft: Draft, phase: Phase, detail: str) -> None:
    draft.forget(*TIMERS)
    draft.enter(phase, ended_at=draft.at, end_detail=detail, pause=None)


def abort(draft: Draft, *, by: str, code: str) -> None:
    """End before anything was changed."""
    close_question(draft, "aborted", by)
    marks = draft.rotation.marked("dry_run") if draft.rotation.plan.dry_run else draft.rotation.marks
    _end(draft, Phase.ABORTED, code)
    draft.set(marks=marks)
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
        draft.tell("verification_held")
        draft.page("provider_incident", stage=draft.rotation.stage_plan.name, checks=[])
        draft.wake("verify", event.at + draft.rotation.plan.deadlines.trouble_reminder)
    elif missed:
        items = [item.model_dump(mode="json") for item in missed]
        start_rollback(draft, cause="verification_failed", by="", dimension=missed[0].dimension)
        for dimension in dict.fromkeys(item.dimension for item in missed):
            draft.page("verification_failed", dimension, items=items)
    elif unknown:
        ask_decision(
            draft,
            "cannot_verify",
            GroupName.ML,
            (Choice.EXTEND, Choice.GO_ON, Choice.ROLL_BACK),
            Choice.EXTEND,
            reasons=tuple(f"{item.name}: {item.figures}" for item in unknown),
        )
    else:
        complete(draft)


def settle(draft: Draft, event: TargetsRead) -> None:
    """Record what every target holds as the end."""
    readings = [reading.model_dump(mode="json") for reading in event.readings]
    unread = [reading.target for reading in event.readings if reading.problem]
    by = event.by.name if event.by else ""
    if unread:
        draft.tell("settle_failed", targets=unread)
        return
    detail = ", ".join(f"{r.target}={r.value or 'unset'}" for r in event.readings)
    _end(draft, Phase.SETTLED, detail)
    draft.set(marks=draft.rotation.marked("settled_by_hand"))
    draft.announce("settled", by=by, readings=readings)
