"""What windows of one arm count, tenant by tenant, as rows of numbers that can be added up over windows.

This is all that a bake keeps of the windows it has seen: a row a number, a column a tenant. What the rows are is the
business of the kind that is counted (`tallies`, `histogram`, `moments`); the last one of each kind says in how many
windows a tenant had anything at all.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]
"""One number of every tenant."""
Rows = NDArray[np.float64]
Mask = NDArray[np.bool_]

_NONE: Final = np.zeros((0, 0))
BLOCKS: Final = 2
"""A histogram's first rows are so many blocks of a row a bound: the counts, and how many windows lacked the bound."""


@dataclass(frozen=True)
class Added:
    """Rows added up over windows; without any row there was nothing to add. `bounds` are those of histograms.

    Of a kind that nothing adds up of, each window's rows stand below those of the one before it: `stacked` has how many
    a window has. Such a window has its rows also where nothing was read, so that both arms' stand at the same place.

    `squares` tell how unevenly the windows fell: sums over windows of what was bad, squared, over its total, a row each
    count that may be asked about; none where nobody will.
    """

    rows: Rows
    squares: Rows = field(default_factory=lambda: _NONE)
    bounds: tuple[float, ...] = ()
    stacked: int = 0

    def __add__(self, other: "Added") -> "Added":
        if not len(self.rows) or not len(other.rows):
            return self if len(self.rows) else other
        one, two = self, other
        if one.stacked:
            tenants = max(one.tenants, two.tenants)
            rows = np.vstack([_wide(one.rows, tenants), _wide(two.rows, tenants)])
            return Added(rows, stacked=one.stacked)
        if one.bounds != two.bounds:
            bounds = tuple(sorted({*one.bounds, *two.bounds}))
            one, two = one.on(bounds), two.on(bounds)
        tenants = max(one.tenants, two.tenants)
        squares = _NONE
        if len(one.squares) and len(two.squares):
            squares = _wide(one.squares, tenants) + _wide(two.squares, tenants)
        return Added(_wide(one.rows, tenants) + _wide(two.rows, tenants), squares, one.bounds)

    @property
    def tenants(self) -> int:
        """How many columns there are."""
        return int(self.rows.shape[1])

    @property
    def there(self) -> Mask:
        """Which tenants had anything in any window."""
        if not len(self.rows):
            return np.zeros(self.tenants, dtype=bool)
        if self.stacked:
            return np.atleast_1d((self.rows[self.stacked - 1 :: self.stacked] > 0).any(axis=0))
        there: Mask = self.rows[-1] > 0
        return there

    def or_else(self, other: "Added") -> "Added":
        """The same where anybody had anything, else the other."""
        return self if self.there.any() else other

    @property
    def plain(self) -> "Added":
        """The same where nobody will ask how unevenly the windows fell."""
        return replace(self, squares=_NONE)

    def sized(self, rows: int, tenants: int) -> Rows:
        """The rows of that shape; zeros where there was nothing to add, or not of a tenant that came later."""
        return _wide(self.rows, tenants) if len(self.rows) else np.zeros((rows, tenants))

    def on(self, bounds: tuple[float, ...]) -> "Added":
        """A histogram's rows on more bounds; every window so far lacked those that it did not have."""
        if bounds == self.bounds or not len(self.rows):
            return self
        had, have = len(self.bounds), len(bounds)
        known = np.array([bound in self.bounds for bound in bounds])
        rows = np.zeros((len(self.rows) + BLOCKS * (have - had), self.tenants))
        for block in range(BLOCKS):
            rows[block * have : (block + 1) * have][known] = self.rows[block * had : (block + 1) * had]
        rows[have : 2 * have][~known] = self.rows[-1]
        rows[BLOCKS * have :] = self.rows[BLOCKS * had :]
        if not len(self.squares):
            return Added(rows, bounds=bounds)
        squares = np.zeros((have, self.tenants))
        squares[known] = self.squares
        return Added(rows, squares, bounds)

    def only(self, place: int) -> "Added":
        """One tenant's part; the others had nothing."""
        mine = np.arange(self.tenants) == place
        squares = self.squares * mine if len(self.squares) else self.squares
        return replace(self, rows=np.where(mine, self.rows, 0.0), squares=squares)


def _wide(rows: Rows, tenants: int) -> Rows:
    """The rows for so many tenants; those that came later had nothing."""
    missing = tenants - rows.shape[1]
    return np.pad(rows, ((0, 0), (0, missing))) if missing > 0 else rows


NOTHING: Final = Added(_NONE)
"""No window, or none in which anything was counted."""
