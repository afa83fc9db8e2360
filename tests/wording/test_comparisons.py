"""What a comparison's ratio of costs is in money."""

import pytest

from bot.engine.models import ComparisonNote, MonthlySpend
from bot.wording.comparisons import comparison_text, month_line
from bot.wording.text import plain
from tests.handlers import notes


@pytest.mark.parametrize(
    ("ratio", "interval", "envelope", "said"),
    [
        (
            1.15,
            (1.13, 1.17),
            6_000,
            "In money: about +$618.00 a month (±$82.40), $4,738 instead of $4,120, of $6,000, by the last 30",
        ),
        (
            0.9,
            (0.9, 0.9),
            None,
            "In money: about −$412.00 a month (±$0), $3,708 instead of $4,120, by the last",
        ),
        (1.4, (1.3, 1.5), 6_000, "⚠️ It may break the envelope: about +$1,648 a month (±$412.00), $5,768"),
    ],
)
def test_a_ratio_is_money_a_month_beside_the_envelope(
    ratio: float, interval: tuple[float, float], envelope: float | None, said: str
) -> None:
    report = notes.report()
    cost = report.dimensions.cost.model_copy(update={"difference": ratio, "interval": interval})
    dimensions = report.dimensions.model_copy(update={"cost": cost})
    month = MonthlySpend(usd=4_120, days=30, envelope=envelope)
    found = notes.comparison(found=report.model_copy(update={"dimensions": dimensions}))
    assert month_line(found.model_copy(update={"month": month})).startswith(said)
    assert month_line(found.model_copy(update={"month": None})) == ""


def test_where_the_ratio_is_unknown_nothing_is_said_of_money() -> None:
    report = notes.report()
    cost = report.dimensions.cost.model_copy(update={"difference": None, "interval": None})
    unknown = report.model_copy(update={"dimensions": report.dimensions.model_copy(update={"cost": cost})})
    assert month_line(notes.comparison(found=unknown)) == ""


def test_an_account_out_of_credit_is_one_sentence_that_says_once_who_can_mend_it() -> None:
    what = "the account is out of credit or quota; whoever pays for it can top it up"
    broke = notes.comparison("errored").model_copy(update={"problem": what, "whose": "account"})
    said = plain(comparison_text(ComparisonNote(comparison=broke))).splitlines()
    assert "The account is out of credit or quota; whoever pays for it can top it up" in said
