"""Columns of numbers as bytes: how a window's series are kept, and what a bake's windows come to. Exact both ways.

A line of JSON says what is in them, then follow the columns, each in the fewest bytes a number that hold it exactly,
and one that is the same throughout once: most are counts, and a thousand tenants' are kept for every look of a bake.
"""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.monitor.added import Added, Rows
from bot.monitor.table import SeriesTable

_WHOLE: Final = ("u1", "u2", "u4")
_END: Final = b"\n"
Column = NDArray[np.float64]


def joined(header: Mapping[str, Any], columns: Iterable[Column]) -> bytes:
    """The header and the columns."""
    every = list(columns)
    small = [_smallest(one) for one in every]
    lengths = [(one.dtype.str[1:], len(one), len(whole)) for one, whole in zip(small, every, strict=True)]
    told = {**header, "columns": lengths}
    return b"".join([json.dumps(told, separators=(",", ":")).encode(), _END, *(one.tobytes() for one in small)])


def taken_apart(body: bytes) -> tuple[dict[str, Any], list[Column]]:
    """The header and the columns again. Raises ValueError for what `joined` has not made."""
    first, _, rest = body.partition(_END)
    header = json.loads(first)
    columns, at = [], 0
    for kind, kept, length in header.pop("columns"):
        dtype = np.dtype(f"<{kind}")
        column = np.frombuffer(rest, dtype, kept, at).astype(np.float64)
        columns.append(column if kept == length else np.full(length, column[0]))
        at += dtype.itemsize * kept
    return header, columns


def header_of(body: bytes) -> dict[str, Any]:
    """The header alone. Raises ValueError for what `joined` has not made."""
    header: dict[str, Any] = json.loads(body[: body.index(_END)])
    return header


def _smallest(numbers: Column) -> NDArray[Any]:
    if not len(numbers):
        return numbers.astype("<u1")
    low, high = numbers.min(), numbers.max()
    if low == high:
        return numbers[:1].astype("<f8")
    for kind in _WHOLE:
        if low >= 0 and high <= np.iinfo(kind).max:
            whole = numbers.astype(f"<{kind}")
            return whole if (whole == numbers).all() else numbers.astype("<f8", copy=False)
    return numbers.astype("<f8", copy=False)


def packed_table(table: SeriesTable) -> bytes:
    """Series by column, as they are kept."""
    labels = [list(dict.fromkeys(key[part] for key in table.keys)) for part in range(3)]
    numbers = [{name: number for number, name in enumerate(names)} for names in labels]
    coded = [np.array([known[key[part]] for key in table.keys], float) for part, known in enumerate(numbers)]
    columns = [*table.counts.values(), *(one for bounds in table.histograms.values() for one in bounds.values())]
    histograms = {name: list(bounds) for name, bounds in table.histograms.items()}
    header = {"labels": labels, "counts": list(table.counts), "histograms": histograms}
    return joined(header, [*coded, *map(np.frombuffer, columns)])


def table_from(body: bytes) -> SeriesTable:
    """The series again. Raises ValueError."""
    header, columns = taken_apart(body)
    coded = [map(names.__getitem__, codes.astype(int)) for names, codes in zip(header["labels"], columns, strict=False)]
    left = iter([array("d", one.tobytes()) for one in columns[3:]])
    counts = {name: next(left) for name in header["counts"]}
    histograms = {name: {bound: next(left) for bound in bounds} for name, bounds in header["histograms"].items()}
    return SeriesTable(list(zip(*coded, strict=True)), counts, histograms)


def rows_of(every: Sequence[Added]) -> tuple[list[Any], list[Column]]:
    """What is said of sums in a header, and their rows as columns."""
    said = [(len(one.rows), len(one.squares), one.tenants, one.bounds, one.stacked) for one in every]
    return said, [row for one in every for rows in (one.rows, one.squares) for row in rows]


def sums_from(said: Sequence[Any], columns: Iterable[Column]) -> list[Added]:
    """The sums again."""
    left = iter(columns)

    def taken(rows: int, tenants: int) -> Rows:
        return np.array([next(left) for _ in range(rows)]).reshape(rows, tenants if rows else 0)

    return [
        Added(taken(rows, tenants), taken(squares, tenants), tuple(bounds), stacked)
        for rows, squares, tenants, bounds, stacked in said
    ]
