"""What a cheaper model saves a year, and the bounds of it; checked against scipy."""

from statistics import fmean

import pytest
from scipy import stats

from bot.catalog.savings import saving
from bot.difftest.model.chat import TokenPrice

CURRENT = TokenPrice(4e-6, 16e-6)
WEEK = [100.0, 110, 90, 120, 105, 40, 35]


def test_with_one_share_for_both_the_range_is_that_of_the_year() -> None:
    found = saving(CURRENT, TokenPrice(3e-6, 12e-6), WEEK)
    assert found is not None
    assert (found.cheaper_low, found.cheaper_high) == pytest.approx((0.25, 0.25))
    low, high = stats.t.interval(0.9, len(WEEK) - 1, loc=fmean(WEEK), scale=stats.sem(WEEK))
    assert found.a_year is not None
    assert (found.a_year.low, found.a_year.high) == pytest.approx((low * 365 / 4, high * 365 / 4))
    assert found.a_year.usd == pytest.approx(fmean(WEEK) * 365 / 4)


def test_prompts_and_answers_that_save_differently_widen_it() -> None:
    found = saving(CURRENT, TokenPrice(2e-6, 16e-6), [100.0])
    assert found is not None
    assert (found.cheaper_low, found.cheaper_high) == pytest.approx((0, 0.5))
    assert found.a_year is not None
    assert (found.a_year.low, found.a_year.high) == pytest.approx((0, 18_250))


def test_a_model_that_is_dearer_for_answers_may_cost_more() -> None:
    found = saving(CURRENT, TokenPrice(1e-6, 20e-6), WEEK)
    assert found is not None
    assert found.cheaper_low == pytest.approx(-0.25)
    assert found.a_year is not None
    assert found.a_year.low < 0 < found.a_year.high


def test_unknown_usage_is_not_nothing_and_what_was_free_cannot_get_cheaper() -> None:
    cheaper = saving(CURRENT, TokenPrice(2e-6, 8e-6), [])
    assert cheaper is not None
    assert cheaper.a_year is None
    free = TokenPrice(0, 0)
    assert saving(free, free, WEEK) is None
    dearer = saving(TokenPrice(0, 4e-6), TokenPrice(1e-6, 1e-6), WEEK)
    assert dearer is not None
    assert dearer.cheaper_low < 0
    assert dearer.a_year is None
