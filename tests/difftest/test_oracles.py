"""Our statistics against scipy and statsmodels, which are never there at run time."""

import math
import random
import warnings

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bot.difftest.stats.binary import differing_interval, mcnemar_exact, mcnemar_midp, wilson_interval
from bot.difftest.stats.means import bca_interval, clustered_t, paired_t, quantile, quantile_ratio
from bot.difftest.stats.multiplicity import holm
from bot.student import incomplete_beta, t_quantile, t_upper_tail

counts = st.integers(0, 80)
shares = st.floats(0.0005, 0.9995)


@given(st.floats(-40, 40), st.integers(1, 100_000))
def test_student_s_tail(t: float, df: int) -> None:
    assert t_upper_tail(t, df) == pytest.approx(float(stats.t.sf(t, df)), rel=1e-9, abs=1e-15)


@given(shares, st.integers(1, 100_000))
def test_student_s_quantile(p: float, df: int) -> None:
    assert t_quantile(p, df) == pytest.approx(float(stats.t.ppf(p, df)), rel=1e-9, abs=1e-9)


@given(st.floats(0.5, 300), st.floats(0.5, 300), st.floats(0.001, 0.999))
def test_incomplete_beta(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(float(stats.beta.cdf(x, a, b)), rel=1e-8, abs=1e-12)


@given(counts, counts)
def test_mcnemar_is_the_binomial_test_of_a_fair_coin(wins: int, losses: int) -> None:
    if wins + losses:
        test = stats.binomtest(wins, wins + losses)
        assert mcnemar_exact(wins, losses) == pytest.approx(test.pvalue, abs=1e-12)
        half = float(stats.binom.pmf(min(wins, losses), wins + losses, 0.5))
        assert mcnemar_midp(wins, losses) == pytest.approx(test.pvalue - half, abs=1e-12)


@given(counts, st.integers(0, 80), st.sampled_from([0.8, 0.9, 0.95, 0.999]))
def test_wilson(passed: int, failed: int, confidence: float) -> None:
    if passed + failed:
        expected = stats.binomtest(passed, passed + failed).proportion_ci(confidence, "wilson")
        found = wilson_interval(passed, passed + failed, confidence)
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts, counts, st.integers(0, 80), st.sampled_from([0.8, 0.9, 0.999]))
def test_clopper_and_pearson(wins: int, losses: int, same: int, confidence: float) -> None:
    if wins + losses:
        expected = stats.binomtest(wins, wins + losses).proportion_ci(confidence, "exact")
        scale = (wins + losses) / (wins + losses + same)
        found = differing_interval(wins, losses, wins + losses + same, confidence)
        assert found == pytest.approx(((2 * expected.low - 1) * scale, (2 * expected.high - 1) * scale), abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=50).filter(lambda xs: np.std(xs) > 1e-3))
def test_paired_t(gaps: list[float]) -> None:
    expected = stats.ttest_1samp(gaps, 0.0)
    low, high = expected.confidence_interval(0.9)
    found = paired_t(gaps, 0.9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-8, abs=1e-10)
    assert 2 * min(found.above_zero_p, found.below_zero_p) == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-12)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 (takes seconds)

    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(3, 60), st.integers(2, 20))
def test_clusters(seed: int, n: int, groups: int) -> None:
    from statsmodels.api import OLS  # noqa: PLC0415 (takes seconds)

    draw = random.Random(seed)
    clusters = [draw.randrange(groups) for _ in range(n)]
    gaps = [draw.gauss(0.1 * (cluster % 3), 1) for cluster in clusters]
    count = len(set(clusters))
    if count < 2:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Of its two corrections, ours is the one for the number of clusters.
        fit = OLS(gaps, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
    found = clustered_t(gaps, clusters, 0.9)
    assert found.mean == pytest.approx(float(fit.params[0]), abs=1e-12)
    assert found.se == pytest.approx(float(fit.bse[0]) * math.sqrt(count / (count - 1)), rel=1e-8, abs=1e-12)


@given(st.lists(st.floats(0.001, 100), min_size=1, max_size=80), st.floats(0, 1))
def test_quantiles(values: list[float], p: float) -> None:
    assert quantile(values, p) == pytest.approx(float(np.quantile(values, p)), rel=1e-9)


def test_bca_of_skewed_means() -> None:
    draw = random.Random(2)
    gaps = [draw.choice([0, 0, 0, 0, 0, 0, 1 / 3, -1, -2 / 3]) for _ in range(80)]
    expected = stats.bootstrap(
        (np.array(gaps),),
        np.mean,
        n_resamples=100_000,
        batch=10_000,
        confidence_level=0.9,
        rng=np.random.default_rng(1),
    ).confidence_interval
    found = bca_interval(gaps, 0.9, seed=1, resamples=100_000)
    assert found == pytest.approx((expected.low, expected.high), abs=0.01 * float(np.std(gaps)))


def test_scipy_s_own_draws_scatter_where_means_lie_on_a_lattice() -> None:
    gaps = np.array([0.01 * step for step in (-9, -6, -2, 0, 1, 1, 3, 4, 5, 7, 8, 11)])

    def low(seed: int) -> float:
        draw = np.random.default_rng(seed)
        return float(stats.bootstrap((gaps,), np.mean, n_resamples=20_000, rng=draw).confidence_interval.low)

    lows = [low(seed) for seed in range(6)]
    assert max(lows) - min(lows) > 0.01 * float(np.std(gaps))


@pytest.mark.parametrize("repeats", [1, 3])
def test_ratio_of_quantiles(repeats: int) -> None:
    draw = np.random.default_rng(3)
    old = draw.lognormal(0, 0.5, size=(150, repeats))
    new = old * draw.lognormal(0.1, 0.2, size=(150, repeats))

    def ratio(index: np.ndarray, axis: int = -1) -> np.ndarray:
        rows = np.moveaxis(np.atleast_2d(index), axis, -1).astype(int)
        flat = [values[rows].reshape(len(rows), -1) for values in (new, old)]
        return np.asarray(np.quantile(flat[0], 0.95, axis=1) / np.quantile(flat[1], 0.95, axis=1))

    expected = stats.bootstrap(
        (np.arange(150),), ratio, n_resamples=20_000, batch=5_000, confidence_level=0.9, method="percentile", rng=draw
    ).confidence_interval
    found, interval = quantile_ratio(old.tolist(), new.tolist(), 0.95, 0.9, seed=0)
    assert found == pytest.approx(float(np.quantile(new, 0.95) / np.quantile(old, 0.95)))
    assert interval == pytest.approx((float(expected.low), float(expected.high)), rel=0.02)
