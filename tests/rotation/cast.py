"""Who and what the scripts are about: people, models, a plan of three stages, evidence."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.rotation.evidence import (
    CheckResult,
    ComparisonEvidence,
    Dimension,
    LookResult,
    Verdict,
    VerificationItem,
)
from bot.rotation.model.people import Actor
from bot.rotation.model.state import ModelRef, Models
from bot.runbook.models.authority import HOUSE, AuthorityPlan
from bot.runbook.models.freezes import FreezePlan
from bot.runbook.models.limits import Checks, Comparison, Deadlines, WayBack, WorkingHours
from bot.runbook.models.people import Approval, Fallback, GroupName
from bot.runbook.models.plan import LookPlan, Plan, StagePlan
from bot.runbook.models.stages import Evidence
from bot.runbook.models.targets.env_file import EnvFilePlan

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
ML, SRE, FINANCE = GroupName.ML, GroupName.SRE, GroupName.FINANCE

ALICE: Final = Actor(id="U1", name="alice", groups=(ML,), member=True)  # begins the rotation
BOB: Final = Actor(id="U2", name="bob", groups=(ML,), member=True)
CAROL: Final = Actor(id="U3", name="carol", groups=(ML, SRE), member=True)
SAM: Final = Actor(id="U4", name="sam", groups=(SRE,))
FAY: Final = Actor(id="U5", name="fay", groups=(FINANCE,))
MEL: Final = Actor(id="U6", name="mel", member=True)  # in the channel, in no group
NED: Final = Actor(id="U7", name="ned")  # nobody
GUS: Final = Actor(id="U8", name="gus", groups=(ML,), guest=True, member=True)
ROBO: Final = Actor(id="U9", name="robo", groups=(ML, SRE, FINANCE), bot=True)

OLD, NEW, SPARE = (ModelRef(provider="openrouter", id=name) for name in ("old", "new", "spare"))
MODELS: Final = Models(current=OLD, candidate=NEW, rollback=OLD)
RETIRED: Final = Models(current=OLD, candidate=NEW, rollback=SPARE, restore_named=True)

EVERY: Final = timedelta(minutes=10)


def target(name: str) -> EnvFilePlan:
    return EnvFilePlan(id=name, path=f"/etc/app/{name}.env", variable="MODEL", restart_timeout=timedelta(minutes=1))


def stage(
    name: str,
    *targets: str,
    count: int = 1,
    evidence: Evidence = Evidence.PASS,
    traffic: str = "live",
    looks: int = 2,
    groups: tuple[GroupName, ...] = (ML,),
    requester_may: bool = False,
    fallback: tuple[Fallback, ...] = (),
    each: bool = False,
) -> StagePlan:
    return StagePlan.model_validate(
        {
            "name": name,
            "metric_stage": name,
            "targets": tuple(target(t) for t in targets or (name,)),
            "traffic": traffic,
            "tenants": (),
            "approval": Approval(groups=groups, count=count, requester_may=requester_may, each=each, fallback=fallback),
            "evidence": evidence,
            "bake": LookPlan(length=EVERY * looks, count=looks, every=EVERY),
        },
    )


STAGES: Final = (
    stage("staging", count=0, evidence=Evidence.NOT_FAIL, traffic="none"),
    stage("pilots", "pilots.1", "pilots.2"),
    stage("global"),
)


def plan(
    *stages: StagePlan,
    deadlines: Deadlines | None = None,
    working_hours: WorkingHours | None = None,
    way_back_looks: int = 6,
    dry_run: bool = False,
    time_zone: str = "UTC",
    freezes: tuple[FreezePlan, ...] = (),
    authority: AuthorityPlan = HOUSE,
) -> Plan:
    return Plan(
        slot="chat",
        channel="model-rotation",
        suite="chat.suite.yml",
        stages=stages or STAGES,
        envelope_usd_per_month=6000,
        rollback_model=None,
        comparison=Comparison(),
        checks=Checks(),
        metrics=None,
        health=None,
        deadlines=deadlines or Deadlines(),
        working_hours=working_hours or WorkingHours(),
        time_zone=time_zone,
        way_back=WayBack(every_looks=way_back_looks),
        freezes=freezes,
        authority=authority,
        dry_run=dry_run,
    )


def comparison(
    verdict: Verdict = Verdict.PASS,
    *,
    name: str = "D17",
    digest: str = "",
    failed: tuple[Dimension, ...] = (),
    finished_at: datetime = NOON - timedelta(hours=1),
    alone: bool = False,
) -> ComparisonEvidence:
    return ComparisonEvidence(
        id=name,
        digest=digest or f"digest of {name}",
        verdict=verdict,
        finished_at=finished_at,
        candidate_alone=alone,
        failed=failed,
        summary=f"{name}: {verdict.value}",
    )


def check(verdict: Verdict, dimension: Dimension = Dimension.LATENCY, role: str = "guardrail") -> CheckResult:
    return CheckResult(
        name=f"{dimension.value} p95",
        dimension=dimension,
        role=role,
        verdict=verdict,
        reason="" if verdict is Verdict.PASS else "too_few_requests",
        candidate=1.2,
        current=1.0,
        interval=(0.1, None),
        n_candidate=120,
        n_current=480,
    )


def look(number: int, start: datetime, verdict: Verdict = Verdict.PASS) -> LookResult:
    return LookResult(
        number=number,
        window_start=start,
        window_end=start + EVERY,
        counted=True,
        verdict=verdict,
        checks=(check(verdict),),
    )


def item(state: str, dimension: Dimension = Dimension.QUALITY) -> VerificationItem:
    return VerificationItem(name=f"{dimension.value} of it", state=state, figures="7 of 9", dimension=dimension)
