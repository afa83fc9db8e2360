"""Recorded history, a row a line: what one check counted of one arm and one tenant in the look that ends at `at`.

Reading and refusing rows only; what they say of a model is `replay`'s business.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.monitor.arms import ALL
from bot.monitor.recorded_row import Row, WrongRowError, object_of, row_of, sort_of

MOST_TOLD: Final = 20
"""So many wrong lines are named; the rest are counted."""


class RowsError(Exception):
    """Lines that cannot be used: `problems` has the first of them, each with its line, `more` how many came after."""

    def __init__(self, problems: Sequence[tuple[int, str]], more: int = 0) -> None:
        self.problems = tuple(problems)
        self.more = more
        super().__init__("\n".join(f"{line}: {what}" for line, what in problems))


def read_rows(lines: Iterable[str], kinds: Mapping[str, str]) -> list[Row]:
    """The rows of a file, in the order of their looks; `kinds` is the kind of each check. Raises RowsError."""
    found: list[Row] = []
    problems: list[tuple[int, str]] = []
    beside, more = _Beside(), 0
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            raw = object_of(text)
            row = row_of(number, raw, kinds)
            beside.held_against(row, raw, kinds[row.check])
        except WrongRowError as error:
            if len(problems) < MOST_TOLD:
                problems.append((number, str(error)))
            else:
                more += 1
            continue
        if not problems:
            found.append(row)
    if not found and not problems:
        problems.append((0, "no row is in it"))
    if problems:
        raise RowsError(problems, more)
    return sorted(found, key=lambda row: (row.at, row.check, row.arm, row.tenant))


@dataclass
class _Beside:
    """What the lines read so far say, so far as it can contradict a later one; each with the line that said it first.

    `rows` by look, check, arm and tenant; `whole` whether a look's arm is one for all tenants; `sorts` what tells each
    latency.
    """

    rows: dict[tuple[datetime, str, str, str], int] = field(default_factory=dict)
    whole: dict[tuple[datetime, str, str], tuple[bool, int]] = field(default_factory=dict)
    sorts: dict[str, tuple[str, int]] = field(default_factory=dict)

    def held_against(self, row: Row, raw: Mapping[str, Any], kind: str) -> None:
        """Raises WrongRowError for a row that contradicts one before it, else keeps it in mind."""
        first = self.rows.setdefault((row.at, row.check, row.arm, row.tenant), row.line)
        if first != row.line:
            message = f"line {first} has counted this check, arm, tenant and look already"
            raise WrongRowError(message)
        whole, line = self.whole.setdefault((row.at, row.check, row.arm), (row.tenant == ALL, row.line))
        if whole is not (row.tenant == ALL):
            this, that = (f"tenant {row.tenant!r} of it", "all tenants in one")[:: 1 if whole else -1]
            message = f"{this}, where line {line} has {that}: give a look's arm whole or by tenant, not both"
            raise WrongRowError(message)
        if kind == "latency":
            sort = sort_of(raw)
            before, line = self.sorts.setdefault(row.check, (sort, row.line))
            if before != sort:
                message = f"{sort} of {row.check}, where line {line} has {before}: one check is read from one of them"
                raise WrongRowError(message)
