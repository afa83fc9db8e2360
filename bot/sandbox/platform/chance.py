"""Counts at random without drawing single requests: Poisson, binomial, over a histogram. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

NORMAL_FROM = 12.0
"""Expected counts from which on the normal approximation is good enough for a simulated tick."""
NEGLIGIBLE = 1e-9

SIMPLE_BOUNDS = (
    *(0.005, 0.0075, 0.01, 0.0125, 0.015, 0.0175, 0.02, 0.0225, 0.025, 0.03, 0.035, 0.04, 0.05, 0.06, 0.08, 0.1),
    *(0.16, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Buckets of the plain histogram: narrow where the sandbox's latencies lie, so that +25 % moves a quantile."""
OTEL_BOUNDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The buckets that OpenTelemetry's GenAI conventions advise for `gen_ai.client.operation.duration`."""
BOUNDS = tuple(sorted({*SIMPLE_BOUNDS, *OTEL_BOUNDS}))
CELLS = len(BOUNDS) + 1
"""Cells of the histogram that is kept: one below each bound of either, and one above all."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where latencies fall: for each likely cell its index, its share of what is left, and the mean within it."""

    steps: tuple[tuple[int, float, float], ...]


def poisson(draw: Random, mean: float) -> int:
    """A Poisson count."""
    if mean >= NORMAL_FROM:
        return max(0, round(draw.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, draw.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= draw.random()
    return count


def binomial(draw: Random, n: int, p: float) -> int:
    """How many of n happen, each with probability p."""
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return n
    if p > 0.5:  # noqa: PLR2004 - by symmetry, so that the walk below is short
        return n - binomial(draw, n, 1 - p)
    mean = n * p
    if mean >= NORMAL_FROM:
        return min(n, max(0, round(draw.gauss(mean, math.sqrt(mean * (1 - p))))))
    odds, count = p / (1 - p), 0
    weight = (1 - p) ** n
    left = draw.random() - weight
    while left > 0 and count < n:
        weight *= odds * (n - count) / (count + 1)
        count += 1
        left -= weight
    return count


@lru_cache(maxsize=4096)
def spread(median: float, sigma: float, shift: float = 0.0) -> Spread:
    """Log-normal latencies around `median` seconds, all `shift` seconds later."""

    def below(bound: float, tilt: float = 0.0) -> float:
        if bound <= shift:
            return 0.0
        return 0.5 * math.erfc(-(math.log((bound - shift) / median) - tilt) / (sigma * math.sqrt(2)))

    mean = median * math.exp(sigma**2 / 2)
    edges = (0.0, *BOUNDS, math.inf)
    steps: list[tuple[int, float, float]] = []
    left = 1.0
    for cell, (low, high) in enumerate(pairwise(edges)):
        share = below(high) - below(low)
        if share < NEGLIGIBLE or left <= 0:
            continue
        inside = mean * (below(high, sigma**2) - below(low, sigma**2)) / share
        steps.append((cell, min(1.0, share / left), shift + inside))
        left -= share
    last = steps[-1]
    return Spread((*steps[:-1], (last[0], 1.0, last[2])))


def cell_of(seconds: float) -> int:
    """The cell a single latency falls into."""
    return next((cell for cell, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))


def quantile(cells: Sequence[int], q: float) -> float | None:
    """The q-quantile in seconds of counts by cell, interpolated within the cell; None without counts."""
    total = sum(cells)
    if total == 0:
        return None
    edges = (0.0, *BOUNDS)
    rank, seen = q * total, 0
    for cell, count in enumerate(cells):
        if seen + count >= rank and count:
            if cell == len(BOUNDS):
                return BOUNDS[-1]
            return edges[cell] + (BOUNDS[cell] - edges[cell]) * (rank - seen) / count
        seen += count
    return BOUNDS[-1]
