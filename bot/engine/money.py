"""What a slot costs a month, from what the platform measured: the scale on which a cost ratio is money."""

from datetime import timedelta

from bot.difftest.served import same_model
from bot.engine.models.comparisons import MonthlySpend
from bot.engine.outside import Outside
from bot.monitor.spent import Owned
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
    owned = Owned(plan, None, same_model)
    now = outside.clock.now()
    for reach in REACHES:
        seen = await outside.metrics.observe(now - reach, now)
        costs = owned.cost(seen)
        if costs is not None:
            usd = sum(costs.values()) * (MONTH / reach)
            return MonthlySpend(usd=usd, days=reach.days, envelope=plan.envelope_usd_per_month)
    return None
