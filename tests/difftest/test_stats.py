"""The statistics against the reference numbers of tests/data/stats_cases.json (R, scipy, statsmodels)."""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.difftest.estimates import decide
from bot.difftest.stats.binary import (
    mcnemar_exact,
    mcnemar_midp,
    noninferiority_p,
    regression_p,
    tango_interval,
    tango_z,
    wilson_interval,
)
from bot.difftest.stats.means import bca_interval, clustered_t, paired_t, quantile
from bot.difftest.stats.multiplicity import holm
from bot.difftest.stats.planning import (
    fewest_n,
    mean_n,
    mean_visible_difference,
    noninferiority_n,
    visible_difference,
)
from bot.difftest.stats.student import normal_quantile, t_quantile, t_upper_tail

CLOSED, SOLVED = 1e-6, 1e-4


@cache
def reference() -> dict[str, Any]:
    return dict(json.loads(Path("tests/data/stats_cases.json").read_text(encoding="utf-8")))


def tables() -> list[dict[str, Any]]:
    return list(reference()["paired_binary"])


def name(table: dict[str, Any]) -> str:
    return "-".join(str(table[key]) for key in "abcd")


@pytest.mark.parametrize("table", tables(), ids=name)
def test_paired_tables(table: dict[str, Any]) -> None:
    b, c, n = table["b"], table["c"], table["n"]
    assert tango_interval(b, c, n, 0.95) == pytest.approx(table["tango_ci95"], abs=SOLVED)
    assert tango_interval(b, c, n, 0.90) == pytest.approx(table["tango_ci90"], abs=SOLVED)
    assert mcnemar_exact(b, c) == pytest.approx(table["mcnemar_exact_two_sided"], abs=CLOSED)
    assert mcnemar_midp(b, c) == pytest.approx(table["mcnemar_midp"], abs=CLOSED)
    for model, passed in (("current", table["a"] + c), ("candidate", table["a"] + b)):
        assert passed / n == pytest.approx(table[f"acc_{model}"], abs=CLOSED)
        assert wilson_interval(passed, n, 0.95) == pytest.approx(table[f"wilson_{model}"], abs=CLOSED)


@pytest.mark.parametrize("table", tables(), ids=name)
def test_non_inferiority_and_its_verdict(table: dict[str, Any]) -> None:
    b, c, n = table["b"], table["c"], table["n"]
    for row in table["noninferiority"]:
        assert tango_z(b, c, n, -row["margin"]) == pytest.approx(row["tango_z"], abs=CLOSED)
        assert noninferiority_p(b, c, n, row["margin"]) == pytest.approx(row["p_one_sided"], abs=CLOSED)
        for confidence, told in ((0.90, row["verdict_ci90"]), (0.95, row["verdict_ci95"])):
            verdict = decide(*tango_interval(b, c, n, confidence), row["margin"])
            assert verdict.value == told.replace("regress", "fail")


def test_published_table_of_cavo_2012() -> None:
    case = reference()["oracle_R_contingencytables_cavo_2012"]
    b, c = case["table"]["b"], case["table"]["c"]
    n = sum(case["table"].values())
    for expected, tolerance in ((case["R_expected"], 5e-5), (case["computed"], CLOSED)):
        assert mcnemar_exact(b, c) == pytest.approx(expected["mcnemar_exact_p"], abs=tolerance)
        assert mcnemar_midp(b, c) == pytest.approx(expected["mcnemar_midp"], abs=tolerance)
        assert 2 * regression_p(b, c, n) == pytest.approx(expected["mcnemar_asymptotic_p"], abs=tolerance)
        assert tango_interval(b, c, n, 0.95) == pytest.approx(expected["tango_ci"], abs=max(tolerance, CLOSED))
    assert tango_z(b, c, n, 0.0) == pytest.approx(case["computed"]["mcnemar_z"], abs=CLOSED)


@pytest.mark.parametrize("row", reference()["verdict_rule"], ids=str)
def test_verdict_rule(row: dict[str, Any]) -> None:
    assert decide(row["lo"], row["hi"], row["margin"]).value == row["verdict"].replace("regress", "fail")


