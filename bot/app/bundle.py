"""The ports in one bundle, with whichever way to people is given: Slack, or none."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from bot.adapters.clock import SystemClock
from bot.app.outside import account, catalog, endpoint, health, metrics, numbers, own_engine, provider
from bot.app.targets import targets
from bot.engine.outside import Outside
from bot.engine.run import Engine
from bot.ports import Directory, Messenger
from bot.runbook.models.file import Runbook
from bot.store.history import SqliteHistory
from bot.store.samples import SqliteSamples
from bot.store.store import SqliteStore

KEPT_HISTORY = timedelta(days=9)
"""Scraped snapshots are kept for a weekly cycle and what comes before it."""


async def bundle(
    runbook: Runbook, store: SqliteStore, messenger: Messenger, directory: Directory, stack: AsyncExitStack
) -> Outside:
    """Everything the engine works with, by the runbook; what has to be closed again is put on the stack."""
    clock, arithmetic = SystemClock(), asyncio.Lock()
    return Outside(
        store=store,
        samples=SqliteSamples(store.file, clock.now, runbook.retention.answers),
        messenger=messenger,
        directory=directory,
        targets=await targets(runbook, stack),
        provider=await stack.enter_async_context(provider(runbook)),
        clock=clock,
        pace=clock,
        metrics=await metrics(runbook, SqliteHistory(store.file, KEPT_HISTORY), stack, arithmetic),
        numbers=await numbers(runbook, stack),
        health=await health(runbook, stack),
        catalog=await catalog(runbook, stack),
        account=await account(runbook, stack),
        endpoint=endpoint(runbook),
        own_engine=own_engine,
        arithmetic=arithmetic,
    )


def keep_scraping(engine: Engine, outside: Outside, runbook: Runbook) -> None:
    """Have the endpoints looked at as often as the runbook says, where there is no Prometheus that does."""
    scrape = getattr(outside.metrics, "scrape_once", None)
    if scrape is not None and runbook.metrics is not None:
        seconds = runbook.metrics.scrape_every.total_seconds()
        engine.every(seconds, lambda: scrape(outside.clock.now()), "scrape")
