"""What a setting has cost, asked of the source once and then carried on from look to look: the book of a rotation.

The month so far is asked for day by day, back from the first look to the month's beginning and over four weeks at
least. After that a look brings its own window, and only what lies between two looks' windows is asked for.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bot.difftest.served import same_model
from bot.engine.outside import Outside
from bot.monitor.forecast import MOST_DAYS, WEEK, Forecast, forecast, usual_of
from bot.monitor.model import Observation
from bot.monitor.months import Span, days_of, month_of, whole_days_before
from bot.monitor.reasons import Reason
from bot.monitor.spent import Book, Owned, Piece, begun
from bot.ports import Clock, MetricsSource
from bot.rotation.evidence import CheckResult, LookResult
from bot.rotation.model.rotation import Rotation

PATIENCE: Final = timedelta(seconds=60)
"""How long a look may take to ask for the days before it."""
_PASSING: Final = frozenset(
    {
        *(Reason.UNREACHABLE, Reason.TIMEOUT, Reason.UNAUTHORISED, Reason.BAD_STATUS),
        *(Reason.BAD_ANSWER, Reason.CLOCK_SKEW, Reason.NO_SOURCE),
    }
)
"""What may be over at the next look; every other answer stays what it is."""


Past = Callable[[], Awaitable[Sequence[Observation]]]
"""Reads windows, when they are needed."""


class _NotNowError(Exception):
    """The source cannot be asked now."""


async def with_forecast(
    outside: Outside, rotation: Rotation, result: LookResult, window: Observation, past: Past
) -> LookResult:
    """The look with what this month and the next will cost, where there is an envelope and cost is measured.

    `past` are the windows before the stage was changed, read where too few whole days are known. A source that does
    not answer costs the forecast, not the look.
    """
    cost = next((check for check in result.checks if check.name == "cost"), None)
    envelope = rotation.plan.envelope_usd_per_month
    if cost is None or envelope is None or outside.metrics is None or cost.interval is None:
        return result
    zone = ZoneInfo(rotation.plan.time_zone)
    owned = owned_by(rotation)
    book = await _carried_on(outside, rotation, owned, window, zone)
    if book is None:
        return result
    found = forecast_of(cost, book, owned, await past() if len(book.days) < WEEK else (), envelope, zone)
    if found is None:
        return result
    return result.model_copy(update={"checks": (*result.checks, *found.checks), "month": found.month})


def owned_by(rotation: Rotation) -> Owned:
    """Which series are the rotated setting's."""
    models = rotation.models
    return Owned(rotation.plan, frozenset({models.current.id, models.candidate.id}), same_model)


def forecast_of(
    cost: CheckResult, book: Book, owned: Owned, past: Sequence[Observation], envelope: float, zone: ZoneInfo
) -> Forecast | None:
    """The forecast by what is known; None where neither a week of days nor a few windows are."""
    before = [piece for window in past if (piece := _piece(owned, window)) is not None]
    usual = usual_of(book, before, zone)
    return forecast(cost, book, usual, envelope=envelope, zone=zone) if usual is not None else None


async def _carried_on(
    outside: Outside, rotation: Rotation, owned: Owned, window: Observation, zone: ZoneInfo
) -> Book | None:
    """The book up to the window's end, kept; None while it cannot be begun."""
    if outside.metrics is None:
        return None
    name = f"spending of {rotation.slot}"
    book = _read(await outside.store.fact(name))
    if book is None or book.rotation != rotation.id:
        book = await opened(outside.metrics, outside.clock, owned, rotation.id, window.start, zone)
    if book is None:
        return None
    book = await up_to(outside.metrics, owned, book, window, zone)
    await outside.store.remember(name, book.model_dump_json())
    return book


def _read(written: str) -> Book | None:
    try:
        return Book.model_validate_json(written) if written else None
    except ValidationError:  # of another release: it is asked for anew
        return None


async def opened(
    source: MetricsSource, clock: Clock, owned: Owned, rotation: str, moment: datetime, zone: ZoneInfo
) -> Book | None:
    """A new book up to the last midnight before `moment`; None while the source cannot be asked at all.

    Days are asked for from the newest back, until one is not known: what a source has forgotten of one day it rarely
    knows of the day before.
    """
    month = month_of(moment, zone)
    reach = max(MOST_DAYS, len(list(days_of(Span(month.start, moment), zone))))
    days: list[Piece] = []
    began = clock.now()
    for day in whole_days_before(moment, reach, zone):
        seen = await source.observe(day.start, day.end)
        piece = _piece(owned, seen)
        if piece is None and not days and seen.problem in _PASSING:
            return None
        if piece is None or clock.now() - began > PATIENCE:
            break
        days.insert(0, piece)
    midnight = whole_days_before(moment, 1, zone)[0].end
    return begun(rotation, month, days, until=max(month.start, midnight))


async def up_to(source: MetricsSource, owned: Owned, book: Book, window: Observation, zone: ZoneInfo) -> Book:
    """The book carried on to the window's end, into a new month where one has begun; less far where nobody answers."""
    try:
        for span in days_of(Span(book.until, window.end), zone):
            month = month_of(span.start, zone)
            if month.start > book.begins:
                book = book.turned(month)
            for part in _parts(span, window):
                book = await _with(source, owned, book, part, window)
    except _NotNowError:
        pass  # what is missing is asked for at the next look
    return book


def _parts(span: Span, window: Observation) -> list[Span]:
    """The span cut where the window begins, which has been seen already."""
    if not span.start < window.start < span.end:
        return [span]
    return [Span(span.start, window.start), Span(window.start, span.end)]


async def _with(source: MetricsSource, owned: Owned, book: Book, part: Span, window: Observation) -> Book:
    whole = Span(window.start, window.end)
    seen = window if part == whole else await source.observe(part.start, part.end)
    if seen.problem in _PASSING:
        raise _NotNowError
    piece = _piece(owned, seen)
    return book.with_known(piece) if piece is not None else book.without(part)


def _piece(owned: Owned, seen: Observation) -> Piece | None:
    usd = owned.cost(seen)
    return Piece(start=seen.start, end=seen.end, usd=usd) if usd is not None else None
