"""What holds a change: freezes set by hand and those of the runbook's calendar; who may set and lift one. Pure.

A freeze holds the change of a stage's targets and nothing else: comparing, watching, questions and going back go on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.rotation.model.freezes import Binding, Freeze, Scope
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import ENDS, Phase, Rotation
from bot.rotation.model.targets import Standing
from bot.rotation.policy import ALLOW, EVERY_GROUP, Deny, Gate, ReasonCode, member_of_one, real_person
from bot.rotation.windows import begins_next, held_since, held_until
from bot.runbook.models.authority import HOUSE
from bot.runbook.models.freezes import FreezePlan
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import Plan

LONGEST_FREEZE: Final = timedelta(days=90)
"""By hand; what holds for longer belongs into the runbook, where everybody reads it."""
_FOLLOWING: Final = 1000
"""So many freezes on end are followed; by then nobody waits any more, and at that moment it is looked at anew."""


def binding(plan: Plan, stage: str, at: datetime, freezes: Iterable[Freeze]) -> Binding | None:
    """What holds a change of that stage at a moment; None where nothing does. A dry run changes nothing."""
    if plan.dry_run:
        return None
    mine = [freeze for freeze in freezes if freeze.scope.covers(plan.slot, stage)]
    written = [freeze for freeze in plan.freezes if not freeze.stages or stage in freeze.stages]
    found = _holding(plan, stage, mine, written, at)
    if found is None:
        return None
    until = found.until
    for _ in range(_FOLLOWING):
        following = _holding(plan, stage, mine, written, until)
        if following is None:
            break
        until = following.until
    return found.model_copy(update={"until": until})


def _holding(
    plan: Plan, stage: str, mine: Sequence[Freeze], written: Sequence[FreezePlan], at: datetime
) -> Binding | None:
    """The one of those in force that ends last; of two that end alike, the one that somebody set."""
    found = [_by_hand(plan, stage, freeze) for freeze in mine if freeze.holds(at)]
    found += [one for freeze in written if (one := _written(stage, freeze, at)) is not None]
    return max(found, key=lambda one: one.until, default=None)


def _by_hand(plan: Plan, stage: str, freeze: Freeze) -> Binding:
    return Binding(
        freeze=freeze.id,
        stage=stage,
        scope=freeze.scope,
        by=freeze.name,
        reason=freeze.reason,
        since=freeze.set_at,
        until=freeze.until,
        lifters=lifters([plan], freeze.scope),
    )


def _written(stage: str, freeze: FreezePlan, at: datetime) -> Binding | None:
    since, until = held_since(freeze, at), held_until(freeze, at)
    if since is None or until is None:
        return None
    return Binding(freeze=freeze.name, stage=stage, reason=freeze.reason, since=since, until=until)


def next_change(rotation: Rotation) -> int | None:
    """The index of the stage that is changed next, if all goes well; None where none is left, or it is over."""
    if rotation.phase in ENDS or rotation.phase is Phase.ROLLING_BACK:
        return None
    targets = rotation.stage_plan.targets
    if any(rotation.target(target.id).standing is not Standing.WRITTEN for target in targets):
        return rotation.stage
    return None if rotation.last_stage else rotation.stage + 1


def holding(rotation: Rotation, at: datetime, freezes: Iterable[Freeze]) -> Binding | None:
    """What holds the next change of a rotation; None where nothing does, or none is left."""
    index = next_change(rotation)
    if index is None:
        return None
    return binding(rotation.plan, rotation.plan.stages[index].name, at, freezes)


def turns(plans: Iterable[Plan], freezes: Iterable[Freeze], at: datetime) -> datetime | None:
    """When the next freeze begins or ends after a moment; None where none does any more."""
    moments = [freeze.until for freeze in freezes if freeze.holds(at)]
    for plan in plans:
        for freeze in plan.freezes:
            moments += [moment for moment in (held_until(freeze, at), begins_next(freeze, at)) if moment is not None]
    return min((moment for moment in moments if moment > at), default=None)


def may_freeze(plans: Iterable[Plan], scope: Scope, actor: Actor) -> Gate:
    """Set one: whoever may for every slot it holds; by the rules of the house any member of the three groups."""
    held = [plan for plan in plans if any(scope.covers(plan.slot, stage.name) for stage in plan.stages)]
    named = [plan.authority.freeze for plan in held] or [HOUSE.freeze]
    gates = (member_of_one(actor, groups) for groups in named)
    return next((gate for gate in gates if isinstance(gate, Deny)), ALLOW)


def lifters(plans: Iterable[Plan], scope: Scope) -> tuple[GroupName, ...]:
    """The groups that approve what a freeze holds; all three where nobody does."""
    named = {
        group
        for plan in plans
        for stage in plan.stages
        if scope.covers(plan.slot, stage.name)
        for group in stage.approval.groups
    }
    return tuple(group for group in EVERY_GROUP if group in named) or EVERY_GROUP


def may_lift(plans: Iterable[Plan], freeze: Freeze, actor: Actor) -> Gate:
    """Lift one: whoever set it, and the approvers of what it holds; these at a terminal only where it may approve."""
    person = real_person(actor)
    if isinstance(person, Deny) or actor.id == freeze.by:
        return person
    gate = member_of_one(actor, lifters(plans, freeze.scope))
    if isinstance(gate, Deny):
        return Deny(gate.code, {**gate.facts, "set_by": freeze.name}) if gate.code is ReasonCode.NOT_ENTITLED else gate
    return Deny(ReasonCode.NO_TERMINAL_APPROVALS) if actor.terminal == "steering" else ALLOW
