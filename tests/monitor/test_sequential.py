import json
import math
import random
from itertools import pairwise
from pathlib import Path

import pytest

from bot.monitor.sequential import (
    AFTER_PLAN_ALPHA,
    MOST_PLANNED,
    Spending,
    always_valid_p,
    always_valid_z,
    boundaries,
    level_of,
    spent,
)

# Lan-DeMets bounds, one-sided 5 %, computed by Monte Carlo to +/- 0.02 (the reference sheet's section 3.4).
PUBLISHED = [
    (Spending.OBRIEN_FLEMING, (3.77, 2.53, 2.02, 1.72)),
    (Spending.POCOCK, (2.10, 2.07, 2.06, 2.03)),
    (Spending.OBRIEN_FLEMING, (5.42, 3.78, 3.01, 2.55, 2.27, 2.06, 1.91, 1.78)),
    (Spending.POCOCK, (2.34, 2.29, 2.25, 2.21, 2.19, 2.17, 2.16, 2.13)),
]
CASES = json.loads((Path(__file__).parents[1] / "data" / "sequential_cases.json").read_text())["cases"]


@pytest.mark.parametrize(("spending", "published"), PUBLISHED)
def test_boundaries_are_the_published_ones(spending: Spending, published: tuple[float, ...]) -> None:
    computed = boundaries(spending, 0.05, len(published))
    # What Monte Carlo saw of a chance of one in ten thousand or less is coarser than its stated error.
    tolerances = [0.035 if z > 3.5 else 0.025 for z in published]
    assert all(
        abs(ours - theirs) <= tolerance for ours, theirs, tolerance in zip(computed, published, tolerances, strict=True)
    )


def test_one_look_is_an_ordinary_test() -> None:
    for spending in Spending:
        assert boundaries(spending, 0.05, 1) == pytest.approx((1.6449,), abs=1e-4)


@pytest.mark.parametrize("spending", Spending)
def test_all_alpha_is_spent_at_the_end_and_none_before_the_beginning(spending: Spending) -> None:
    assert spent(spending, 0.05, 0) == 0
    assert spent(spending, 0.05, 1) == pytest.approx(0.05)
    assert spent(spending, 0.05, 2) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("spending", "planned"), [(Spending.POCOCK, 5), (Spending.OBRIEN_FLEMING, 5), (Spending.POCOCK, 168)]
)
def test_a_random_walk_crosses_as_often_as_was_spent(spending: Spending, planned: int) -> None:
    bounds = boundaries(spending, 0.2, planned)
    draw, walks = random.Random(5), 100_000 // planned + 2000
    crossed = 0
    for _ in range(walks):
        total = 0.0
        for look, bound in enumerate(bounds, start=1):
            total += draw.gauss(0, 1)
            if total / math.sqrt(look) > bound:
                crossed += 1
                break
    assert crossed / walks == pytest.approx(0.2, abs=4 * math.sqrt(0.2 * 0.8 / walks))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']}, {case['difference_type']}")
def test_always_valid_bounds_are_those_of_gbstats(case: dict[str, object]) -> None:
    difference, variance, seen = _difference(case)
    alpha, tuning = _number(case["alpha"]), _number(case["tuning"])
    half = always_valid_z(alpha, seen, tuning) * math.sqrt(variance)
    assert [difference - half, difference + half] == pytest.approx(case["ci"], abs=2e-6)
    p = always_valid_p(difference, variance, alpha=alpha, information=seen, tuning=tuning)
    assert p == pytest.approx(case["p_value"], abs=1e-8)


def _number(value: object) -> float:
    assert isinstance(value, float | int)
    return float(value)


def _arm(arm: object) -> tuple[float, float, float]:
    assert isinstance(arm, dict)
    n, total = arm["n"], arm["sum"]
    mean = total / n
    variance = (arm["sum_squares"] - total * mean) / (n - 1) if "sum_squares" in arm else mean * (1 - mean)
    return mean, variance / n, n


def _difference(case: dict[str, object]) -> tuple[float, float, float]:
    (current, current_variance, n), (candidate, variance, m) = _arm(case["control"]), _arm(case["treatment"])
    if case["difference_type"] == "absolute":
        return candidate - current, current_variance + variance, n + m
    spread = variance / current**2 + current_variance * candidate**2 / current**4
    return candidate / current - 1, spread, n + m


def test_looks_after_the_planned_ones_have_an_alpha_of_their_own() -> None:
    planned = level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=24, planned=24)
    after = level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=25, planned=24)
    assert planned.rule == "pocock 24/24"
    assert after.rule == "always_valid"
    assert after.z == pytest.approx(always_valid_z(2 * AFTER_PLAN_ALPHA, 25, 24))
    assert after.z > planned.z


def test_an_always_valid_bound_is_hardly_ever_crossed_however_long_one_looks() -> None:
    draw, walks, crossed = random.Random(11), 1500, 0
    levels = [always_valid_z(2 * 0.05, look, 24) for look in range(1, 241)]
    for _ in range(walks):
        total = 0.0
        for look, z in enumerate(levels, start=1):
            total += draw.gauss(0, 1)
            if total / math.sqrt(look) > z:
                crossed += 1
                break
    assert crossed / walks <= 0.05


def test_looks_further_and_further_apart_err_no_more_often_than_they_may() -> None:
    # As a bake goes on: each window the planned share of what was seen, at most 96 planned ones (15 minutes, an hour).
    draw, walks, crossed = random.Random(12), 4000, 0
    times = [24.0]
    while times[-1] < 24 * 12 * 24:
        times.append(times[-1] + min(times[-1] / 24, 96.0))
    levels = [level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=math.ceil(at), planned=24) for at in times[1:]]
    looks = [(at - before, level.z, at) for (before, at), level in zip(pairwise(times), levels, strict=True)]
    for _ in range(walks):
        total = draw.gauss(0, math.sqrt(24))
        for step, z, at in looks:
            total += draw.gauss(0, math.sqrt(step))
            if total / math.sqrt(at) > z:
                crossed += 1
                break
    assert len(looks) < 200
    assert crossed / walks <= AFTER_PLAN_ALPHA


def test_alpha_is_shared_over_the_guardrails() -> None:
    alone = level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=2, planned=3).z
    shared = level_of(Spending.POCOCK, alpha=0.05, guardrails=3, look=2, planned=3).z
    assert shared == pytest.approx(boundaries(Spending.POCOCK, 0.05 / 3, 3)[1])
    assert shared > alone


def test_more_looks_than_are_worth_planning_for_are_always_valid() -> None:
    level = level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=3, planned=MOST_PLANNED + 1)
    assert level.rule == "always_valid"
    assert level.z > boundaries(Spending.POCOCK, 0.05, MOST_PLANNED)[2]
