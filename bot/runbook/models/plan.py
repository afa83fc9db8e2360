"""One slot of the runbook resolved: what a rotation is run by, snapshotted into it when it begins.

Every default has been filled in and every name is explicit, so a changed file changes no running rotation. Pure.
"""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar, Literal

from bot.runbook.models.authority import AuthorityPlan, authority_plan
from bot.runbook.models.durations import Duration
from bot.runbook.models.external import External
from bot.runbook.models.file import Runbook, Slot
from bot.runbook.models.freezes import FreezePlan
from bot.runbook.models.limits import Checks, Comparison, Deadlines, TrafficCycle, WayBack, WorkingHours
from bot.runbook.models.people import Approval, GroupName
from bot.runbook.models.sources import Metrics
from bot.runbook.models.stages import Bake, Evidence, Stage
from bot.runbook.models.targets.kinds import TargetPlan
from bot.runbook.models.written import Grown, Resolved

TEST_TARGET = "test_target"
"""What the place that is set for a comparison only is called among targets."""
NEWER_LINES = ("engine", "test_target")
"""Lines of a slot that count for a digest only where they are written: they came later."""
NEWER_BESIDE_PLANS = ("proposals",)
"""The same, of lines that no rotation goes by."""
NEWER_IN_BLOCKS = {"checks": ("by_name",), "metrics": ("counters", "histograms")}
"""The same of a slot's or the file's blocks: they count only where something is written in them."""
LONGEST_GAP = timedelta(hours=1)
"""Looks of a bake are never further apart than this."""


class LookPlan(Resolved):
    """The watched time of a stage: `count` looks, `every` apart."""

    length: Duration
    count: int
    every: Duration


class StagePlan(Grown, Resolved):
    """One step of the promotion, complete. `parallel` is how many of its targets are changed at a time."""

    NEWER: ClassVar[tuple[str, ...]] = ("parallel",)

    name: str
    metric_stage: str
    targets: tuple[TargetPlan, ...]
    traffic: Literal["live", "none"]
    tenants: tuple[str, ...]
    approval: Approval
    evidence: Evidence
    bake: LookPlan
    parallel: int = 1


class Plan(Grown, Resolved):
    """Everything a rotation of one slot goes by."""

    NEWER: ClassVar[tuple[str, ...]] = ("authority",)

    slot: str
    channel: str
    suite: str
    stages: tuple[StagePlan, ...]
    envelope_usd_per_month: float | None
    rollback_model: str | None
    comparison: Comparison
    checks: Checks
    metrics: Metrics | None
    health: str | None
    deadlines: Deadlines
    working_hours: WorkingHours
    time_zone: str
    way_back: WayBack
    traffic_cycle: TrafficCycle = TrafficCycle()
    engine: External | None = None
    test_target: TargetPlan | None = None
    authority: AuthorityPlan = AuthorityPlan()
    fallback_group: GroupName = GroupName.SRE
    freezes: tuple[FreezePlan, ...] = ()
    dry_run: bool = False

    def last(self, stage: StagePlan) -> bool:
        """Whether it is the last stage: nobody is left to compare with."""
        return stage.name == self.stages[-1].name

    def cycle_of(self, stage: StagePlan) -> TrafficCycle | None:
        """The traffic cycle a stage's watch has to see whole: the last one's, where it is watched for as long."""
        whole = self.last(stage) and stage.traffic == "live" and stage.bake.length >= self.traffic_cycle.length
        return self.traffic_cycle if whole else None

    def digest(self) -> str:
        """A hash of the rules, the same for the same rules, also those of an earlier version."""
        unwritten: dict[str, Any] = {name: True for name in NEWER_LINES if getattr(self, name) is None}
        if self.traffic_cycle == TrafficCycle():
            unwritten["traffic_cycle"] = True
        if not self.freezes:
            unwritten["freezes"] = True
        for block, names in NEWER_IN_BLOCKS.items():
            written = getattr(self, block)
            unwritten[block] = {name for name in names if written is not None and not getattr(written, name)}
        return hashlib.sha256(self.model_dump_json(exclude=unwritten).encode()).hexdigest()


