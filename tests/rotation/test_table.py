"""The table: every phase and every human event, taken or refused with nothing changed."""

from datetime import timedelta

import pytest

from bot.rotation.evidence import Verdict
from bot.rotation.machine import TRANSITIONS, Moved, Refused, transition
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import ENDS, Phase, Rotation
from bot.rotation.policy import ReasonCode
from tests.rotation.cast import BOB, NED, SAM
from tests.rotation.play import EVENT
from tests.rotation.stories import KINDS, human, in_phase

# Allowed by the table, and refused all the same by what this rotation has done or was asked.
GATED = {
    (Phase.AWAITING_APPROVAL, "abort"): ReasonCode.NOT_IN_PHASE,
    (Phase.AWAITING_DECISION, "abort"): ReasonCode.NOT_IN_PHASE,
    (Phase.SCHEDULED, "abort"): ReasonCode.NOT_IN_PHASE,
    (Phase.APPLYING, "abort"): ReasonCode.NOT_IN_PHASE,
    (Phase.PAUSED, "abort"): ReasonCode.NOT_IN_PHASE,
    (Phase.ERRORED, "abort"): ReasonCode.NOT_IN_PHASE,
    (Phase.AWAITING_APPROVAL, "withdraw"): ReasonCode.NOTHING_TO_WITHDRAW,
    (Phase.AWAITING_DECISION, "withdraw"): ReasonCode.NOTHING_TO_WITHDRAW,
    (Phase.PAUSED, "withdraw"): ReasonCode.NOTHING_TO_WITHDRAW,
    (Phase.PAUSED, "decide"): ReasonCode.STALE_QUESTION,
    **{(phase, "give_way"): ReasonCode.STALE_QUESTION for phase, kinds in TRANSITIONS.items() if "give_way" in kinds},
    **{(phase, "hands_on"): ReasonCode.HANDS_ARE_ON for phase, kinds in TRANSITIONS.items() if "hands_on" in kinds},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", list(Phase))
def test_every_human_event_in_every_phase(phase: Phase, kind: str) -> None:
    play = in_phase(phase).in_phase(phase)
    event = human(play, kind)
    before = play.rotation.model_dump_json()
    outcome = transition(play.rotation, event)
    assert play.rotation.model_dump_json() == before
    taken = kind in TRANSITIONS[phase] and (phase, kind) not in GATED
    if taken:
        assert isinstance(outcome, Moved), outcome
        return
    assert isinstance(outcome, Refused), f"{kind} was taken in {phase}"
    if (phase, kind) in GATED:
        assert outcome.deny.code is GATED[phase, kind]


def test_the_table_names_every_phase_and_only_events_there_are() -> None:
    assert set(TRANSITIONS) == set(Phase)
    kinds = {kind for allowed in TRANSITIONS.values() for kind in allowed}
    assert kinds == set(KINDS)
    for kind in KINDS:
        assert EVENT.validate_python(human(in_phase(Phase.BAKING), kind).model_dump()).kind == kind


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in ENDS])
def test_every_phase_has_a_way_out_that_an_entitled_person_can_take(phase: Phase) -> None:
    ways_out = {"abort", "roll_back", "reject", "settle"}
    play = in_phase(phase)
    taken = {kind for kind in ways_out if isinstance(transition(play.rotation, human(play, kind)), Moved)}
    assert taken, f"nobody can lead a rotation out of {phase}"


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_without_a_part_in_it_can_do_anything(phase: Phase, kind: str) -> None:
    play = in_phase(phase)
    event = human(play, kind).model_copy(update={"actor": NED})
    assert isinstance(transition(play.rotation, event), Refused)


def test_a_stale_question_is_refused_where_another_is_open() -> None:
    play = in_phase(Phase.AWAITING_APPROVAL)
    play.refuses(play.reject(BOB).model_copy(update={"request": "R42-Q0"}), "stale_question")
    asked = in_phase(Phase.AWAITING_DECISION)
    asked.refuses(asked.decide(SAM, Choice.EXTEND).model_copy(update={"decision": "R42-Q0"}), "stale_question")


@pytest.mark.parametrize("phase", sorted(ENDS))
def test_ends_absorb(phase: Phase) -> None:
    """Whatever timer or answer still comes, the end stays; only what was really written late is undone."""
    play = in_phase(phase)
    play.at += timedelta(hours=1)
    for name in ("look", "traffic", "deadline", "reminder", "retry", "verify"):
        play.ignores(play.timer(name))
    play.ignores(play.preflighted()).ignores(play.traffic()).ignores(play.traffic_back(1)).ignores(play.verified())
    play.ignores(play.read()).ignores(play.read("settle")).ignores(play.freed()).ignores(play.taken("R41"))
    play.ignores(play.was_down(hours=2)).ignores(play.restored(play.rotation.targets[0].id))
    if play.rotation.bake is not None:
        play.ignores(play.looked(Verdict.FAIL))
    play.in_phase(phase)
    assert Rotation.model_validate_json(play.rotation.model_dump_json()) == play.rotation
