"""Paired differences of a number: t intervals, plain and by cluster, the BCa bootstrap, and quantiles.

A `MeanEstimate` is on the scale of what went in; for ratios that is the natural logarithm.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from bot.student import normal_quantile, t_quantile, t_upper_tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_DRAWN_AT_ONCE: Final = 200_000
"""Numbers drawn in one go: enough that numpy is busy, few enough that they do not show in the process's size."""


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean with its standard error, degrees of freedom and two-sided interval."""

    mean: float
    se: float
    df: int
    low: float
    high: float

    @property
    def below_zero_p(self) -> float:
        """One-sided p of "the mean is below zero"."""
        return _one_sided(-self.mean, self.se, self.df)

    @property
    def above_zero_p(self) -> float:
        """One-sided p of "the mean is above zero"."""
        return _one_sided(self.mean, self.se, self.df)


def _one_sided(mean: float, se: float, df: int) -> float:
    if se == 0:
        return 0.0 if mean > 0 else 1.0
    return t_upper_tail(mean / se, df)


def paired_t(differences: Sequence[float], confidence: float) -> MeanEstimate:
    """Mean and t interval of paired differences; needs two of them. Raises ValueError for fewer."""
    n = len(differences)
    if n < 2:  # noqa: PLR2004 (one number has no spread)
        message = "a paired t interval needs two differences"
        raise ValueError(message)
    mean = fmean(differences)
    se = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    return _with_t(mean, se, n - 1, confidence)


def _with_t(mean: float, se: float, df: int, confidence: float) -> MeanEstimate:
    half = t_quantile((1 + confidence) / 2, df) * se
    return MeanEstimate(mean, se, df, mean - half, mean + half)


def clustered_t(differences: Sequence[float], clusters: Sequence[Hashable], confidence: float) -> MeanEstimate:
    """Mean of differences with the cluster-robust standard error CR1 and t with (clusters - 1) degrees of freedom.

    SE = (1/n) sqrt(sum over clusters of (sum of residuals)^2) sqrt(G / (G - 1)); Miller 2024, arXiv 2411.00640.
    Needs two clusters. Raises ValueError for fewer.
    """
    n, mean = len(differences), fmean(differences)
    sums: dict[Hashable, float] = {}
    for difference, cluster in zip(differences, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + difference - mean
    groups = len(sums)
    if groups < 2:  # noqa: PLR2004 (one cluster has no spread)
        message = "a cluster-robust interval needs two clusters"
        raise ValueError(message)
    se = math.sqrt(math.fsum(s * s for s in sums.values())) / n * math.sqrt(groups / (groups - 1))
    return _with_t(mean, se, groups - 1, confidence)


def bca_interval(
    differences: Sequence[float], confidence: float, *, seed: int, resamples: int = 10_000
) -> tuple[float, float]:
    """The BCa bootstrap interval of the mean (Efron 1987), drawn from `seed`; collapses when all are equal.

    Means over a few repeats take few values: then what is drawn is how often each comes (a multinomial), which is the
    same and much faster.
    """
    import numpy as np

    values = np.asarray(differences, dtype=float)
    n, estimate = len(values), float(values.mean())
    if float(np.ptp(values)) == 0:
        return estimate, estimate
    # In an order that turning every sign round does not change, so that swapped models get the mirrored interval.
    values = values[np.lexsort((values * math.copysign(1.0, estimate), np.abs(values)))]
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    counts = np.diff(np.append(starts, n))
    draw = np.random.default_rng(seed)

    def drawn(size: int) -> "NDArray[np.float64]":
        if 4 * len(starts) < n:
            return np.asarray(draw.multinomial(n, counts / n, size=size) @ values[starts] / n)
        return np.asarray(values[draw.integers(0, n, size=(size, n))].mean(axis=1))

    block = max(1, _DRAWN_AT_ONCE // n)
    means = np.concatenate([drawn(min(block, resamples - start)) for start in range(0, resamples, block)])
    rounding = 1e-12 * float(np.abs(values).max())
    below, above = float((means < estimate - rounding).sum()), float((means > estimate + rounding).sum())
    share = 0.5 * (1 + (below - above) / resamples)
    z0 = normal_quantile(min(max(share, 0.5 / resamples), 1 - 0.5 / resamples))
    left_out = (values.sum() - values) / (n - 1)
    pull = left_out.mean() - left_out
    acceleration = float((pull**3).sum()) / (6 * float((pull**2).sum()) ** 1.5)

    def level(p: float) -> float:
        z = z0 + normal_quantile(p)
        return 0.5 * math.erfc(-(z0 + z / (1 - acceleration * z)) / math.sqrt(2))

    tail = (1 - confidence) / 2
    means.sort()
    ordered = means.tolist()
    return quantile(ordered, level(tail)), quantile(ordered, level(1 - tail))


def quantile(values: Sequence[float], p: float) -> float:
    """The type-7 quantile (linear between order statistics, as numpy and R by default)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * p
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def quantile_ratio(
    current: Sequence[Sequence[float]],
    candidate: Sequence[Sequence[float]],
    p: float,
    confidence: float,
    *,
    seed: int,
    resamples: int | None = None,
) -> tuple[float, tuple[float, float]]:
    """The ratio candidate/current of two type-7 quantiles, and its percentile interval by the paired bootstrap.

    One row a case, its repeats in it; both models' rows of a case are drawn together, `seed` draws. By default 10,000
    resamples, fewer (1,000 at least) where there are more than a thousand numbers.
    """
    import numpy as np

    n, width = len(current), len(current[0])
    place = (n * width - 1) * p
    below = math.floor(place)
    share = place - below
    total = resamples or min(10_000, max(1_000, 10_000_000 // (n * width)))
    old, new = _Ranked.of(current), _Ranked.of(candidate)

    def drawn(rows: _Ranked, index: "NDArray[np.int32]") -> "NDArray[np.float64]":
        low, high = rows.at(index, below)
        return np.asarray(low + (high - low) * share, dtype=float)

    draw = np.random.default_rng(seed)
    block = max(1, _DRAWN_AT_ONCE // (n * width))
    ratios = []
    for start in range(0, total, block):
        index = draw.integers(0, n, size=(min(block, total - start), n), dtype=np.int32)
        ratios.append(drawn(new, index) / drawn(old, index))
    tail = (1 - confidence) / 2
    every = np.concatenate(ratios)
    every.sort()
    ordered = every.tolist()
    everyone = np.arange(n, dtype=np.int32)[None, :]
    ratio = float((drawn(new, everyone) / drawn(old, everyone))[0])
    return ratio, (quantile(ordered, tail), quantile(ordered, 1 - tail))


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Rows of numbers as their places in the order of all of them.

    Drawn and partitioned are small integers, and one place is looked for at a time: numpy does that many times faster
    than two places among floats.
    """

    ordered: "NDArray[np.float64]"
    places: "NDArray[np.int32]"

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> "_Ranked":
        """Order the numbers; equal ones stand next to each other, in whatever order."""
        import numpy as np

        values = np.asarray(rows, dtype=float)
        order = values.argsort(axis=None)
        places = np.empty(values.size, dtype=np.int32)
        places[order] = np.arange(values.size, dtype=np.int32)
        return cls(values.ravel()[order], places.reshape(values.shape))

    def at(self, index: "NDArray[np.int32]", below: int) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Of the numbers of the rows drawn, each line its own draw: the one at place `below`, and the next one up."""
        drawn = self.places[index].reshape(len(index), -1)
        drawn.partition(below, axis=1)
        low = drawn[:, below]
        high = drawn[:, below + 1 :].min(axis=1) if below + 1 < drawn.shape[1] else low
        return self.ordered[low], self.ordered[high]
