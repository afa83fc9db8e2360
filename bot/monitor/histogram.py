"""Cumulative histograms as metrics systems keep them: adding them up and reading quantiles out of them."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.monitor.model import Series

_SMALLEST = 1e-3  # of a bucket: a quantile at the very bottom of the first bucket is not 0 seconds


@dataclass(frozen=True)
class Histogram:
    """Upper bounds in seconds, ascending, the last infinite, and the cumulative count at or below each."""

    bounds: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()

    @property
    def total(self) -> float:
        """All requests timed."""
        return self.counts[-1] if self.counts else 0.0

    def __add__(self, other: "Histogram") -> "Histogram":
        if not self.bounds or not other.bounds:
            return self if self.bounds else other
        if self.bounds == other.bounds:
            return Histogram(self.bounds, tuple(map(sum, zip(self.counts, other.counts, strict=True))))
        # Two sets of buckets (a deployment changed them): only bounds that both have can be added up.
        mine, theirs = (
            dict(zip(self.bounds, self.counts, strict=True)),
            dict(zip(other.bounds, other.counts, strict=True)),
        )
        both = tuple(bound for bound in self.bounds if bound in theirs)
        return Histogram(both, tuple(mine[bound] + theirs[bound] for bound in both))

    def at(self, rank: float) -> float:
        """The time in seconds at that rank (0 to 1), infinite in the last bucket.

        Within a bucket the share still to come falls exponentially, as in a tail: read evenly, as Prometheus does, two
        quantiles in wide buckets are 10 to 20 % off against each other; so read it is about 1 %.
        """
        wanted = min(rank, 1.0) * self.total
        below_bound = below = 0.0
        for bound, count in zip(self.bounds, self.counts, strict=True):
            if count >= wanted and count > below:
                if math.isinf(bound):
                    return math.inf
                return below_bound + (bound - below_bound) * self._inside(below, count, wanted)
            below_bound, below = bound, count
        return math.inf

    def _inside(self, below: float, count: float, wanted: float) -> float:
        """How far into its bucket a count lies: 0 at its lower bound, 1 at its upper one."""
        # With nobody beyond the bucket its end is no end: half a request is taken to lie there.
        left = max(self.total - count, min(0.5, (count - below) / 2))
        falls = math.log((self.total - below) / left)
        inside = math.log((self.total - below) / max(self.total - wanted, left)) / falls
        return min(1.0, max(inside, _SMALLEST))

    def least(self, rank: float) -> float:
        """The time at that rank, or just above the last finite bound where it is beyond: what is known for sure."""
        at = self.at(rank)
        if math.isfinite(at):
            return at
        return math.nextafter(max((bound for bound in self.bounds if math.isfinite(bound)), default=0.0), math.inf)

    def above(self, bound: float) -> float:
        """How many took longer than that bucket bound."""
        return self.total - dict(zip(self.bounds, self.counts, strict=True)).get(bound, self.total)


def latency_of(series: Series) -> Mapping[str, float] | None:
    """The histogram the product knows of."""
    return series.latency


def histogram(buckets: Mapping[str, float]) -> Histogram:
    """Cumulative counts by upper bound, as a source has them, made monotone."""
    pairs = sorted((float(bound), count) for bound, count in buckets.items())
    counts, highest = [], 0.0
    for _, count in pairs:
        highest = max(highest, count)
        counts.append(highest)
    return Histogram(tuple(bound for bound, _ in pairs), tuple(counts))


ReadBuckets = Callable[[Series], Mapping[str, float] | None]
"""Where a series has the histogram that is meant; None where it has none."""
HistogramCells = Mapping[str, Histogram]
"""One window of one arm: tenant -> histogram."""


def histograms_of(series: Iterable[Series], read: ReadBuckets = latency_of) -> HistogramCells:
    """Histograms by tenant; series without one are left out."""
    cells: dict[str, Histogram] = {}
    for one in series:
        buckets = read(one)
        times = histogram(buckets) if buckets is not None else Histogram()
        if times.total > 0:
            cells[one.tenant] = cells.get(one.tenant, Histogram()) + times
    return cells


def merged(windows: Iterable[HistogramCells]) -> dict[str, Histogram]:
    """The histograms of several windows added up, tenant by tenant."""
    added: dict[str, Histogram] = {}
    for cells in windows:
        for tenant, times in cells.items():
            added[tenant] = added.get(tenant, Histogram()) + times
    return added


def pool(cells: HistogramCells) -> Histogram:
    """All tenants in one."""
    return sum(cells.values(), Histogram())
