"""What a check of the runbook sees now, asked of the same sources a bake asks."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.clock import SystemClock
from bot.adapters.metrics_scrape import MemoryHistory
from bot.app.outside import metrics, numbers
from bot.difftest.served import same_model
from bot.monitor.model import HealthReport, NumberRead, Observation
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import StagePlan


@dataclass(frozen=True)
class Looked:
    """What the sources said of one window: its counts, the number it asks for, or its word on health."""

    start: datetime
    end: datetime
    seen: Observation
    number: NumberRead | None = None
    word: HealthReport | None = None


def others_share(answered: Mapping[str, float], model: str) -> float:
    """The share of requests that another model than this one answered."""
    others = sum(count for name, count in answered.items() if not same_model(model, name))
    return others / sum(answered.values())


async def look_now(
    runbook: Runbook, stage: StagePlan, rules: CheckRules | None, window: timedelta, model: str
) -> Looked:
    """The window that ends now. Endpoints that are scraped are watched for as long; a Prometheus knows the past."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        if rules is not None and (rules.asks or rules.kind == "health"):
            end = clock.now()
            source = await numbers(runbook, stack)
            nothing = Observation(start=end - window, end=end)
            if rules.kind == "health":
                word = await source.word(rules, end - window, end, stage=stage.metric_stage, model=model)
                return Looked(end - window, end, nothing, word=word)
            said = await source.read(rules, end - window, end, stage=stage.metric_stage, model=model)
            return Looked(end - window, end, nothing, said)
        counts = await metrics(runbook, MemoryHistory(), stack)
        scrape = getattr(counts, "scrape_once", None)
        if scrape is not None:
            await scrape(clock.now())
            await clock.sleep(window.total_seconds())
        end = clock.now()
        if counts is None:
            nothing = Observation(start=end - window, end=end, problem="no_source")
            return Looked(end - window, end, nothing)
        return Looked(end - window, end, await counts.observe(end - window, end))
