"""Freezes that are set, prolonged and lifted, and the runbook's own, among everything else that can happen.

No stage changes a target while it is frozen (`World.write` asserts it), and no freeze holds the way back.
"""

from collections.abc import Callable, Mapping
from datetime import time, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from bot.rotation.effects import ApplyTarget, Lane, Preflight, lane_of
from bot.rotation.events import FreezeMet, FreezesChanged, RollBack
from bot.rotation.evidence import Verdict
from bot.rotation.machine import Moved, transition
from bot.rotation.model.freezes import Freeze, Scope
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import Standing
from bot.runbook.models.freezes import FreezePlan, Weekly
from tests.rotation.cast import CAROL, STAGES, plan
from tests.rotation.test_invariants import AnyOrder
from tests.rotation.world import World

NIGHTS = FreezePlan(
    name="nights",
    time_zone="Europe/Berlin",
    when=Weekly(days=(0, 1, 2, 3, 4, 5, 6), begins=time(18), ends=time(8), later=1),
)
SCOPES = st.sampled_from(
    [
        Scope(kind="all"),
        Scope(kind="slot", name="chat"),
        Scope(kind="stage", name="pilots"),
        Scope(kind="stage", name="global"),
    ]
)


MOST_STEPS = 90


def half_done(rotation: Rotation) -> bool:
    standings = [rotation.target(target.id).standing for target in rotation.plan.stages[1].targets]
    return Standing.WRITTEN in standings and Standing.WRITING in standings


WHERE: Mapping[str, Callable[[Rotation], bool]] = {
    "anywhere": lambda _rotation: True,
    "looked at": lambda rotation: rotation.stage == 1 and rotation.preflight,
    "half done": half_done,
}
"""Where it begins: anywhere, and where a freeze matters most."""


