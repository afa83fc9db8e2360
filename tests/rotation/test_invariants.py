"""What must hold whatever happens, in whatever order: people, timers, answers, failures, meddling, absence."""

from datetime import timedelta
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.rotation.effects import Lane, TakeLook
from bot.rotation.events import (
    Approve,
    Decide,
    Event,
    GiveWay,
    HandsOffIt,
    Human,
    Reject,
    SlotFreed,
    SlotTaken,
    SlotUnwanted,
    SlotWanted,
    TimerFired,
    WasDown,
)
from bot.rotation.evidence import Verdict
from bot.rotation.machine import Moved
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import ENDS, Phase
from bot.rotation.model.state import Models
from bot.runbook.models.people import Fallback
from tests.rotation.cast import CAROL, FINANCE, ML, MODELS, RETIRED, SRE, STAGES, comparison, plan, stage
from tests.rotation.world import HUMAN_KINDS, PEOPLE, World

HOW = st.sampled_from(["well"] * 6 + ["badly", "strangely"])
LANES = st.sampled_from([Lane.TARGET, Lane.TARGET, Lane.LOOK, Lane.CHAT])
ACTORS = st.sampled_from(sorted(PEOPLE))
WAYS_BACK = st.sampled_from(
    [
        MODELS,
        MODELS,
        RETIRED,
        *(models.model_copy(update={"rollback": MODELS.candidate}) for models in (MODELS, RETIRED)),
    ]
)
VERBS = st.sampled_from(
    [
        *["promote", "pause", "resume", "resume", "retry"] * 3,
        *("roll_back", "abort", "settle", "confirm", "withdraw", "hands_off", "hands_on", "supersede"),
    ],
)
WISHERS = st.sampled_from(["R43", "R44"])
SAID_TWICE = frozenset(
    {
        *("apply_target", "restore_target", "preflight", "page"),
        *("post_timeline", "post_summary", "post_question", "post_wish"),
    }
)


FALLBACK = (Fallback(group=SRE, after=timedelta(hours=4)), Fallback(group=FINANCE, after=timedelta(days=1)))
RULES = {
    "one": STAGES,
    "two": (STAGES[0], stage("global", "a", "b", count=2, fallback=FALLBACK)),
    "each": (STAGES[0], stage("global", "a", "b", count=3, groups=(ML, FINANCE), each=True)),
}


@cache
def far_in(verdict: Verdict, queued: str, ahead: int, then: str, rule: str, *, dry_run: bool) -> World:
    """A rotation that has gone well for that many steps; then a change went wrong, or somebody said something."""
    world = World(plan(*RULES[rule], dry_run=dry_run), verdict, queued)
    world.go_well(ahead)
    change = world.due(Lane.TARGET)
    if then == "badly" and change is not None:
        event = world.perform(change, then)
        assert event is not None
        world.let(event)
    elif then == "later":
        for _ in range(20):
            if world.rotation.phase is Phase.AWAITING_APPROVAL:
                world.let(_yes(world, CAROL, hours=9))
                break
            world.go_well(1)
    elif then == "failing":
        hands_off_and_failing(world)
    elif then in HUMAN_KINDS:
        world.let(HUMAN_KINDS[then].model_validate({"at": world.at, "actor": CAROL, "reason": "seen"}))  # type: ignore[arg-type]
        world.go_well(ahead % 9)
    return world


def hands_off_and_failing(world: World) -> None:
    """As soon as something was changed hands are off, and the next look fails."""
    for _ in range(20):
        look = world.due(Lane.LOOK)
        if world.rotation.hands_off is not None and isinstance(look, TakeLook):
            event = world.perform(look, "badly")
            assert event is not None
            world.let(event)
            return
        if world.rotation.hands_off is None and world.rotation.changed:
            world.let(HandsOffIt(at=world.at, actor=CAROL, reason="seen"))
        world.go_well(1)


def _yes(world: World, actor: Actor, hours: int) -> Approve:
    """Yes to the newest request, for at once or for so many hours later."""
    request = world.rotation.request
    assert request is not None
    start = world.at + timedelta(hours=hours) if hours else None
    return Approve(at=world.at, actor=actor, request=request.id, digest=request.digest, start=start)


AHEAD = st.sampled_from([*range(27), 18, *[26] * 5])
"""Steps that have gone well: drawn evenly, the last ones before the end more often."""

