"""Reading the active provider's health for a model, and counting how often in a row it was not well."""

import asyncio
from typing import Final

from bot.difftest.model.chat import ErrorKind
from bot.difftest.smoke import prove_model
from bot.engine.outside import Outside
from bot.monitor.active import Tried, enough, in_a_row, joined
from bot.monitor.model import HealthReport

TRY_S: Final = 10.0
"""How long a tiny answer may take; a model that is slower than that helps nobody."""
BETWEEN_S: Final = 1.0


async def active_health(outside: Outside, model: str) -> HealthReport | None:
    """The provider's health where `model` is to answer; None where the runbook names no health address."""
    if outside.health is None:
        return None
    platform = await outside.health.check()
    tries: list[Tried] = []
    while not enough(tries):
        if tries:
            await outside.clock.sleep(BETWEEN_S)
        tries.append(await _tried(outside, model))
    listing = None
    if all(one.what for one in tries) and outside.catalog is not None:
        listing = (await outside.catalog.listing()).problem
    fact = f"unhealthy:{model}"
    report = in_a_row(joined(platform, model, tries, listing), int(await outside.store.fact(fact) or 0))
    await outside.store.remember(fact, str(report.failures))
    return report


async def _tried(outside: Outside, model: str) -> Tried:
    try:
        said = await asyncio.wait_for(prove_model(outside.provider, model), TRY_S)
    except TimeoutError:
        return Tried(f"no answer within {TRY_S:g} s")
    return Tried() if said.alive else Tried(said.message or "no reason given", busy=said.kind is ErrorKind.RATE_LIMITED)