def differences(name: str) -> list[float]:
    case = reference()["paired_continuous"][name]
    pairs = zip(case["current"], case["candidate"], strict=True)
    if case["difference"].startswith("ln"):
        return [math.log(new) - math.log(old) for old, new in pairs]
    return [new - old for old, new in pairs]


@pytest.mark.parametrize("name", ["judge_score_n30", "latency_ms_n40", "small_n12"])
def test_paired_numbers(name: str) -> None:
    case, gaps = reference()["paired_continuous"][name], differences(name)
    found = paired_t(gaps, 0.95)
    assert (found.mean, found.se) == pytest.approx((case["paired_t"]["mean"], case["paired_t"]["se"]), abs=CLOSED)
    assert (found.low, found.high) == pytest.approx(case["paired_t"]["ci"], abs=CLOSED)
    assert 2 * min(found.below_zero_p, found.above_zero_p) == pytest.approx(case["paired_t"]["p"], abs=CLOSED)
    spread = case["paired_t"]["se"] * math.sqrt(len(gaps))
    for expected in (case["bootstrap_mean"]["bca"], case["scipy_bootstrap_BCa_mean_B20000"]):
        # Many draws, so that the tolerance is for the reference's own noise.
        assert bca_interval(gaps, 0.95, seed=0, resamples=200_000) == pytest.approx(expected, abs=0.01 * spread)


def test_latency_ratio_and_quantiles() -> None:
    case = reference()["paired_continuous"]["latency_ms_n40"]
    found = paired_t(differences("latency_ms_n40"), 0.95)
    assert math.exp(found.mean) == pytest.approx(case["geo_mean_ratio"]["ratio"], abs=CLOSED)
    assert [math.exp(found.low), math.exp(found.high)] == pytest.approx(case["geo_mean_ratio"]["ci95"], abs=CLOSED)
    z = (math.log(1.25) - found.mean) / found.se
    assert t_upper_tail(z, found.df) == pytest.approx(case["geo_mean_ratio"]["ni_ratio_margin_1.25_p"], abs=CLOSED)
    for p, values in case["percentiles_type7"].items():
        for model, expected in values.items():
            assert quantile(case[model], float(p)) == pytest.approx(expected, abs=CLOSED)


def test_differences_that_are_all_equal_have_no_spread() -> None:
    gaps = differences("all_equal_n10")
    assert (paired_t(gaps, 0.95).low, paired_t(gaps, 0.95).high) == (0.0, 0.0)
    assert bca_interval(gaps, 0.95, seed=0) == (0.0, 0.0)


def test_clusters() -> None:
    case = reference()["clustered"]
    expected = case["expected"]
    found = clustered_t(case["diffs"], case["clusters"], 0.95)
    assert found.mean == pytest.approx(expected["mean"], abs=CLOSED)
    assert found.se == pytest.approx(expected["se_cr1"], abs=CLOSED)
    assert (found.low, found.high) == pytest.approx(expected["ci_cr1_t"], abs=CLOSED)
    naive = paired_t(case["diffs"], 0.95).se
    assert naive == pytest.approx(expected["se_naive"], abs=CLOSED)
    assert (found.se / naive) ** 2 == pytest.approx(expected["design_effect"], abs=SOLVED)


@pytest.mark.parametrize("case", reference()["multiplicity"], ids=lambda case: str(case["p"]))
def test_holm(case: dict[str, Any]) -> None:
    assert holm(case["p"]) == pytest.approx(case["holm"], abs=CLOSED)


def test_planning() -> None:
    power = reference()["power"]
    for row in power["n_noninferiority_paired"]:
        assert row["n"] == noninferiority_n(
            discordance=row["discordance"],
            margin=row["margin"],
            difference=row["true_delta"],
            alpha=row["alpha_one_sided"],
            power=row["power"],
        )
    for row in power["n_mean"]:
        assert row["n"] == mean_n(sd=row["sd"], difference=row["delta"], alpha=0.05, power=0.8)
    for row in power["mde_mean"]:
        found = mean_visible_difference(sd=row["sd"], n=row["n"], alpha=row["alpha"], power=row["power"])
        assert found == pytest.approx(row["mde"], abs=CLOSED)


