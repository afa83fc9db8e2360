"""The outside of a rotation, for the state machines: targets that hold values, an outbox, timers, people.

Effects are performed as the engine performs them: in order within a lane, only while still wanted, and at least once. A
write can be given up on and land later all the same.
"""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from itertools import product
from typing import get_args

from bot.rotation.effects import (
    ApplyTarget,
    CheckTraffic,
    ClearTimer,
    Effect,
    Lane,
    PostQuestion,
    Preflight,
    ProveWayBack,
    ReadTargets,
    RestoreTarget,
    SetTimer,
    TakeLook,
    Verify,
    lane_of,
)
from bot.rotation.events import (
    Approve,
    Delivered,
    Event,
    FreezeMet,
    Human,
    HumanEvent,
    LookTaken,
    Preflighted,
    Reading,
    TargetRestored,
    TargetsRead,
    TargetWritten,
    TimerFired,
    TrafficChecked,
    Verified,
    WayBackChecked,
)
from bot.rotation.evidence import Dimension, LookResult, Verdict
from bot.rotation.freezes import binding
from bot.rotation.machine import Moved, Outcome, begin, transition
from bot.rotation.model.freezes import Binding, Freeze
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import ModelRef, Trigger
from bot.rotation.model.targets import Standing
from bot.rotation.policy import digest_now
from bot.rotation.wanted import still_wanted
from bot.runbook.models.plan import Plan
from tests.rotation.cast import ALICE, BOB, CAROL, FAY, MODELS, NED, NOON, SAM, check, comparison, item

PEOPLE = {actor.id: actor for actor in (ALICE, BOB, CAROL, SAM, FAY, NED)}
ANSWERING = (ReadTargets, Preflight, ApplyTarget, RestoreTarget, CheckTraffic, TakeLook, ProveWayBack, Verify)
OURS = MODELS.candidate.id
HUMAN_KINDS: dict[str, type[Human]] = {kind.model_fields["kind"].default: kind for kind in get_args(HumanEvent)}
EXCEPTIONS = {(Phase.COMPLETED, Phase.ROLLING_BACK)}


