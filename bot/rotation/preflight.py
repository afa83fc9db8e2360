"""The last look before a change: evidence, targets, approvers and way back once more; then change, or say why not."""

from bot.rotation.applying import apply_stage
from bot.rotation.asking import ask_approval, enough_approvals, open_stage
from bot.rotation.draft import Draft
from bot.rotation.effects import Preflight
from bot.rotation.ending import abort
from bot.rotation.events import Preflighted, Reading
from bot.rotation.model.basis import Change
from bot.rotation.model.people import Approval
from bot.rotation.model.rotation import Phase, Rotation, WayBack
from bot.rotation.model.targets import Standing, heirs, target_plan
from bot.rotation.policy import Deny, ReasonCode, comparison_young, nothing_failing
from bot.rotation.quorum import asked_groups, seats
from bot.runbook.models.people import GroupName

KEEPS_APPROVALS = frozenset(
    {
        ReasonCode.WAY_BACK_BROKEN,
        ReasonCode.TARGET_UNREADABLE,
        ReasonCode.CANDIDATE_REFUSED,
        ReasonCode.APPROVER_LEFT,
        ReasonCode.GROUP_UNRESOLVED,
        ReasonCode.GUARDRAIL_FAILING,
    },
)
"""Refusals that say nothing about the evidence: approvals given for it still hold, `promote` tries again."""


def on_preflighted(draft: Draft, event: Preflighted) -> None:
    """Change, or ask again with the reason. While paused nothing is concluded: it is looked at again at resume."""
    rotation = draft.rotation
    if rotation.phase is not Phase.APPLYING or not rotation.preflight:
        return
    if (event.stage, event.attempt) != (rotation.stage, rotation.attempt):
        return
    if rotation.moved_since(event.standings):
        # A write that was under way ended meanwhile: what was read of it before says nothing of it now.
        draft.do(Preflight(stage=rotation.stage, attempt=rotation.attempt, number=draft.number()))
        return
    if event.way_back_ok and rotation.way_back is not None and not rotation.way_back.ok:
        draft.tell("way_back_works")
    found: dict[str, object] = {"ok": event.way_back_ok, "at": event.at, "detail": event.way_back_detail}
    draft.set(way_back=WayBack.model_validate({**found, "retires": event.way_back_retires}))
    refusal = _refusal(rotation, event)
    if refusal is not None:
        _send_back(draft, refusal, event)
        return
    for reading in event.readings:
        _take_over(draft, reading)
    draft.set(preflight=False, put_off=None)
    if rotation.plan.dry_run:
        _pretend(draft)
    else:
        apply_stage(draft)


def _refusal(rotation: Rotation, event: Preflighted) -> Deny | None:
    for gate in (comparison_young(rotation.plan, rotation.comparison, event.at), nothing_failing(rotation)):
        if isinstance(gate, Deny):
            return gate
    for reading in event.readings:
        if reading.problem:
            return Deny(ReasonCode.TARGET_UNREADABLE, {"target": reading.target, "problem": reading.problem})
    changed = [_drift(rotation, reading) for reading in event.readings if not _expected(rotation, reading)]
    if changed:
        return Deny(ReasonCode.TARGETS_CHANGED, {"targets": [*changed]})
    if event.refusals:
        said = [f"{target_plan(rotation.plan, one.target)[1].place}: {one.why}" for one in event.refusals]
        return Deny(ReasonCode.CANDIDATE_REFUSED, {"candidate": rotation.models.candidate.id, "targets": [*said]})
    unsaid = _unsaid(rotation, event)
    if unsaid is not None:
        return unsaid
    if not event.way_back_ok:
        return Deny(ReasonCode.WAY_BACK_BROKEN, {"detail": event.way_back_detail})
    return None


def _unsaid(rotation: Rotation, event: Preflighted) -> Deny | None:
    if not seats(rotation, rotation.stage):
        return None
    if event.groups_problem:
        groups = asked_groups(rotation, rotation.stage)
        return Deny(ReasonCode.GROUP_UNRESOLVED, {"groups": [*groups], "detail": event.groups_problem})
    left = [approval.by.name for approval in _gone(rotation, event)]
    if left:
        return Deny(
            ReasonCode.APPROVER_LEFT, {"people": ", ".join(left), "groups": [*asked_groups(rotation, rotation.stage)]}
        )
    if not enough_approvals(rotation):
        return Deny(ReasonCode.STALE_EVIDENCE)
    return None


def _expected(rotation: Rotation, reading: Reading) -> bool:
    target = rotation.target(reading.target)
    candidate = rotation.models.candidate.id
    match target.standing:
        case Standing.WRITTEN:
            return reading.value == candidate
        case Standing.WRITING | Standing.DRIFTED:
            return reading.value in {candidate, target.held}
        case _:
            unset = reading.value is None and reading.target in heirs(rotation.plan)
            return unset or reading.value == rotation.models.current.id


def _drift(rotation: Rotation, reading: Reading) -> str:
    _, plan = target_plan(rotation.plan, reading.target)
    models = rotation.models
    ours = rotation.target(reading.target).standing is Standing.WRITTEN
    wanted = models.candidate.id if ours else models.current.id
    return f"{plan.place} holds {reading.value or 'nothing'}, not {wanted}"


def _gone(rotation: Rotation, event: Preflighted) -> list[Approval]:
    request = rotation.request
    if request is None or event.groups_problem:
        return []
    asked = set(asked_groups(rotation, rotation.stage))
    several = len(set(seats(rotation, rotation.stage))) > 1
    return [
        approval
        for approval in request.approvals
        if not approval.by.administrator
        and _left(asked, set(approval.by.groups), set(event.groups_now.get(approval.by.id, ())), several=several)
    ]


def _left(asked: set[GroupName], then: set[GroupName], now: set[GroupName], *, several: bool) -> bool:
    """Whether somebody is in none of the groups any more, or where `several` are needed, not in one they stood for."""
    return not asked & now or (several and bool(asked & then - now))


def _send_back(draft: Draft, refusal: Deny, event: Preflighted) -> None:
    rotation = draft.rotation
    gone = {approval.by.id for approval in _gone(rotation, event)}
    approvals = rotation.request.approvals if rotation.request is not None else ()
    kept = tuple(a for a in approvals if a.by.id not in gone) if refusal.code in KEEPS_APPROVALS else ()
    if refusal.code is ReasonCode.WAY_BACK_BROKEN:
        draft.page("way_back_broken", detail=event.way_back_detail)
    ours = [r for r in event.readings if not r.problem and _ours(rotation, r) and not _expected(rotation, r)]
    if ours:
        draft.page("target_drifted", target=ours[0].target, detail=_drift(rotation, ours[0]), found=ours[0].value)
    draft.tell("sent_back", because=refusal.code.value, **refusal.facts)
    found = refusal.facts.get("targets") if refusal.code is ReasonCode.TARGETS_CHANGED else None
    places = tuple(Change(what="place", after=str(said)) for said in found) if isinstance(found, list) else ()
    ask_approval(draft, note=refusal.code.value, kept=kept, found=places)


def _ours(rotation: Rotation, reading: Reading) -> bool:
    return rotation.target(reading.target).standing is not Standing.UNTOUCHED


def _take_over(draft: Draft, reading: Reading) -> None:
    target = draft.rotation.target(reading.target)
    match target.standing:
        case Standing.UNTOUCHED:
            known = target.model_copy(update={"held": reading.value})
        case Standing.DRIFTED:
            known = target.model_copy(update={"standing": Standing.WRITING})
        case _:
            return
    draft.put(known)


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
