"""Readings of a quantile that is read ready-made, window by window: what one is, and the mean of several. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.monitor.added import Added, Mask, Row
from bot.monitor.designs import COVERED
from bot.monitor.reading import Gauge

FEWEST_OF_A_READING: Final = 20
"""Requests of one tenant in one look below which its quantile is no reading: a p95 of fewer is their slowest."""
ROWS: Final = 3
"""The logarithm of the seconds, the requests it rests on, and whether there is one; stacked window by window."""

Matrix = NDArray[np.float64]
"""A row a window, a column a tenant."""


def counted(logs: Row, requests: Row) -> Added:
    """One window's rows; `logs` are NaN where there is no reading."""
    there = ~np.isnan(logs)
    return Added(np.vstack([np.where(there, logs, 0.0), np.where(there, requests, 0.0), there]), stacked=ROWS)


def gathered(cells: Mapping[str, Gauge], places: Mapping[str, int]) -> Added:
    """One window's rows from readings by tenant."""
    logs, requests = np.full(len(places), math.nan), np.zeros(len(places))
    for tenant, one in cells.items():
        logs[places[tenant]], requests[places[tenant]] = math.log(one.seconds), one.requests
    return counted(logs, requests)


@dataclass(frozen=True)
class Looks:
    """One arm's readings; `there` says which there are."""

    logs: Matrix
    requests: Matrix
    there: NDArray[np.bool_]

    @classmethod
    def of(cls, added: Added, tenants: int) -> "Looks":
        """An arm's, of so many tenants."""
        rows = added.sized(ROWS, tenants)
        return cls(rows[0::ROWS], rows[1::ROWS], rows[2::ROWS] > 0)

    @property
    def known(self) -> "Looks":
        """Those that rest on enough requests to be one."""
        return replace(self, there=self.there & (self.requests >= FEWEST_OF_A_READING))

    def where(self, tenants: Mask) -> "Looks":
        """Those of some of the tenants; the others have none."""
        return replace(self, there=self.there & tenants)

    def beside(self, other: "Looks") -> "tuple[Looks, Looks]":
        """Both arms in the windows that both have."""
        both = min(len(self.logs), len(other.logs))
        one, two = (Looks(side.logs[:both], side.requests[:both], side.there[:both]) for side in (self, other))
        return one, two

    @property
    def total(self) -> float:
        """The requests of all; infinite where nobody says how many there were."""
        return float(self.requests[self.there].sum())

    @property
    def number(self) -> float:
        """What they rest on: requests, or windows where nobody says how many requests there were."""
        return self.total if math.isfinite(self.total) else float(self.there.any(axis=1).sum())

    @property
    def weights(self) -> Matrix:
        """How much each says: by the requests, evenly where nobody says how many there were."""
        return np.where(self.there, self.requests if math.isfinite(self.total) else 1.0, 0.0)

    @property
    def means(self) -> Row:
        """The tenants' mean in each window; NaN where there is none."""
        return mean_by(self.logs, self.weights)

    @property
    def usual(self) -> Row:
        """Each tenant's mean over the windows; NaN where there is none."""
        return mean_by(self.logs.T, self.there.T.astype(np.float64))

    def off(self, usual: Row) -> Matrix:
        """How far each lies above what is usual for its tenant; NaN where there is none."""
        return np.where(self.there, self.logs - usual, math.nan)

    def covered_by(self, tenants: Mask) -> bool:
        """Whether these tenants make up most of what there is."""
        weights = self.weights
        return bool(tenants.any()) and bool(weights[:, tenants].sum() >= COVERED * weights.sum())


def mean_by(values: Matrix, weights: Matrix) -> Row:
    """The weighed mean of each row; NaN where nothing has weight."""
    whole = weights.sum(axis=1)
    summed = (np.where(weights > 0, values, 0.0) * weights).sum(axis=1)
    means: Row = np.divide(summed, whole, out=np.full(len(whole), math.nan), where=whole > 0)
    return means