class World:
    """One rotation and everything it asks for."""

    def __init__(self, plan: Plan, verdict: Verdict, blocked_by: str) -> None:
        begun = begin(
            "R42",
            plan,
            MODELS,
            comparison(verdict),
            ALICE,
            trigger=Trigger.NEW_MODEL,
            reason="newer",
            at=NOON,
            blocked_by=blocked_by,
        )
        assert isinstance(begun, Moved)
        self.first = self.rotation = begun.rotation
        self.at = NOON
        self.before = {target.id: MODELS.current.id for target in begun.rotation.targets}
        self.holds: dict[str, str] = dict(self.before)
        self.meddled: set[str] = set()
        self.wrote: set[str] = set()
        self.gone: set[str] = set()
        self.overwritten_with = ""
        self.put_back: dict[str, str] = {}
        self.shown: dict[tuple[str, str], ModelRef] = {}
        self.given_up: list[ApplyTarget] = []
        self.freezes: tuple[Freeze, ...] = ()
        self.in_flight: tuple[Lane, Event] | None = None
        self.outbox: list[Effect] = []
        self.timers: dict[str, datetime] = {}
        self.events: list[Event] = []
        self.take(begun.effects)

    def copied(self) -> "World":
        """The same world, to be led elsewhere."""
        other = copy(self)
        other.holds, other.timers, other.meddled = {**self.holds}, {**self.timers}, {*self.meddled}
        other.wrote, other.gone, other.put_back = {*self.wrote}, {*self.gone}, {**self.put_back}
        other.shown = {**self.shown}
        other.given_up, other.outbox, other.events = [*self.given_up], [*self.outbox], [*self.events]
        return other

    # ---- taking things in

    def take(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SetTimer):
                self.timers[effect.name] = effect.due
            elif isinstance(effect, ClearTimer):
                self.timers.pop(effect.name, None)
            elif isinstance(effect, (*ANSWERING, PostQuestion)):
                self.outbox.append(effect)

    def let(self, event: Event) -> Outcome:
        """Let it happen, and see that what must always hold holds."""
        before = self.rotation
        outcome = transition(before, event)
        if not isinstance(outcome, Moved):
            assert event.kind in HUMAN_KINDS
            return outcome
        after = outcome.rotation
        self.rotation = after
        self.events.append(event)
        self.take(outcome.effects)
        assert after.version == before.version + 1
        assert after.models.after_rollback != after.models.candidate
        if isinstance(event, Approve):
            self.shown[event.request, event.actor.id] = before.models.after_rollback
        self._kept(before, after)
        if len(after.sealed) > len(before.sealed) and not after.sealed[-1].accepted_by:
            assert after.watched.looks[-1].seen, "it went on over silence"
        self.hands_were_off(before, event)
        if before.ended and after.phase is not before.phase:
            assert (before.phase, after.phase) in EXCEPTIONS
            assert event.kind == "roll_back"
        return outcome

    def hands_were_off(self, before: Rotation, event: Event) -> None:
        """While hands are off nothing goes back by itself; against what fails meanwhile nothing is completed."""
        if before.hands_off is not None and self.rotation.phase is Phase.ROLLING_BACK:
            over = isinstance(event, TimerFired) and event.name == "hands_off" and event.at >= before.hands_off.until
            assert event.kind in HUMAN_KINDS or over, f"{event.kind} rolled back"
        assert not (before.held_back and self.rotation.phase is Phase.COMPLETED)

    def _kept(self, before: Rotation, after: Rotation) -> None:
        """A yes that goes over to a request asked again was given to what the one before it showed."""
        old, new = before.request, after.request
        if old is not None and new is not None and old.id != new.id:
            for yes in new.approvals:
                self.shown.setdefault((new.id, yes.by.id), self.shown[old.id, yes.by.id])

    # ---- the outside

    def due(self, lane: Lane) -> Effect | None:
        """The next effect of a lane that is still wanted; those before it that are not are dropped."""
        if self.in_flight is not None and self.in_flight[0] is lane:
            return None
        while (first := next((e for e in self.outbox if lane_of(e) is lane), None)) is not None:
            if still_wanted(self.rotation, first):
                return first
            self.outbox.remove(first)
        return None

    def readings(self, *, unreadable: bool = False) -> tuple[Reading, ...]:
        return tuple(
            Reading(target=name, problem="no such file")
            if unreadable or name in self.gone
            else Reading(target=name, value=value)
            for name, value in self.holds.items()
        )

    def write(self, effect: ApplyTarget) -> bool:
        """Compare-and-set: whether the target holds what was asked for now."""
        self.approved(effect)
        assert self.frozen(effect.stage) is None, "a stage is changed while it is frozen"
        if self.holds[effect.target] == effect.expected:
            self.holds[effect.target] = effect.value
            self.wrote.add(effect.target)
        return self.holds[effect.target] == effect.value

    def frozen(self, stage: int) -> Binding | None:
        """What holds the change of a stage now."""
        plan = self.rotation.plan
        return binding(plan, plan.stages[stage].name, self.at, self.freezes)

    def approved(self, effect: ApplyTarget) -> None:
        """Nothing is written without the yeses its stage needs, by different people, to the evidence as it is."""
        rotation = self.rotation
        assert rotation.phase is Phase.APPLYING
        assert not rotation.plan.dry_run
        needed = rotation.plan.stages[effect.stage].approval.count
        if needed:
            request = rotation.request
            assert request is not None
            assert (request.stage, request.attempt) == (effect.stage, effect.attempt)
            people = {yes.by.id for yes in request.approvals if yes.digest == digest_now(rotation)}
            assert len(people) >= needed
            assert {self.shown[request.id, person] for person in people} == {rotation.models.after_rollback}
            assert rotation.requester.id not in people
            rule = rotation.plan.stages[effect.stage].approval
            asked = {*rule.groups, *request.asked_too}
            assert all(asked & set(PEOPLE[one].groups) for one in people)
            each = rule.groups if rule.each else ()
            speakers = [[g for g in each if g in PEOPLE[one].groups] for one in people]
            assert any(set(each) <= set(chosen) for chosen in product(*filter(None, speakers)))
            assert all(yes.start is None or yes.start <= self.at for yes in request.approvals)

    def perform(self, effect: Effect, how: str) -> Event | None:
        """Do an effect; `how` is one of "well", "badly", "strangely". The answer, or None where there is none."""
        self.outbox.remove(effect)
        return self._held(effect) or self._performed(effect, how)

    def _performed(self, effect: Effect, how: str) -> Event | None:
        well = how == "well"
        match effect:
            case ReadTargets():
                unreadable = how == "strangely"
                readings = self.readings(unreadable=unreadable)
                return TargetsRead(at=self.at, purpose=effect.purpose, readings=readings, by=ALICE)
            case Preflight():
                return Preflighted(
                    at=self.at,
                    stage=effect.stage,
                    attempt=effect.attempt,
                    readings=self.readings(unreadable=how == "badly"),
                    groups_now={actor.id: actor.groups for actor in PEOPLE.values()},
                    way_back_ok=how != "strangely",
                )
            case ApplyTarget():
                return self._apply(effect, how)
            case RestoreTarget():
                return self._restore(effect, well=well)
            case CheckTraffic():
                return TrafficChecked(
                    at=self.at,
                    stage=effect.stage,
                    attempt=effect.attempt,
                    back=effect.back,
                    seen=how != "badly",
                    errors_normal=well,
                )
            case TakeLook():
                return LookTaken(at=self.at, stage=effect.stage, attempt=effect.attempt, result=_look(effect, how))
            case ProveWayBack():
                return WayBackChecked(at=self.at, ok=well)
            case Verify():
                states = {"well": "met", "badly": "not_met", "strangely": "cannot_tell"}
                return Verified(at=self.at, items=(item(states[how]),))
            case PostQuestion():
                return Delivered(at=self.at, question=effect.question)
            case _:
                return None

    def _held(self, effect: Effect) -> FreezeMet | None:
        """What a change that is frozen is answered with: nothing is written."""
        freeze = self.frozen(effect.stage) if isinstance(effect, Preflight | ApplyTarget) else None
        if freeze is None or not isinstance(effect, Preflight | ApplyTarget):
            return None
        met = FreezeMet(
            at=self.at,
            stage=effect.stage,
            attempt=effect.attempt,
            freeze=freeze,
            seen=self.rotation.freezes_seen,
        )
        if isinstance(effect, Preflight):
            return met
        unchanged = effect.target not in self.gone and self.holds[effect.target] == effect.expected
        return met.model_copy(update={"target": effect.target, "changed": not unchanged})

    def _apply(self, effect: ApplyTarget, how: str) -> TargetWritten:
        outcome = "failed"
        if effect.target in self.gone:  # and that it could not be read after that says nothing
            changed = True
        elif self.overwritten_with and how == "well" and self.write(effect):
            self.meddle(effect.target, self.overwritten_with)
            self.overwritten_with = ""
            outcome, changed = "drifted", True
        elif how == "strangely":  # given up on: it may land later
            self.given_up.append(effect)
            changed = False
        elif how == "badly":  # written, and then the restart failed
            changed = self.write(effect)
        else:
            changed = self.write(effect)
            changed = self.write(effect)  # at least once is twice now and then
            outcome = "done" if changed else "drifted"
        return TargetWritten.model_validate(
            {
                "at": self.at,
                "attempt": effect.attempt,
                "target": effect.target,
                "outcome": outcome,
                "changed": changed,
                "found": self.holds[effect.target],
                "detail": outcome,
            },
        )

    def land(self, effect: ApplyTarget) -> TargetWritten | None:
        """A write that was given up on lands: nobody asks any more whether it is wanted."""
        self.given_up.remove(effect)
        if self.holds[effect.target] != effect.expected:
            return None
        self.holds[effect.target] = effect.value
        self.wrote.add(effect.target)
        return TargetWritten(at=self.at, attempt=effect.attempt, target=effect.target, outcome="done", changed=True)

    def _restore(self, effect: RestoreTarget, *, well: bool) -> TargetRestored:
        outcome = "failed"
        if well and effect.target not in self.gone:
            held = self.holds[effect.target]
            if held == effect.expected:
                self.holds[effect.target] = effect.value or ""
            outcome = "done" if self.holds[effect.target] == effect.value else "drifted"
            self.put_back[effect.target] = effect.value or ""
        return TargetRestored.model_validate(
            {"at": self.at, "target": effect.target, "outcome": outcome, "detail": outcome},
        )

    def fire(self, name: str) -> TimerFired:
        self.at = max(self.at, self.timers.pop(name))
        return TimerFired(at=self.at, name=name)

    def go_well(self, steps: int) -> None:
        """What is under way goes well, who is asked says yes, and time passes."""
        for _ in range(steps):
            effect = next((found for lane in Lane if (found := self.due(lane)) is not None), None)
            request = self.rotation.request
            if effect is not None:
                event = self.perform(effect, "well")
            elif self.rotation.phase is Phase.AWAITING_APPROVAL and request is not None:
                said_yes = {yes.by.id for yes in request.approvals}
                who = next(person for person in (CAROL, BOB, FAY) if person.id not in said_yes)
                event = Approve(at=self.at, actor=who, request=request.id, digest=request.digest)
            elif self.timers and not self.rotation.ended:
                event = self.fire(min(self.timers, key=lambda name: self.timers[name]))
            else:
                return
            if event is not None:
                self.let(event)

    def meddle(self, target: str, value: str) -> None:
        """Somebody changes a target by hand."""
        self.holds[target] = value
        self.meddled.add(target)
        if value == self.before[target]:
            self.wrote.discard(target)

    def ends_with(self, target: str) -> set[str]:
        """What a target may hold that is said to be as it was, or to be put back."""
        return {self.before[target], self.put_back.get(target, self.before[target])}

    # ---- what must hold

    def consistent(self) -> None:
        """The state survives being stored, and what it says of a target is what the target holds."""
        assert Rotation.model_validate_json(self.rotation.model_dump_json()) == self.rotation
        assert self.rotation.bake is None or len(self.rotation.bake.looks) <= 2
        for target in self.rotation.targets:
            held = self.holds[target.id]
            if target.id in self.wrote and held not in self.ends_with(target.id):
                assert target.standing is not Standing.UNTOUCHED, "nobody would ever hear of it again"
            if target.id in self.meddled:
                continue
            if target.standing is Standing.WRITTEN:
                assert held == OURS
            elif target.standing is Standing.UNTOUCHED:
                assert held == self.before[target.id]
            elif target.standing is Standing.RESTORED:
                assert held in self.ends_with(target.id)

    def bound_to_go_on(self) -> None:
        """Either something is under way that will answer, or a timer will fire; and a person can lead it out."""
        if self.rotation.ended:
            return
        under_way = self.in_flight is not None or any(self.due(lane) for lane in Lane)
        assert self.timers or under_way, f"dead end in {self.rotation.phase}"
        assert self.way_out() is not None, f"no way out of {self.rotation.phase}"

    def way_out(self) -> Event | None:
        """What somebody entitled can do to end it: abort, go back, or settle by hand."""
        everybody = Actor(id="U0", name="eve", groups=CAROL.groups, member=True)
        for kind in ("abort", "roll_back", "settle"):
            event = HUMAN_KINDS[kind].model_validate({"at": self.at, "actor": everybody, "reason": "it burnt down"})
            if isinstance(transition(self.rotation, event), Moved):  # type: ignore[arg-type]
                return event  # type: ignore[return-value]
        return None

    def drain(self) -> None:
        """Perform everything that is under way, well."""
        for _ in range(200):
            effect = next((found for lane in Lane if (found := self.due(lane)) is not None), None)
            if effect is None:
                return
            event = self.perform(effect, "well")
            if event is not None:
                self.let(event)
        message = "it never comes to rest"
        raise AssertionError(message)

    def replayed(self) -> Rotation:
        rotation = self.first
        for event in self.events:
            outcome = transition(rotation, event)
            assert isinstance(outcome, Moved)
            rotation = outcome.rotation
        return rotation


def _look(effect: TakeLook, how: str) -> LookResult:
    verdict = {"well": Verdict.PASS, "badly": Verdict.FAIL, "strangely": Verdict.INCONCLUSIVE}[how]
    guardrail = Verdict.PASS if how == "strangely" and effect.number % 4 == 2 else verdict
    signal = Verdict.FAIL if how == "strangely" else Verdict.PASS
    return LookResult(
        number=effect.number,
        window_start=effect.window_start,
        window_end=effect.window_end,
        counted=how != "strangely" or effect.number % 2 == 0,
        verdict=verdict,
        incident=how == "strangely" and effect.number % 3 == 0,
        checks=(check(guardrail), check(signal, Dimension.COST, "signal")),
        reasons=("unreachable",) if how == "strangely" else (),
    )
