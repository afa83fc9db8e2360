"""Cumulative histograms as metrics systems keep them: adding them up and reading quantiles out of them.

One histogram is read by plain arithmetic; of a thousand tenants' the same is done by column (`Histograms`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from bot.monitor.added import BLOCKS, NOTHING, Added, Mask, Row
from bot.monitor.tallies import Figure, Spread, over

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


def histogram(buckets: Mapping[float, float]) -> Histogram:
    """Cumulative counts by upper bound, made monotone."""
    bounds = tuple(sorted(buckets))
    return Histogram(bounds, tuple(accumulate((buckets[bound] for bound in bounds), max)))


def counted(bounds: tuple[float, ...], counts: NDArray[np.float64], lacked: NDArray[np.bool_]) -> Added:
    """One window's rows from a row of cumulative counts a bound, ascending, and a column a tenant.

    `lacked` says which tenant's histogram has no such bound; tenants without any request had none.
    """
    counts = np.maximum.accumulate(np.where(lacked, 0.0, counts), axis=0)
    total = counts[-1]
    there = total > 0
    beyond = total - counts
    lacks = lacked & there
    squares = over(beyond * beyond, total) * ~lacks
    return Added(np.vstack([counts * ~lacks, lacks, total, there]), squares, bounds)


def gathered(cells: Mapping[str, Histogram], places: Mapping[str, int]) -> Added:
    """One window's rows from histograms by tenant."""
    bounds = tuple(sorted({bound for one in cells.values() for bound in one.bounds}))
    if not bounds:
        return NOTHING
    rows = {bound: row for row, bound in enumerate(bounds)}
    counts, lacked = np.zeros((len(bounds), len(places))), np.ones((len(bounds), len(places)), dtype=bool)
    for tenant, one in cells.items():
        at = [rows[bound] for bound in one.bounds]
        counts[at, places[tenant]] = one.counts
        lacked[at, places[tenant]] = False
    return counted(bounds, counts, lacked)


def beyond(added: Added, bound: float) -> Spread:
    """How those fall that took longer than a bound that all have."""
    row, (total, windows) = added.bounds.index(bound), added.rows[-2:]
    bad = total - added.rows[row]
    return Spread(bad, total, added.squares[row], bad, windows)


@dataclass(frozen=True)
class Histograms:
    """Histograms of several tenants added up over windows: a row a bound, a column a tenant."""

    bounds: tuple[float, ...]
    counts: NDArray[np.float64]
    lacks: Mask
    total: Row

    @classmethod
    def of(cls, added: Added, tenants: int) -> "Histograms":
        """An arm's, of so many tenants."""
        many = len(added.bounds)
        rows = added.sized(BLOCKS * many + 2, tenants)
        return cls(added.bounds, rows[:many], rows[many : 2 * many] > 0, rows[-2])

    def where(self, kept: Mask) -> "Histograms":
        """Those of some of the tenants."""
        return Histograms(self.bounds, self.counts[:, kept], self.lacks[:, kept], self.total[kept])

    @property
    def pooled(self) -> Histogram:
        """All tenants in one, on the bounds that all of their histograms have."""
        common = ~np.atleast_1d(self.lacks.any(axis=1))
        if not self.total.sum() > 0 or not common.any():
            return Histogram()
        bounds = tuple(bound for bound, kept in zip(self.bounds, common.tolist(), strict=True) if kept)
        return Histogram(bounds, tuple(self.counts[common].sum(axis=1).tolist()))

    @property
    def highest(self) -> Row:
        """Each tenant's last finite bound; 1 second where there is none."""
        finite = np.isfinite(self.bounds)
        has = ~self.lacks[finite]
        bounds = np.where(has, np.array(self.bounds)[finite][:, None], -np.inf)
        return np.where(has.any(axis=0), bounds.max(axis=0, initial=-np.inf), 1.0)

    def at(self, ranks: Figure) -> Row:
        """The time of each tenant at its rank, as `Histogram.at` has it."""
        bounds = np.array(self.bounds)[:, None]
        # A bound that a tenant lacks counts as many as the one before it: it is passed over.
        held, nothing = ~self.lacks, np.zeros_like(self.total)
        counts, highest = self.counts, bounds + nothing
        if self.lacks.any():
            counts = np.maximum.accumulate(np.where(held, counts, 0.0), axis=0)
            highest = np.maximum.accumulate(np.where(held, bounds, 0.0), axis=0)
        below, lower = np.vstack([nothing, counts[:-1]]), np.vstack([nothing, highest[:-1]])
        wanted = np.minimum(ranks, 1.0) * self.total
        reached = held & (counts >= wanted) & (counts > below)
        row, columns = reached.argmax(axis=0), np.arange(len(self.total))
        count, under, start = (one[row, columns] for one in (counts, below, lower))
        end = bounds[row, 0]
        left = np.maximum(self.total - count, np.minimum(0.5, (count - under) / 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            falls = np.log((self.total - under) / left)
            inside = np.log((self.total - under) / np.maximum(self.total - wanted, left)) / falls
            times = start + (end - start) * np.clip(inside, _SMALLEST, 1.0)
        return np.where(reached.any(axis=0) & np.isfinite(end), times, np.inf)
