"""A rotation as a script: what happens, what it leads to, where it is then. A mismatch prints the whole script.

Every step also shows that state, event and effects survive being stored, and that folding the events anew gives the
same state.
"""

from datetime import datetime, timedelta
from typing import Literal, NoReturn, Self

import pytest
from pydantic import TypeAdapter

from bot.rotation.effects import Effect
from bot.rotation.events import (
    Abort,
    Approve,
    ConfirmByHand,
    Decide,
    Delivered,
    Event,
    FreezeMet,
    FreezesChanged,
    GiveWay,
    HandsOffIt,
    HandsOnIt,
    LookTaken,
    PauseIt,
    Preflighted,
    Promote,
    Reading,
    Reject,
    RenewComparison,
    Resume,
    Retry,
    RollBack,
    SettleByHand,
    SlotFreed,
    SlotTaken,
    SlotUnwanted,
    SlotWanted,
    Supersede,
    TargetRestored,
    TargetsRead,
    TargetWritten,
    TimerFired,
    TrafficChecked,
    Verified,
    WasDown,
    WishRefused,
    Withdraw,
)
from bot.rotation.evidence import ComparisonEvidence, Verdict, VerificationItem
from bot.rotation.machine import Moved, Outcome, Refused, begin, transition
from bot.rotation.model.freezes import Binding, Scope
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import Models, Trigger
from bot.rotation.model.targets import Standing
from bot.runbook.models.plan import Plan
from tests.rotation.cast import ALICE, BOB, CAROL, MEL, MODELS, NOON, SAM, comparison, item, look, plan

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)
APPROVERS = (BOB, CAROL)


