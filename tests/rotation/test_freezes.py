"""What holds a change of a stage, until when nothing does any more, and who may set and lift a freeze."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.rotation.freezes import binding, holding, lifters, may_freeze, may_lift, next_change, turns
from bot.rotation.model.freezes import Freeze, Scope
from bot.rotation.model.people import Actor
from bot.rotation.policy import ALLOW, Deny, ReasonCode
from bot.runbook.models.authority import AuthorityPlan
from bot.runbook.models.freezes import FreezePlan, Once, Weekly
from tests.rotation.cast import ALICE, BOB, FAY, FINANCE, GUS, MEL, ML, NED, NOON, ROBO, SAM, SRE, plan, stage
from tests.rotation.play import begun

HOUR = timedelta(hours=1)
ALL = Scope(kind="all")


def freeze(scope: Scope = ALL, hours: float = 2, number: int = 1, by: Actor = SAM, after: float = 0) -> Freeze:
    at = NOON + after * HOUR
    return Freeze(id=f"F{number}", scope=scope, by=by.id, name=by.name, reason="x", set_at=at, until=at + hours * HOUR)


@pytest.mark.parametrize(
    ("scope", "slot", "stage_name", "held"),
    [
        (ALL, "chat", "global", True),
        (Scope(kind="slot", name="chat"), "chat", "pilots", True),
        (Scope(kind="slot", name="chat"), "search", "pilots", False),
        (Scope(kind="stage", name="global"), "search", "global", True),
        (Scope(kind="stage", name="global"), "global", "pilots", False),
    ],
)
def test_what_a_scope_covers(scope: Scope, slot: str, stage_name: str, held: bool) -> None:
    assert scope.covers(slot, stage_name) is held
    found = binding(plan().model_copy(update={"slot": slot}), stage_name, NOON, [freeze(scope)])
    assert (found is not None) is held


def test_it_holds_from_when_it_is_set_to_right_before_its_end_and_not_once_it_is_lifted() -> None:
    one = freeze()
    for at, held in ((-1, False), (0, True), (2 - 1e-9, True), (2, False)):
        assert (binding(plan(), "pilots", NOON + at * HOUR, [one]) is not None) is held
    assert binding(plan(), "pilots", NOON, [one.model_copy(update={"lifted_at": NOON})]) is None


def test_until_is_when_the_last_of_those_that_follow_on_each_other_is_over() -> None:
    night = FreezePlan(name="night", time_zone="UTC", when=Weekly(days=(0,), begins=time(14), ends=time(20)))
    date = FreezePlan(
        name="date",
        time_zone="UTC",
        stages=("pilots",),
        when=Once(begins=datetime(2026, 3, 2, 19), ends=datetime(2026, 3, 4)),  # noqa: DTZ001 - the clock on the wall
    )
    calendar = plan(freezes=(night, date))
    found = binding(calendar, "pilots", NOON, [freeze()])  # until 14:00, when the night begins
    assert found is not None
    assert (found.freeze, found.by, found.until) == ("F1", "sam", datetime(2026, 3, 4, tzinfo=UTC))
    elsewhere = binding(calendar, "global", NOON, [freeze()])
    assert elsewhere is not None
    assert elsewhere.until == NOON + 8 * HOUR
    later = binding(calendar, "pilots", NOON + 9 * HOUR, [])
    assert later is not None
    assert (later.freeze, later.by, later.scope, later.lifters) == ("date", "", None, ())


def test_freezes_that_never_leave_a_moment_come_to_an_answer() -> None:
    halves = tuple(
        FreezePlan(name=name, time_zone="UTC", when=Weekly(days=tuple(range(7)), begins=a, ends=b, later=int(b < a)))
        for name, a, b in (("day", time(8), time(20)), ("night", time(20), time(8)))
    )
    found = binding(plan(freezes=halves), "pilots", NOON, [])
    assert found is not None
    assert found.until > NOON + timedelta(days=365)


def test_the_next_change_is_the_stage_that_is_not_set_and_none_once_all_are() -> None:
    assert next_change(begun().rotation) == 0
    assert next_change(begun().to_baking(0).rotation) == 1
    assert next_change(begun().to_request(1).rotation) == 1
    assert next_change(begun().to_baking(2).rotation) is None
    assert next_change(begun().to_completed().rotation) is None
    play = begun().to_baking(1)
    assert next_change(play.on(play.roll_back()).rotation) is None
    assert holding(begun().to_baking(0).rotation, NOON, [freeze(Scope(kind="stage", name="global"))]) is None
    assert holding(begun().to_baking(0).rotation, NOON, [freeze(Scope(kind="stage", name="pilots"))]) is not None


def test_a_dry_run_is_not_held() -> None:
    assert binding(plan(dry_run=True), "pilots", NOON, [freeze()]) is None


def test_the_next_turn_is_the_first_that_begins_or_ends() -> None:
    nightly = FreezePlan(name="n", time_zone="UTC", when=Weekly(days=(0,), begins=time(18), ends=time(20)))
    plans = [plan(freezes=(nightly,))]
    assert turns(plans, [], NOON) == NOON + 6 * HOUR
    assert turns(plans, [], NOON + 6 * HOUR) == NOON + 8 * HOUR
    assert turns(plans, [freeze()], NOON) == NOON + 2 * HOUR
    assert turns([plan()], [], NOON) is None


TERMINAL = BOB.model_copy(update={"terminal": "steering"})
APPROVING = BOB.model_copy(update={"terminal": "approving"})
UNNAMED = Actor(id="terminal:root@web", name="root", terminal="unnamed")
UNREAD = NED.model_copy(update={"problems": (ML, SRE, FINANCE)})
CHIEF = UNREAD.model_copy(update={"administrator": True})


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (ALICE, ""),
        (SAM, ""),
        (FAY, ""),
        (TERMINAL, ""),
        (CHIEF, ""),
        (MEL, "not_entitled"),
        (NED, "not_entitled"),
        (GUS, "no_guests"),
        (ROBO, "no_bots"),
        (UNNAMED, "not_an_operator"),
        (UNREAD, "group_unresolved"),
    ],
)
def test_who_may_freeze(who: Actor, code: str) -> None:
    gate = may_freeze([plan()], ALL, who)
    assert gate == ALLOW if not code else isinstance(gate, Deny) and gate.code.value == code


ONLY_SRE = AuthorityPlan(freeze=(SRE,))


@pytest.mark.parametrize(
    ("who", "scope", "groups"),
    [
        (SAM, Scope(kind="slot", name="chat"), ()),
        (BOB, Scope(kind="slot", name="chat"), ["sre"]),
        (BOB, Scope(kind="slot", name="search"), ()),
        (BOB, ALL, ["sre"]),  # who freezes all may freeze each of them
        (BOB, Scope(kind="stage", name="pilots"), ["sre"]),
        (SAM, ALL, ()),
        (MEL, Scope(kind="stage", name="gone"), ["ml", "sre", "finance"]),  # nobody's any more: the rules of the house
        (BOB, Scope(kind="stage", name="gone"), ()),
    ],
)
def test_a_freeze_is_for_whoever_may_freeze_each_slot_it_holds(who: Actor, scope: Scope, groups: list[str]) -> None:
    plans = [plan().model_copy(update={"slot": "search"}), plan().model_copy(update={"authority": ONLY_SRE})]
    gate = may_freeze(plans, scope, who)
    assert gate == (Deny(ReasonCode.NOT_ENTITLED, {"groups": [*groups]}) if groups else ALLOW)


@pytest.mark.parametrize(
    ("who", "scope", "code"),
    [
        (SAM, ALL, ""),  # who set it
        (SAM.model_copy(update={"groups": (), "problems": (ML, SRE, FINANCE)}), ALL, ""),
        (SAM.model_copy(update={"guest": True}), ALL, "no_guests"),
        (SAM.model_copy(update={"terminal": "steering"}), ALL, ""),
        (BOB, ALL, ""),
        (BOB, Scope(kind="stage", name="pilots"), ""),
        (BOB, Scope(kind="stage", name="global"), "not_entitled"),  # FAY's group approves it
        (FAY, Scope(kind="stage", name="global"), ""),
        (FAY, Scope(kind="stage", name="pilots"), "not_entitled"),
        (FAY, Scope(kind="slot", name="chat"), ""),
        (FAY, Scope(kind="stage", name="gone"), ""),  # nobody approves it any more: the three groups
        (TERMINAL, ALL, "no_terminal_approvals"),
        (APPROVING, ALL, ""),
        (UNNAMED, ALL, "not_an_operator"),
        (CHIEF, ALL, ""),
        (UNREAD, ALL, "group_unresolved"),
        (MEL, ALL, "not_entitled"),
        (GUS, ALL, "no_guests"),
        (ROBO, ALL, "no_bots"),
    ],
)
def test_who_may_lift(who: Actor, scope: Scope, code: str) -> None:
    plans = [plan(stage("pilots"), stage("global", groups=(FINANCE,)))]
    gate = may_lift(plans, freeze(scope), who)
    assert gate == ALLOW if not code else isinstance(gate, Deny) and gate.code.value == code
    if code == "not_entitled":
        assert isinstance(gate, Deny)
        assert gate.facts["set_by"] == "sam"


def test_who_lifts_is_named_by_what_is_held() -> None:
    plans = [plan(stage("pilots"), stage("global", groups=(SRE, FINANCE)))]
    assert lifters(plans, ALL) == (ML, SRE, FINANCE)
    assert lifters(plans, Scope(kind="stage", name="pilots")) == (ML,)
