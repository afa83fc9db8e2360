"""Rotations as people meet them, led there by the machine itself, event by event. One scene a thing to be shown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.rotation import events
from bot.rotation.calendar import next_opening
from bot.rotation.events import Event
from bot.rotation.evidence import CheckResult, ComparisonEvidence, Dimension, LookResult, Verdict, VerificationItem
from bot.rotation.machine import Moved, begin, transition
from bot.rotation.model.freezes import Binding, Scope
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import ModelRef, Models, Trigger
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import Plan, plan_for

T0: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OLD, NEW, BACK = "openai/gpt-4o-2024-11-20", "openai/gpt-4.1-mini", "openai/gpt-4o-mini"
MIA = Actor(id="U0MIA", name="Mia Larsen", groups=(GroupName.ML,), member=True)
MAX = Actor(id="U0MAX", name="Max Okafor", groups=(GroupName.ML,), member=True)
SAM = Actor(id="U0SAM", name="Sam Rivera", groups=(GroupName.SRE,), member=True)
FIN = Actor(id="U0FIN", name="Fin Dubois", groups=(GroupName.FINANCE,), member=True)
OF_GROUP = {GroupName.ML: MAX, GroupName.SRE: SAM, GroupName.FINANCE: FIN}
REASON = "A third of the price, <!channel> & the same <quality>"


def plan(*, dry_run: bool = False, tenants: int = 3, slot: str = "chat") -> Plan:
    """Three stages: staging without traffic, pilots with tenants, global."""
    runbook = Runbook.model_validate(
        {
            "channel": "model-rotation",
            "groups": {
                "ml": {"channel": "ml-oncall", "group": "ml-oncall"},
                "sre": {"channel": "sre-oncall", "group": "sre-oncall"},
                "finance": {"channel": "finance-ops", "people": ["U0FIN"]},
            },
            "provider": "openrouter",
            "slots": {
                slot: {
                    "suite": "chat.suite.yml",
                    "variable": "CRUVERO_OPENROUTER_MODEL",
                    "stages": {
                        "staging": {"env_file": "/etc/app/staging.env", "traffic": "none"},
                        "pilots": {
                            "env_file": "/etc/app/pilots.env",
                            "tenants": [f"tenant-{number:02}" for number in range(1, tenants + 1)],
                        },
                        "global": {"env_file": "/etc/app/global.env"},
                    },
                },
            },
        },
    )
    return plan_for(runbook, slot, dry_run=dry_run)


def models(*, restore_named: bool = False, old: str = OLD, new: str = NEW) -> Models:
    """The models of every scene."""
    ref = {"provider": "openrouter"}
    return Models(
        current=ModelRef(id=old, **ref),
        candidate=ModelRef(id=new, **ref),
        rollback=ModelRef(id=BACK, **ref),
        restore_named=restore_named,
    )


def evidence(verdict: Verdict = Verdict.PASS) -> ComparisonEvidence:
    """A comparison's evidence."""
    failed = (Dimension.QUALITY,) if verdict is Verdict.FAIL else ()
    return ComparisonEvidence(
        id="D17",
        digest="d" * 64,
        verdict=verdict,
        finished_at=T0 - timedelta(hours=1),
        dimensions={"quality": verdict.value, "tools": "not_tested", "latency": "pass", "cost": "pass"},
        failed=failed,
        summary="Quality 93.5 % against 92.0 %, cost a third.",
    )


def check(name: str, dimension: Dimension, verdict: Verdict = Verdict.PASS, **more: object) -> CheckResult:
    """A check's result with figures."""
    figures: dict[str, object] = {
        "unit": "share",
        "candidate": 0.009,
        "current": 0.008,
        "difference": 0.001,
        "interval": (-0.002, 0.004),
        "margin": 0.005,
        "limit": 0.08,
        "n_candidate": 12_400,
        "n_current": 11_900,
        "rule": "concurrent pocock 2/24",
    }
    return CheckResult.model_validate(
        {**figures, "name": name, "dimension": dimension, "verdict": verdict, **more},
    )


