"""The list of models an endpoint gives, kept for five minutes; no list is no reason to refuse anything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.catalog_openai import OpenAICatalog
from bot.adapters.http import Http

KEY = "sk-catalog-0123456789"


class MovedClock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Endpoint:
    """Answers with what the test put there, and counts."""

    def __init__(self) -> None:
        self.answer: object = {"data": [{"id": "acme/one"}, {"id": "acme/two"}]}
        self.status = 200
        self.asked = 0

    async def models(self, request: web.Request) -> web.Response:
        self.asked += 1
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({}, status=401)
        return web.json_response(self.answer, status=self.status)


@pytest_asyncio.fixture
async def served() -> AsyncIterator[tuple[Endpoint, OpenAICatalog, MovedClock]]:
    endpoint, clock = Endpoint(), MovedClock()
    app = web.Application()
    app.router.add_get("/v1/models", endpoint.models)
    async with TestServer(app, host="127.0.0.1") as server, Http() as http:
        yield endpoint, OpenAICatalog(str(server.make_url("/v1")), KEY, http, clock), clock


async def test_the_models_are_asked_for_once_in_five_minutes(
    served: tuple[Endpoint, OpenAICatalog, MovedClock],
) -> None:
    endpoint, catalog, clock = served
    assert await catalog.models() == ("acme/one", "acme/two")
    endpoint.answer = {"data": [{"id": "acme/three"}]}
    await clock.sleep(299)
    assert await catalog.models() == ("acme/one", "acme/two")
    await clock.sleep(2)
    assert await catalog.models() == ("acme/three",)
    assert endpoint.asked == 2


@pytest.mark.parametrize("answer", [{}, [], {"data": "none"}, {"data": [{"name": "x"}, 3]}])
async def test_an_answer_without_models_lists_none(
    served: tuple[Endpoint, OpenAICatalog, MovedClock], answer: object
) -> None:
    endpoint, catalog, _ = served
    endpoint.answer = answer
    assert await catalog.models() == ()


async def test_an_endpoint_that_does_not_tell_lists_none_and_is_asked_again(
    served: tuple[Endpoint, OpenAICatalog, MovedClock],
) -> None:
    endpoint, catalog, _ = served
    endpoint.status = 404
    assert await catalog.models() == ()
    endpoint.status = 200
    assert await catalog.models() == ("acme/one", "acme/two")


@pytest.mark.parametrize(
    ("pricing", "cost"),
    [
        ({"prompt": "0.000002", "completion": "0.00001"}, 0.012),
        ({"prompt": "0", "completion": "0"}, 0.0),
        ({"prompt": "-1", "completion": "-1"}, None),  # "it depends": OpenRouter's router models
        ({"prompt": "0.1"}, None),
        ({"prompt": "NaN", "completion": "1"}, None),
        ("cheap", None),
        (None, None),
    ],
)
async def test_a_listed_price_is_a_price_a_token(
    served: tuple[Endpoint, OpenAICatalog, MovedClock], pricing: object, cost: float | None
) -> None:
    endpoint, catalog, _ = served
    endpoint.answer = {"data": [{"id": "acme/one", "pricing": pricing}]}
    for name in ("acme/one", "acme/one:nitro"):
        price = await catalog.price(name)
        assert (None if price is None else price.of(1_000, 1_000)) == (None if cost is None else pytest.approx(cost))
    assert await catalog.price("acme/two") is None
