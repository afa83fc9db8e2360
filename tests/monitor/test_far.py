"""Bounds far out: held against the exact ones, and against how often what they bound is really beyond them."""

import math
import random
from typing import Any

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest
from scipy.stats import beta, chi2, norm, poisson

from bot.monitor.arms import Arms
from bot.monitor.far import exact_high, exact_low, widened
from bot.monitor.rates import score_bounds
from bot.monitor.tallies import Shape, counted
from bot.monitor.tenants import compare_tenants

FAR = (1.64, 2.6, 3.5, 5.0)
EVENTS = (1, 2, 5, 12, 40, 400)
ROUNDING = 0.01


def exact_bounds(shape: Shape, rate: Any, total: Any, z: float) -> tuple[Any, Any]:  # noqa: ANN401 - one or many
    return exact_low(shape, rate, total, z), exact_high(shape, rate, total, z)


@pytest.mark.parametrize("z", FAR)
@pytest.mark.parametrize("bad", EVENTS)
def test_bounds_of_a_proportion_are_never_nearer_than_clopper_and_pearsons(bad: int, z: float) -> None:
    total, beyond = 800, norm.sf(z)
    low, high = exact_bounds(Shape.PROPORTION, bad / total, total, z)
    exact = beta.ppf(beyond, bad, total - bad + 1), beta.isf(beyond, bad + 1, total - bad)
    assert low <= exact[0] * (1 + ROUNDING)
    assert high >= exact[1] * (1 - ROUNDING)
    assert high == pytest.approx(exact[1], rel=0.15)
    if bad >= 12:
        assert low == pytest.approx(exact[0], rel=0.08)


@pytest.mark.parametrize("z", FAR)
@pytest.mark.parametrize("bad", EVENTS)
def test_bounds_of_a_rate_are_never_nearer_than_garwoods(bad: int, z: float) -> None:
    total, beyond = 100, norm.sf(z)
    low, high = exact_bounds(Shape.RATE, bad / total, total, z)
    exact = chi2.ppf(beyond, 2 * bad) / 2 / total, chi2.isf(beyond, 2 * bad + 2) / 2 / total
    assert low <= exact[0] * (1 + ROUNDING)
    assert high == pytest.approx(exact[1], rel=0.15)


@pytest.mark.parametrize("z", FAR)
def test_nothing_and_everything_have_bounds_too(z: float) -> None:
    low, high = exact_bounds(Shape.PROPORTION, np.array([0.0, 1.0]), np.array([200.0, 200.0]), z)
    assert (low[0], high[1]) == (0.0, 1.0)
    assert high[0] == pytest.approx(1 - low[1])
    assert high[0] == pytest.approx(-math.expm1(math.log(norm.sf(z)) / 200), rel=0.3)


@pytest.mark.parametrize("mean", [1.0, 4.2, 25.0])
def test_few_errors_are_beyond_the_bound_no_oftener_than_it_says(mean: float) -> None:
    """As a score bound, which is right in the middle, is not: of 4.2 errors it is crossed six times too often."""
    z, total = 3.5, 1e6
    seen = np.arange(200.0)
    chances = poisson.pmf(seen, mean)
    for bounds, most in ((exact_bounds, 1.0), (score_bounds, math.inf)):
        low, _ = bounds(Shape.RATE, seen / total, total, z)
        beyond = float(chances[low > mean / total].sum())
        assert beyond <= most * norm.sf(z)
    assert beyond > 2 * norm.sf(z)


def test_what_is_known_for_sure_needs_no_more_room() -> None:
    assert widened(0.04, 0.0, 3.0) == 0.04
    assert widened(0.04, 1e-12, 3.0) == pytest.approx(0.04, rel=1e-4)
    assert widened(0.04, 1e-4, 3.0) < widened(0.04, 4e-4, 3.0) < widened(0.04, 4e-4, 4.0)


@pytest.mark.parametrize("doubt", [0.1, 0.5, 3.0])
@pytest.mark.parametrize("z", [2.5, 3.5])
def test_a_figure_whose_variance_is_in_doubt_is_beyond_no_oftener_than_it_says(doubt: float, z: float) -> None:
    """The variance is 1 as it was estimated; what it really is lies around that, and never below 0."""
    draw = np.random.default_rng(7)
    really = np.maximum(0.0, 1 + math.sqrt(doubt) * draw.standard_normal(400_000))
    beyond = norm.sf(z * math.sqrt(widened(1.0, doubt, z)) / np.sqrt(np.maximum(really, 1e-9))).mean()
    assert norm.sf(z) / 5 < beyond < 1.6 * norm.sf(z)


def alarms(others: int, *, z: float, runs: int, drift: float = 0.15, requests: int = 200_000) -> int:
    """How often one of three innocent tenants is beyond its bound in one look, others telling how tenants drift."""
    draw, many, found = np.random.default_rng(others), 3 + others, 0
    mine = np.arange(many) < 3
    total = np.full(many, float(requests))
    names = tuple(map(str, range(many)))
    for _ in range(runs):
        usual = 0.005 * np.exp(draw.normal(-0.125, 0.5, many))
        before, now = draw.poisson(total * usual), draw.poisson(total * usual * np.exp(draw.normal(0, drift, many)))
        parts = [part.astype(np.float64) for part in (mine, ~mine)]
        ours, theirs, ours_past, theirs_past = (
            counted(bad * one, total * one, one) for bad in (now, before) for one in parts
        )
        arms = Arms(ours, theirs, ours_past, theirs_past, tenants=names)
        each = compare_tenants(Shape.PROPORTION, arms, 50, less_is_worse=False)
        assert each is not None
        assert len(each.places) == 3
        found += bool((each.worse_by(z) > 0).any())
    return found


@pytest.mark.parametrize("others", [9, 27])
def test_how_few_tenants_tell_of_drift_is_allowed_for(others: int) -> None:
    """Taken for known, it lets three tenants of thirty alarm four times too often, and of twelve more still."""
    z, runs = 3.0, 3000
    expected = 3 * norm.sf(z) * runs
    assert alarms(others, z=z, runs=runs) <= expected + 4 * math.sqrt(expected)


def test_an_innocent_tenant_of_few_requests_is_not_the_worst_one() -> None:
    assert alarms(27, z=3.3, runs=1500, drift=0.0, requests=random.Random(1).randint(790, 840)) <= 6