def checks(verdict: Verdict = Verdict.PASS) -> tuple[CheckResult, ...]:
    """All checks of a look; errors have the verdict."""
    reason = {Verdict.FAIL: "beyond_margin", Verdict.INCONCLUSIVE: "too_few_requests", Verdict.PASS: ""}[verdict]
    fails = verdict is Verdict.FAIL
    worse: dict[str, object] = {"candidate": 0.021, "difference": 0.013, "interval": (0.008, 0.018)} if fails else {}
    return (
        check("errors", Dimension.ERRORS, verdict, reason=reason, **worse),
        check(
            "latency",
            Dimension.LATENCY,
            unit="s",
            candidate=1.31,
            current=1.2,
            difference=0.09,
            interval=(0.02, 0.17),
            limit=8.0,
            margin=0.25,
        ),
        check(
            "cost",
            Dimension.COST,
            unit="USD",
            candidate=0.0012,
            current=0.0021,
            difference=-0.43,
            interval=(-0.45, -0.40),
            margin=0.2,
            limit=None,
        ),
        check("tools", Dimension.TOOLS, Verdict.INCONCLUSIVE, role="report", reason="no_series", candidate=None),
    )


def moved(rotation: Rotation, event: Event) -> Rotation:
    """The state an event leads to; a refusal is a mistake of the scene."""
    outcome = transition(rotation, event)
    assert isinstance(outcome, Moved), outcome
    return outcome.rotation


def begun(
    plan_: Plan | None = None,
    *,
    verdict: Verdict = Verdict.PASS,
    blocked_by: str = "",
    models_: Models | None = None,
    reason: str = REASON,
) -> Rotation:
    """Just begun, not even its targets read."""
    outcome = begin(
        "R42",
        plan_ or plan(),
        models_ or models(),
        evidence(verdict),
        MIA,
        trigger=Trigger.COST,
        reason=reason,
        at=T0,
        blocked_by=blocked_by,
    )
    assert isinstance(outcome, Moved), outcome
    return outcome.rotation


def read(rotation: Rotation, at: datetime = T0) -> Rotation:
    """Its targets hold the current model."""
    held = rotation.models.current.id
    readings = tuple(events.Reading(target=target.id, value=held) for target in rotation.targets)
    return moved(rotation, events.TargetsRead(at=at, purpose="start", readings=readings))


def preflighted(rotation: Rotation, at: datetime, **more: object) -> Rotation:
    """The last look before a change, all well unless said otherwise."""
    readings = tuple(
        events.Reading(target=target.id, value=rotation.models.current.id) for target in rotation.stage_plan.targets
    )
    found: dict[str, object] = {
        "at": at,
        "attempt": rotation.attempt,
        "stage": rotation.stage,
        "readings": readings,
        "groups_now": {MAX.id: (GroupName.ML,)},
        "way_back_ok": True,
    }
    return moved(rotation, events.Preflighted.model_validate({**found, **more}))


def written(rotation: Rotation, at: datetime, outcome: str = "done", **more: object) -> Rotation:
    """The answer to the write of the stage's only target."""
    target = rotation.stage_plan.targets[0].id
    found: dict[str, object] = {"at": at, "attempt": rotation.attempt, "target": target, "outcome": outcome}
    return moved(rotation, events.TargetWritten.model_validate({**found, "changed": outcome == "done", **more}))


def looked(rotation: Rotation, **more: object) -> Rotation:
    """The next look: seen and fine unless said otherwise."""
    bake = rotation.bake
    assert bake is not None
    start, end = bake.next_window
    found: dict[str, object] = {
        "number": bake.taken + 1,
        "window_start": start,
        "window_end": end,
        "counted": True,
        "verdict": Verdict.PASS,
        "checks": checks(),
    }
    result = LookResult.model_validate({**found, **more})
    return moved(rotation, events.LookTaken(at=end, stage=bake.stage, attempt=bake.attempt, result=result))


def baked(rotation: Rotation) -> Rotation:
    """Watched to the end of the stage it is at, all fine."""
    stage = rotation.stage
    while rotation.bake is not None and not rotation.bake.sealed and rotation.bake.stage == stage:
        rotation = looked(rotation)
    return rotation


