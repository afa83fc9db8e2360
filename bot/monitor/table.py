"""A window's series held by column, so that a thousand tenants are a few arrays and not as many objects. Data only."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, overload

from bot.monitor.counted import Key, histograms_in, series_of, values_of
from bot.monitor.model import Observation, Series

NONE: Final = float("nan")
"""Stands where a series has no such count."""
_HAS: Final = ""
"""The bound under which a histogram's column says which series have one at all: 0 there, else `NONE`."""

Column = array  # of doubles, one a row
Histograms = Mapping[str, Mapping[str, "array[float]"]]


def column(rows: int, value: float = NONE) -> "array[float]":
    """A column of so many rows that are all alike."""
    return array("d", [value]) * rows


class SeriesTable(Sequence[Series]):
    """Series by column: `keys` has each row's stage, tenant and model, `counts` the values of each count by its name.

    `histograms` has each histogram's cumulative counts by its bounds as written; no column is longer than `keys`. Read
    as a sequence it is the series themselves, each made when it is asked for.
    """

    __hash__ = None  # type: ignore[assignment]  # as of other containers of arrays

    def __init__(self, keys: Sequence[Key], counts: Mapping[str, "array[float]"], histograms: Histograms) -> None:
        self.keys = keys
        self.counts = counts
        self.histograms = histograms

    @classmethod
    def of(cls, series: Sequence[Series]) -> "SeriesTable":
        """The table of these series; itself where they are one."""
        if isinstance(series, cls):
            return series
        counts: dict[str, array[float]] = {}
        histograms: dict[str, dict[str, array[float]]] = {}
        rows = len(series)
        for row, one in enumerate(series):
            for name, value in values_of(one):
                counts.setdefault(name, column(rows))[row] = value
            for name, buckets in histograms_in(one):
                columns = histograms.setdefault(name, {_HAS: column(rows)})
                columns[_HAS][row] = 0.0
                for bound, value in buckets.items():
                    columns.setdefault(bound, column(rows))[row] = value
        return cls([(one.stage, one.tenant, one.model) for one in series], counts, histograms)

    def buckets(self, name: str) -> dict[str, "array[float]"]:
        """A histogram's columns by bound as written; empty where no series has it."""
        return {bound: values for bound, values in self.histograms.get(name, {}).items() if bound != _HAS}

    def has(self, name: str, row: int) -> bool:
        """Whether a series has the count, be it 0, or the histogram, be it empty."""
        values = self.histograms[name][_HAS] if name in self.histograms else self.counts.get(name)
        return values is not None and values[row] == values[row]

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Series: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Series]: ...
    def __getitem__(self, index: int | slice) -> Series | Sequence[Series]:
        if isinstance(index, slice):
            return [self._row(row) for row in range(len(self))[index]]
        return self._row(range(len(self))[index])

    def __iter__(self) -> Iterator[Series]:
        return map(self._row, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Series.__eq__, self, other))

    def sum_of(self, name: str) -> float:
        """A count over all series that have it."""
        return sum(value for value in self.counts.get(name, ()) if value == value)  # noqa: PLR0124 - NaN is not itself

    def only(self, rows: Iterable[int]) -> "SeriesTable":
        """The table of some of the rows."""
        kept = list(rows)

        def taken(values: "array[float]") -> "array[float]":
            return array("d", [values[row] for row in kept])

        return SeriesTable(
            [self.keys[row] for row in kept],
            {name: taken(values) for name, values in self.counts.items()},
            {
                name: {bound: taken(values) for bound, values in columns.items()}
                for name, columns in self.histograms.items()
            },
        )

    def _row(self, row: int) -> Series:
        values = {name: values[row] for name, values in self.counts.items() if values[row] == values[row]}
        return series_of(self.keys[row], values, self._histograms(row))

    def _histograms(self, row: int) -> dict[str, dict[str, float]]:
        found = {}
        for name, columns in self.histograms.items():
            if columns[_HAS][row] == 0:
                cells = {bound: values[row] for bound, values in columns.items() if bound != _HAS}
                found[name] = {bound: value for bound, value in cells.items() if value == value}  # noqa: PLR0124
        return found


def having(rows: int, buckets: Mapping[str, "array[float]"]) -> dict[str, "array[float]"]:
    """A histogram's columns of a source where every series has it, be it with nothing in it."""
    return {_HAS: column(rows, 0.0), **buckets}


def table_of(observation: Observation) -> SeriesTable:
    """The window's series by column."""
    return SeriesTable.of(observation.series)
