"""What help says of this installation: model settings with stages, whose yes each needs, groups and limits. Pure."""

from collections.abc import Sequence

from bot.engine.models.guides import GroupGuide, Guide, SlotGuide, StageGuide
from bot.engine.models.shown import FreezeShown
from bot.engine.outside import Rules
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import Plan, StagePlan, plan_for


def guide(rules: Rules, freezes: Sequence[FreezeShown] = ()) -> Guide:
    """The runbook as people who type commands have to know it."""
    runbook = rules.runbook
    return Guide(
        slots=tuple(slot_guide(plan_for(runbook, name)) for name in runbook.slots),
        groups=tuple(_group(rules, name) for name in GroupName),
        time_zone=runbook.time_zone,
        dry_run=rules.dry_run,
        freezes=tuple(freezes),
        fallback_group=runbook.fallback_group,
    )


def _group(rules: Rules, name: GroupName) -> GroupGuide:
    group = rules.runbook.groups.of(name)
    return GroupGuide(name=name, handle=group.group or "", people=len(group.people), channel=group.channel)


def slot_guide(plan: Plan) -> SlotGuide:
    """A model setting by its plan."""
    return SlotGuide(
        slot=plan.slot,
        channel=plan.channel,
        stages=tuple(_stage(plan, stage) for stage in plan.stages),
        max_usd=plan.comparison.max_usd,
        max_usd_per_day=plan.comparison.max_usd_per_day,
        envelope_usd_per_month=plan.envelope_usd_per_month,
        comparison_s=plan.comparison.max_age.total_seconds(),
        approval_s=plan.deadlines.approval.total_seconds(),
        working_days=plan.deadlines.count != "calendar",
        way_back_s=plan.way_back.open_after_completion.total_seconds(),
        authority=plan.authority,
    )


def _stage(plan: Plan, stage: StagePlan) -> StageGuide:
    return StageGuide(
        name=stage.name,
        tenants=len(stage.tenants),
        last=plan.last(stage),
        approvals=stage.approval.needed,
        each=stage.approval.each and len(stage.approval.groups) > 1,
        groups=stage.approval.groups,
        requester_may=stage.approval.requester_may,
        evidence=stage.evidence.value,
        watched_s=stage.bake.length.total_seconds(),
        checks=stage.bake.count,
    )
