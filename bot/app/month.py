"""What a month costs as it is, before any rotation, asked of the runbook's source now."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.adapters.clock import SystemClock
from bot.adapters.metrics_scrape import MemoryHistory
from bot.app.outside import metrics
from bot.difftest.served import same_model
from bot.engine.spending import forecast_of, opened, up_to
from bot.monitor.forecast import AS_IT_IS, WEEK, Forecast
from bot.monitor.model import Observation
from bot.monitor.spent import Owned
from bot.ports import MetricsSource
from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import Plan

_HOUR: Final = timedelta(hours=1)
_HOURS: Final = 24


@dataclass(frozen=True)
class Month:
    """The forecast as it is; None where nothing can be said of it: `problem` is why, empty where nothing was spent."""

    forecast: Forecast | None = None
    problem: str = ""


async def month_now(runbook: Runbook, plan: Plan, envelope: float) -> Month:
    """This month and the next one up to now, whichever model answers. What is scraped directly has no past to ask."""
    clock, zone = SystemClock(), ZoneInfo(plan.time_zone)
    async with AsyncExitStack() as stack:
        source = await metrics(runbook, MemoryHistory(), stack)
        if source is None or runbook.metrics is None or runbook.metrics.prometheus is None:
            return Month(problem="what was spent before now can be asked of a Prometheus only")
        owned, now = Owned(plan, None, same_model), clock.now()
        newest = await source.observe(now - _HOUR, now)
        if not newest.answered:
            return Month(problem=newest.detail or newest.problem)
        book = await opened(source, clock, owned, "", now, zone)
        if book is None:
            return Month(problem="the source did not answer for the last whole day; try again")
        book = await up_to(source, owned, book, await source.observe(book.until, now), zone)
        before = await _hours(source, now) if len(book.days) < WEEK else []
        return Month(forecast_of(AS_IT_IS, book, owned, before, envelope, zone))


async def _hours(source: MetricsSource, now: datetime) -> list[Observation]:
    """The last day hour by hour, for a source that does not know a week of days."""
    return [await source.observe(now - _HOUR * (number + 1), now - _HOUR * number) for number in range(_HOURS)]
