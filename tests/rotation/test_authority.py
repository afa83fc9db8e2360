"""Who may do what, as a table of one row a test; and that people without a say change nothing, whatever they do."""

from datetime import timedelta
from functools import cache
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rotation.events import HumanEvent
from bot.rotation.evidence import Verdict
from bot.rotation.machine import Moved, begin, transition
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import Trigger
from bot.rotation.policy import Deny, may_compare
from bot.runbook.models.authority import HOUSE, AuthorityPlan, BreakGlassPlan, Who
from tests.rotation.cast import (
    ALICE,
    BOB,
    CAROL,
    FAY,
    FINANCE,
    GUS,
    MEL,
    ML,
    MODELS,
    NED,
    NOON,
    ROBO,
    SAM,
    SRE,
    comparison,
    plan,
)
from tests.rotation.play import Play
from tests.rotation.stories import KINDS, human, in_phase
from tests.rotation.world import HUMAN_KINDS, OURS, World

STRANGER: Final = BOB.model_copy(update={"id": "U20", "name": "stig", "stranger": True})
FAILED: Final = comparison(Verdict.FAIL)
FORMER: Final = BOB.model_copy(update={"id": "U21", "name": "former", "groups": (), "member": False})
UNREAD: Final = BOB.model_copy(update={"id": "U22", "name": "una", "groups": (), "problems": (ML, SRE, FINANCE)})
ADMIN: Final = NED.model_copy(update={"id": "U23", "name": "ada", "administrator": True})
STANDING_IN: Final = ADMIN.model_copy(update={"problems": (ML, SRE, FINANCE)})
ELSEWHERE: Final = ADMIN.model_copy(update={"problems": (SRE, FINANCE)})
UNNAMED: Final = Actor(id="terminal:root@web1", name="terminal:root@web1", terminal="unnamed")
STEERING: Final = BOB.model_copy(update={"name": "terminal:bob@web1", "terminal": "steering"})
APPROVING: Final = BOB.model_copy(update={"name": "terminal:bob@web1", "terminal": "approving"})

WHO: Final = {
    "requester": ALICE,
    "ml": BOB,
    "ml and sre": CAROL,
    "sre": SAM,
    "finance": FAY,
    "channel": MEL,
    "nobody": NED,
    "former member": FORMER,
    "guest": GUS,
    "stranger": STRANGER,
    "bot": ROBO,
    "group unread": UNREAD,
    "administrator": ADMIN,
    "standing in": STANDING_IN,
    "standing in for others": ELSEWHERE,
    "unnamed account": UNNAMED,
    "steering account": STEERING,
    "approving account": APPROVING,
}

