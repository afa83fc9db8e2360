"""What is left of a key at OpenRouter, from answers in the documented form, and from those in no form we know."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.credit_openrouter import OpenRouterCredit
from bot.adapters.http import Http
from bot.adapters.provider_openai_limits import used_up
from bot.catalog.model import Credit

KEY = "sk-or-v1-0123456789abcdef"
DOCUMENTED = {
    "label": "sk-or-v1-0e6...1c96",
    "limit": 100,
    "limit_reset": "monthly",
    "limit_remaining": 74.5,
    "include_byok_in_limit": False,
    "usage": 25.5,
    "is_free_tier": False,
}
"""The fields openrouter.ai/docs/api_reference/limits names."""


class Endpoint:
    """Answers GET /key with what the test put there; `seen` are the keys it was shown."""

    def __init__(self) -> None:
        self.answer: object = {"data": DOCUMENTED}
        self.status = 200
        self.seen: list[str] = []

    async def key(self, request: web.Request) -> web.Response:
        self.seen.append(request.headers.get("Authorization", ""))
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def endpoint() -> AsyncIterator[tuple[Endpoint, OpenRouterCredit]]:
    held = Endpoint()
    app = web.Application()
    app.router.add_get("/api/v1/key", held.key)
    async with TestServer(app) as server, Http(follow_redirects=False) as client:
        yield held, OpenRouterCredit(f"http://127.0.0.1:{server.port}/api/v1/", KEY, client)


async def test_what_is_left_of_its_limit(endpoint: tuple[Endpoint, OpenRouterCredit]) -> None:
    held, account = endpoint
    assert await account.credit() == Credit(left_usd=74.5, limit_usd=100, resets="monthly")
    assert (await account.credit()).told == "$74.50 of $100.00 left on the key, reset monthly"
    assert set(held.seen) == {f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("limit", "left", "gone", "told"),
    [
        (5, 0, True, "$0.00 of $5.00 left on the key"),
        (5, -0.02, True, "$0.00 of $5.00 left on the key"),
        (5, 0.01, False, "$0.01 of $5.00 left on the key"),
        (None, None, False, ""),
    ],
)
async def test_nothing_left_is_told_from_no_limit(
    endpoint: tuple[Endpoint, OpenRouterCredit], limit: object, left: object, told: str, *, gone: bool
) -> None:
    held, account = endpoint
    held.answer = {"data": {**DOCUMENTED, "limit": limit, "limit_remaining": left, "limit_reset": None}}
    found = await account.credit()
    assert (found.gone, found.told, found.problem) == (gone, told, "")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": None},
        {"data": {"limit": 5}},
        {"data": {"limit_remaining": "4"}},
        {"data": {"limit_remaining": True}},
    ],
)
async def test_an_answer_nobody_documented_is_neither_enough_nor_nothing(
    endpoint: tuple[Endpoint, OpenRouterCredit], answer: object
) -> None:
    held, account = endpoint
    held.answer = answer
    found = await account.credit()
    assert found.problem
    assert not found.gone


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_refusal_is_a_problem_without_the_key(endpoint: tuple[Endpoint, OpenRouterCredit], status: int) -> None:
    held, account = endpoint
    held.status = status
    found = await account.credit()
    assert str(status) in found.problem
    assert KEY not in found.problem


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({}, ""),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-limit-requests": "500"}, "requests"),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-limit-tokens": "30000"}, "tokens"),
        ({"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-limit": "80000"}, "tokens"),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-limit-requests": "500"}, ""),
        ({"x-ratelimit-remaining-requests": "0"}, ""),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-limit-tokens": "-1"}, ""),
        ({"x-ratelimit-remaining-tokens": "-1", "x-ratelimit-limit-tokens": "-1"}, ""),
        ({"x-ratelimit-remaining-requests": "none", "x-ratelimit-limit-requests": "500"}, ""),
    ],
)
def test_a_rate_is_used_up_where_a_limit_leaves_nothing(headers: dict[str, str], what: str) -> None:
    assert used_up(headers) == what
