"""How often the rule errs: by exact enumeration of paired yes/no cases, by simulation of clusters and ratios."""

import math
import random
from statistics import NormalDist

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest
from scipy.stats import binom

from bot.difftest.estimates import NEARLY_ALL, log_ratio, rate_difference
from bot.difftest.stats.binary import tango_interval, tango_z
from bot.student import normal_quantile

MARGIN = 0.05


def at_most(share: float, runs: int) -> float:
    """What a share of that size shows at most in so many runs, but for one time in a thousand."""
    return share + NormalDist().inv_cdf(0.999) * math.sqrt(share * (1 - share) / runs)


def most_losses(n: int, margin: float = MARGIN, alpha: float = 0.05) -> np.ndarray:
    """For each number of wins, the most losses with which `n` cases still pass (-1: none); the rule as scipy has it."""
    z = normal_quantile(1 - alpha)
    found, losses = [], -1
    for wins in range(n + 1):
        while losses < n - wins and tango_z(wins, losses + 1, n, -margin) > z:
            losses += 1
        kept = min(losses, n - wins)
        while kept >= 0 and wins + kept >= NEARLY_ALL * n and not _exactly(wins, kept, n, margin, alpha):
            kept -= 1
        found.append(kept)
    return np.array(found)


def _exactly(wins: int, losses: int, n: int, margin: float, alpha: float) -> bool:
    differing = wins + losses
    share = (1 - margin * n / differing) / 2
    return share < 0 or float(binom.sf(wins - 1, differing, share)) < alpha


def passing(n: int, shares: np.ndarray, difference: float, limit: np.ndarray) -> np.ndarray:
    """The chance of a pass for each share of wins, when the candidate is that much better (or worse, below 0)."""
    wins, p = np.arange(n + 1), shares[:, None]
    lost = np.minimum(1.0, (p - difference) / (1 - p))
    below = np.where(limit >= 0, binom.cdf(np.maximum(limit, 0), n - wins, lost), 0.0)
    return np.asarray((binom.pmf(wins, n, p) * below).sum(axis=1))


@pytest.mark.parametrize("n", [20, 25, 34, 52, 61])
def test_the_enumerated_rule_is_the_product_s(n: int) -> None:
    limit = most_losses(n)
    for wins in range(n + 1):
        for losses in {max(0, limit[wins]), min(n - wins, limit[wins] + 1)}:
            gaps = [1.0] * wins + [-1.0] * losses + [0.0] * (n - wins - losses)
            found = rate_difference(gaps, [str(i) for i in range(n)], seed=0, confidence=0.9)
            assert (found.verdict(MARGIN).value == "pass") is bool(losses <= limit[wins]), (wins, losses)


def shares_of_wins(fineness: int) -> np.ndarray:
    return np.concatenate([[0.0], np.geomspace(2e-4, 0.05, fineness), np.linspace(0.05, 0.475, 2 * fineness)])


def worst_false_pass(sizes: range, fineness: int) -> tuple[float, int, float]:
    """The largest chance of a pass at the margin, with n and the share of wins it is found at."""
    shares = shares_of_wins(fineness)
    found = []
    for n in sizes:
        chances = passing(n, shares, -MARGIN, most_losses(n))
        found.append((float(chances.max()), n, float(shares[chances.argmax()])))
    return max(found)


def test_a_candidate_at_the_margin_passes_in_at_most_seven_percent() -> None:
    chance, n, share = worst_false_pass(range(20, 501), 10)
    assert chance == pytest.approx(0.06944, abs=1e-5)
    assert (n, share) == (52, 0.0)


@pytest.mark.slow
def test_a_candidate_at_the_margin_passes_in_at_most_seven_percent_on_a_fine_grid() -> None:
    assert worst_false_pass(range(20, 501), 150)[0] < 0.07


def test_where_two_percent_of_cases_are_wins_it_passes_in_at_most_five_and_a_half() -> None:
    share = np.array([0.02])
    worst = max(float(passing(n, share, -MARGIN, most_losses(n))[0]) for n in range(20, 501))
    assert worst == pytest.approx(0.05397, abs=1e-5)