class FrozenNowAndThen(AnyOrder):
    """Everything that can happen to a rotation, with freezes."""

    where = "anywhere"

    @initialize(ahead=st.integers(0, 24), nightly=st.booleans(), wide=st.booleans())
    def begin(self, ahead: int, *, nightly: bool, wide: bool) -> None:
        stages = tuple(one.model_copy(update={"parallel": 2}) for one in STAGES) if wide else STAGES
        self.world = World(plan(*stages, freezes=(NIGHTS,) if nightly else ()), Verdict.PASS, "")
        self.world.go_well(ahead if self.where == "anywhere" else 0)
        for _ in range(MOST_STEPS):
            if WHERE[self.where](self.world.rotation):
                break
            self.world.go_well(1)

    def told(self) -> None:
        self.world.let(FreezesChanged(at=self.world.at))

    @rule(scope=SCOPES, hours=st.sampled_from([1, 9, 50]))
    def somebody_freezes(self, scope: Scope, hours: int) -> None:
        world = self.world
        number, until = len(world.freezes) + 1, world.at + timedelta(hours=hours)
        set_by = Freeze(
            id=f"F{number}", scope=scope, by=CAROL.id, name="carol", reason="no", set_at=world.at, until=until
        )
        world.freezes += (set_by,)
        self.told()

    @precondition(lambda self: self.world.rotation.phase is Phase.APPLYING)
    @rule()
    def everything_is_frozen_while_it_is_being_changed(self) -> None:
        self.somebody_freezes(scope=Scope(kind="all"), hours=9)
        effect = self.world.due(Lane.TARGET)
        if isinstance(effect, ApplyTarget) and (event := self.world.perform(effect, "well")) is not None:
            self.world.let(event)
        elif self.world.in_flight is None:
            self.a_look_takes_its_time(lane=Lane.PREFLIGHT)

    @precondition(lambda self: self.world.in_flight is not None and isinstance(self.world.in_flight[1], FreezeMet))
    @rule()
    def all_are_lifted_before_it_is_heard_that_one_holds(self) -> None:
        world = self.world
        world.freezes = tuple(freeze.model_copy(update={"lifted_at": world.at}) for freeze in world.freezes)
        self.told()
        self.its_answer_comes()

    @precondition(lambda self: self.world.freezes)
    @rule(data=st.data(), longer=st.booleans())
    def somebody_lifts_or_prolongs_one(self, data: st.DataObject, *, longer: bool) -> None:
        world = self.world
        number = data.draw(st.integers(0, len(world.freezes) - 1))
        freeze = world.freezes[number]
        changed = {"until": max(freeze.until, world.at) + timedelta(hours=5)} if longer else {"lifted_at": world.at}
        world.freezes = (
            *world.freezes[:number],
            freeze.model_copy(update=changed),
            *world.freezes[number + 1 :],
        )
        self.told()

    @precondition(lambda self: self.world.in_flight is None)
    @rule(lane=st.sampled_from([Lane.PREFLIGHT, Lane.TARGET]))
    def a_look_takes_its_time(self, lane: Lane) -> None:
        effect = self.world.due(lane)
        if isinstance(effect, Preflight | ApplyTarget):
            event = self.world.perform(effect, "well")
            assert event is not None
            self.world.in_flight = (lane_of(effect), event)

    @precondition(lambda self: self.world.in_flight is not None)
    @rule()
    def its_answer_comes(self) -> None:
        assert self.world.in_flight is not None
        _, event = self.world.in_flight
        self.world.in_flight = None
        self.world.let(event)

    @invariant()
    def nothing_holds_the_way_back(self) -> None:
        if not hasattr(self, "world"):
            return
        world, rotation = self.world, self.world.rotation
        if rotation.changed and not rotation.ended and rotation.phase is not Phase.ROLLING_BACK:
            outcome = transition(rotation, RollBack(at=world.at, actor=CAROL))
            assert isinstance(outcome, Moved)
            asked = {effect.target for effect in outcome.effects if effect.kind == "restore_target"}
            standing = {t.id for t in outcome.rotation.targets if t.standing is Standing.RESTORING}
            assert asked == standing != set()

    @invariant()
    def what_is_put_off_says_until_when(self) -> None:
        if hasattr(self, "world") and self.world.rotation.phase is Phase.SCHEDULED and self.world.rotation.put_off:
            rotation = self.world.rotation
            assert rotation.start_at == rotation.put_off.until  # type: ignore[union-attr]
            assert self.world.timers.get("begin") == rotation.start_at

    def brought_to_an_end(self) -> None:
        if self.world.in_flight is not None:
            self.its_answer_comes()
        super().brought_to_an_end()


@pytest.mark.parametrize(
    ("begun", "wanted"), [("anywhere", "put_off"), ("looked at", "stale"), ("half done", "half done")]
)
def test_no_stage_is_changed_while_it_is_frozen_and_no_freeze_holds_the_way_back(begun: str, wanted: str) -> None:
    seen: set[str] = set()

    class Watched(FrozenNowAndThen):
        where = begun

        @invariant()
        def note(self) -> None:
            if not hasattr(self, "world"):
                return
            seen.update(event.kind for event in self.world.events[-1:])
            rotation = self.world.rotation
            if rotation.put_off is not None and rotation.phase is Phase.SCHEDULED:
                seen.add("put_off")
                written = [rotation.target(t.id).standing for t in rotation.stage_plan.targets]
                seen.update({"half done"} if Standing.WRITTEN in written else ())
            if isinstance(self.world.events[-1] if self.world.events else None, FreezeMet):
                stale = self.world.events[-1].seen < rotation.freezes_seen  # type: ignore[union-attr]
                seen.update({"stale"} if stale else ())
            seen.update({"began after it"} if rotation.freezes_seen and rotation.phase is Phase.BAKING else ())

    run_state_machine_as_test(Watched, settings=settings(max_examples=50, stateful_step_count=40))
    # A check of the check: what is drawn leads to what has to be held.
    assert seen >= {"put_off", "freeze_met", "freezes_changed", wanted}
