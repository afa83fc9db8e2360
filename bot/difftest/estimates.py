"""From paired numbers to a dimension's verdict: interval, rule, and what would settle it. Pure.

One rule for every dimension (CONSORT's non-inferiority figure): with the interval [L, U] of candidate minus current
(90 %, wider where looks are declared) on a scale where larger is better, `pass` when L > -margin, `fail` when
L <= -margin and U < 0, else `inconclusive`.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bot.difftest.stats.binary import differing_interval, regression_p, tango_interval, wilson_interval
from bot.difftest.stats.means import MeanEstimate, bca_interval, clustered_t, paired_t
from bot.rotation.evidence import Verdict
from bot.student import t_quantile

FEWEST_CLUSTERS = 10
NEARLY_ALL = 0.9
"""From this share of differing cases on, the interval is widened to the exact one."""
FEWEST_EQUAL_RATIOS = 5
FEWEST_RATIOS = 30
"""Fewer do not show how ratios spread: with ten, a model slow in a fifth of its answers passes twice too often."""
_MOST_DRAWN = 1_000
"""Beyond so many the mean is as good as normal, and drawing would take its time."""
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
    narrow because |d| >= d^2. Where cases form clusters the same is done with the clusters as units, each by its share
    of the cases, and the wider of both intervals counts: cases of a cluster may all behave alike.
    """
    cases = Units.of(differences, range(len(differences)))
    found = _over(cases, seed=seed, confidence=confidence)
    groups, unusable = Units.of(differences, clusters), ""
    counted = cases.effective
    if len(groups.means) < len(differences):
        counted = groups.effective
        wide = _over(groups, seed=seed, confidence=confidence)
        method = found.method if wide.low >= found.low and wide.high <= found.high else f"{wide.method}, by cluster"
        found = _Interval(
            min(found.low, wide.low), max(found.high, wide.high), max(found.p_worse, wide.p_worse), method
        )
        if len(groups.means) < FEWEST_CLUSTERS:
            unusable = f"the cases form {len(groups.means)} clusters; at least {FEWEST_CLUSTERS} are needed"
    n, difference = len(differences), fmean(differences)
    wins, losses = cases.wins / n, cases.losses / n

    def settled_by(more: int) -> tuple[float, float]:
        units = more * counted / n
        return tango_interval(wins * units, losses * units, units, confidence)

    return Estimate(difference, found.low, found.high, found.p_worse, found.method, n, settled_by, unusable)


@dataclass(frozen=True, slots=True)
class Units:
    """What is independent of each other: cases, or clusters of them. `shares` are their parts of all cases."""

    means: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, differences: Sequence[float], names: Sequence[Hashable]) -> "Units":
        """The units that cases with these names form."""
        members: dict[Hashable, list[float]] = {}
        for difference, name in zip(differences, names, strict=True):
            members.setdefault(name, []).append(difference)
        groups = members.values()
        return cls(tuple(map(fmean, groups)), tuple(len(group) / len(differences) for group in groups))

    @property
    def effective(self) -> float:
        """How many equally large ones say as much (Kish 1965): all of them where they are equally large."""
        return 1 / math.fsum(share * share for share in self.shares)

    @property
    def wins(self) -> float:
        """The candidate's, in effective units; parts of one where a unit's cases disagree."""
        return self.effective * math.fsum(share * max(mean, 0.0) for mean, share in self._pairs())

    @property
    def losses(self) -> float:
        """The same of its losses."""
        return self.effective * math.fsum(share * max(-mean, 0.0) for mean, share in self._pairs())

    @property
    def scaled(self) -> list[float]:
        """One number a unit, its mean times its size over the usual one: their mean is that over all cases."""
        return [mean * share * len(self.means) for mean, share in self._pairs()]

    def _pairs(self) -> Iterable[tuple[float, float]]:
        return zip(self.means, self.shares, strict=True)


@dataclass(frozen=True, slots=True)
class _Interval:
    low: float
    high: float
    p_worse: float
    method: str


def _over(units: Units, *, seed: int, confidence: float) -> _Interval:
    """The interval of the difference over independent units."""
    wins, losses, count = units.wins, units.losses, units.effective
    low, high = tango_interval(wins, losses, count, confidence)
    p_worse, method = regression_p(wins, losses, count), "Tango score interval"
    whole = all(mean in {-1.0, 0.0, 1.0} for mean in units.means)
    if whole and wins + losses >= NEARLY_ALL * count:
        exact = differing_interval(round(wins), round(losses), round(count), confidence)
        return _Interval(min(low, exact[0]), max(high, exact[1]), p_worse, f"{method}, widened to the exact one")
    if whole or len(units.means) < _FEWEST_FOR_T or sum(mean != 0 for mean in units.means) < _FEWEST_DIFFERING:
        return _Interval(low, high, p_worse, method)
    values = units.scaled
    t = paired_t(values, confidence)
    if abs(_skewness(values, t)) <= _SKEWED:
        return _Interval(t.low, t.high, t.below_zero_p, "paired t over case means")
    (low, high), method = bca_interval(values, confidence, seed=seed), "BCa bootstrap over case means"
    if confidence > _DRAWN_CONFIDENCE:
        low, high, method = min(low, t.low), max(high, t.high), f"{method}, with paired t"
    return _Interval(low, high, t.below_zero_p, method)


def _skewness(values: Sequence[float], t: MeanEstimate) -> float:
    spread = fmean((value - t.mean) ** 2 for value in values) ** 1.5
    return fmean((value - t.mean) ** 3 for value in values) / spread if spread else 0.0


def log_ratio(
    logs: Sequence[float], clusters: Sequence[str], *, exact: bool, seed: int, confidence: float
) -> Estimate | None:
    """Minus the mean of ln(candidate / current), one a case; None for fewer than two cases.

    The paired t interval, by cluster where cases form some; where the ratios are skewed, widened to the BCa
    bootstrap's. `exact` says that equal ratios are no accident (a bill, not a measurement): the interval is then that
    one point. What a rare slow answer does to the mean, cases without one do not show: see the 95th percentile.
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
    spread, low, high = t.se * math.sqrt(n), t.low, t.high
    if spread < 1e-9:  # noqa: PLR2004 (equal but for rounding)
        method = "the same ratio in every case"
        if not exact or n < FEWEST_EQUAL_RATIOS:
            unusable = unusable or "every case gave the same ratio, which says nothing about its spread"
    elif groups < FEWEST_RATIOS:
        unusable = unusable or f"{groups} cases do not show how the ratios spread; at least {FEWEST_RATIOS} are needed"
    elif groups <= _MOST_DRAWN:
        values = Units.of(better, clusters).scaled
        if abs(_skewness(values, paired_t(values, confidence))) > _SKEWED:
            drawn = bca_interval(values, confidence, seed=seed)
            low, high, method = min(low, drawn[0]), max(high, drawn[1]), f"{method}, widened by BCa"

    def settled_by(cases: int) -> tuple[float, float]:
        half = t_quantile((1 + confidence) / 2, cases - 1) * spread / math.sqrt(cases)
        return t.mean - half, t.mean + half

    return Estimate(t.mean, low, high, t.below_zero_p, method, n, settled_by, unusable)


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
