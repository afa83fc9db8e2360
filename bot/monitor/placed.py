"""One arm's rows of a window, each with its tenant's column: what checks read their counts from.

Tenants keep the column they were given when they were first seen, so that what windows count can be added up.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.monitor import gauges, histogram, moments, tallies
from bot.monitor.added import NOTHING, Added, Row
from bot.monitor.counted import Count
from bot.monitor.membership import Rows
from bot.monitor.table import SeriesTable

Places = dict[str, int]
"""Every tenant's column."""


def with_tenants(places: Places, tenants: Iterable[str]) -> Places:
    """The columns with those of tenants not seen before after them."""
    new = [tenant for tenant in dict.fromkeys(tenants) if tenant not in places]
    return {**places, **{tenant: len(places) + number for number, tenant in enumerate(new)}} if new else places


@dataclass(frozen=True)
class Placed:
    """Some rows of a table, and how many columns of tenants there are."""

    table: SeriesTable
    rows: Rows
    places: Places

    @cached_property
    def _rows(self) -> NDArray[np.intp]:
        return np.array(self.rows, dtype=np.intp)

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        return np.array([self.places[self.table.keys[row][1]] for row in self.rows], dtype=np.intp)

    @cached_property
    def _series(self) -> Row:
        """How many series each tenant has."""
        return self._by_tenant(np.ones(len(self.rows)))

    def _values(self, name: str) -> Row | None:
        column = self.table.counts.get(name)
        return None if column is None else np.frombuffer(column)[self._rows]

    def _by_tenant(self, values: Row) -> Row:
        return np.bincount(self._columns, values, len(self.places)).astype(np.float64, copy=False)

    def tallies(self, bad: str, total: str) -> Added:
        """So many of one count of another, by tenant; series without either are left out."""
        return self._tallies(self._values(bad), self._values(total))

    def costs(self) -> Added:
        """Dollars of answered requests, by tenant.

        An error costs little or nothing, and more errors must not make a model look cheap.
        """
        requests, errors = self._values(Count.REQUESTS), self._values(Count.ERRORS)
        answered = None if requests is None or errors is None else np.maximum(0.0, requests - errors)
        return self._tallies(self._values(Count.COST), answered)

    def _tallies(self, bad: Row | None, total: Row | None) -> Added:
        if bad is None or total is None:
            return NOTHING
        both = bad + total
        if math.isnan(both.sum()):
            there = ~np.isnan(both)
            bad, total = np.where(there, bad, 0.0), np.where(there, total, 0.0)
            return tallies.counted(self._by_tenant(bad), self._by_tenant(total), self._by_tenant(there))
        return tallies.counted(self._by_tenant(bad), self._by_tenant(total), self._series)

    def moments(self, count: str, total: str, squares: str) -> Added:
        """Moments by tenant; series without one of the three are left out."""
        counts, sums, squared = (self._values(name) for name in (count, total, squares))
        if counts is None or sums is None or squared is None:
            return NOTHING
        there = ~np.isnan(counts + sums + squared)
        counts, sums, squared = (self._by_tenant(np.where(there, one, 0.0)) for one in (counts, sums, squared))
        return moments.counted(counts, sums, squared, self._by_tenant(there))

    def readings(self, name: str) -> Added:
        """A quantile's readings by tenant; series without one, or without a request in the window, are left out.

        Where two models answered for a tenant, its reading is their mean by the requests.
        """
        nothing = np.full(len(self.rows), math.nan)
        seconds, requests = (one if one is not None else nothing for one in map(self._values, (name, Count.REQUESTS)))
        with np.errstate(invalid="ignore"):
            there = (seconds > 0) & np.isfinite(seconds) & (requests > 0)
        weights = np.where(there, requests, 0.0)
        logs = np.log(np.where(there, seconds, 1.0)) * weights
        whole = self._by_tenant(weights)
        means = np.divide(self._by_tenant(logs), whole, out=np.full(len(whole), math.nan), where=whole > 0)
        return gauges.counted(means, whole)

    def histograms(self, name: str) -> Added:
        """Histograms by tenant; series without any request timed are left out."""
        columns: dict[float, Row] = {}
        for written, column in self.table.buckets(name).items():
            bound, values = float(written), np.frombuffer(column)[self._rows]
            columns[bound] = np.fmax(columns[bound], values) if bound in columns else values
        bounds = tuple(sorted(columns))
        if not bounds or not len(self._rows):
            return NOTHING
        counts = np.array([columns[bound] for bound in bounds])
        lacked = np.isnan(counts)
        timed, many = histogram.counted(bounds, counts, lacked).rows, len(bounds)
        # Of a tenant's series each is a histogram of its own: together they are one.
        added = np.array([self._by_tenant(values) for values in timed])
        return histogram.counted(bounds, added[:many], added[many : 2 * many] > 0)