# What is asked -> where it is -> the answer to each of them, in the order of WHO: ✓ is taken.
_NOT, _GUEST, _BOT, _UNREAD = "not_entitled", "no_guests", "no_bots", "group_unresolved"
_UNNAMED, _SLACK = "not_an_operator", "no_terminal_approvals"
_ANSWERS: Final = (
    *("own_request", "✓", "✓", _NOT, _NOT, _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", _NOT),
    *(_UNNAMED, _SLACK, "✓"),
)
_STEERS: Final = (
    *("✓", "✓", "✓", "✓", "✓", "✓", _NOT, _NOT, _GUEST, _GUEST, _BOT, "✓", _NOT, "✓", "✓"),
    *(_UNNAMED, "✓", "✓"),
)
TABLE: Final = {
    ("approve", Phase.AWAITING_APPROVAL): _ANSWERS,
    ("reject", Phase.AWAITING_APPROVAL): _ANSWERS,
    ("decide", Phase.AWAITING_DECISION): (  # about errors, whose owner is SRE
        *(_NOT, _NOT, "✓", "✓", _NOT, _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", "✓"),
        *(_UNNAMED, _SLACK, _NOT),
    ),
    ("promote", Phase.AWAITING_APPROVAL): _STEERS,
    ("resume", Phase.PAUSED): _STEERS,
    ("renew", Phase.AWAITING_APPROVAL): _STEERS,
    ("pause", Phase.BAKING): (*_STEERS[:15], "✓", "✓", "✓"),
    ("roll_back", Phase.BAKING): (
        *("✓", "✓", "✓", "✓", "✓", _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", "✓"),
        *("✓", "✓", "✓"),
    ),
    ("settle", Phase.ERRORED): (
        *("✓", "✓", "✓", "✓", _NOT, _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", "✓"),
        *(_UNNAMED, "✓", "✓"),
    ),
}
# The same by a runbook that names others.
NAMED: Final = AuthorityPlan(
    compare=(Who.ML,),
    steer=(Who.SRE,),
    settle=(FINANCE,),
    break_glass=BreakGlassPlan(groups=(ML, SRE), count=3),
)
_SRE: Final = (
    *(_NOT, _NOT, "✓", "✓", _NOT, _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", "✓"),
    *(_UNNAMED, _NOT, _NOT),
)
_FINANCE: Final = (
    *(_NOT, _NOT, _NOT, _NOT, "✓", _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", "✓"),
    *(_UNNAMED, _NOT, _NOT),
)
TABLE_OF_NAMED: Final = {
    **dict.fromkeys(
        (
            ("promote", Phase.AWAITING_APPROVAL),
            ("resume", Phase.PAUSED),
            ("renew", Phase.AWAITING_APPROVAL),
            ("abort", Phase.QUEUED),
            ("supersede", Phase.QUEUED),
        ),
        _SRE,
    ),
    **dict.fromkeys(
        (
            ("settle", Phase.ERRORED),
            ("retry", Phase.ERRORED),
            ("confirm", Phase.ROLLED_BACK),
            ("hands_off", Phase.BAKING),
        ),
        _FINANCE,
    ),
    # What is deliberately easy, and what the stage says, is as it was.
    ("pause", Phase.BAKING): TABLE["pause", Phase.BAKING],
    ("roll_back", Phase.BAKING): TABLE["roll_back", Phase.BAKING],
    ("approve", Phase.AWAITING_APPROVAL): _ANSWERS,
}
ROWS: Final = [
    pytest.param(rules, kind, phase, name, answer, id=f"{name} {kind}s{by}: {answer}")
    for rules, by, table in ((HOUSE, "", TABLE), (NAMED, " by a runbook that names others", TABLE_OF_NAMED))
    for (kind, phase), answers in table.items()
    for name, answer in zip(WHO, answers, strict=True)
]


@pytest.mark.parametrize(("rules", "kind", "phase", "name", "answer"), ROWS)
def test_who_may_do_what(rules: AuthorityPlan, kind: str, phase: Phase, name: str, answer: str) -> None:
    play = in_phase(phase)
    event = human(play, kind).model_copy(update={"actor": WHO[name]})
    outcome = transition(under(rules, play.rotation), event)
    assert ("✓" if isinstance(outcome, Moved) else outcome.deny.code.value) == answer


def under(rules: AuthorityPlan, rotation: Rotation) -> Rotation:
    return rotation.model_copy(update={"plan": rotation.plan.model_copy(update={"authority": rules})})


_BEGINS: Final = dict(zip(WHO, _SRE, strict=True))
_COMPARES: Final = dict(
    zip(
        WHO,
        (
            *("✓", "✓", "✓", _NOT, _NOT, _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", _NOT),
            *(_UNNAMED, "✓", "✓"),
        ),
        strict=True,
    )
)
_BREAKS: Final = dict(
    zip(
        WHO,
        (
            *("own_request", "✓", "✓", "✓", _NOT, _NOT, _NOT, _NOT, _GUEST, _GUEST, _BOT, _UNREAD, _NOT, "✓", "✓"),
            *(_UNNAMED, _SLACK, "✓"),
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("name", WHO)
def test_who_begins_compares_and_breaks_glass_by_a_runbook_that_names_others(name: str) -> None:
    who, rules = WHO[name], plan(authority=NAMED)
    begins = begin("R42", rules, MODELS, comparison(), who, trigger=Trigger.COST, reason="", at=NOON)
    assert ("✓" if isinstance(begins, Moved) else begins.deny.code.value) == _BEGINS[name]
    compares = may_compare(NAMED, who)
    assert (compares.code.value if isinstance(compares, Deny) else "✓") == _COMPARES[name]
    play = Play(begin("R42", plan(), MODELS, FAILED, ALICE, trigger=Trigger.COST, reason="", at=NOON))
    play.rotation = under(NAMED, play.rotation)
    play.on(play.read()).in_phase("awaiting_decision")
    breaks = transition(play.rotation, play.decide(who, Choice.GO_ON, "the old one dies tonight"))
    assert ("✓" if isinstance(breaks, Moved) else breaks.deny.code.value) == _BREAKS[name]


def test_a_refusal_names_the_groups_the_runbook_names() -> None:
    for kind, phase, groups in (
        ("resume", Phase.PAUSED, ["sre"]),
        ("settle", Phase.ERRORED, ["finance"]),
    ):
        play = in_phase(phase)
        play.rotation = under(NAMED, play.rotation)
        play.refuses(human(play, kind).model_copy(update={"actor": MEL}), "not_entitled")
        assert play.facts == {"groups": groups}


# ---- whatever they do, in whatever order

OUTSIDERS: Final = (NED, GUS, STRANGER, ROBO, FORMER, ADMIN, UNNAMED)
WITHOUT_A_YES: Final = (*OUTSIDERS, ALICE, MEL, SAM, FAY, UNREAD, STEERING)


@cache
def asked(verdict: Verdict, rules: AuthorityPlan = HOUSE) -> World:
    """Where somebody's yes is waited for, before a place in production is changed."""
    world = World(plan(), verdict, "")
    world.rotation = under(rules, world.rotation)
    while world.rotation.phase not in {Phase.AWAITING_APPROVAL, Phase.AWAITING_DECISION}:
        world.go_well(1)
    return world


def attempted(world: World, actor: Actor, kind: str, choice: Choice) -> HumanEvent:
    """What somebody may click, type or send, about whatever is open, with the digest that stands there."""
    request, decision = world.rotation.request, world.rotation.decision
    about: dict[str, object] = {
        "approve": {"request": request.id if request else "R42-Q0", "digest": request.digest if request else ""},
        "reject": {"request": request.id if request else "R42-Q0"},
        "decide": {"decision": decision.id if decision else "R42-Q0", "choice": choice},
        "give_way": {"wish": "R43", "yes": choice is Choice.GO_ON},
        "renew": {
            "comparison": comparison(Verdict.PASS, name="D18", finished_at=world.at),
            "slot": world.rotation.slot,
            "models": world.rotation.models,
        },
    }
    said = {"at": world.at, "actor": actor, "reason": "I want it"}
    return HUMAN_KINDS[kind].model_validate(said | dict(about.get(kind, {})))  # type: ignore[call-overload, return-value]


ATTEMPTS: Final = st.lists(
    st.tuples(
        st.sampled_from(WITHOUT_A_YES),
        st.sampled_from([*KINDS, "approve", "decide", "approve"]),
        st.sampled_from([Choice.GO_ON, *Choice]),
        st.sampled_from([0, 0, 0, 2, 30]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(verdict=st.sampled_from([*Verdict]), rules=st.sampled_from([HOUSE, NAMED]), attempts=ATTEMPTS)
def test_nobody_without_a_yes_changes_a_place_in_production(
    verdict: Verdict, rules: AuthorityPlan, attempts: list[tuple[Actor, str, Choice, int]]
) -> None:
    world = asked(verdict, rules).copied()
    held = {name for name, value in world.holds.items() if value == OURS}
    for actor, kind, choice, hours in attempts:
        event = attempted(world, actor, kind, choice)
        before = world.rotation
        outcome = world.let(event)
        if actor in OUTSIDERS and not actor.terminal:
            assert not isinstance(outcome, Moved), f"{actor.name} was let {kind}"
            assert world.rotation is before
        world.drain()
        world.at += timedelta(hours=hours)
        for name in sorted(world.timers):
            if world.timers.get(name, world.at + timedelta(1)) <= world.at:
                world.let(world.fire(name))
                world.drain()
        assert {name for name, value in world.holds.items() if value == OURS} - {"staging"} <= held


STEERED: Final = frozenset({"promote", "resume", "abort", "renew", "supersede"})
SETTLED: Final = frozenset({"settle", "retry", "confirm", "hands_off", "hands_on"})
BREAKERS: Final = (BOB, CAROL, SAM)
EVERYBODY: Final = (*WITHOUT_A_YES, *BREAKERS * 5)


@settings(max_examples=150, deadline=None)
@given(
    verdict=st.sampled_from([Verdict.FAIL, *Verdict]),
    attempts=st.lists(
        st.tuples(
            st.sampled_from(EVERYBODY),
            st.sampled_from([*KINDS, "decide", "decide", "pause"]),
            st.sampled_from([Choice.GO_ON, *Choice]),
        ),
        min_size=1,
        max_size=14,
    ),
)
def test_by_a_runbook_that_names_others_only_they_are_heard(
    verdict: Verdict, attempts: list[tuple[Actor, str, Choice]]
) -> None:
    world = asked(verdict, NAMED).copied()
    said: set[str] = set()
    for actor, kind, choice in attempts:
        broken, before = "break_glass" in world.rotation.marks, world.rotation
        outcome = world.let(attempted(world, actor, kind, choice))
        if isinstance(outcome, Moved):
            assert kind not in STEERED or SRE in actor.groups, f"{actor.name} was let {kind}"
            assert kind not in SETTLED or FINANCE in actor.groups, f"{actor.name} was let {kind}"
            failed = before.decision is not None and before.decision.question == "comparison_failed"
            if kind == "decide" and choice is Choice.GO_ON and failed:
                said.add(actor.id)
            elif kind == "withdraw":
                said.discard(actor.id)
        if "break_glass" in world.rotation.marks and not broken:
            people = {ALICE.id: ALICE} | {one.id: one for one in EVERYBODY}
            assert len(said) == 3
            assert all({ML, SRE} & set(people[one].groups) for one in said - {ALICE.id})
            assert ALICE.id not in said
        world.drain()


def test_the_same_clicks_by_somebody_who_may_do_change_it() -> None:
    """A check of the check: what is attempted above is what leads there, were it somebody else's."""
    glass = asked(Verdict.FAIL, NAMED).copied()
    for breaker in BREAKERS:
        assert "break_glass" not in glass.rotation.marks
        glass.let(attempted(glass, breaker, "decide", Choice.GO_ON))
    assert "break_glass" in glass.rotation.marks
    world = asked(Verdict.PASS).copied()
    world.let(attempted(world, BOB, "approve", Choice.GO_ON))
    world.drain()
    assert world.holds["pilots.1"] == OURS