def later(rotation: Rotation) -> datetime:
    """A moment after everything that has happened so far."""
    return rotation.bake.next_window[1] if rotation.bake is not None else T0 + timedelta(minutes=5)


def staging_watched() -> Rotation:
    """Staging holds the new model and is being watched, no look yet."""
    return written(preflighted(read(begun()), T0), T0 + timedelta(minutes=1))


def pilots_asked() -> Rotation:
    """Staging was fine; pilots is asked for and the request has arrived."""
    rotation = baked(staging_watched())
    assert rotation.request is not None
    return moved(rotation, events.Delivered(at=later(rotation), question=rotation.request.id))


def approved(rotation: Rotation, by: Actor = MAX, start: datetime | None = None) -> Rotation:
    """Somebody said yes to the open request."""
    request = rotation.request
    assert request is not None
    yes = events.Approve(at=later(rotation), actor=by, request=request.id, digest=request.digest, start=start)
    return moved(rotation, yes)


def scheduled() -> Rotation:
    """Pilots is approved, for the next morning."""
    asked = pilots_asked()
    return approved(asked, start=next_opening(later(asked), asked.plan))


def pilots_waiting_for_traffic() -> Rotation:
    """Pilots is set; nobody has asked the new model anything yet."""
    rotation = approved(pilots_asked())
    at = later(rotation)
    return written(preflighted(rotation, at), at)


def pilots_watched() -> Rotation:
    """Pilots is being watched, five looks in."""
    rotation = pilots_waiting_for_traffic()
    seen = events.TrafficChecked(
        at=later(rotation), attempt=rotation.attempt, stage=rotation.stage, back=False, seen=True
    )
    rotation = moved(rotation, seen)
    for _ in range(5):
        rotation = looked(rotation)
    return rotation


def held() -> Rotation:
    """Pilots cannot be judged: no requests."""
    unseen = {"counted": False, "verdict": Verdict.INCONCLUSIVE, "checks": (), "reasons": ("no_requests",)}
    return looked(pilots_watched(), **unseen)


def incident() -> Rotation:
    """Both models fail on pilots."""
    unseen = {"counted": False, "verdict": Verdict.INCONCLUSIVE, "incident": True, "reasons": ("both_arms_worse",)}
    return looked(pilots_watched(), **unseen)


def held_too_long() -> Rotation:
    """Held for as long as pilots was to be watched: SRE is asked."""
    rotation = held()
    while rotation.decision is None:
        rotation = looked(
            rotation,
            counted=False,
            verdict=Verdict.INCONCLUSIVE,
            checks=checks(Verdict.INCONCLUSIVE),
            reasons=("timeout",),
        )
    return moved(rotation, events.Delivered(at=later(rotation), question=rotation.decision.id))


def cannot_tell() -> Rotation:
    """All looks of pilots are done and do not say fine."""
    rotation = pilots_watched()
    while rotation.decision is None:
        rotation = looked(rotation, verdict=Verdict.INCONCLUSIVE, checks=checks(Verdict.INCONCLUSIVE))
    return rotation


def signal_failed() -> Rotation:
    """Pilots cost more than is allowed, and the runbook says that cost asks."""
    found = [one for one in checks() if one.name != "cost"]
    worse = {"candidate": 0.0030, "difference": 0.43, "interval": (0.35, 0.52), "reason": "beyond_margin"}
    dearer = next(one for one in checks() if one.name == "cost").model_copy(
        update={**worse, "verdict": Verdict.FAIL, "role": "signal"}
    )
    reasons = ("beyond_margin",)
    return looked(pilots_watched(), verdict=Verdict.INCONCLUSIVE, checks=(*found, dearer), reasons=reasons)


def went_on() -> Rotation:
    """The owning group went on with can't-tell; global is asked for."""
    rotation = cannot_tell()
    assert rotation.decision is not None
    by = OF_GROUP[rotation.decision.group]
    answer = events.Decide(
        at=later(rotation), actor=by, decision=rotation.decision.id, choice=Choice.GO_ON, reason="Night traffic is thin"
    )
    return moved(rotation, answer)