class Play:
    """A rotation being played; `at` is the time of the next event."""

    def __init__(self, outcome: Outcome) -> None:
        assert isinstance(outcome, Moved), outcome
        self.first = self.rotation = outcome.rotation
        self.effects = outcome.effects
        self.at = outcome.rotation.begun_at
        self.events: list[Event] = []
        self.script = ["begin", *self._told()]
        self.matched = 0

    # ---- what happens

    def on(self, event: Event) -> Self:
        """Let something happen that must be taken."""
        outcome = transition(self.rotation, event)
        self.script.append(f"<- {event.kind} {_brief(event)}")
        if isinstance(outcome, Refused):
            self._fail(f"refused: {outcome.deny}")
        self._stored(event, outcome)
        self.rotation, self.effects, self.matched = outcome.rotation, outcome.effects, 0
        self.events.append(event)
        self.script += self._told()
        return self

    def refuses(self, event: Event, code: str) -> Self:
        """Let something happen that must be refused for this reason."""
        outcome = transition(self.rotation, event)
        self.script.append(f"<- {event.kind} {_brief(event)}")
        if isinstance(outcome, Moved):
            self._fail(f"was taken, but had to be refused: {code}")
        if outcome.deny.code.value != code:
            self._fail(f"refused with {outcome.deny}, not {code}")
        self.script.append(f"   refused: {code}")
        self.facts = outcome.deny.facts
        return self

    def ignores(self, event: Event) -> Self:
        """Let something happen that says nothing new: only the version moves."""
        before = self.rotation
        self.on(event)
        if self.effects or self.rotation.model_copy(update={"version": before.version}) != before:
            self._fail("had to change nothing")
        return self

    def after(self, **length: float) -> Self:
        """Let time pass."""
        self.at += timedelta(**length)
        self.script.append(f"   .. {self.at:%a %H:%M:%S}")
        return self

    # ---- what must follow

    def expect(self, kind: str, **fields: object) -> Self:
        """The last event led to such an effect, after those already expected."""
        for place, effect in enumerate(self.effects[self.matched :], start=self.matched):
            if effect.kind == kind and all(_field(effect, name) == value for name, value in fields.items()):
                self.matched = place + 1
                return self
        return self._fail(f"expected {kind} {fields}")

    def never(self, *kinds: str) -> Self:
        """The last event led to no such effect."""
        if any(effect.kind in kinds for effect in self.effects):
            self._fail(f"expected none of {kinds}")
        return self

    def in_phase(self, phase: str) -> Self:
        """It is in that phase now."""
        if self.rotation.phase != phase:
            self._fail(f"expected to be in {phase}")
        return self

    def standing(self, **standings: str) -> Self:
        """How targets stand; `pilots_1` is target `pilots.1`."""
        for name, standing in standings.items():
            found = self.rotation.target(name.replace("_", ".")).standing
            if found != Standing(standing):
                self._fail(f"expected {name} to be {standing}, not {found.value}")
        return self

    def _told(self) -> list[str]:
        return [f"   -> {effect.kind} {_brief(effect)}" for effect in self.effects if effect.kind != "update_card"] + [
            f"   = {self.rotation.phase.value}"
        ]

    def _fail(self, why: str) -> NoReturn:
        pytest.fail("\n".join([*self.script, f"!! {why}"]), pytrace=False)

    def _stored(self, event: Event, moved: Moved) -> None:
        assert EVENT.validate_json(EVENT.dump_json(event)) == event
        assert Rotation.model_validate_json(moved.rotation.model_dump_json()) == moved.rotation
        for effect in moved.effects:
            assert EFFECT.validate_json(EFFECT.dump_json(effect)) == effect
        assert moved.rotation.version == self.rotation.version + 1

    def replayed(self) -> Rotation:
        """The state that folding all events anew gives."""
        rotation = self.first
        for event in self.events:
            outcome = transition(rotation, event)
            assert isinstance(outcome, Moved)
            rotation = outcome.rotation
        return rotation

    # ---- the people

    @property
    def request(self) -> str:
        assert self.rotation.request is not None
        return self.rotation.request.id

    @property
    def digest(self) -> str:
        assert self.rotation.request is not None
        return self.rotation.request.digest

    @property
    def decision(self) -> str:
        assert self.rotation.decision is not None
        return self.rotation.decision.id

    def approve(self, by: Actor, start: datetime | None = None) -> Approve:
        return Approve(start=start, at=self.at, actor=by, request=self.request, digest=self.digest)

    def withdraw(self, by: Actor) -> Withdraw:
        return Withdraw(at=self.at, actor=by)

    def reject(self, by: Actor, reason: str = "") -> Reject:
        return Reject(at=self.at, actor=by, request=self.request, reason=reason)

    def decide(self, by: Actor, choice: Choice, reason: str = "") -> Decide:
        return Decide(at=self.at, actor=by, decision=self.decision, choice=choice, reason=reason)

    def promote(self, by: Actor = ALICE) -> Promote:
        return Promote(at=self.at, actor=by)

    def roll_back(self, by: Actor = ALICE, later: str = "", reason: str = "") -> RollBack:
        return RollBack(at=self.at, actor=by, later_rotation=later, reason=reason)

    def pause(self, by: Actor = ALICE) -> PauseIt:
        return PauseIt(at=self.at, actor=by, reason="lunch")

    def resume(self, by: Actor = ALICE) -> Resume:
        return Resume(at=self.at, actor=by)

    def abort(self, by: Actor = ALICE) -> Abort:
        return Abort(at=self.at, actor=by)

    def retry(self, by: Actor = ALICE) -> Retry:
        return Retry(at=self.at, actor=by)

    def settle(self, by: Actor = ALICE, reason: str = "") -> SettleByHand:
        return SettleByHand(at=self.at, actor=by, reason=reason)

    def confirm(self, by: Actor = ALICE) -> ConfirmByHand:
        return ConfirmByHand(at=self.at, actor=by)

    def hands_off(self, by: Actor = SAM, *, reason: str = "moving traffic", minutes: float | None = None) -> HandsOffIt:
        lasts = None if minutes is None else timedelta(minutes=minutes)
        return HandsOffIt(at=self.at, actor=by, reason=reason, lasts=lasts)

    def hands_on(self, by: Actor = SAM) -> HandsOnIt:
        return HandsOnIt(at=self.at, actor=by)

    def supersede(self, by: Actor = ALICE, before: str = "", reason: str = "it is urgent") -> Supersede:
        return Supersede(at=self.at, actor=by, before=before, reason=reason)

    def give_way(self, by: Actor = ALICE, wish: str = "R43", *, yes: bool = True) -> GiveWay:
        return GiveWay(at=self.at, actor=by, wish=wish, yes=yes)

    def renew(self, new: ComparisonEvidence, by: Actor = ALICE) -> RenewComparison:
        return RenewComparison(
            at=self.at, actor=by, comparison=new, slot=self.rotation.slot, models=self.rotation.models
        )

    # ---- the answers

    def held(self, **values: str | None) -> tuple[Reading, ...]:
        """Every target holding what it should by its standing, but for `values`."""
        models = self.rotation.models
        ours = {Standing.WRITTEN, Standing.WRITING, Standing.DRIFTED}
        return tuple(
            Reading(
                target=t.id,
                value=values.get(
                    t.id.replace(".", "_"), models.candidate.id if t.standing in ours else models.current.id
                ),
            )
            for t in self.rotation.targets
        )

    def read(self, purpose: Literal["start", "settle"] = "start", **values: str | None) -> TargetsRead:
        return TargetsRead(at=self.at, purpose=purpose, readings=self.held(**values), by=ALICE)

    def unread(
        self, *targets: str, purpose: Literal["start", "settle"] = "start", why: str = "gone", **values: str | None
    ) -> TargetsRead:
        """The targets read, but for those that cannot be."""
        gone = {"value": None, "problem": why}
        readings = tuple(r.model_copy(update=gone) if r.target in targets else r for r in self.held(**values))
        return TargetsRead(at=self.at, purpose=purpose, readings=readings, by=ALICE)

    def preflighted(self, **changes: object) -> Preflighted:
        approvals = self.rotation.request.approvals if self.rotation.request else ()
        found = {
            "at": self.at,
            "stage": self.rotation.stage,
            "attempt": self.rotation.attempt,
            "readings": self.held(),
            "groups_now": {a.by.id: a.by.groups for a in approvals},
            "way_back_ok": True,
        }
        return Preflighted.model_validate({**found, **changes})

    def freeze_met(self, until: datetime, target: str = "", name: str = "F1", **changes: object) -> FreezeMet:
        """A freeze that holds until then, met before the change, or when it was a target's turn."""
        stage, scope = self.rotation.stage_plan.name, Scope(kind="all")
        freeze = Binding(freeze=name, stage=stage, scope=scope, by="sam", reason="why", since=NOON, until=until)
        met = {"at": self.at, "stage": self.rotation.stage, "attempt": self.rotation.attempt, "freeze": freeze}
        seen = self.rotation.freezes_seen
        return FreezeMet.model_validate({**met, "seen": seen, "target": target, **changes})

    def freezes_changed(self) -> FreezesChanged:
        return FreezesChanged(at=self.at)

    def written(
        self,
        target: str,
        outcome: Literal["done", "drifted", "failed"] = "done",
        *,
        changed: bool = True,
        attempt: int = 0,
        found: str | None = None,
    ) -> TargetWritten:
        return TargetWritten(
            at=self.at,
            attempt=attempt or self.rotation.attempt,
            target=target,
            outcome=outcome,
            changed=changed,
            found=found,
            detail="" if outcome == "done" else f"{target} is {outcome}",
        )

    def restored(
        self,
        target: str,
        outcome: Literal["done", "drifted", "failed"] = "done",
        detail: str = "",
        found: str | None = None,
    ) -> TargetRestored:
        said = detail or ("" if outcome == "done" else outcome)
        return TargetRestored(at=self.at, target=target, outcome=outcome, found=found, detail=said)

    def traffic(self, *, seen: bool = True, stage: int | None = None) -> TrafficChecked:
        here = self.rotation.stage if stage is None else stage
        return TrafficChecked(at=self.at, attempt=self.rotation.attempt, stage=here, back=False, seen=seen)

    def traffic_back(self, stage: int, *, seen: bool = True, errors_normal: bool = True) -> TrafficChecked:
        return TrafficChecked(
            at=self.at,
            attempt=self.rotation.attempt,
            stage=stage,
            back=True,
            seen=seen,
            errors_normal=errors_normal,
            detail="errors 9 %",
        )

    def looked(self, verdict: Verdict = Verdict.PASS, **changes: object) -> LookTaken:
        bake = self.rotation.bake
        assert bake is not None
        start, end = bake.next_window
        result = look(bake.taken + 1, start, verdict).model_copy(update={"window_end": end, **changes})
        return LookTaken(at=self.at, stage=bake.stage, attempt=bake.attempt, result=result)

    def verified(self, *items: VerificationItem, incident: bool = False) -> Verified:
        return Verified(at=self.at, items=items or (item("met"),), incident=incident)

    def timer(self, name: str) -> TimerFired:
        return TimerFired(at=self.at, name=name)

    def delivered(self) -> Delivered:
        question = self.rotation.decision if self.rotation.phase == "awaiting_decision" else self.rotation.request
        assert question is not None
        return Delivered(at=self.at, question=question.id)

    def freed(self) -> SlotFreed:
        return SlotFreed(at=self.at)

    def taken(self, by: str) -> SlotTaken:
        return SlotTaken(at=self.at, by=by)

    def wanted(self, by: Actor = MEL, wish: str = "R43") -> SlotWanted:
        return SlotWanted(at=self.at, rotation=wish, by=by.name, by_id=by.id, reason="it is urgent")

    def unwanted(self, wish: str = "R43") -> SlotUnwanted:
        return SlotUnwanted(at=self.at, rotation=wish)

    def refused(self, holder: str, by: Actor = BOB) -> WishRefused:
        return WishRefused(at=self.at, holder=holder, by=by.name)

    def was_down(self, **length: float) -> WasDown:
        self.at += timedelta(**length)
        return WasDown(at=self.at, length=timedelta(**length))

    # ---- whole passages

    def look_due(self, verdict: Verdict = Verdict.PASS, **changes: object) -> Self:
        """The next look comes due, is taken, and says that."""
        assert self.rotation.bake is not None
        self.at = max(self.at, self.rotation.bake.next_window[1])
        return self.on(self.timer("look")).expect("take_look").on(self.looked(verdict, **changes))

    def bake(self, looks: int = 2) -> Self:
        """The bake of the stage it is in passes."""
        for _ in range(looks):
            self.look_due()
        return self

    def applied(self) -> Self:
        """The stage it is in is applied and traffic seen: from the preflight into the bake."""
        self.on(self.preflighted())
        for target in self.rotation.stage_plan.targets:
            self.on(self.written(target.id))
        if self.rotation.stage_plan.traffic == "live":
            self.on(self.traffic())
        return self.in_phase("baking")

    def to_request(self, stage: int) -> Self:
        """On until that stage (1 pilots, 2 global) asks for approval."""
        self.on(self.read()).applied().bake()
        for by in APPROVERS[: stage - 1]:
            self.on(self.delivered()).on(self.approve(by)).applied().bake()
        return self.in_phase("awaiting_approval")

    def to_baking(self, stage: int) -> Self:
        """On until that stage is watched."""
        if stage == 0:
            return self.on(self.read()).applied()
        return self.to_request(stage).on(self.approve(APPROVERS[0])).applied()

    def to_verifying(self) -> Self:
        """On until the verification list is gone through."""
        return self.to_baking(2).bake().in_phase("verifying")

    def to_completed(self) -> Self:
        """On until the end."""
        return self.to_verifying().on(self.verified()).in_phase("completed")


