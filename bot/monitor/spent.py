"""What a setting has cost: of which series, in which stretches of time, by tenant, and since the month began. Pure.

Silence is not thrift: a stretch the source cannot answer for, or answers for without any cost, is not known.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot.monitor.counted import Count
from bot.monitor.model import Observation, Seen
from bot.monitor.months import Span
from bot.monitor.table import table_of
from bot.runbook.models.plan import Plan


@dataclass(frozen=True)
class Owned:
    """Which series are a setting's: those of its stages; without a stage label those its `models` answered.

    Without any named, all are.
    """

    plan: Plan
    models: frozenset[str] | None
    same: Callable[[str, str], bool]

    def cost(self, observation: Observation) -> dict[str, float] | None:
        """US dollars by tenant in the window; None where nobody can say."""
        if not observation.answered:
            return None
        table, usd = table_of(observation), dict[str, float]()
        costs = table.counts.get(Count.COST, ())
        owned = {key: self._owns(*key) for key in {(stage, model) for stage, _, model in table.keys}}
        for (stage, tenant, model), cost in zip(table.keys, costs, strict=False):
            if owned[stage, model] and not math.isnan(cost):
                usd[tenant] = usd.get(tenant, 0.0) + cost
        return usd or None

    def _owns(self, label: str, answered: str) -> bool:
        if self.plan.metrics is not None and self.plan.metrics.labels.stage is None:
            return self.models is None or any(self.same(model, answered) for model in self.models)
        return any(stage.metric_stage == label for stage in self.plan.stages)


class Piece(Seen):
    """What a stretch of time cost, in US dollars, by tenant."""

    start: datetime
    end: datetime
    usd: dict[str, float]

    @property
    def span(self) -> Span:
        """Its time."""
        return Span(self.start, self.end)

    @property
    def total(self) -> float:
        """All tenants together."""
        return sum(self.usd.values())


class Day(Seen):
    """What one whole day cost, all tenants together."""

    start: datetime
    end: datetime
    usd: float


class Book(Seen):
    """What is known of a setting's spending while a rotation is watched.

    `spent` is by tenant from `begins`, the month's first moment, to `until`; of that time `unknown_s` seconds could not
    be answered for. `days` are whole days before anything was changed, oldest first; `usual` is what they cost by
    tenant.
    """

    rotation: str
    begins: datetime
    until: datetime
    unknown_s: float = 0
    spent: dict[str, float]
    days: tuple[Day, ...]
    usual: dict[str, float]

    @property
    def total(self) -> float:
        """US dollars spent so far, as far as is known."""
        return sum(self.spent.values())

    def with_known(self, piece: Piece) -> Self:
        """The book up to the piece's end. It must begin where the book ends."""
        return self.model_copy(update={"until": piece.end, "spent": added(self.spent, piece.usd)})

    def without(self, span: Span) -> Self:
        """The book up to the span's end, nothing being known of it."""
        return self.model_copy(update={"until": span.end, "unknown_s": self.unknown_s + span.hours * 3600})

    def turned(self, month: Span) -> Self:
        """The book of a new month, in which nothing was spent yet."""
        return self.model_copy(update={"begins": month.start, "until": month.start, "unknown_s": 0.0, "spent": {}})


def begun(rotation: str, month: Span, days: Sequence[Piece], *, until: datetime) -> Book:
    """A book from whole days, oldest first; those of the month up to `until` that are not among them are unknown."""
    book = Book(
        rotation=rotation,
        begins=month.start,
        until=month.start,
        spent={},
        days=tuple(Day(start=day.start, end=day.end, usd=day.total) for day in days),
        usual=together(days),
    )
    for day in days:
        if day.start >= month.start:
            if day.start > book.until:
                book = book.without(Span(book.until, day.start))
            book = book.with_known(day)
    return book.without(Span(book.until, until)) if book.until < until else book


def together(pieces: Sequence[Piece]) -> dict[str, float]:
    """What all pieces cost, by tenant."""
    usd: dict[str, float] = {}
    for piece in pieces:
        usd = added(usd, piece.usd)
    return usd


def added(left: Mapping[str, float], right: Mapping[str, float]) -> dict[str, float]:
    """Two bills in one."""
    return {tenant: left.get(tenant, 0.0) + right.get(tenant, 0.0) for tenant in {**left, **right}}