def global_asked() -> Rotation:
    """Pilots was watched to its end; global is asked for."""
    return baked(pilots_watched())


def global_watched() -> Rotation:
    """Global holds the new model and is being watched."""
    rotation = approved(global_asked())
    at = later(rotation)
    rotation = written(preflighted(rotation, at), at)
    seen = events.TrafficChecked(at=at, attempt=rotation.attempt, stage=rotation.stage, back=False, seen=True)
    return moved(rotation, seen)


def verifying() -> Rotation:
    """Everything was watched; the list is being read."""
    return baked(global_watched())


def items(state: str = "met") -> tuple[VerificationItem, ...]:
    """The verification list."""
    return (
        VerificationItem(
            name="acceptance prompts", state=state, figures="119 of 120 pass, 118 before", dimension=Dimension.QUALITY
        ),
        VerificationItem(
            name="tool calls and retries", state="not_measured", figures="add `tool_calls`", dimension=Dimension.TOOLS
        ),
        VerificationItem(
            name="cost and latency", state="met", figures="$0.0012 a run, p95 3.1 s", dimension=Dimension.COST
        ),
        VerificationItem(name="provider health", state="met", dimension=Dimension.HEALTH),
    )


def completed() -> Rotation:
    """Completed, all on the new model."""
    rotation = verifying()
    return moved(rotation, events.Verified(at=later(rotation), items=items()))


def cannot_verify() -> Rotation:
    """The list can't be told."""
    rotation = verifying()
    return moved(rotation, events.Verified(at=later(rotation), items=items("cannot_tell")))


def paused() -> Rotation:
    """Paused while pilots is watched."""
    rotation = pilots_watched()
    return moved(rotation, events.PauseIt(at=later(rotation), actor=SAM, reason="deploy freeze"))


FREEZE: Final = Binding(
    freeze="F3",
    stage="pilots",
    scope=Scope(kind="all"),
    by="Sam Rivera",
    reason="year end <!channel>",
    since=T0,
    until=T0 + timedelta(days=4),
    lifters=(GroupName.ML,),
)
"""What Sam froze."""
WRITTEN: Final = FREEZE.model_copy(update={"freeze": "nights", "scope": None, "by": "", "reason": "", "lifters": ()})
"""One of the runbook's."""


def put_off(freeze: Binding = FREEZE) -> Rotation:
    """Pilots is approved, and a freeze holds it."""
    rotation = approved(pilots_asked())
    at = later(rotation)
    met = events.FreezeMet(at=at, stage=rotation.stage, attempt=rotation.attempt, freeze=freeze)
    return moved(rotation, met)


def lapsed() -> Rotation:
    """Nobody approved pilots in time."""
    rotation = pilots_asked()
    request = rotation.request
    assert request is not None
    assert request.deadline is not None
    return moved(rotation, events.TimerFired(at=request.deadline, name="deadline"))


def rolling_back(rotation: Rotation | None = None) -> Rotation:
    """A check failed on pilots; both stages are going back."""
    return looked(rotation or pilots_watched(), verdict=Verdict.FAIL, checks=checks(Verdict.FAIL))


def restored(rotation: Rotation) -> Rotation:
    """Every place that was changed holds the old model again."""
    for target in rotation.targets:
        if target.standing.value == "restoring":
            done = events.TargetRestored(at=later(rotation), target=target.id, outcome="done", found=OLD)
            rotation = moved(rotation, done)
    return rotation


def stuck() -> Rotation:
    """A place cannot be restored."""
    rotation = rolling_back()
    trouble = events.TargetRestored(at=later(rotation), target="pilots", outcome="failed", detail="permission denied")
    return moved(rotation, trouble)


def drifted_back() -> Rotation:
    """A place to be restored holds somebody else's model."""
    rotation = rolling_back()
    other = events.TargetRestored(
        at=later(rotation), target="pilots", outcome="drifted", found="openai/o3", detail="it changed meanwhile"
    )
    return moved(rotation, other)


