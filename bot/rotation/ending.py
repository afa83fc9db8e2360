"""The ends: rejected, aborted, completed, settled, and the verification list before `completed`."""

from bot.rotation.asking import ask_decision, close_question, owner_of
from bot.rotation.draft import Draft
from bot.rotation.effects import ReadTargets
from bot.rotation.events import Reading, TargetsRead, Verified
from bot.rotation.evidence import VerificationItem
from bot.rotation.guardrails import list_not_met
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import Standing
from bot.rotation.wishes import close_wishes

TIMERS = (
    *("look", "traffic", "deadline", "remind", "fall_back", "reminder", "retry", "verify", "start"),
    *("go_on", "hands_off"),
)


def _end(draft: Draft, phase: Phase, detail: str) -> None:
    draft.forget(*TIMERS)
    close_wishes(draft)
    over: dict[str, object] = {
        "preflight": False,
        "put_off": None,
        "waiting_for_traffic": None,
        "settling": False,
        "start_problem": "",
        "pause": None,
        "hands_off": None,
    }
    draft.enter(phase, ended_at=draft.at, end_detail=detail, **over)


def abort(draft: Draft, *, by: str, code: str, **facts: object) -> None:
    """End before anything was changed; `facts` say more of why."""
    close_question(draft, "aborted", by)
    _end(draft, Phase.ABORTED, code)
    draft.announce("aborted", by=by, because=code, dry_run=draft.rotation.plan.dry_run, **facts)


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
    off = draft.rotation.hands_off
    if off is not None and not missed:
        draft.set(hands_off=off.model_copy(update={"unmet": False}))
    held_before = draft.rotation.verification_held
    draft.set(verification_held=event.incident)
    if event.incident:
        if not held_before:
            draft.tell("verification_held")
            draft.page("provider_incident", stage=draft.rotation.stage_plan.name, checks=[])
        draft.wake("verify", event.at + draft.rotation.plan.deadlines.trouble_reminder)
    elif missed:
        list_not_met(draft, missed)
    elif unknown:
        _ask_who_can_tell(draft, unknown)
    elif not draft.rotation.held_back:
        complete(draft)


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
    """Record what every target holds as the end, if that is still what is wanted.

    What cannot be read is recorded as that only with a reason, and only when it was said before that it cannot.
    """
    rotation = draft.rotation
    if not rotation.settling:
        return
    if rotation.moved_since(event.standings):
        # What was under way ended while they were read: the end is recorded from how things are, so read once more.
        by = event.by.id if event.by is not None else ""
        draft.do(ReadTargets(purpose="settle", by=by, number=draft.number()))
        return
    unread = tuple(reading.target for reading in event.readings if reading.problem)
    draft.set(settling=False, unread=unread)
    if unread and not (rotation.settling_reason and set(unread) <= set(rotation.unread)):
        problems = [f"{reading.target}: {reading.problem}" for reading in event.readings if reading.problem]
        draft.tell("settle_failed", targets=list(unread), problems=problems)
        return
    for reading in event.readings:
        _record(draft, reading)
    _end(draft, Phase.SETTLED, ", ".join(_found(rotation, reading) for reading in event.readings))
    draft.set(marks=draft.rotation.marked("settled_by_hand"))
    if unread:
        draft.set(marks=draft.rotation.marked("unreadable"))
    draft.announce(
        "settled",
        by=event.by.name if event.by else "",
        readings=[reading.model_dump(mode="json") for reading in event.readings],
        drifted=[
            {"target": target.id, "found": target.found, "before": rotation.set_back(target)}
            for target in draft.rotation.targets
            if target.standing is Standing.DRIFTED
        ],
        reason=rotation.settling_reason,
    )


def _found(rotation: Rotation, reading: Reading) -> str:
    held = f"unreadable: {rotation.settling_reason}" if reading.problem else reading.value or "unset"
    return f"{reading.target}={held}"


def _record(draft: Draft, reading: Reading) -> None:
    """Afterwards only a write that is heard of too late, to a target that was found without it, is undone."""
    target = draft.rotation.target(reading.target)
    if reading.problem:
        if target.standing is not Standing.UNTOUCHED:
            unknown = {"standing": Standing.UNREADABLE, "found": None, "detail": reading.problem}
            draft.put(target.model_copy(update=unknown))
        return
    if reading.value == draft.rotation.models.candidate.id:
        standing = Standing.WRITTEN
    elif target.standing is Standing.UNTOUCHED:
        return
    elif reading.value == draft.rotation.set_back(target):
        standing = Standing.RESTORED
    else:
        standing = Standing.DRIFTED
    draft.put(target.model_copy(update={"standing": standing, "found": reading.value}))
