"""From paired numbers to a dimension's verdict: interval, rule, and what would settle it. Pure.

One rule for every dimension (CONSORT's non-inferiority figure): with the interval [L, U] of candidate minus current
(90 %, wider where looks are declared) on a scale where larger is better, `pass` when L > -margin, `fail` when
L <= -margin and U < 0, else `inconclusive`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bot.difftest.stats.binary import differing_interval, regression_p, tango_interval, wilson_interval
from bot.difftest.stats.means import MeanEstimate, bca_interval, clustered_t, paired_t
from bot.difftest.stats.student import t_quantile
from bot.rotation.evidence import Verdict

FEWEST_CLUSTERS = 10
NEARLY_ALL = 0.9
"""From this share of differing cases on, the interval is widened to the exact one."""
FEWEST_EQUAL_RATIOS = 5
_FEWEST_FOR_T, _FEWEST_DIFFERING, _SKEWED = 30, 10, 1.0
_MOST_CASES = 1_000_000
_DRAWN_CONFIDENCE = 0.99
"""Farther out, ten thousand draws say too little about the tail."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference on a scale where larger is better, with its interval and the one-sided p of "worse"."""

    difference: float
    low: float
    high: float
    p_worse: float
    method: str
    n: int
    settled_by: Callable[[int], tuple[float, float]]
    """The interval that so many cases would give at the rates seen."""
    unusable: str = ""

    def verdict(self, margin: float) -> Verdict:
        """What the rule says."""
        return Verdict.INCONCLUSIVE if self.unusable else decide(self.low, self.high, margin)

    def more_cases(self, margin: float) -> int | None:
        """How many more cases would settle it at the rates seen; None when not even a million would."""
        below, n = self.n, max(2, self.n)
        while decide(*self.settled_by(n), margin) is Verdict.INCONCLUSIVE:
            below, n = n, n * 2
            if n > _MOST_CASES:
                return None
        while n - below > 1:
            middle = (n + below) // 2
            if decide(*self.settled_by(middle), margin) is Verdict.INCONCLUSIVE:
                below = middle
            else:
                n = middle
        return max(0, n - self.n)


def decide(low: float, high: float, margin: float) -> Verdict:
    """The rule, for an interval on a scale where larger is better."""
    if low > -margin:
        return Verdict.PASS
    return Verdict.FAIL if high < 0 else Verdict.INCONCLUSIVE


def rate_difference(differences: Sequence[float], clusters: Sequence[str], *, seed: int, confidence: float) -> Estimate:
    """Candidate minus current pass rate from one difference a case, each within [-1, 1] (means over repeats).

    Without repeats Tango's score interval; where nearly all cases differ, which makes it a little too narrow (25 cases:
    7.3 % false passes), widened to the exact one. With repeats, the paired t interval of the case means (BCa where
    skewed) once there are enough differing cases for it; before that Tango on the fractional counts, which is never too
    narrow because |d| >= d^2. Clusters widen it by their robust standard error.
    """
    n = len(differences)
    wins, losses = math.fsum(d for d in differences if d > 0), math.fsum(-d for d in differences if d < 0)
    low, high = tango_interval(wins, losses, n, confidence)
    p_worse, method = regression_p(wins, losses, n), "Tango score interval"
    whole = all(d in {-1.0, 0.0, 1.0} for d in differences)
    if whole and wins + losses >= NEARLY_ALL * n:
        exact = differing_interval(round(wins), round(losses), n, confidence)
        low, high, method = min(low, exact[0]), max(high, exact[1]), f"{method}, widened to the exact one"
    elif not whole and n >= _FEWEST_FOR_T and sum(d != 0 for d in differences) >= _FEWEST_DIFFERING:
        t = paired_t(differences, confidence)
        low, high, p_worse, method = t.low, t.high, t.below_zero_p, "paired t over case means"
        if abs(_skewness(differences, t)) > _SKEWED:
            (low, high), method = bca_interval(differences, confidence, seed=seed), "BCa bootstrap over case means"
            if confidence > _DRAWN_CONFIDENCE:
                low, high, method = min(low, t.low), max(high, t.high), f"{method}, with paired t"
    unusable = ""
    if len(set(clusters)) < n:
        if len(set(clusters)) >= FEWEST_CLUSTERS:
            robust = clustered_t(differences, clusters, confidence)
            low, high = min(low, robust.low), max(high, robust.high)
            p_worse, method = max(p_worse, robust.below_zero_p), f"{method}, widened by cluster"
        else:
            unusable = f"the cases form {len(set(clusters))} clusters; at least {FEWEST_CLUSTERS} are needed"

    def settled_by(cases: int) -> tuple[float, float]:
        return tango_interval(wins * cases / n, losses * cases / n, cases, confidence)

    return Estimate((wins - losses) / n, low, high, p_worse, method, n, settled_by, unusable)


def _skewness(differences: Sequence[float], t: MeanEstimate) -> float:
    spread = fmean((d - t.mean) ** 2 for d in differences) ** 1.5
    return fmean((d - t.mean) ** 3 for d in differences) / spread if spread else 0.0


def log_ratio(logs: Sequence[float], clusters: Sequence[str], *, exact: bool, confidence: float) -> Estimate | None:
    """Minus the mean of ln(candidate / current), one a case; None for fewer than two cases.

    `exact` says that equal ratios are no accident (a bill, not a measurement): the interval is then that one point.
    """
    n = len(logs)
    if n < 2:  # noqa: PLR2004 (one number has no spread)
        return None
    better = [-log for log in logs]
    groups = len(set(clusters))
    unusable = ""
    if groups < n and groups >= FEWEST_CLUSTERS:
        t, method = clustered_t(better, clusters, confidence), "t over log ratios, by cluster"
    else:
        t, method = paired_t(better, confidence), "paired t over log ratios"
        if groups < n:
            unusable = f"the cases form {groups} clusters; at least {FEWEST_CLUSTERS} are needed"
    spread = t.se * math.sqrt(n)
    if spread < 1e-9:  # noqa: PLR2004 (equal but for rounding)
        method = "the same ratio in every case"
        if not exact or n < FEWEST_EQUAL_RATIOS:
            unusable = unusable or "every case gave the same ratio, which says nothing about its spread"

    def settled_by(cases: int) -> tuple[float, float]:
        half = t_quantile((1 + confidence) / 2, cases - 1) * spread / math.sqrt(cases)
        return t.mean - half, t.mean + half

    return Estimate(t.mean, t.low, t.high, t.below_zero_p, method, n, settled_by, unusable)


def rate_against(passed: float, n: int, stated: float, *, confidence: float) -> Estimate:
    """One model's pass rate minus a stated one, by Wilson's interval: where there is nothing to pair with."""

    def settled_by(cases: int) -> tuple[float, float]:
        low, high = wilson_interval(passed * cases / n, cases, confidence)
        return low - stated, high - stated

    low, high = settled_by(n)
    rate = passed / n
    spread = math.sqrt(stated * (1 - stated) / n)
    z = (rate - stated) / spread if spread else math.copysign(math.inf, rate - stated)
    p_worse = 0.5 * math.erfc(-z / math.sqrt(2)) if rate != stated else 0.5
    return Estimate(rate - stated, low, high, p_worse, "Wilson interval against the stated pass rate", n, settled_by)
