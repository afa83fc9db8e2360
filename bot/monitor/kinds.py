"""The kinds of figure a check is about: what one window's figure is, and how two arms are held against each other."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bot.monitor import histogram, moments, tallies
from bot.monitor.added import Added
from bot.monitor.arms import Arms
from bot.monitor.comparison import Comparison
from bot.monitor.histogram import Histograms
from bot.monitor.latency import TAIL, compare_latency
from bot.monitor.moments import compare_means, spread_changed
from bot.monitor.rates import compare_rates
from bot.monitor.reasons import Reason
from bot.monitor.tallies import Shape


@dataclass(frozen=True)
class Value:
    """One window's figure of one arm, and what it rests on."""

    figure: float
    total: float


class Kind(Protocol):
    """What a check is about."""

    def gathered(self, cells: Mapping[str, Any], places: Mapping[str, int]) -> Added:
        """One window's rows from what was counted of each tenant; `places` has every tenant's column."""
        ...

    def value(self, window: Added) -> Value | None:
        """One window's figure; None where nothing was counted."""
        ...

    def compare(self, arms: Arms, fewest: float) -> Comparison | None:
        """The candidate against what the current model would have shown; None where there is nothing to hold against.

        `fewest` requests are the least an arm needs.
        """
        ...

    def doubt(self, arms: Arms) -> str:
        """The reason why arms whose figures agree may differ all the same; empty where there is none."""
        ...


@dataclass(frozen=True)
class Rates:
    """A share, a rate per request, or a mean of which only the sum is known."""

    shape: Shape

    def gathered(self, cells: Mapping[str, Any], places: Mapping[str, int]) -> Added:
        """Tallies."""
        return tallies.gathered(cells, places)

    def value(self, window: Added) -> Value | None:
        """Bad per total."""
        if not window.there.any():
            return None
        total = tallies.tallies_of(window, window.tenants).pooled
        return Value(total.rate, total.total)

    def compare(self, arms: Arms, fewest: float) -> Comparison | None:
        """By `rates`."""
        return compare_rates(self.shape, arms, fewest)

    def doubt(self, arms: Arms) -> str:
        """None: counts have no more to tell."""
        del arms
        return ""


@dataclass(frozen=True)
class Tail:
    """The judged quantile of histograms, in seconds."""

    def gathered(self, cells: Mapping[str, Any], places: Mapping[str, int]) -> Added:
        """Histograms."""
        return histogram.gathered(cells, places)

    def value(self, window: Added) -> Value | None:
        """The quantile, or just above the last finite bound where it is beyond."""
        if not window.there.any():
            return None
        times = Histograms.of(window, window.tenants).pooled
        return Value(times.least(TAIL) if times.total else 0.0, times.total)

    def compare(self, arms: Arms, fewest: float) -> Comparison | None:
        """By `latency`."""
        return compare_latency(arms, fewest)

    def doubt(self, arms: Arms) -> str:
        """None: a tail is where distributions differ."""
        del arms
        return ""


@dataclass(frozen=True)
class Numbers:
    """A number a look, such as what an invoice comes to; tenants' are added up. It is held against nothing."""

    def gathered(self, cells: Mapping[str, Any], places: Mapping[str, int]) -> Added:
        """The number and whether there is one."""
        rows = np.zeros((2, len(places)))
        for tenant, number in cells.items():
            rows[:, places[tenant]] = number, 1
        return Added(rows)

    def value(self, window: Added) -> Value | None:
        """The number; one is enough to say something."""
        return Value(float(window.rows[0].sum()), math.inf) if window.there.any() else None

    def compare(self, arms: Arms, fewest: float) -> Comparison | None:
        """Nothing is known of how such numbers scatter."""
        del arms, fewest
        return None

    def doubt(self, arms: Arms) -> str:
        """None."""
        del arms
        return ""


@dataclass(frozen=True)
class Means:
    """A mean of numbers whose squares are counted too."""

    def gathered(self, cells: Mapping[str, Any], places: Mapping[str, int]) -> Added:
        """Moments."""
        return moments.gathered(cells, places)

    def value(self, window: Added) -> Value | None:
        """Their mean."""
        if not window.there.any():
            return None
        whole = moments.whole(window)
        return Value(whole.mean, whole.count)

    def compare(self, arms: Arms, fewest: float) -> Comparison | None:
        """By `moments`."""
        return compare_means(arms, fewest)

    def doubt(self, arms: Arms) -> str:
        """Equal means of numbers that spread differently are not alike."""
        return Reason.SPREAD_CHANGED if spread_changed(arms) else ""
