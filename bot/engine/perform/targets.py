"""Effects on targets: reading, the look before the change, writing, restoring, and the way back's proof."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final

from bot.catalog.proof import Answered, Proof, proven
from bot.difftest.model.chat import ErrorKind
from bot.difftest.smoke import prove_model
from bot.engine.outside import Outside, Rules
from bot.engine.people import actor_for
from bot.engine.perform.watching import keep_past
from bot.engine.targets import changed, read_all, refusals
from bot.engine.workers import UNWELL
from bot.ports import DriftError, OutsideError
from bot.rotation.corridor import watched_until
from bot.rotation.effects import ApplyTarget, Preflight, ProveWayBack, ReadTargets, RestoreTarget
from bot.rotation.events import (
    FreezeMet,
    Preflighted,
    Reading,
    TargetRestored,
    TargetsRead,
    TargetWritten,
    WayBackChecked,
)
from bot.rotation.freezes import binding
from bot.rotation.model.freezes import Binding
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.targets import Standing, target_plan, target_plans
from bot.rotation.quorum import asked_groups
from bot.rotation.rolling_back import model_after
from bot.runbook.models.people import GroupName
from bot.runbook.models.targets.kinds import TargetPlan

NO_QUOTA: Final = frozenset({ErrorKind.PAYMENT_REQUIRED, ErrorKind.RATE_LIMITED})
LAST_READ_S: Final = 20.0
"""How long a target is waited for once what was asked of it has failed: giving up must come to an end, too."""


async def read_targets(outside: Outside, rules: Rules, rotation: Rotation, effect: ReadTargets) -> TargetsRead:
    """What every target holds."""
    by = await _who(outside, rules, effect.by, rotation.plan.channel) if effect.by else None
    readings = await read_all(outside, rotation.plan)
    return TargetsRead(
        at=outside.clock.now(), purpose=effect.purpose, readings=readings, by=by, standings=rotation.standings
    )


async def _who(outside: Outside, rules: Rules, person: str, channel: str) -> Actor:
    # They were allowed to when they asked; that they cannot be looked up now must not keep the end from being recorded.
    try:
        return await actor_for(outside, rules, person, channel)
    except OutsideError:
        return Actor(id=person, name=person)


async def _held(outside: Outside, rotation: Rotation, stage: int) -> Binding | None:
    """What holds the change of a stage this very moment."""
    now = outside.clock.now()
    return binding(rotation.plan, rotation.plan.stages[stage].name, now, await outside.store.freezes(now))


def _met(outside: Outside, rotation: Rotation, effect: Preflight | ApplyTarget, freeze: Binding) -> FreezeMet:
    """That a freeze holds it, by what was known of the freezes when `rotation` was read, which was before."""
    found = {"at": outside.clock.now(), "stage": effect.stage, "attempt": effect.attempt, "freeze": freeze}
    return FreezeMet.model_validate({**found, "seen": rotation.freezes_seen})


async def preflight(outside: Outside, rules: Rules, rotation: Rotation, effect: Preflight) -> Preflighted | FreezeMet:
    """Targets, approvers' groups and the way back, right before the change; keeps what was seen till then.

    Where a freeze holds the change, nothing else is asked.
    """
    freeze = await _held(outside, rotation, effect.stage)
    if freeze is not None:
        return _met(outside, rotation, effect, freeze)
    readings = await read_all(outside, rotation.plan)
    refused = await refusals(outside, _left_to_write(rotation), rotation.models.candidate.id)
    groups_now: dict[str, tuple[GroupName, ...]] = {}
    unread: set[GroupName] = set()
    request = rotation.request
    for approval in request.approvals if request is not None else ():
        try:
            actor = await actor_for(outside, rules, approval.by.id, rotation.plan.channel)
        except OutsideError as error:
            if error.again:
                raise
            groups_now[approval.by.id] = ()  # nobody of that id is there any more
            continue
        groups_now[approval.by.id] = actor.groups
        # Only what a yes rests on: an administrator's, given because a group cannot be read, rests on no membership.
        asked = set(approval.by.groups) & set(asked_groups(rotation, rotation.stage))
        unread |= set(actor.problems) & asked
    proof = await way_back(outside, rotation)
    now = outside.clock.now()
    await keep_past(outside, rotation, effect.stage, now)
    return Preflighted(
        at=now,
        attempt=effect.attempt,
        stage=effect.stage,
        readings=readings,
        standings=rotation.standings,
        refusals=refused,
        groups_now=groups_now,
        groups_problem=", ".join(sorted(unread)),
        way_back_ok=proof.ok,
        way_back_detail=proof.detail,
        way_back_retires=proof.retires,
    )


def _left_to_write(rotation: Rotation) -> list[TargetPlan]:
    plans = rotation.stage_plan.targets
    return [plan for plan in plans if rotation.target(plan.id).standing is not Standing.WRITTEN]


def unread(rotation: Rotation, error: OutsideError) -> tuple[Reading, ...]:
    """Every target with the reason why it could not be read."""
    return tuple(Reading(target=target.id, problem=error.what) for _, target in target_plans(rotation.plan))


async def gave_up_looking(outside: Outside, rotation: Rotation, effect: Preflight, error: OutsideError) -> Preflighted:
    """The look before the change cannot be had: the change is not made, and the reason is told with the request."""
    try:
        readings = await asyncio.wait_for(read_all(outside, rotation.plan), LAST_READ_S)
    except TimeoutError:
        readings = unread(rotation, error)
    return Preflighted(
        at=outside.clock.now(),
        attempt=effect.attempt,
        stage=effect.stage,
        readings=readings,
        standings=rotation.standings,
        groups_problem=error.what,
        way_back_ok=False,
        way_back_detail=error.what,
    )


async def way_back(outside: Outside, rotation: Rotation) -> Proof:
    """Whether the model the way back leads to is listed, lasts, answers a tiny request, and has quota; else why not."""
    model = model_after(rotation)
    said = await prove_model(outside.provider, model)
    if said.used_up:
        # That was the last one its rate allows: whether there is a next one is what counts.
        said = await prove_model(outside.provider, model)
    listing = await outside.catalog.listing() if outside.catalog is not None else None
    answered = Answered(said.alive, said.message, no_quota=said.kind in NO_QUOTA)
    now = outside.clock.now()
    until = watched_until(rotation, now)
    known = await outside.store.known_models()
    credit = await outside.account.credit() if outside.account is not None else None
    return proven(model, answered, listing, known, now=now, until=until, credit=credit)


async def prove_way_back(outside: Outside, rotation: Rotation, effect: ProveWayBack) -> WayBackChecked:
    """Look the model up that the way back leads to, and ask it."""
    del effect
    proof = await way_back(outside, rotation)
    return WayBackChecked(at=outside.clock.now(), ok=proof.ok, detail=proof.detail, retires=proof.retires)


async def apply_target(
    outside: Outside, rotation: Rotation, effect: ApplyTarget, *, tried_before: bool = False
) -> TargetWritten | FreezeMet:
    """Write, restart, wait until it has taken effect, read back; nothing of it where a freeze holds the change.

    A drift is an answer; other failures leave as OutsideError until given up.
    What was tried before may have been written then, whatever the place holds by now.
    """
    freeze = await _held(outside, rotation, effect.stage)
    if freeze is not None:
        changed_before = tried_before or await _may_hold(outside, rotation, effect)
        return _met(outside, rotation, effect, freeze).model_copy(
            update={"target": effect.target, "changed": changed_before}
        )
    at, plan = target_plan(rotation.plan, effect.target)
    stage = rotation.plan.stages[at].metric_stage
    try:
        found = await changed(outside, plan, expected=effect.expected, value=effect.value, stage=stage)
    except DriftError as drift:
        return _written(
            effect, outside.clock.now(), "drifted", changed=tried_before, found=drift.found, detail=str(drift)
        )
    if found != effect.value:
        detail = f"{plan.place} holds {found or 'nothing'} after the write"
        return _written(effect, outside.clock.now(), "drifted", changed=True, found=found, detail=detail)
    return _written(effect, outside.clock.now(), "done", changed=True, found=found)


async def _may_hold(outside: Outside, rotation: Rotation, effect: ApplyTarget) -> bool:
    """Whether a place does not plainly hold what it held before it was to be written."""
    _, plan = target_plan(rotation.plan, effect.target)
    try:
        found = await asyncio.wait_for(outside.targets[plan.kind].read(plan), LAST_READ_S)
    except (OutsideError, TimeoutError):
        return True
    return found != effect.expected


async def gave_up_applying(
    outside: Outside, rotation: Rotation, effect: ApplyTarget, error: OutsideError
) -> TargetWritten:
    """The write or restart failed for good: whether the target holds the candidate now is read, not guessed.

    A place that holds something else altogether may have held the candidate in between.
    """
    _, plan = target_plan(rotation.plan, effect.target)
    try:
        found = await asyncio.wait_for(outside.targets[plan.kind].read(plan), LAST_READ_S)
    except (OutsideError, TimeoutError):
        return _written(effect, outside.clock.now(), "failed", changed=True, detail=error.what)
    outcome = "failed" if found in {effect.expected, effect.value} else "drifted"
    return _written(
        effect,
        outside.clock.now(),
        outcome,
        changed=found != effect.expected,
        found=found,
        detail=error.what,
        cause=UNWELL if error.code == UNWELL and found == effect.value else "",
    )


def _written(
    effect: ApplyTarget,
    now: datetime,
    outcome: str,
    *,
    changed: bool = False,
    found: str | None = None,
    detail: str = "",
    cause: str = "",
) -> TargetWritten:
    return TargetWritten.model_validate(
        {
            "at": now,
            "attempt": effect.attempt,
            "target": effect.target,
            "outcome": outcome,
            "changed": changed,
            "found": found,
            "detail": detail,
            "cause": cause,
        },
    )


async def restore_target(outside: Outside, rotation: Rotation, effect: RestoreTarget) -> TargetRestored:
    """Put back, restart, wait until it has taken effect, read back."""
    at, plan = target_plan(rotation.plan, effect.target)
    stage = rotation.plan.stages[at].metric_stage
    try:
        found = await changed(outside, plan, expected=effect.expected, value=effect.value, stage=stage)
    except DriftError as drift:
        return _restored(effect, outside.clock.now(), "drifted", found=drift.found, detail=str(drift))
    if found != effect.value:
        detail = f"{plan.place} holds {found or 'nothing'} after it was put back"
        return _restored(effect, outside.clock.now(), "drifted", found=found, detail=detail)
    return _restored(effect, outside.clock.now(), "done", found=found)


async def gave_up_restoring(
    outside: Outside, rotation: Rotation, effect: RestoreTarget, error: OutsideError
) -> TargetRestored:
    """The restore did not go through, and what the place holds now is said; the machine sets when it is tried again."""
    _, plan = target_plan(rotation.plan, effect.target)
    found, holds = None, "what it holds now cannot be read"
    with suppress(OutsideError, TimeoutError):
        found = await asyncio.wait_for(outside.targets[plan.kind].read(plan), LAST_READ_S)
        holds = f"it holds {found or 'nothing'} now"
    return _restored(effect, outside.clock.now(), "failed", found=found, detail=f"{error.what}; {holds}")


def _restored(
    effect: RestoreTarget, now: datetime, outcome: str, *, found: str | None = None, detail: str = ""
) -> TargetRestored:
    return TargetRestored.model_validate(
        {"at": now, "target": effect.target, "outcome": outcome, "found": found, "detail": detail},
    )