WORLDS = st.builds(
    far_in,
    st.sampled_from([*[Verdict.PASS] * 6, Verdict.INCONCLUSIVE, Verdict.FAIL]),
    st.sampled_from([*[""] * 7, "R41"]),
    AHEAD,
    st.sampled_from([*[""] * 6, *["badly", "roll_back", "later", "failing"] * 2, "pause"]),
    st.sampled_from(["one", "two", "each"]),
    dry_run=st.sampled_from([*[False] * 7, True]),
)


class AnyOrder(RuleBasedStateMachine):
    """Everything that can happen to a rotation, in any order."""

    world: World

    @initialize(world=WORLDS)
    def begin(self, world: World) -> None:
        self.world = world.copied()

    @precondition(lambda self: self.world.rotation.ended)
    @rule(world=WORLDS)
    def another_begins(self, world: World) -> None:
        self.brought_to_an_end()
        self.world = world.copied()

    # ---- what is bound to happen

    @rule(lane=LANES, how=HOW, heard_twice=st.booleans())
    def perform(self, lane: Lane, how: str, *, heard_twice: bool) -> None:
        world = self.world
        effect = world.due(lane)
        if effect is None:
            return
        event = world.perform(effect, how)
        if event is None:
            return
        world.let(event)
        if heard_twice:
            self.hear_again(event)

    def hear_again(self, event: Event) -> None:
        before = self.world.rotation
        outcome = self.world.let(event)
        assert isinstance(outcome, Moved)
        assert outcome.rotation.model_copy(update={"version": before.version}) == before
        assert not [effect for effect in outcome.effects if effect.kind in SAID_TWICE]

    @rule(steps=st.integers(1, 4))
    def all_goes_well_for_a_while(self, steps: int) -> None:
        self.world.go_well(steps)

    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        if not self.world.timers:
            return
        name = data.draw(st.sampled_from(sorted(self.world.timers)))
        self.world.let(self.world.fire(name))

    @rule(
        name=st.sampled_from(
            [
                *("look", "traffic", "deadline", "reminder", "retry", "verify", "begin", "go_on", "hands_off"),
                *("remind", "fall_back"),
            ]
        )
    )
    def a_timer_fires_that_nobody_set(self, name: str) -> None:
        self.world.let(TimerFired(at=self.world.at, name=name))

    # ---- people

    @rule(actor=ACTORS, hours=st.sampled_from([0, 0, 0, 9]))
    def somebody_approves(self, actor: str, hours: int) -> None:
        if self.world.rotation.request is not None:
            self.world.let(_yes(self.world, PEOPLE[actor], hours))

    @rule(actor=ACTORS, choice=st.sampled_from([Choice.GO_ON, Choice.GO_ON, *Choice]))
    def somebody_decides(self, actor: str, choice: Choice) -> None:
        decision = self.world.rotation.decision
        if decision is not None:
            who = PEOPLE[actor]
            self.world.let(Decide(at=self.world.at, actor=who, decision=decision.id, choice=choice, reason="seen"))

    @rule(actor=ACTORS)
    def somebody_rejects(self, actor: str) -> None:
        request = self.world.rotation.request
        if request is not None:
            self.world.let(Reject(at=self.world.at, actor=PEOPLE[actor], request=request.id))

    @rule(actor=ACTORS, verb=VERBS)
    def somebody_says(self, actor: str, verb: str) -> None:
        kind: type[Human] = HUMAN_KINDS[verb]
        before = self.world.rotation
        outcome = self.world.let(kind.model_validate({"at": self.world.at, "actor": PEOPLE[actor], "reason": "seen"}))  # type: ignore[arg-type]
        if not isinstance(outcome, Moved):
            assert self.world.rotation is before

    @rule(actor=ACTORS, name=st.sampled_from(["D17", "D17", "D18", "D19"]), models=WAYS_BACK)
    def somebody_compares_anew(self, actor: str, name: str, models: Models) -> None:
        rotation = self.world.rotation
        event = {"at": self.world.at, "actor": PEOPLE[actor], "slot": rotation.slot, "models": models}
        new = comparison(rotation.comparison.verdict, name=name, finished_at=self.world.at)
        self.world.let(HUMAN_KINDS["renew"].model_validate({**event, "comparison": new}))  # type: ignore[arg-type]

    @rule(actor=ACTORS, wisher=WISHERS, said=st.sampled_from(["wants", "wants not", "yes", "no"]))
    def somebody_else_wants_the_slot(self, actor: str, wisher: str, said: str) -> None:
        at = self.world.at
        if said == "wants":
            self.world.let(SlotWanted(at=at, rotation=wisher, by=actor, by_id=actor))
        elif said == "wants not":
            self.world.let(SlotUnwanted(at=at, rotation=wisher))
        else:
            self.world.let(GiveWay(at=at, actor=PEOPLE[actor], wish=wisher, yes=said == "yes"))

    # ---- the world

    @rule(hours=st.integers(1, 90))
    def the_bot_is_away(self, hours: int) -> None:
        self.world.at += timedelta(hours=hours)
        self.world.let(WasDown(at=self.world.at, length=timedelta(hours=hours)))

    @precondition(lambda self: self.world.given_up)
    @rule(data=st.data())
    def a_write_that_was_given_up_on_lands(self, data: st.DataObject) -> None:
        event = self.world.land(data.draw(st.sampled_from(self.world.given_up)))
        if event is not None:
            self.world.let(event)

    @rule(data=st.data(), value=st.sampled_from(["theirs", "old", "new"]))
    def somebody_meddles(self, data: st.DataObject, value: str) -> None:
        if data.draw(st.integers(0, 5)) == 0:
            self.world.meddle(data.draw(st.sampled_from(sorted(self.world.holds))), value)

    @rule(value=st.sampled_from(["theirs", "old"]), soon=st.integers(0, 3))
    def somebody_will_overwrite_the_next_write(self, value: str, soon: int) -> None:
        if soon == 0:
            self.world.overwritten_with = value

    @rule(data=st.data())
    def a_place_is_gone_for_good(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 30)) == 0:
            self.world.gone.add(data.draw(st.sampled_from(sorted(self.world.holds))))

    @rule(taken=st.booleans())
    def the_slot_changes_hands(self, *, taken: bool) -> None:
        at = self.world.at
        if not taken or not self.world.rotation.ever_changed:
            self.world.let(SlotTaken(at=at, by="R41") if taken else SlotFreed(at=at))

    # ---- what must hold

    @invariant()
    def the_state_says_what_targets_hold(self) -> None:
        if hasattr(self, "world"):
            self.world.consistent()

    @invariant()
    def there_is_always_a_way_on_and_a_way_out(self) -> None:
        if hasattr(self, "world"):
            self.world.bound_to_go_on()

    def brought_to_an_end(self) -> None:
        """However far it came: folding the events gives the state, and a person can bring it to an end."""
        world = self.world
        assert world.replayed() == world.rotation
        world.drain()
        for _ in range(4):  # a place that cannot be read is said first, then settled with a reason
            if world.rotation.ended:
                break
            event = world.way_out()
            assert event is not None
            world.let(event)
            world.drain()
            world.at += timedelta(hours=1)
        assert world.rotation.ended, f"it does not end: {world.rotation.phase}"
        world.consistent()
        if world.rotation.phase in {Phase.ROLLED_BACK, Phase.ABORTED, Phase.REJECTED}:
            for target in world.rotation.targets:
                assert target.id in world.meddled or world.holds[target.id] in world.ends_with(target.id)
        if world.rotation.plan.dry_run:
            assert not world.rotation.ever_changed
        assert world.rotation.hands_off is None
        assert not any(wish.open for wish in world.rotation.wishes)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.brought_to_an_end()


def test_whatever_happens_in_whatever_order() -> None:
    seen: set[Phase] = set()
    held_back: set[Phase] = set()

    class Watched(AnyOrder):
        @invariant()
        def note(self) -> None:
            if hasattr(self, "world"):
                seen.add(self.world.rotation.phase)
                held_back.update([self.world.rotation.phase] if self.world.rotation.held_back else [])

    run_state_machine_as_test(Watched, settings=settings(max_examples=400, stateful_step_count=40))
    # A check of the check: what is drawn leads everywhere, so that the invariants were asked everywhere.
    assert seen >= set(Phase) - ENDS | {Phase.COMPLETED, Phase.ROLLED_BACK, Phase.ABORTED}
    assert held_back
