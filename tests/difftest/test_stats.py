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
from bot.difftest.stats.means import bca_interval, clustered_t, paired_t, quantile, quantile_ratio
from bot.difftest.stats.multiplicity import holm
from bot.difftest.stats.planning import (
    fewest_n,
    mean_n,
    mean_visible_difference,
    noninferiority_n,
    visible_difference,
)
from bot.student import normal_quantile, t_quantile, t_upper_tail

CLOSED, SOLVED = 1e-6, 1e-4

LEFT_OUT = {
    "_meta": "says where the numbers come from",
    "kappa": "no answers labelled by people are compared with a judge's",
    "pass_k": "repeats are averaged; how reliable a model is by itself is not reported",
    "anytime_asymptotic_cs": "looks are declared beforehand; the bake's always-valid bounds have their own reference",
    "bradley_terry": "there are never more than two models",
}
"""Groups of the reference for which the product has no function, and why."""
TESTED = {
    "oracle_R_contingencytables_cavo_2012",  # but Wald, Newcombe and Bonett-Price: no such interval is shown
    "paired_binary",  # as above
    "paired_continuous",  # but Wilcoxon and Hodges-Lehmann: no rank test decides
    "clustered",
    "multiplicity",  # but Benjamini-Hochberg: there is no list of tags with a p value each
    "power",  # but Connor's formula: no two-sided superiority test is planned
    "judge_ties",
    "provider_errors",  # in test_verdict.py
    "verdict_rule",
}


def test_every_group_of_the_reference_is_tested_or_left_out_for_a_reason() -> None:
    assert TESTED | LEFT_OUT.keys() == reference().keys()
    assert not TESTED & LEFT_OUT.keys()


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
        # Many draws, so that the tolerance is for the reference's own noise. At n = 12 the means lie on a lattice, and
        # scipy's 20,000 draws scatter by more than a hundredth of the spread from seed to seed (test_oracles.py).
        own = 0.01 * spread if name == "small_n12" else 0.0
        drawn = bca_interval(gaps, 0.95, seed=0, resamples=200_000)
        assert drawn == pytest.approx(expected, abs=0.01 * spread + own)


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


def test_ratio_of_quantiles() -> None:
    case = reference()["paired_continuous"]["latency_ms_n40"]
    current, candidate = ([[value] for value in case[model]] for model in ("current", "candidate"))
    for p, expected in case["quantile_ratio_paired_bootstrap"].items():
        ratio, interval = quantile_ratio(current, candidate, float(p), 0.95, seed=0, resamples=100_000)
        low, high = expected["ci95_percentile_paired_bootstrap"]
        assert ratio == pytest.approx(expected["point"], abs=CLOSED)
        spread = (high - low) / (2 * 1.96)
        # The quantile of few answers jumps from one answer to the next: three hundredths of its own spread.
        assert interval == pytest.approx((low, high), abs=0.03 * spread * math.sqrt(40))


@given(
    rows=st.lists(st.tuples(*[st.integers(1, 9).map(float)] * 4), min_size=2, max_size=12),
    p=st.sampled_from([0.5, 0.9, 0.95, 0.99]),
)
def test_a_ratio_of_quantiles_is_that_of_the_numbers_drawn_also_where_many_are_equal(
    rows: list[tuple[float, float, float, float]], p: float
) -> None:
    import numpy as np

    old, new = [row[:2] for row in rows], [row[2:] for row in rows]
    ratio, (low, high) = quantile_ratio(old, new, p, 0.9, seed=5, resamples=200)
    index = np.random.default_rng(5).integers(0, len(rows), size=(200, len(rows)), dtype=np.int32)
    drawn = [np.quantile(np.array(side)[index].reshape(200, -1), p, axis=1) for side in (new, old)]
    assert ratio == pytest.approx(np.quantile(new, p) / np.quantile(old, p))
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn[0] / drawn[1], [0.05, 0.95])))


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


@pytest.mark.parametrize("row", reference()["power"]["miller_2024"], ids=str)
def test_repeats_lower_the_noise_within_cases_only(row: dict[str, Any]) -> None:
    spread = math.sqrt(row["omega2"] + row["sigmaA2"] / row["KA"] + row["sigmaB2"] / row["KB"])
    assert mean_n(sd=spread, difference=row["delta"], alpha=0.05, power=0.8) == math.ceil(row["n"])


@pytest.mark.parametrize("row", reference()["power"]["power_mcnemar_exact"][:3], ids=str)
def test_power_of_the_exact_test(row: dict[str, Any]) -> None:
    n, win, loss = row["n"], row["p_win"], row["p_loss"]
    found = 0.0
    for differing in range(n + 1):
        ways = math.comb(n, differing) * (win + loss) ** differing * (1 - win - loss) ** (n - differing)
        for wins in range(differing + 1):
            if mcnemar_exact(wins, differing - wins) <= 0.05:
                share = win / (win + loss)
                found += ways * math.comb(differing, wins) * share**wins * (1 - share) ** (differing - wins)
    assert found == pytest.approx(row["power"], abs=CLOSED)


@pytest.mark.parametrize("case", reference()["judge_ties"]["cases"], ids=str)
def test_a_judge_s_wins_losses_and_ties(case: dict[str, Any]) -> None:
    wins, losses, n = case["wins"], case["losses"], case["n"]
    low, high = tango_interval(wins, losses, n, 0.95)
    assert mcnemar_exact(wins, losses) == pytest.approx(case["sign_test_p"], abs=CLOSED)
    assert (wins - losses) / n == pytest.approx(case["net_win_rate"], abs=CLOSED)
    assert [low, high] == pytest.approx(case["net_win_tango_ci95"], abs=SOLVED)
    assert [(1 + low) / 2, (1 + high) / 2] == pytest.approx(case["win_rate_ties_half_ci95"], abs=SOLVED)
    if case["win_rate_decisive_wilson"] is not None:
        found = wilson_interval(wins, wins + losses, 0.95)
        assert found == pytest.approx(case["win_rate_decisive_wilson"], abs=CLOSED)


def test_whether_a_judge_prefers_the_first_slot() -> None:
    case = reference()["judge_ties"]["position_bias"]
    assert mcnemar_exact(case["k"], case["m"] - case["k"]) == pytest.approx(case["p"], abs=CLOSED)


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