def looks_of(bake: Bake) -> LookPlan:
    """The looks a bake plans: `every` if it is written, else `looks` of them, never further apart than an hour."""
    every = min(bake.every or bake.length / bake.looks, LONGEST_GAP)
    count = max(1, round(bake.length / every))
    return LookPlan(length=bake.length, count=count, every=bake.length / count)


_KINDS = {"dev": "staging", "test": "staging", "staging": "staging", "global": "global", "production": "global"}
_BAKES = {
    "staging": Bake(length=timedelta(minutes=15)),
    "pilots": Bake(length=timedelta(hours=4)),
}
"""What is not written; the last stage is watched for a traffic cycle."""
_APPROVALS = {"staging": Approval(count=0), "pilots": Approval(), "global": Approval()}
_EVIDENCE = {"staging": Evidence.NOT_FAIL, "pilots": Evidence.PASS, "global": Evidence.PASS}


def _kind(name: str, *, last: bool) -> str:
    return "global" if last else _KINDS.get(name, "pilots")


def _targets(name: str, stage: Stage, slot: Slot) -> tuple[TargetPlan, ...]:
    """The stage's places; those of a list are numbered, and each tenant of an entry is one."""
    only = stage.env_file is not None
    return tuple(
        plan
        for number, target in enumerate(stage.places, start=1)
        for plan in target.plans(
            name if only else f"{name}.{number}", variable=slot.variable, tenants=tuple(stage.tenants)
        )
    )


def _test_target(slot: Slot) -> TargetPlan | None:
    if slot.test_target is None:
        return None
    return slot.test_target.plans(TEST_TARGET, variable=slot.variable, tenants=())[0]


def authority_in(runbook: Runbook, slot_name: str) -> AuthorityPlan:
    """Who may do what with a slot; what the file says of all of them where it has no such slot any more."""
    slot = runbook.slots.get(slot_name)
    return authority_plan(runbook.authority, slot.authority if slot is not None else None)


def plan_for(runbook: Runbook, slot_name: str, *, dry_run: bool = False) -> Plan:
    """The plan of a slot. Raises KeyError when the runbook has no such slot."""
    slot = runbook.slots[slot_name]
    names = list(slot.stages)
    bakes = {**_BAKES, "global": Bake(length=runbook.traffic_cycle.length)}
    stages = []
    for name, stage in slot.stages.items():
        kind = _kind(name, last=name == names[-1] and len(names) > 1)
        stages.append(
            StagePlan(
                name=name,
                metric_stage=stage.metric_stage or name,
                targets=_targets(name, stage, slot),
                traffic=stage.traffic,
                tenants=stage.tenants,
                approval=stage.approval or _APPROVALS[kind],
                evidence=stage.evidence or _EVIDENCE[kind],
                bake=looks_of(stage.bake or bakes[kind]),
                parallel=stage.parallel,
            ),
        )
    return Plan(
        slot=slot_name,
        channel=slot.channel or runbook.channel,
        suite=slot.suite,
        stages=tuple(stages),
        envelope_usd_per_month=slot.envelope_usd_per_month,
        rollback_model=slot.rollback_model,
        comparison=slot.comparison or runbook.comparison,
        checks=slot.checks or runbook.checks,
        metrics=runbook.metrics,
        health=runbook.health,
        deadlines=runbook.deadlines,
        working_hours=runbook.working_hours,
        time_zone=runbook.time_zone,
        way_back=runbook.way_back,
        traffic_cycle=runbook.traffic_cycle,
        engine=slot.engine,
        test_target=_test_target(slot),
        authority=authority_in(runbook, slot_name),
        fallback_group=runbook.fallback_group,
        freezes=tuple(
            one.plan(runbook.time_zone) for one in runbook.freezes if slot_name in (one.slots or [slot_name])
        ),
        dry_run=dry_run,
    )
