"""Which model somebody may have meant: part of a name first, then what is spelled alike, five at most."""

import pytest

from bot.difftest.alike import closest, holding, is_listed
from bot.difftest.mistyped import with_nearest
from bot.difftest.model.chat import ErrorKind
from bot.difftest.stopping import CouldNotRun

LISTED = ("acme/sable-4", "acme/sable-5", "acme/onyx-1", "lumen/quill-2", "orbit/comet-1", "orbit/sabot")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sab", ["acme/sable-4", "acme/sable-5", "orbit/sabot"]),
        ("SABLE5", ["acme/sable-5"]),
        ("acme/sable9", ["acme/sable-5", "acme/sable-4"]),
        ("qill-2", ["lumen/quill-2"]),
    ],
)
def test_what_was_probably_meant_comes_first(typed: str, found: list[str]) -> None:
    near = closest(typed, LISTED)
    assert near[: len(found)] == found
    assert len(near) <= 5


def test_nothing_alike_is_not_made_up() -> None:
    assert closest("zzz/xx", LISTED) == []
    assert closest("", LISTED) == []


def test_a_part_finds_all_that_hold_it_and_a_routing_suffix_asks_for_the_same() -> None:
    assert holding("comet", LISTED) == ["orbit/comet-1"]
    assert holding("", LISTED) == sorted(LISTED)
    assert is_listed("acme/sable-4:free", LISTED)
    assert not is_listed("acme/sable", LISTED)


def test_a_terminal_hears_the_nearest_where_the_provider_lists_any() -> None:
    gone = CouldNotRun("no model acme/sable9; is its id right?", whose="request", kind=ErrorKind.MODEL_NOT_FOUND)
    told = with_nearest(gone, ("acme/sable9", "acme/sable-4"), LISTED)
    assert told.what.startswith("no model acme/sable9; is its id right? The nearest it lists: acme/sable-")
    assert "acme/sable-5" in told.what
    assert with_nearest(gone, ("acme/sable9",), ()) is gone
    broke = CouldNotRun("no credit", whose="account", kind=ErrorKind.PAYMENT_REQUIRED)
    assert with_nearest(broke, ("acme/sable9",), LISTED) is broke