def _field(effect: Effect, name: str) -> object:
    facts = getattr(effect, "facts", {})
    return facts[name] if name in facts else getattr(effect, name, None)


def _brief(thing: Event | Effect) -> str:
    shown = thing.model_dump(
        mode="json", exclude={"kind", "at", "number", "actor", "readings", "groups_now", "result", "by"}
    )
    if isinstance(thing, LookTaken):
        shown |= thing.result.model_dump(mode="json", include={"number", "counted", "verdict", "incident", "reasons"})
    if "facts" in shown:
        shown["facts"] = {name: fact for name, fact in shown["facts"].items() if name not in {"checks", "items"}}
    actor = getattr(thing, "actor", None)
    said = [actor.name] if actor else []
    return " ".join([*said, *(f"{name}={value}" for name, value in shown.items() if value not in ("", None))])


def begun(
    the_plan: Plan | None = None,
    *,
    models: Models = MODELS,
    evidence: ComparisonEvidence | None = None,
    blocked_by: str = "",
    requester: Actor = ALICE,
) -> Play:
    """A rotation as `promote D17` begins it."""
    return Play(
        begin(
            "R42",
            the_plan or plan(),
            models,
            evidence or comparison(),
            requester,
            trigger=Trigger.NEW_MODEL,
            reason="newer",
            at=NOON,
            blocked_by=blocked_by,
        ),
    )
