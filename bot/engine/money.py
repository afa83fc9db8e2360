"""What a slot costs a month, from what the platform measured: the scale on which a cost ratio is money."""

from datetime import timedelta

from bot.engine.models import MonthlySpend
from bot.engine.outside import Outside
from bot.runbook.models.plan import Plan

MONTH = timedelta(days=30)
REACHES = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
"""How far back is asked for, the longest first; a shorter time says nothing about a month."""


async def spend_a_month(outside: Outside, plan: Plan) -> MonthlySpend | None:
    """US dollars the slot's stages have cost in the last 30 days, or in as many as the source can answer for.

    Every model that answered there counts. None where no cost is measured.
    """
    if outside.metrics is None:
        return None
    stages = {stage.metric_stage for stage in plan.stages}
    now = outside.clock.now()
    for reach in REACHES:
        seen = await outside.metrics.observe(now - reach, now)
        costs = [series.cost_usd for series in seen.series if series.stage in stages and series.cost_usd is not None]
        if seen.answered and costs:
            return MonthlySpend(usd=sum(costs) * (MONTH / reach), days=reach.days, envelope=plan.envelope_usd_per_month)
    return None
