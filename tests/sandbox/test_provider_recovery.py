"""A comparison against the sandbox's provider where a tool answers with an error first: who recovers, who does not."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from aiohttp.test_utils import TestServer

from bot.adapters.clock import SystemClock
from bot.adapters.provider_openai import OpenAIProvider
from bot.difftest.model.report import DimensionVerdict, Report
from bot.difftest.plan import ComparisonPlan
from bot.difftest.run import run_comparison
from bot.difftest.suite.model import Case, Suite
from bot.sandbox.provider.server import Provider
from tests.difftest.world import MemoryStore

CITIES = ("Bergen", "Oslo", "Paris", "Rome", "Lisbon", "Madrid", "Vienna", "Prague", "Berlin", "Dublin")
WEATHER = {
    "name": "get_weather",
    "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def suite() -> Suite:
    """Sixty cases: the first call is answered with an error, the second with the temperature."""
    cases = [
        Case.model_validate(
            {
                "id": f"{city}-{degrees}",
                "messages": [{"role": "user", "content": f"What is the temperature in {city}? ({degrees})"}],
                "tools": [WEATHER],
                "assert": [{"type": "contains", "value": str(degrees)}],
                "results": [
                    {"tool": "get_weather", "error": "the service is busy, try again", "times": 1},
                    {"tool": "get_weather", "content": {"temperature": degrees}},
                ],
            }
        )
        for city in CITIES
        for degrees in range(41, 47)
    ]
    # Every model errs now and then: the margin is for that.
    margins = {"quality": 0.2}
    return Suite.model_validate({"name": "recovery", "cases": cases, "primary": ["quality"], "margins": margins})


@pytest.fixture
async def provider() -> AsyncIterator[OpenAIProvider]:
    sandbox = Provider(seed=7, today=lambda: date(2026, 11, 23))
    server = TestServer(sandbox.app())
    await server.start_server()
    async with OpenAIProvider(f"{str(server.make_url('')).rstrip('/')}/v1", sandbox.key) as opened:
        yield opened
    await server.close()


async def compared(provider: OpenAIProvider, candidate: str) -> Report:
    plan = ComparisonPlan("acme/sable-4", candidate, provider.base_url, max_cost_usd=None, concurrency=16)
    return await run_comparison(suite(), plan, provider, MemoryStore(), SystemClock())


async def test_a_model_that_recovers_passes(provider: OpenAIProvider) -> None:
    report = await compared(provider, "acme/sable-5")
    assert report.verdict == "pass", report.reason
    assert 350 <= report.calls <= 360
    assert report.served_providers == {"current": ("Acme",), "candidate": ("Acme",)}


async def test_a_model_that_says_done_after_an_error_fails(provider: OpenAIProvider) -> None:
    report = await compared(provider, "lumen/stoic-1")
    assert (report.verdict, report.dimensions.quality.verdict) == ("fail", DimensionVerdict.FAIL)
    assert 290 <= report.calls <= 300
    assert "Done" in report.worst_regressions[0].candidate_answer
