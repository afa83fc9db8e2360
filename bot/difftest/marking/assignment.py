"""Expected calls against made ones: each expected one gets a call of its own, as many as can. Pure."""

from collections.abc import Callable, Sequence


def most_pairs(fits: Sequence[Sequence[bool]]) -> dict[int, int]:
    """A largest matching: row -> column, each column once (augmenting paths; Kuhn 1955).

    A greedy choice can take the only call that another expectation accepts; this one cannot.
    """
    taken: dict[int, int] = {}
    for row in range(len(fits)):
        _augmented(row, fits, taken, set())
    return {row: column for column, row in taken.items()}


def _augmented(row: int, fits: Sequence[Sequence[bool]], taken: dict[int, int], seen: set[int]) -> bool:
    for column, fit in enumerate(fits[row]):
        if fit and column not in seen:
            seen.add(column)
            if column not in taken or _augmented(taken[column], fits, taken, seen):
                taken[column] = row
                return True
    return False


def pairs_in_order(rows: int, columns: int, fits: Callable[[int, int], bool]) -> dict[int, int]:
    """Row -> column with both rising, as long as every row finds one; taking the earliest loses nothing."""
    found: dict[int, int] = {}
    column = 0
    for row in range(rows):
        while column < columns and not fits(row, column):
            column += 1
        if column == columns:
            break
        found[row] = column
        column += 1
    return found
