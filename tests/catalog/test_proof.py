"""Whether there is a way back: listed, not retired before it is needed, answering, with quota."""

from datetime import datetime, timedelta

import pytest

from bot.catalog.model import Credit, Kept, Listed, Listing
from bot.catalog.proof import Answered, Proof, proven
from tests.catalog.making import NOW, kept, listed

UNTIL = NOW + timedelta(hours=4)
YES = Answered(alive=True)
OLD = listed("acme/old")


def proof(
    answered: Answered = YES,
    *now: Listed,
    known: tuple[Listed, ...] = (),
    problem: str | None = "",
    model: str = OLD.id,
    credit: Credit | None = None,
) -> Proof:
    listing = None if problem is None else Listing(at=NOW, models=now, problem=problem)
    rows: dict[str, Kept] = kept(*known)
    return proven(model, answered, listing, rows.values(), now=NOW, until=UNTIL, credit=credit)


def test_a_model_that_is_listed_and_answers_is_a_way_back() -> None:
    assert proof(YES, OLD) == Proof(ok=True)
    assert proof(YES, OLD, model="acme/old:nitro") == Proof(ok=True)


def test_one_that_was_listed_once_and_is_no_more_is_none_though_it_answers() -> None:
    assert proof(YES, listed("acme/new"), known=(OLD,)).detail.startswith("acme/old is not listed")
    # A deployment or an alias never was; a list that did not come says nothing of anybody.
    assert proof(YES, listed("acme/new")).ok
    assert proof(YES, known=(OLD,), problem="the endpoint answered 503").ok
    assert proof(YES, problem=None).ok


@pytest.mark.parametrize(
    ("retires", "said"),
    [
        (NOW - timedelta(seconds=1), "retired on"),
        (NOW, "retired on"),
        (NOW + timedelta(seconds=1), "before this stage's watch can be over"),
        (UNTIL - timedelta(seconds=1), "before this stage's watch can be over"),
        (UNTIL, ""),
    ],
)
def test_one_that_retires_before_it_can_be_needed_is_none(retires: datetime, said: str) -> None:
    found = proof(YES, OLD.model_copy(update={"retires": retires}))
    assert (found.ok, said in found.detail, found.retires) == (not said, True, retires)
    # What was known of it holds while the list does not come.
    stored = proof(YES, known=(OLD.model_copy(update={"retires": retires}),), problem="it is down")
    assert (stored.ok, stored.retires) == (not said, retires)


def test_what_it_answered_is_told_and_quota_apart() -> None:
    assert proof(Answered(alive=False, what="503"), OLD).detail == "acme/old: 503"
    said = proof(Answered(alive=False, what="402 payment required", no_quota=True), OLD)
    assert (said.ok, said.detail) == (False, "acme/old: no quota: 402 payment required")


def test_one_that_answers_with_nothing_left_to_pay_it_is_none() -> None:
    gone = proof(YES, OLD, credit=Credit(left_usd=0, limit_usd=25, resets="monthly"))
    assert (gone.ok, gone.detail) == (False, "acme/old: no quota: $0.00 of $25.00 left on the key, reset monthly")
    for known in (Credit(), Credit(left_usd=0.01), Credit(problem="the endpoint answered 503")):
        assert proof(YES, OLD, credit=known).ok
