"""Who may do what, as a table of one row a test; and that people without a say change nothing, whatever they do."""

from datetime import timedelta
from functools import cache
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rotation.events import HumanEvent
from bot.rotation.evidence import Verdict
from bot.rotation.machine import Moved, transition
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Phase
from tests.rotation.cast import (
    ALICE,
    BOB,
    CAROL,
    FAY,
    FINANCE,
    GUS,
    MEL,
    ML,
    NED,
    ROBO,
    SAM,
    SRE,
    comparison,
    plan,
)
from tests.rotation.stories import KINDS, human, in_phase
from tests.rotation.world import HUMAN_KINDS, OURS, World

STRANGER: Final = BOB.model_copy(update={"id": "U20", "name": "stig", "stranger": True})
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
ROWS: Final = [
    pytest.param(kind, phase, name, answer, id=f"{name} {kind}s: {answer}")
    for (kind, phase), answers in TABLE.items()
    for name, answer in zip(WHO, answers, strict=True)
]


@pytest.mark.parametrize(("kind", "phase", "name", "answer"), ROWS)
def test_who_may_do_what(kind: str, phase: Phase, name: str, answer: str) -> None:
    play = in_phase(phase)
    event = human(play, kind).model_copy(update={"actor": WHO[name]})
    outcome = transition(play.rotation, event)
    assert ("✓" if isinstance(outcome, Moved) else outcome.deny.code.value) == answer


# ---- whatever they do, in whatever order

OUTSIDERS: Final = (NED, GUS, STRANGER, ROBO, FORMER, ADMIN, UNNAMED)
WITHOUT_A_YES: Final = (*OUTSIDERS, ALICE, MEL, SAM, FAY, UNREAD, STEERING)


@cache
def asked(verdict: Verdict) -> World:
    """Where somebody's yes is waited for, before a place in production is changed."""
    world = World(plan(), verdict, "")
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
@given(verdict=st.sampled_from([*Verdict]), attempts=ATTEMPTS)
def test_nobody_without_a_yes_changes_a_place_in_production(
    verdict: Verdict, attempts: list[tuple[Actor, str, Choice, int]]
) -> None:
    world = asked(verdict).copied()
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


def test_the_same_clicks_by_somebody_who_may_do_change_it() -> None:
    """A check of the check: what is attempted above is what leads there, were it somebody else's."""
    world = asked(Verdict.PASS).copied()
    world.let(attempted(world, BOB, "approve", Choice.GO_ON))
    world.drain()
    assert world.holds["pilots.1"] == OURS
