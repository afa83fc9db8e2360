"""A real Prometheus that scrapes the sandbox's platform live: what it counts is what the platform served."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.clock import SystemClock
from bot.adapters.http import Http
from bot.adapters.metrics_prometheus import PrometheusSource
from bot.monitor.model import Observation
from bot.monitor.reasons import Reason
from bot.runbook.models.sources import Labels, Metrics
from bot.sandbox.platform.fleet import Platform
from bot.sandbox.platform.settings import STAGES, Settings
from bot.sandbox.provider.server import Provider
from tests.adapters.conftest import SCRAPING, Prometheus

CLOCK = SystemClock()
SECOND = timedelta(seconds=1)
ENOUGH = 400.0


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[str]:
    """The address of one that serves requests all the time."""
    made = Platform(tmp_path, Provider(), settings=Settings(restart_seconds=0.0))
    await made.open()
    root = web.Application()
    root.add_subapp("/platform", made.app())
    server = TestServer(root)
    await server.start_server()

    async def serve() -> None:
        while True:
            made.tick(0.05)
            await asyncio.sleep(0.05)

    serving = asyncio.create_task(serve())
    yield f"{server.host}:{server.port}"
    serving.cancel()
    await made.stop()
    await server.close()


def metrics(url: str) -> Metrics:
    return Metrics(
        prometheus=url,
        requests="llm_requests_total",
        errors='llm_requests_total{status="error"}',
        latency="llm_request_duration_seconds",
        cost="llm_cost_usd_total",
        tool_calls="llm_tool_calls_total",
        invalid_tool_calls='llm_tool_calls_total{valid="false"}',
        retries="llm_retries_total",
        labels=Labels(model="model", stage="env", tenant="tenant"),
        timeout=timedelta(seconds=2),
    )


async def watched(source: PrometheusSource, since: datetime) -> Observation:
    """The window from then until enough was seen of every stage."""
    async with asyncio.timeout(20):
        while True:
            seen = await source.observe(since, CLOCK.now())
            requests = {stage: sum(one.requests for one in seen.series if one.stage == stage) for stage in STAGES}
            if seen.answered and min(requests.values()) >= ENOUGH:
                return seen
            await asyncio.sleep(0.1)


async def test_a_platform_that_is_scraped_live_and_a_store_that_is_stopped(
    platform: str, start_prometheus: Callable[..., Prometheus]
) -> None:
    store = await asyncio.to_thread(
        start_prometheus, config_text=SCRAPING.format(path="/platform/metrics", target=platform)
    )
    async with Http() as http:
        source = PrometheusSource(metrics(store.url), http)
        began = CLOCK.now()
        seen = await watched(source, began)
        assert {one.stage for one in seen.series} == set(STAGES)
        assert len({one.tenant for one in seen.series if one.stage == "pilots"}) == 3
        (model,) = {one.model for one in seen.series}
        assert model
        for one in seen.series:
            assert one.latency is not None
            assert one.latency["+Inf"] == pytest.approx(one.requests, abs=1)
            assert one.cost_usd is not None
            assert one.errors <= one.requests
        await asyncio.to_thread(store.stop)
        gone = await source.observe(began, began + SECOND)
        assert (gone.problem, gone.series) == (Reason.UNREACHABLE, ())
