"""What a month will cost when the new model serves everything from now on, held against the envelope. Pure.

What was spent is known; the rest of the month is what the time left would cost as it is, by whole days before anything
was changed (where fewer than a week of them are known, by the looks' windows before the change), times what the bake
found the new model to cost. The interval has both doubts in it: how days scatter (`spread`), and the bake's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from bot.monitor.months import Span, days_of, month_after, month_of, weekday
from bot.monitor.reasons import Reason
from bot.monitor.spent import Book, Piece, together
from bot.monitor.spread import Estimate, Unit, plus, predicted, times
from bot.rotation.evidence import (
    ENVELOPE,
    NEXT_MONTH,
    CheckResult,
    Dimension,
    MonthForecast,
    TenantMonth,
    Verdict,
)

UNIT: Final = "USD a month"
WEEK: Final = 7
MOST_DAYS: Final = 4 * WEEK
"""Whole days before the change that are asked for; older ones say less of what is to come."""
FEWEST_WINDOWS: Final = 3
NAMED: Final = 5
"""So many of the dearest tenants are named; the others are added up."""
AS_IT_IS: Final = CheckResult(
    name="cost", dimension=Dimension.COST, verdict=Verdict.PASS, unit="USD", difference=0.0, interval=(0.0, 0.0)
)
"""What the cost check would say of a model that costs exactly what the current one does."""
_DAY: Final = timedelta(days=1)

Basis = Literal["days", "looks"]


@dataclass(frozen=True)
class Usual:
    """What time costs as it is: a figure for each stretch of `length` that was seen, and how a span is made of them."""

    basis: Basis
    units: Sequence[Unit]
    length: timedelta
    group: Callable[[Span], int]
    shares: Mapping[str, float]

    def cost(self, span: Span, zone: ZoneInfo) -> Estimate | None:
        """US dollars of the span, were nothing changed."""
        ahead: dict[int, float] = {}
        for piece in days_of(span, zone):
            group = self.group(piece)
            ahead[group] = ahead.get(group, 0.0) + (piece.end - piece.start) / self.length
        return predicted(self.units, ahead)


def usual_of(book: Book, before: Sequence[Piece], zone: ZoneInfo) -> Usual | None:
    """By whole days where a week of them is known, else by the windows `before` the change; None where neither is.

    With two weeks each weekday has a figure of its own; with less the last whole week stands for all.
    """
    days = book.days[-MOST_DAYS:]
    if len(days) >= WEEK:
        apart = len(days) >= 2 * WEEK
        kept = days if apart else days[-WEEK:]
        group = (lambda span: weekday(span, zone)) if apart else _one_group
        units = [Unit(day.usd * (_DAY / (day.end - day.start)), group(Span(day.start, day.end))) for day in kept]
        return Usual("days", units, _DAY, group, _shares(book.usual))
    if len(before) < FEWEST_WINDOWS:
        return None
    ordered = sorted(before, key=lambda piece: piece.start)
    length = ordered[-1].end - ordered[-1].start
    units = [Unit(piece.total * (length / (piece.end - piece.start)), 0) for piece in ordered]
    return Usual("looks", units, length, _one_group, _shares(together(ordered)))


def _one_group(span: Span) -> int:
    del span
    return 0


def _shares(usd: Mapping[str, float]) -> dict[str, float]:
    whole = sum(usd.values())
    return {tenant: one / whole for tenant, one in usd.items()} if whole > 0 else {}


@dataclass(frozen=True)
class Forecast:
    """This month to its end and the whole next one, as checks that are only reported; and this month's parts."""

    checks: tuple[CheckResult, ...]
    month: MonthForecast


def forecast(cost: CheckResult, book: Book, usual: Usual, *, envelope: float, zone: ZoneInfo) -> Forecast | None:
    """What this month and the next will cost by what the cost check found; None while it has nothing to go by."""
    if cost.difference is None or cost.interval is None:
        return None
    low, high = cost.interval
    dearer = Estimate(
        1 + cost.difference, None if low is None else max(0.0, 1 + low), None if high is None else 1 + high
    )
    month = month_of(book.begins, zone)
    rest = usual.cost(month.since(book.until), zone)
    coming = usual.cost(month_after(month, zone), zone)
    if rest is None or coming is None:
        return None
    changed = times(rest, dearer)
    counts = (cost.n_candidate, cost.n_current)
    rule = f"{usual.basis} {len(usual.units)}"
    this = _held(ENVELOPE, plus(changed, book.total), rest.value + book.total, envelope, rule, counts)
    if book.unknown_s and this.verdict is not Verdict.FAIL:
        this = this.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "reason": Reason.SPENT_UNKNOWN.value})
    after = _held(NEXT_MONTH, times(coming, dearer), coming.value, envelope, rule, counts)
    parts = MonthForecast(
        begins=month.start,
        ends=month.end,
        as_of=book.until,
        spent=book.total,
        unknown_s=book.unknown_s,
        rest_candidate=changed.value,
        rest_current=rest.value,
        basis=usual.basis,
        counted=len(usual.units),
    )
    return Forecast((this, after), _with_tenants(parts, book, usual.shares))


def _held(
    name: str, month: Estimate, as_it_is: float, envelope: float, rule: str, counts: tuple[float, float]
) -> CheckResult:
    """A month against the envelope: `fail` when even its lower bound breaks it, `pass` when the upper one keeps it.

    `difference` and `interval` are relative to the month as it would be with the old model.
    """
    verdict = Verdict.INCONCLUSIVE
    if month.low is not None and month.low > envelope:
        verdict = Verdict.FAIL
    elif month.high is not None and month.high <= envelope:
        verdict = Verdict.PASS
    bounds = (month.low, month.high)
    apart = [None if bound is None or not as_it_is else bound / as_it_is - 1 for bound in bounds]
    return CheckResult(
        name=name,
        dimension=Dimension.COST,
        role="report",
        verdict=verdict,
        reason="" if verdict is not Verdict.INCONCLUSIVE else Reason.NOT_ENOUGH_EVIDENCE.value,
        rule=rule,
        unit=UNIT,
        candidate=month.value,
        current=as_it_is,
        difference=month.value / as_it_is - 1 if as_it_is else None,
        interval=(apart[0], apart[1]),
        limit=envelope,
        n_candidate=counts[0],
        n_current=counts[1],
    )


def _with_tenants(parts: MonthForecast, book: Book, shares: Mapping[str, float]) -> MonthForecast:
    """The dearest tenants, the others added up; each has the part of the rest it had of what was usual."""
    found = [
        TenantMonth(
            tenant=tenant,
            spent=(spent := book.spent.get(tenant, 0.0)),
            candidate=spent + shares.get(tenant, 0.0) * parts.rest_candidate,
            current=spent + shares.get(tenant, 0.0) * parts.rest_current,
        )
        for tenant in {**shares, **book.spent}
    ]
    if len(found) < 2:  # noqa: PLR2004 - one, or nobody in particular, is what the total says
        return parts
    found.sort(key=lambda one: (-one.candidate, one.tenant))
    others = found[NAMED:]
    left = {"others": len(others), "others_candidate": sum(one.candidate for one in others)}
    return parts.model_copy(update={"tenants": tuple(found[:NAMED]), **left})