def test_without_widening_where_nearly_all_cases_differ_it_would_be_more() -> None:
    n, z = 25, normal_quantile(0.95)
    tango = [max((c for c in range(n + 1 - b) if tango_z(b, c, n, -MARGIN) > z), default=-1) for b in range(n + 1)]
    assert passing(n, np.array([0.475]), -MARGIN, np.array(tango))[0] == pytest.approx(0.07307, abs=1e-5)
    assert passing(n, np.array([0.475]), -MARGIN, most_losses(n))[0] < 0.05


def coverage(n: int, wins: float, losses: float) -> float:
    """How often the 90 % interval holds the true difference."""
    held = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = binom.pmf(b, n, wins) * binom.pmf(c, n - b, losses / (1 - wins))
            if chance > 1e-9:
                low, high = tango_interval(b, c, n, 0.9)
                held += float(chance) * (low <= wins - losses <= high)
    return held


@pytest.mark.parametrize(("wins", "losses"), [(0.02, 0.02), (0.02, 0.07), (0.05, 0.05), (0.1, 0.2)])
@pytest.mark.parametrize("n", [20, 50])
def test_the_interval_holds_the_truth_nine_times_in_ten(n: int, wins: float, losses: float) -> None:
    assert 0.87 < coverage(n, wins, losses) <= 1


@pytest.mark.slow
def test_coverage_over_a_grid() -> None:
    found = [
        coverage(n, wins, losses)
        for n in (30, 60, 100)
        for wins in (0.01, 0.03, 0.05, 0.1, 0.2)
        for losses in (0.01, 0.03, 0.05, 0.1, 0.2)
    ]
    assert min(found) > 0.87
    assert 0.895 < float(np.mean(found)) < 0.94


# ------------------------------------------------------------------------------------------- clusters and ratios


def of_clusters(draw: random.Random, count: int, size: int, alike: float) -> tuple[list[float], list[str]]:
    """Differences of a candidate exactly at the margin; that share of the clusters behaves as one case."""
    gaps, names = [], []
    for cluster in range(count):
        own = [-float(draw.random() < MARGIN) for _ in range(size)]
        gaps += own[:1] * size if draw.random() < alike else own
        names += [str(cluster)] * size
    return gaps, names


def clusters_pass(count: int, size: int, alike: float, runs: int) -> float:
    draw = random.Random(f"{count} {size} {alike}")
    found = (rate_difference(*of_clusters(draw, count, size, alike), seed=1, confidence=0.9) for _ in range(runs))
    return sum(one.verdict(MARGIN).value == "pass" for one in found) / runs


CLUSTERED = [(10, 8), (12, 8), (15, 20), (26, 2), (60, 4), (100, 3), (150, 2), (300, 3)]


def check_clusters(runs: int) -> None:
    for count, size in CLUSTERED:
        for alike in (1.0, 0.5, 0.0):
            assert clusters_pass(count, size, alike, runs) <= at_most(0.07, runs), (count, size, alike)


def test_clusters_that_behave_as_one_case_pass_no_more_often() -> None:
    check_clusters(150)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_clusters_that_behave_as_one_case_pass_no_more_often_at_length() -> None:
    check_clusters(1500)


def slow_sometimes(draw: random.Random, share: float, times: float) -> float:
    """A log ratio whose mean is exactly the margin, and that is now and then that many times as large."""
    usual = math.log(1.25) - share * math.log(times)
    return usual + draw.gauss(0, 0.15) + (math.log(times) if draw.random() < share else 0.0)


def ratios_pass(n: int, share: float, times: float, runs: int) -> float:
    draw, names, passed = random.Random(f"{n} {share}"), [str(case) for case in range(n)], 0
    for _ in range(runs):
        logs = [slow_sometimes(draw, share, times) for _ in range(n)]
        found = log_ratio(logs, names, exact=False, seed=1, confidence=0.9)
        assert found is not None
        passed += found.verdict(math.log(1.25)).value == "pass"
    return passed / runs


def check_ratios(runs: int) -> None:
    assert ratios_pass(10, 0.2, 3, runs) == 0  # too few to show how they spread
    for n in (30, 60, 100):
        for share, times in ((0.0, 1.0), (0.2, 3.0), (0.1, 3.0)):
            assert ratios_pass(n, share, times, runs) <= at_most(0.07, runs), (n, share)


def test_a_candidate_that_is_slow_now_and_then_passes_no_more_often() -> None:
    check_ratios(100)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_candidate_that_is_slow_now_and_then_passes_no_more_often_at_length() -> None:
    check_ratios(1000)
