"""Recorded rows sorted into looks and arms: who carried the candidate since when, and what was each one's own past.

Rows that share one `at` are one look. A tenant's rows from before it carried the candidate are its own past; those of a
tenant that never did are the control's past until the first one did, and the control after that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from bot.monitor.arms import Arms
from bot.monitor.incident import Side
from bot.monitor.recorded import Row

Cells = Mapping[str, Any]
"""Tenant -> what was counted of it in one look."""


@dataclass(frozen=True)
class Look:
    """All rows of one look, by check and arm."""

    at: datetime
    rows: Mapping[tuple[str, str], Cells]

    def candidate(self, check: str) -> Cells:
        """What the candidate's arm shows."""
        return self.rows.get((check, "candidate"), {})

    def current(self, check: str) -> Cells:
        """What the current model's arm shows."""
        return self.rows.get((check, "current"), {})


@dataclass(frozen=True)
class _Past:
    """What one look from before shows: of tenants that came to carry the candidate, and of the others."""

    at: datetime
    mine: Cells
    others: Cells


class History:
    """All recorded looks of one stage."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Sort them; `rows` are in the order of their looks."""
        self._since: dict[str, datetime] = {}
        for row in rows:
            if row.arm == "candidate":
                self._since.setdefault(row.tenant, row.at)
        self._looks = [_look(at, same) for at, same in groupby(rows, key=lambda row: row.at)]
        self._pasts: dict[str, list[_Past]] = {}

    @cached_property
    def begun(self) -> datetime | None:
        """When the first tenant carried the candidate; None where none ever did."""
        return min(self._since.values(), default=None)

    @property
    def watched(self) -> list[Look]:
        """The looks since then."""
        return [] if self.begun is None else [look for look in self._looks if look.at >= self.begun]

    @cached_property
    def split(self) -> bool:
        """Whether tenants are served by both models in the same look."""
        return any(
            look.candidate(check).keys() & look.current(check).keys() for look in self._looks for check, _ in look.rows
        )

    def control(self, check: str, look: Look) -> Cells:
        """The current model's arm, without tenants that only wait for the candidate."""
        cells = look.current(check)
        return cells if self.split else {tenant: one for tenant, one in cells.items() if tenant not in self._since}

    def arms(self, check: str, looks: Sequence[Look], *, cycle: timedelta, fair: bool) -> Arms[Any]:
        """A check's arms over these looks."""
        past = self._past(check)
        hours = {look.at - cycle for look in looks}
        return Arms(
            candidate=[look.candidate(check) for look in looks],
            current=[self.control(check, look) for look in looks],
            candidate_past=[one.mine for one in past],
            current_past=[one.others for one in past],
            fair=fair,
            split=self.split,
            same_hours=[one.mine for one in past if one.at in hours],
        )

    def sides(self, check: str, look: Look) -> tuple[Side, Side]:
        """Candidate and control in one look, each beside its past."""
        past = self._past(check)
        own = [one.mine for one in past]
        theirs = own if self.split else [one.others for one in past]
        return Side(look.candidate(check), own), Side(self.control(check, look), theirs)

    def _past(self, check: str) -> list[_Past]:
        if check not in self._pasts:
            self._pasts[check] = [past for look in self._looks if (past := self._before(check, look)) is not None]
        return self._pasts[check]

    def _before(self, check: str, look: Look) -> _Past | None:
        cells = look.current(check)
        mine = {tenant: one for tenant, one in cells.items() if tenant in self._since and look.at < self._since[tenant]}
        over = self.begun is not None and look.at >= self.begun
        others = {} if over else {tenant: one for tenant, one in cells.items() if tenant not in self._since}
        return _Past(look.at, mine, others) if mine or others else None


def _look(at: datetime, rows: Iterable[Row]) -> Look:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        found.setdefault((row.check, row.arm), {})[row.tenant] = row.counted
    return Look(at, found)
