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
