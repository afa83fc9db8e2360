"""What a slot is told of, and what not: decisions over catalogs written down here."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.catalog.families import family_of, followed
from bot.catalog.model import Kept, Listed, Proposal
from bot.catalog.propose import NEW, SlotView, proposed_now
from bot.rotation.model.state import Trigger
from tests.catalog.making import FIRST, NOW, kept, listed, view

LATER = NOW - timedelta(days=1)
LIVE = listed("acme/sable-4")


def now(view: SlotView, rows: Mapping[str, Kept], told: frozenset[str] = frozenset()) -> list[Proposal]:
    return proposed_now(view, rows, told, NOW)


def codes(view: SlotView, rows: Mapping[str, Kept], told: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    return [(one.code, one.about) for one in now(view, rows, told)]


@pytest.mark.parametrize(
    ("model", "pattern"),
    [
        ("openai/gpt-4.1-mini", "openai/gpt*"),
        ("claude-sonnet-4-5", "claude*"),
        ("x-ai/grok-4.1-fast", "x-ai/grok*"),
        ("openai/o3-mini", "openai/o[0-9]*"),
        ("acme/4-turbo", "acme/4-turbo"),
        ("ac*me/[x]-1", "ac[*]me/[[]x]-1"),
    ],
)
def test_a_family_is_the_maker_and_the_letters_of_the_name(model: str, pattern: str) -> None:
    assert family_of(model) == pattern
    assert followed(model, [pattern])


def test_a_route_to_a_model_and_another_makers_are_not_followed() -> None:
    assert not followed("acme/sable-5:free", ["acme/sable*"])
    assert not followed("other/sable-5", ["acme/sable*"])


def test_a_new_model_of_the_family_is_told_once_and_nothing_of_the_first_look_is() -> None:
    rows = kept(LIVE, listed("acme/sable-3")) | kept(listed("acme/sable-5"), listed("orbit/comet-1"), first=LATER)
    (found,) = now(view(), rows)
    assert (found.code, found.candidate, found.trigger) == ("new_model", "acme/sable-5", Trigger.NEW_MODEL)
    assert codes(view(), rows, frozenset({found.key})) == []
    assert codes(view(), kept(LIVE, listed("acme/sable-5"))) == []
    assert codes(view(rules={"follows": ("orbit/*",)}), rows) == [("new_model", "orbit/comet-1")]
    assert codes(view(rules={"follows": ()}), rows) == []


def test_news_are_kept_while_a_rotation_runs_and_grow_old() -> None:
    rows = kept(LIVE) | kept(listed("acme/sable-5"), first=NOW - NEW)
    assert codes(view(busy=True), rows) == []
    assert codes(view(), rows) == [("new_model", "acme/sable-5")]
    assert codes(view(), kept(LIVE) | kept(listed("acme/sable-5"), first=NOW - NEW - timedelta(seconds=1))) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"tools": False}, None),
        ({"context": 127_999}, None),
        ({"outputs": ("embedding",)}, None),
        ({"tools": None, "context": None}, ("tools", "context")),
        ({"outputs": None}, ()),
        ({}, ()),
    ],
)
def test_what_cannot_do_what_is_needed_is_not_told_and_what_nobody_says_is_said(
    more: dict[str, Any], expected: tuple[str, ...] | None
) -> None:
    rows = kept(LIVE) | kept(listed("acme/sable-5", **more), first=LATER)
    found = now(view(), rows)
    assert [one.unknown for one in found] == ([] if expected is None else [expected])


def test_what_the_runbook_says_is_needed_goes_over_what_the_current_model_has() -> None:
    rows = kept(LIVE) | kept(listed("acme/sable-5", tools=False, context=9_000), first=LATER)
    assert codes(view(rules={"needs": {"tools": False, "context": 8_000}}), rows) == [("new_model", "acme/sable-5")]


def test_the_one_that_saves_most_for_sure_is_told_and_a_second_best_never() -> None:
    # Half the price of prompts only is no sure saving; a cheaper one that goes soon, or lacks something, is none.
    rows = kept(
        LIVE,
        listed("acme/sable-5", 3.0),
        listed("acme/sable-6", 2.0),
        listed("acme/sable-7", 2.0, 16.0),
        listed("acme/sable-8", 1.0, retires=NOW + timedelta(days=30)),
        listed("acme/sable-9", 1.0, tools=None),
        listed("acme/sable-0", None),
    )
    (found,) = now(view(days=(10.0,) * 7), rows)
    assert (found.code, found.candidate, found.trigger) == ("cheaper", "acme/sable-6", Trigger.COST)
    assert found.saving is not None
    assert found.saving.a_year is not None
    assert found.saving.a_year.usd == pytest.approx(1825)
    assert now(view(), rows, frozenset({found.key})) == []


def test_a_saving_below_what_is_worth_a_message_is_none() -> None:
    rows = kept(LIVE, listed("acme/sable-5", 3.2))
    assert codes(view(), rows) == [("cheaper", "acme/sable-5")]
    assert codes(view(), kept(LIVE, listed("acme/sable-5", 3.21))) == []
    assert codes(view(rules={"saving": 0.3}), rows) == []
    assert codes(view(), kept(listed("acme/sable-4", None), listed("acme/sable-5", 3.2))) == []


def test_one_that_is_new_and_cheaper_is_told_once_with_its_money() -> None:
    rows = kept(LIVE) | kept(listed("acme/sable-5", 2.0), first=LATER)
    first = now(view(), rows)
    assert [one.code for one in first] == ["cheaper"]
    assert now(view(), rows, frozenset(one.key for one in first)) == []


def test_the_current_and_the_rollback_model_are_told_of_when_they_retire_or_are_gone() -> None:
    retires = datetime(2027, 2, 1, tzinfo=UTC)
    rows = kept(listed("acme/sable-4", retires=retires)) | kept(listed("acme/sable-2"), gone_at=LATER)
    found = now(view(way_back="acme/sable-2", busy=True), rows)
    assert [(one.code, one.about, one.role) for one in found] == [
        ("retirement", "acme/sable-4", "current"),
        ("gone", "acme/sable-2", "way back"),
    ]
    assert found[0].deadline is not None
    assert found[0].deadline.retires == retires
    assert {one.trigger for one in found} == {Trigger.DEPRECATED}
    told = frozenset(one.key for one in found)
    assert now(view(way_back="acme/sable-2"), rows, told) == []
    moved = kept(listed("acme/sable-4", retires=retires - timedelta(days=9)))
    assert codes(view(), moved, told) == [("retirement", "acme/sable-4")]


def test_what_comes_after_it_is_the_newest_of_the_family_that_can_and_lasts() -> None:
    def made(model: str, day: int, **more: object) -> Listed:
        return listed(model, created=FIRST + timedelta(days=day)).model_copy(update=more)

    rows = kept(
        made("acme/sable-4", 0, retires=NOW + timedelta(days=60)),
        made("acme/sable-5", 10),
        made("acme/sable-6", 20),
        made("acme/sable-7", 30, tools=None),
        made("acme/sable-8", 40, retires=NOW + timedelta(days=364)),
        made("orbit/comet-9", 50),
    )
    assert [one.candidate for one in now(view(), rows)] == ["acme/sable-6"]
    assert [one.candidate for one in now(view(held_back=frozenset({"acme/sable-6"})), rows)] == ["acme/sable-5"]
    assert [one.candidate for one in now(view(rules={"follows": ()}), rows)] == [""]


@pytest.mark.parametrize("name", ["tried", "held_back"])
def test_a_candidate_that_people_know_or_that_was_taken_back_is_not_proposed(name: str) -> None:
    rows = kept(LIVE, listed("acme/sable-3", 1.0)) | kept(listed("acme/sable-5"), first=LATER)
    known: dict[str, Any] = {name: frozenset({"acme/sable-3", "acme/sable-5"})}
    assert codes(view(), rows) == [("cheaper", "acme/sable-3"), ("new_model", "acme/sable-5")]
    assert codes(view(**known), rows) == []


def test_each_reason_can_be_muted_by_itself() -> None:
    rows = kept(listed("acme/sable-4", retires=NOW), listed("acme/sable-3", 1.0)) | kept(
        listed("acme/sable-5"), first=LATER
    )
    every = {"deprecated": "retirement", "cost": "cheaper", "new-model": "new_model"}
    assert [code for code, _ in codes(view(), rows)] == list(every.values())
    for trigger, code in every.items():
        left = [one for one, _ in codes(view(muted=frozenset({trigger})), rows)]
        assert left == [other for other in every.values() if other != code]
