"""docs/rotation.md says what the machine does."""

from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.rotation import ENDS, Phase
from tests.docs import generate, rotation_diagram, rotation_pages, rotation_table
from tests.rotation.stories import KINDS


def test_the_page_is_not_stale() -> None:
    assert list(generate.stale(generate.pages([rotation_diagram, rotation_pages, rotation_table]))) == []


def test_the_diagram_has_a_way_into_every_phase_and_out_of_every_one_that_is_no_end() -> None:
    reached = set(Phase)
    edges = rotation_diagram.edges()
    assert {after for _, after in edges} == reached
    assert {before for before, _ in edges} == reached - ENDS | {Phase.COMPLETED}


def test_what_a_person_does_in_the_diagram_is_in_the_table() -> None:
    kinds = set(KINDS)
    for (before, _), names in rotation_diagram.edges().items():
        done_by_people = {name.split()[0] for name in names} & kinds
        assert done_by_people <= TRANSITIONS[before]