def rolled_back(*, seen: bool = True) -> Rotation:
    """Back on the old model; without `seen`, nobody has asked it anything since."""
    rotation = restored(rolling_back())
    at = later(rotation) + timedelta(minutes=20)
    back = events.TrafficChecked(at=at, attempt=rotation.attempt, stage=1, back=True, seen=seen)
    return moved(rotation, back)


def errored(outcome: str = "failed", *, changed: bool = False) -> Rotation:
    """Pilots could not be set, or holds something else."""
    rotation = approved(pilots_asked())
    at = later(rotation)
    more = {"detail": "permission denied: /etc/app/pilots.env", "found": "openai/o3" if outcome == "drifted" else None}
    return written(preflighted(rotation, at), at, outcome, changed=changed, **more)


def settled_unread() -> Rotation:
    """Pilots can never be read again and staging was left with somebody else's model; SRE said why."""
    rotation = stuck()
    at = later(rotation)
    gone = {"pilots": {"problem": "no such host"}, "staging": {"value": "openai/o3"}}
    readings = tuple(events.Reading(target=one.id, **gone.get(one.id, {"value": OLD})) for one in rotation.targets)
    for _ in range(2):
        rotation = moved(rotation, events.SettleByHand(at=at, actor=SAM, reason="that cluster was torn down"))
        rotation = moved(rotation, events.TargetsRead(at=at, purpose="settle", readings=readings, by=SAM))
    return rotation


def not_begun() -> Rotation:
    """What is live could not be read."""
    rotation = begun()
    readings = tuple(events.Reading(target=one.id, problem="no answer") for one in rotation.targets)
    return moved(rotation, events.TargetsRead(at=T0, purpose="start", readings=readings))


def watched_on() -> Rotation:
    """Every planned look of pilots was seen while it was paused, then none; it was resumed."""
    rotation = moved(pilots_watched(), events.PauseIt(at=T0, actor=SAM))
    while rotation.watched.completing is None:
        rotation = looked(rotation)
    rotation = looked(rotation, verdict=Verdict.INCONCLUSIVE, counted=False, reasons=("no_requests",))
    return moved(rotation, events.Resume(at=later(rotation), actor=SAM))


def settled() -> Rotation:
    """SRE settled it by hand."""
    rotation = errored()
    at = later(rotation)
    rotation = moved(rotation, events.SettleByHand(at=at, actor=SAM, reason="mended by hand"))
    readings = tuple(events.Reading(target=target.id, value=OLD) for target in rotation.targets)
    return moved(rotation, events.TargetsRead(at=at, purpose="settle", readings=readings, by=SAM))


def no_first_stage_yet() -> Rotation:
    """The comparison can't tell, and staging is opened by it; pilots then asks for a decision."""
    rotation = read(begun(verdict=Verdict.INCONCLUSIVE))
    rotation = written(preflighted(rotation, T0), T0 + timedelta(minutes=1))
    return baked(rotation)


def break_glass() -> Rotation:
    """The comparison says worse: the first stage is a decision."""
    return read(begun(verdict=Verdict.FAIL))


def broken_glass() -> Rotation:
    """Two of ML went on against the comparison; staging is being set."""
    rotation = break_glass()
    assert rotation.decision is not None
    asked = rotation.decision.id
    lea = Actor(id="U0LEA", name="Lea Berg", groups=(GroupName.ML,), member=True)
    for by, reason in ((MAX, "the old one is worse still"), (lea, "agreed")):
        answer = events.Decide(at=T0, actor=by, decision=asked, choice=Choice.GO_ON, reason=reason)
        rotation = moved(rotation, answer)
    return rotation


def dry_run() -> Rotation:
    """A dry run to its end."""
    rotation = preflighted(read(begun(plan(dry_run=True))), T0)
    rotation = preflighted(approved(rotation), T0)
    return preflighted(approved(rotation), T0)


def first_asked() -> Rotation:
    """A dry run's first request, where nothing was changed yet."""
    return preflighted(read(begun(plan(dry_run=True))), T0)


