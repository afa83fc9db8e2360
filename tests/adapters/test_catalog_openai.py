"""The list of models an endpoint gives, kept for five minutes; no list is no reason to refuse anything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.catalog_openai import OpenAICatalog
from bot.adapters.http import Http
from bot.catalog.model import Listed

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
        self.pages: dict[str, object] = {}

    async def models(self, request: web.Request) -> web.Response:
        self.asked += 1
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({}, status=401)
        if self.pages:
            page = self.pages.get(request.query.get("offset", ""))
            return web.json_response(page, status=200 if page is not None else 502)
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


async def test_what_openrouter_says_of_a_model_is_read(served: tuple[Endpoint, OpenAICatalog, MovedClock]) -> None:
    endpoint, catalog, clock = served
    endpoint.answer = {
        "data": [
            {
                "id": "acme/one",
                "name": "Acme: One",
                "created": 1_692_901_234,
                "context_length": 128_000,
                "top_provider": {"context_length": 64_000},
                "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
                "pricing": {"prompt": "0.000002", "completion": "0.00001"},
                "supported_parameters": ["temperature", "tools", "structured_outputs"],
                "expiration_date": "2027-02-01",
            },
            {"id": "acme/two", "supported_parameters": ["temperature"], "architecture": {"modality": "text->text"}},
        ]
    }
    listing = await catalog.listing()
    assert (listing.at, listing.problem) == (clock.at, "")
    one, two = listing.models
    assert (one.name, one.context, one.tools, one.structured_output) == ("Acme: One", 64_000, True, True)
    assert (one.inputs, one.outputs, one.price_from) == (("text", "image"), ("text",), "provider")
    assert (one.created, one.retires) == (
        datetime(2023, 8, 24, 18, 20, 34, tzinfo=UTC),
        datetime(2027, 2, 1, tzinfo=UTC),
    )
    assert (two.tools, two.structured_output, two.inputs, two.price, two.context) == (
        False,
        False,
        ("text",),
        None,
        None,
    )


async def test_what_openai_says_is_read_and_what_it_does_not_say_is_unknown(
    served: tuple[Endpoint, OpenAICatalog, MovedClock],
) -> None:
    endpoint, catalog, _ = served
    row = {"id": "gpt-9", "object": "model", "created": 1_686_935_002, "owned_by": "openai"}
    endpoint.answer = {"object": "list", "data": [row | {"shutdown_date": "2026-12-11"}, row | {"id": "gpt-10"}]}
    nine, ten = (await catalog.listing()).models
    assert (nine.retires, ten.retires) == (datetime(2026, 12, 11, tzinfo=UTC), None)
    assert (ten.tools, ten.structured_output, ten.context, ten.inputs, ten.outputs, ten.price) == (None,) * 6


@pytest.mark.parametrize(
    ("said", "retires", "unread"),
    [
        ("2027-02-01", datetime(2027, 2, 1, tzinfo=UTC), ()),
        ("2027-02-01T09:00:00+02:00", datetime(2027, 2, 1, 7, tzinfo=UTC), ()),
        (1_800_000_000, datetime(2027, 1, 15, 8, tzinfo=UTC), ()),
        (None, None, ()),
        ("next spring", None, ("retirement date",)),
        ({"on": "2027"}, None, ("retirement date",)),
        (1e40, None, ("retirement date",)),
        (True, None, ("retirement date",)),
    ],
)
async def test_a_retirement_date_that_cannot_be_read_is_not_no_retirement(
    served: tuple[Endpoint, OpenAICatalog, MovedClock],
    said: object,
    retires: datetime | None,
    unread: tuple[str, ...],
) -> None:
    endpoint, catalog, _ = served
    endpoint.answer = {"data": [{"id": "acme/one", "expiration_date": said}]}
    (one,) = (await catalog.listing()).models
    assert (one.retires, one.unread) == (retires, unread)


@pytest.mark.parametrize(
    "row",
    [
        {"context_length": "many", "top_provider": [], "architecture": "text", "supported_parameters": "tools"},
        {"context_length": -1, "architecture": {"modality": "text"}, "supported_parameters": [], "created": "x"},
        {"context_length": float("1e400"), "architecture": {"input_modalities": [1], "output_modalities": []}},
        {"context_length": True, "name": ["x"], "pricing": []},
    ],
)
async def test_fields_of_another_shape_say_nothing(
    served: tuple[Endpoint, OpenAICatalog, MovedClock], row: dict[str, object]
) -> None:
    endpoint, catalog, _ = served
    endpoint.answer = {"data": [{"id": "acme/one", **row}]}
    assert (await catalog.listing()).models == (Listed(id="acme/one"),)


@pytest.mark.parametrize(("status", "answer"), [(500, {}), (401, {}), (200, {"data": []}), (200, "<html>")])
async def test_a_list_that_fails_or_is_empty_is_no_list(
    served: tuple[Endpoint, OpenAICatalog, MovedClock], status: int, answer: object
) -> None:
    endpoint, catalog, _ = served
    endpoint.status, endpoint.answer = status, answer
    listing = await catalog.listing()
    assert listing.models == ()
    assert "/v1/models" in listing.problem
    assert not listing.whole


async def test_a_list_in_pages_is_read_to_its_end_or_not_at_all(
    served: tuple[Endpoint, OpenAICatalog, MovedClock],
) -> None:
    endpoint, catalog, _ = served
    endpoint.pages = {
        "": {"data": [{"id": "acme/one"}], "links": {"next": "/v1/models?offset=1"}},
        "1": {"data": [{"id": "acme/two"}], "links": {"next": None}},
    }
    assert [one.id for one in (await catalog.listing()).models] == ["acme/one", "acme/two"]
    del endpoint.pages["1"]
    assert (await catalog.listing()).problem
    endpoint.pages["1"] = {"data": [], "links": {"next": "http://elsewhere.invalid/v1/models"}}
    assert "another host" in (await catalog.listing()).problem
    endpoint.pages["1"] = {"data": [], "links": {"next": "/v1/models?offset=1"}}
    assert "more than 50 pages" in (await catalog.listing()).problem
