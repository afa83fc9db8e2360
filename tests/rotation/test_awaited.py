"""Whom a rotation waits for: one row per phase and person, by the same gates that a click is asked."""

from collections.abc import Callable

import pytest

from bot.rotation.awaited import awaited_of
from bot.rotation.evidence import Verdict
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Choice
from bot.runbook.models.authority import AuthorityPlan, BreakGlassPlan, Who
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
    STAGES,
    comparison,
    plan,
)
from tests.rotation.cast import stage as a_stage
from tests.rotation.play import Play, begun
from tests.rotation.stories import asked, errored, scheduled, unconfirmed

EVERYBODY = (ALICE, BOB, CAROL, SAM, FAY, MEL, NED, GUS, ROBO)


def two_needed() -> Play:
    play = begun(plan(STAGES[0], a_stage("global", count=2, groups=(ML, FINANCE)))).on(begun().read()).applied().bake()
    return play.on(play.approve(BOB))


def undecided() -> Play:
    return begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)


def broken_glass() -> Play:
    play = begun(evidence=comparison(Verdict.FAIL))
    play.on(play.read())
    return play.on(play.decide(BOB, Choice.GO_ON, "the old one dies"))


def broken_glass_of_two_groups() -> Play:
    glass = BreakGlassPlan(groups=(ML, SRE), count=3)
    play = begun(plan(authority=AuthorityPlan(break_glass=glass)), evidence=comparison(Verdict.FAIL))
    play.on(play.read())
    return play.on(play.decide(BOB, Choice.GO_ON, "the old one dies"))


def named(play: Play) -> Play:
    """Others than the house's may steer and settle."""
    others = play.rotation.plan.authority.model_copy(update={"steer": (Who.SRE,), "settle": (FINANCE,)})
    play.rotation = play.rotation.model_copy(
        update={"plan": play.rotation.plan.model_copy(update={"authority": others})}
    )
    return play


def wished() -> Play:
    play = begun().to_baking(1)
    return play.on(play.wanted())


def held_up() -> Play:
    play = asked()
    return play.on(play.approve(BOB)).on(play.preflighted(way_back_ok=False)).in_phase("awaiting_approval")


def stuck() -> Play:
    play = begun().to_baking(0)
    return play.on(play.roll_back()).on(play.restored("staging", "failed"))


def paused_with_a_request() -> Play:
    play = asked()
    return play.on(play.pause())


ROWS: dict[str, tuple[Callable[[], Play], dict[str, tuple[str, ...]]]] = {
    "in line": (lambda: begun(blocked_by="R41"), {}),
    "asked": (asked, {"bob": ("approve",), "carol": ("approve",)}),
    "one of two": (two_needed, {"carol": ("approve",), "fay": ("approve",)}),
    "held up": (held_up, {"alice": ("ask_again",)}),
    "scheduled": (scheduled, {}),
    "watched": (lambda: begun().to_baking(1), {}),
    "undecided": (undecided, {"sam": ("decide",), "carol": ("decide",)}),
    "break-glass": (broken_glass, {"carol": ("decide",)}),
    "break-glass of two groups": (
        lambda: named(broken_glass_of_two_groups()),
        {"carol": ("decide",), "sam": ("decide",)},
    ),
    "errored, and others named to settle": (lambda: named(errored()), {"fay": ("mend",)}),
    "paused, and others named to steer": (
        lambda: named(paused_with_a_request()),
        {"bob": ("approve",), "carol": ("approve",)},
    ),
    "wished": (wished, {"alice": ("give_way",)}),
    "paused": (paused_with_a_request, {"alice": ("resume",), "bob": ("approve",), "carol": ("approve",)}),
    "errored": (errored, {"alice": ("mend",), "bob": ("mend",), "carol": ("mend",), "sam": ("mend",)}),
    "going back": (lambda: (play := begun().to_baking(1)).on(play.roll_back()), {}),
    "stuck": (stuck, {"alice": ("mend",), "bob": ("mend",), "carol": ("mend",), "sam": ("mend",)}),
    "unconfirmed": (
        unconfirmed,
        {"alice": ("confirm",), "bob": ("confirm",), "carol": ("confirm",), "sam": ("confirm",)},
    ),
    "completed": (lambda: begun().to_completed(), {}),
}


@pytest.mark.parametrize("row", ROWS)
def test_who_is_waited_for(row: str) -> None:
    story, waited = ROWS[row]
    rotation = story().rotation
    found = {actor.name: awaited_of(rotation, actor) for actor in EVERYBODY}
    assert {name: codes for name, codes in found.items() if codes} == waited


def test_a_group_nobody_could_read_waits_for_nobody_but_administrators() -> None:
    rotation = asked().rotation
    unknown = Actor(id="U20", name="una", problems=(ML,), member=True)
    assert awaited_of(rotation, unknown) == ()
    assert awaited_of(rotation, unknown.model_copy(update={"administrator": True})) == ("approve",)