def test_no_number_of_cases_shows_a_model_beyond_the_margin_to_be_within_it() -> None:
    with pytest.raises(ValueError, match="no number of cases"):
        noninferiority_n(discordance=0.1, margin=0.05, difference=-0.05, alpha=0.05, power=0.8)


def test_a_pass_at_five_points_takes_at_least_52_cases() -> None:
    assert fewest_n(0.05, alpha=0.05) == 52
    assert decide(*tango_interval(0, 0, 52, 0.9), 0.05).value == "pass"
    assert decide(*tango_interval(0, 0, 51, 0.9), 0.05).value == "inconclusive"
    assert visible_difference(248, discordance=0.1, alpha=0.05, power=0.8) == pytest.approx(0.05, abs=0.0002)


def test_student_quantiles() -> None:
    # Values of R's qt(): one degree of freedom is tan, 4 and 29 from its tables.
    assert t_quantile(0.95, 1) == pytest.approx(math.tan(0.45 * math.pi), rel=1e-11)
    assert t_quantile(0.975, 4) == pytest.approx(2.7764451051977987, rel=1e-11)
    assert t_quantile(0.95, 29) == pytest.approx(1.6991270265334972, rel=1e-11)
    assert t_quantile(0.5, 3) == 0
    assert t_quantile(0.95, 1e9) == normal_quantile(0.95)
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(1.0, 3)


@given(st.floats(0.001, 0.999), st.integers(1, 5000))
def test_student_quantile_inverts_the_tail(p: float, df: int) -> None:
    assert t_upper_tail(t_quantile(p, df), df) == pytest.approx(1 - p, abs=1e-10)


counts = st.integers(0, 60)


@given(counts, counts, st.integers(0, 200), st.sampled_from([0.8, 0.9, 0.95]))
def test_swapping_the_models_mirrors_the_interval(b: int, c: int, same: int, confidence: float) -> None:
    n = b + c + same
    if n == 0:
        return
    low, high = tango_interval(b, c, n, confidence)
    other_low, other_high = tango_interval(c, b, n, confidence)
    assert (low, high) == pytest.approx((-other_high, -other_low), abs=1e-12)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert regression_p(b, c, n) == pytest.approx(1 - regression_p(c, b, n), abs=1e-12)


@given(counts, counts, st.integers(1, 200))
def test_interval_ends_solve_the_score_equation(b: int, c: int, same: int) -> None:
    n = b + c + same
    low, high = tango_interval(b, c, n, 0.9)
    z = normal_quantile(0.95)
    assert tango_z(b, c, n, low) == pytest.approx(z, abs=1e-6)
    assert tango_z(b, c, n, high) == pytest.approx(-z, abs=1e-6)


def false_pass(n: int, wins: float, margin: float = 0.05) -> float:
    """The exact probability of `pass` when the truth lies at the margin, by enumeration of the trinomial."""
    p_win, p_loss = wins, wins + margin
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            if (b and not p_win) or b + c > n:
                continue
            ways = math.lgamma(n + 1) - math.lgamma(b + 1) - math.lgamma(c + 1) - math.lgamma(n - b - c + 1)
            log = ways + (b * math.log(p_win) if b else 0) + c * math.log(p_loss)
            log += (n - b - c) * math.log1p(-p_win - p_loss)
            if log > -30 and decide(*tango_interval(b, c, n, 0.9), margin).value == "pass":
                total += math.exp(log)
    return total


@pytest.mark.parametrize(("n", "wins", "most"), [(20, 0.0, 0.001), (52, 0.0, 0.0695), (60, 0.02, 0.055)])
def test_a_candidate_at_the_margin_rarely_passes(n: int, wins: float, most: float) -> None:
    assert false_pass(n, wins) <= most