def rejected() -> Rotation:
    """Max said no before anything was changed."""
    rotation = first_asked()
    request = rotation.request
    assert request is not None
    return moved(rotation, events.Reject(at=T0, actor=MAX, request=request.id, reason="Not before the holidays"))


def aborted() -> Rotation:
    """Ended by hand before anything was changed."""
    return moved(first_asked(), events.Abort(at=T0, actor=MIA))


def sent_back() -> Rotation:
    """The last look before the change found that somebody else changed pilots."""
    rotation = approved(pilots_asked())
    readings = (events.Reading(target="pilots", value="openai/o3"),)
    return preflighted(rotation, later(rotation), readings=readings)


def hands_off() -> Rotation:
    """SRE took hands off while pilots is watched."""
    rotation = pilots_watched()
    event = events.HandsOffIt(at=later(rotation), actor=OF_GROUP[GroupName.SRE], reason="Moving the load balancer")
    return moved(rotation, event)


def failing() -> Rotation:
    """A check fails meanwhile."""
    return looked(hands_off(), verdict=Verdict.FAIL, checks=checks(Verdict.FAIL))


def wanted() -> Rotation:
    """Another rotation wants the slot while pilots is watched."""
    rotation = pilots_watched()
    event = {"at": later(rotation), "rotation": "R43", "by": MAX.name, "by_id": MAX.id, "reason": REASON}
    return moved(rotation, events.SlotWanted.model_validate(event))


def asked_to_give_way() -> Rotation:
    """A rotation in line whose requester asked for the slot, and was told no."""
    rotation = moved(begun(blocked_by="R41"), events.Supersede(at=T0, actor=MIA, reason=REASON))
    return moved(rotation, events.WishRefused(at=T0, holder="R41", by=MAX.name))


def way_back_broken() -> Rotation:
    """The old model is gone while pilots is watched."""
    rotation = pilots_watched()
    return moved(rotation, events.WayBackChecked(at=later(rotation), ok=False, detail="404 model not found"))


SCENES: Final[dict[str, Callable[[], Rotation]]] = {
    "queued": lambda: begun(blocked_by="R41"),
    "reading": begun,
    "staging_watched": staging_watched,
    "first_asked": first_asked,
    "pilots_asked": pilots_asked,
    "sent_back": sent_back,
    "scheduled": scheduled,
    "preflight": lambda: approved(pilots_asked()),
    "waiting_for_traffic": pilots_waiting_for_traffic,
    "pilots_watched": pilots_watched,
    "wanted": wanted,
    "asked_to_give_way": asked_to_give_way,
    "hands_off": hands_off,
    "failing": failing,
    "held": held,
    "incident": incident,
    "way_back_broken": way_back_broken,
    "held_too_long": held_too_long,
    "cannot_tell": cannot_tell,
    "signal_failed": signal_failed,
    "went_on": went_on,
    "cannot_verify": cannot_verify,
    "comparison_inconclusive": no_first_stage_yet,
    "break_glass": break_glass,
    "broken_glass": broken_glass,
    "verifying": verifying,
    "paused": paused,
    "lapsed": lapsed,
    "put_off": put_off,
    "put_off_by_the_runbook": lambda: put_off(WRITTEN.model_copy(update={"until": T0 + timedelta(days=9)})),
    "rolling_back": rolling_back,
    "restored": lambda: restored(rolling_back()),
    "stuck": stuck,
    "drifted_back": drifted_back,
    "write_failed": errored,
    "drifted": lambda: errored("drifted"),
    "rejected": rejected,
    "aborted": aborted,
    "dry_run": dry_run,
    "completed": completed,
    "rolled_back": rolled_back,
    "unconfirmed": lambda: rolled_back(seen=False),
    "settled": settled,
    "settled_unread": settled_unread,
    "drifted_after_the_write": lambda: errored("drifted", changed=True),
    "not_begun": not_begun,
    "watched_on": watched_on,
    "restore_named": lambda: read(begun(models_=models(restore_named=True))),
}
"""Every scene by name."""
