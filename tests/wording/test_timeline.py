"""Lines of a thread say what was measured, and nothing that was not."""

import pytest
from pydantic import JsonValue

from bot.wording.text import plain
from bot.wording.timeline import timeline_line

ROW: dict[str, JsonValue] = {
    "case": "sum",
    "dimension": "quality",
    "why": "equals: the answer is not “125”",
    "candidate_answer": "1250",
}


@pytest.mark.parametrize(
    ("alone", "said"),
    [(False, "Cases the old model passes and the new one does not:"), (True, "Cases the new model fails:")],
)
def test_worst_cases_claim_nothing_of_an_old_model_that_did_not_answer(alone: bool, said: str) -> None:
    told = plain((timeline_line("worst_regressions", {"regressions": [ROW], "alone": alone}),))
    assert told.startswith(said)
    assert "sum (quality)" in told
    assert "1250" in told
    assert plain((timeline_line("worst_regressions", {"regressions": [], "alone": alone}),)) == f"{said} none"


def test_an_example_has_what_was_asked_and_what_both_said_and_gains_stand_below() -> None:
    row: dict[str, JsonValue] = {**ROW, "prompt": "Add 100 and 25", "current_answer": "125", "tags": ["sums", "easy"]}
    gained: dict[str, JsonValue] = {
        **ROW,
        "case": "product",
        "prompt": "",
        "current_answer": "",
        "candidate_answer": "",
    }
    told = plain((timeline_line("worst_regressions", {"regressions": [row], "gains": [gained], "alone": False}),))
    worse, better = told.split("Cases the new model passes and the old one does not:")
    assert "[sums, easy]" in worse
    for said in ("asked: “Add 100 and 25”", "old model: “125”", "new model: “1250”"):
        assert said in worse
    assert "product (quality)" in better
    assert "asked:" not in better  # a private suite's words are nowhere
