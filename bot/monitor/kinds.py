"""The kinds of figure a check is about: what one window's figure is, and how two arms are held against each other."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison
from bot.monitor.histogram import Histogram, pool
from bot.monitor.latency import TAIL, compare_latency
from bot.monitor.moments import Moments, compare_means, gathered, spread_changed
from bot.monitor.rates import compare_rates
from bot.monitor.reasons import Reason
from bot.monitor.tallies import Shape, Tally, pooled

Counted = TypeVar("Counted")


@dataclass(frozen=True)
class Value:
    """One window's figure of one arm, and what it rests on."""

    figure: float
    total: float


class Kind(Protocol[Counted]):
    """What a check is about."""

    def value(self, cells: Mapping[str, Counted]) -> Value | None:
        """One window's figure; None where nothing was counted."""
        ...

    def compare(self, arms: Arms[Counted], fewest: float) -> Comparison | None:
        """The candidate against what the current model would have shown; None where there is nothing to hold against.

        `fewest` requests are the least an arm needs.
        """
        ...

    def doubt(self, arms: Arms[Counted]) -> str:
        """The reason why arms whose figures agree may differ all the same; empty where there is none."""
        ...


@dataclass(frozen=True)
class Rates:
    """A share, a rate per request, or a mean of which only the sum is known."""

    shape: Shape

    def value(self, cells: Mapping[str, Tally]) -> Value | None:
        """Bad per total."""
        total = pooled(cells)
        return Value(total.rate, total.total) if cells else None

    def compare(self, arms: Arms[Tally], fewest: float) -> Comparison | None:
        """By `rates`."""
        return compare_rates(self.shape, arms, fewest)

    def doubt(self, arms: Arms[Tally]) -> str:
        """None: counts have no more to tell."""
        del arms
        return ""


@dataclass(frozen=True)
class Tail:
    """The judged quantile of histograms, in seconds."""

    def value(self, cells: Mapping[str, Histogram]) -> Value | None:
        """The quantile, or just above the last finite bound where it is beyond."""
        times = pool(cells)
        return Value(times.least(TAIL) if times.total else 0.0, times.total) if cells else None

    def compare(self, arms: Arms[Histogram], fewest: float) -> Comparison | None:
        """By `latency`."""
        return compare_latency(arms, fewest)

    def doubt(self, arms: Arms[Histogram]) -> str:
        """None: a tail is where distributions differ."""
        del arms
        return ""


@dataclass(frozen=True)
class Numbers:
    """A number a look, such as what an invoice comes to; tenants' are added up. It is held against nothing."""

    def value(self, cells: Mapping[str, float]) -> Value | None:
        """The number; one is enough to say something."""
        return Value(sum(cells.values()), math.inf) if cells else None

    def compare(self, arms: Arms[float], fewest: float) -> Comparison | None:
        """Nothing is known of how such numbers scatter."""
        del arms, fewest
        return None

    def doubt(self, arms: Arms[float]) -> str:
        """None."""
        del arms
        return ""


@dataclass(frozen=True)
class Means:
    """A mean of numbers whose squares are counted too."""

    def value(self, cells: Mapping[str, Moments]) -> Value | None:
        """Their mean."""
        whole = gathered(cells)
        return Value(whole.mean, whole.count) if cells else None

    def compare(self, arms: Arms[Moments], fewest: float) -> Comparison | None:
        """By `moments`."""
        return compare_means(arms, fewest)

    def doubt(self, arms: Arms[Moments]) -> str:
        """Equal means of numbers that spread differently are not alike."""
        return Reason.SPREAD_CHANGED if spread_changed(arms) else ""
