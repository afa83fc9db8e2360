"""What a comparison's ratio of costs is in money."""

from datetime import timedelta

import pytest

from bot.difftest.model.report import ArmErrors, Report
from bot.engine.models.comparisons import MonthlySpend
from bot.engine.models.notes import ComparisonNote
from bot.wording.comparisons import comparison_text, month_line
from bot.wording.errors import errors_line
from bot.wording.text import plain
from bot.wording.units import spoken
from tests.handlers import notes


@pytest.mark.parametrize(
    ("ratio", "interval", "envelope", "said"),
    [
        (
            1.15,
            (1.13, 1.17),
            6_000,
            "In money: about +$620 a month (±80), $4,740 instead of $4,120, of $6,000, by the last 30",
        ),
        (
            1.148,
            (1.126, 1.17),
            6_000,
            "In money: about +$610 a month (±90), $4,730 instead of $4,120, of $6,000, by the last 30 days of spend",
        ),
        (
            0.9,
            (0.9, 0.9),
            None,
            "In money: about −$412 a month (±0), $3,708 instead of $4,120, by the last",
        ),
        (1.4, (1.3, 1.5), 6_000, "⚠️ It may break the envelope: about +$1,600 a month (±400), $5,720"),
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


@pytest.mark.parametrize(
    ("amount", "either_way", "said"),
    [
        (609.76, 90.64, (610, "90", 0)),
        (-1772.0, 123.6, (-1800, "100", 0)),
        (1648.0, 3.2, (1648, "3", 0)),
        (45.3, 412.0, (45, "400", 0)),
        (0.4812, 0.0731, (0.48, "0.07", 2)),
        (412.3, 0.0, (412, "0", 0)),
        (0.0, 90.64, (0, "90", 0)),
        (0.0, 0.0, (0, "0", 2)),
        (99.6, 0.96, (99.6, "1.0", 1)),
    ],
)
def test_an_uncertain_amount_as_people_say_it(amount: float, either_way: float, said: tuple[float, str, int]) -> None:
    assert spoken(amount, either_way) == said


def test_a_small_bill_keeps_its_cents() -> None:
    report = notes.report()
    cost = report.dimensions.cost.model_copy(update={"difference": 1.15, "interval": (1.13, 1.17)})
    found = notes.comparison(
        found=report.model_copy(update={"dimensions": report.dimensions.model_copy(update={"cost": cost})})
    )
    month = MonthlySpend(usd=3.2, days=7, envelope=4.5)
    told = "In money: about +$0.48 a month (±0.06), $3.68 instead of $3.20, of $4.50, by the last 7 days of spend"
    assert month_line(found.model_copy(update={"month": month})) == told


def _told(found: Report, **more: object) -> str:
    return plain(comparison_text(ComparisonNote(comparison=notes.comparison(found=found).model_copy(update=more))))


def test_that_an_earlier_run_of_the_same_is_used_again_is_said_with_how_to_ask_anew() -> None:
    began = notes.comparison().started_at
    earlier = notes.report().model_copy(update={"answers_since": began - timedelta(hours=3)})
    told = _told(earlier, spent_usd=0.0)
    assert "Answers of an earlier run of the same, begun " in told
    assert "are used again; its own calls cost $0. Anew: /rotate diff " in told.replace("`", "")
    assert "--fresh" in told
    for own in (began, None):
        assert "earlier run" not in _told(notes.report().model_copy(update={"answers_since": own}))


def test_how_many_cases_were_asked_is_said_where_it_was_not_all_of_them() -> None:
    assert "50 of 120 cases, 2 cases lost" in _told(notes.report().model_copy(update={"asked_cases": 50}))
    for all_of_them in (120, None):
        assert "120 cases, 2 cases lost" in _told(notes.report().model_copy(update={"asked_cases": all_of_them}))


def test_answers_that_came_only_after_a_retry_are_told_of_each_model() -> None:
    errors = {"current": ArmErrors(retried=3), "candidate": ArmErrors(failed=1, kinds={"length": 1}, retried=12)}
    told = errors_line(notes.report().model_copy(update={"errors": errors}))
    assert told == (
        "Errors: old: 3 answers only after a retry; new: 1 failed answer (1 length), 12 answers only after a retry"
    )


def test_an_account_out_of_credit_is_one_sentence_that_says_once_who_can_mend_it() -> None:
    what = "the account is out of credit or quota; whoever pays for it can top it up"
    broke = notes.comparison("errored").model_copy(update={"problem": what, "whose": "account"})
    said = plain(comparison_text(ComparisonNote(comparison=broke))).splitlines()
    assert "The account is out of credit or quota; whoever pays for it can top it up" in said
