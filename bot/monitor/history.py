"""Recorded rows sorted into looks and arms: who carried the candidate since when, and what was each one's own past.

Rows that share one `at` are one look. A tenant's rows from before it carried the candidate are its own past; those of a
tenant that never did are the control's past until the first one did, and the control after that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any, Final

from bot.monitor.account import Account
from bot.monitor.added import NOTHING, Added
from bot.monitor.arms import Arms
from bot.monitor.checks import Check
from bot.monitor.incident import Side
from bot.monitor.recorded_row import Row

Cells = Mapping[str, Any]
"""Tenant -> what was counted of it in one look."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
SPLIT_SEEN: Final = 2 / 3
"""The share of the candidate's looks in which a tenant has to be served by both models to be held against itself."""


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
    """What a check showed before: of tenants that came to carry the candidate, also look by look, and of the others."""

    mine: Added
    others: Added
    hours: Mapping[datetime, Added]


class History:
    """All recorded looks of one stage."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Sort them; `rows` are in the order of their looks."""
        self._since: dict[str, datetime] = {}
        for row in rows:
            if row.arm == "candidate":
                self._since.setdefault(row.tenant, row.at)
        self._held_otherwise = any(
            row.arm == "current" and row.at < self._since.get(row.tenant, _NEVER) for row in rows
        )
        self._looks = [_look(at, same) for at, same in groupby(rows, key=lambda row: row.at)]
        self._places = {tenant: place for place, tenant in enumerate(dict.fromkeys(row.tenant for row in rows))}
        self._pasts: dict[str, _Past] = {}

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
        """Whether tenants are served by both models all along, not only in the look in which they moved.

        Where there is neither a past nor another tenant, any look in which they are is better than nothing.
        """
        shared = [
            any(_serving(look.candidate(check)) & _serving(look.current(check)) for check, _ in look.rows)
            for look in self.watched
            if any(_serving(cells) for (_, arm), cells in look.rows.items() if arm == "candidate")
        ]
        return any(shared) and (sum(shared) >= SPLIT_SEEN * len(shared) or not self._held_otherwise)

    def control(self, check: Check, look: Look) -> Added:
        """The current model's arm, without tenants that only wait for the candidate."""
        cells = look.current(check.name)
        if not self.split:
            cells = {tenant: one for tenant, one in cells.items() if tenant not in self._since}
        return check.kind.gathered(cells, self._places)

    def candidate(self, check: Check, look: Look) -> Added:
        """The candidate's arm."""
        return check.kind.gathered(look.candidate(check.name), self._places)

    def counted(self, check: Check, account: Account, look: Look, cycle: timedelta) -> Account:
        """A check's account with one more look."""
        earlier = self._past(check).hours.get(look.at - cycle, NOTHING)
        return account.with_window(check, self.candidate(check, look), self.control(check, look), earlier)

    def arms(self, check: Check, account: Account, *, fair: bool) -> Arms:
        """A check's arms over the looks of its account."""
        past = self._past(check)
        return Arms(
            candidate=account.candidate,
            current=account.current,
            candidate_past=past.mine,
            current_past=past.others,
            fair=fair,
            changed=not fair,
            split=self.split,
            same_hours=account.same_hours,
            tenants=tuple(self._places),
        )

    def sides(self, check: Check, look: Look, account: Account) -> tuple[Side, Side]:
        """Candidate and control in one look, each beside its past, else beside the looks of its account."""
        past = self._past(check)
        theirs = past.mine if self.split else past.others
        ours, control = past.mine.or_else(account.candidate), theirs.or_else(account.current)
        return Side(self.candidate(check, look), ours), Side(self.control(check, look), control)

    def _past(self, check: Check) -> _Past:
        if check.name not in self._pasts:
            mine, others, hours = NOTHING, NOTHING, {}
            for look in self._looks:
                own, rest = self._before(check, look)
                mine, others = mine + own, others + rest
                hours[look.at] = own
            self._pasts[check.name] = _Past(mine, others, hours)
        return self._pasts[check.name]

    def _before(self, check: Check, look: Look) -> tuple[Added, Added]:
        """What a look shows of those who came to carry the candidate, before they did, and of the others before any."""
        cells, since = look.current(check.name), self._since
        mine = {tenant: one for tenant, one in cells.items() if tenant in since and look.at < since[tenant]}
        over = self.begun is not None and look.at >= self.begun
        others = {} if over else {tenant: one for tenant, one in cells.items() if tenant not in since}
        return tuple(check.kind.gathered(one, self._places) for one in (mine, others))  # type: ignore[return-value]


def _serving(cells: Cells) -> set[str]:
    """The tenants of whom there was anything to count; a number or a word of health is something."""
    return {tenant for tenant, one in cells.items() if getattr(one, "total", getattr(one, "count", 1))}


def _look(at: datetime, rows: Iterable[Row]) -> Look:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        found.setdefault((row.check, row.arm), {})[row.tenant] = row.counted
    return Look(at, found)
