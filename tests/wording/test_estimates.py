"""What a comparison takes and sees is told so that nobody reads a "cannot" where there is a "depends"."""

import pytest
from pydantic import JsonValue

from bot.wording.estimates import estimate_label, sees_words, takes_words

FACTS: dict[str, JsonValue] = {"calls": 260, "usd": 0.32, "most_usd": 5.0, "cases": 130, "margin": 0.05, "fewest": 52}


@pytest.mark.parametrize(
    ("cases", "visible", "said"),
    [
        (130, 0.0687, "Its 130 cases suffice where the models agree on nearly all of them; where the models disagree"),
        (300, 0.045, "Its 300 cases suffice: even where the models disagree on one case in ten, they can see"),
        (10, 0.2, "Its 10 cases cannot end “fine”, even where the models agree on all of them: that takes at least 52"),
    ],
)
def test_what_the_cases_can_see_says_when(cases: int, visible: float, said: str) -> None:
    told = sees_words({**FACTS, "cases": cases, "visible": visible})
    assert told.startswith(said)
    assert "5 are allowed" in told or "5 points allowed" in told


@pytest.mark.parametrize(
    ("basis", "said"),
    [
        ("limit", "260 calls, at most about $0.32; it stops"),
        ("recorded", "260 calls, about $0.32; it stops"),
        ("assumed", "260 calls, about $0.32 if answers are 400 tokens long; it stops"),
    ],
)
def test_money_says_what_is_known_of_it(basis: str, said: str) -> None:
    facts: dict[str, JsonValue] = {**FACTS, "basis": basis, "answer_tokens": 400}
    assert takes_words(facts).startswith(said)
    assert len(estimate_label(facts)) <= 75


def test_calls_that_may_not_be_needed_are_told_as_the_most_there_can_be() -> None:
    told = takes_words({**FACTS, "judge_calls": 144})
    assert told.startswith("260 calls (at most 144 of them to the judge), about $0.32")
    assert "judge" not in takes_words({**FACTS, "judge_calls": 0})
