"""What the provider lists with what a file says over it and the price list under it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.catalog_openai import OpenAICatalog
from bot.adapters.catalog_sources import CatalogSources, UnreadableCatalogError
from bot.adapters.http import Http
from bot.adapters.prices_genai import list_token_price
from bot.difftest.model.chat import TokenPrice
from bot.runbook.catalog_file import load_catalog
from bot.runbook.models.catalog import CatalogFile
from bot.runbook.problems import RunbookError
from tests.adapters.test_catalog_openai import Endpoint, MovedClock

FILE = """\
models:
  acme/one: {retires: 2027-06-30, tools: true}
  azure/own:
    usd_per_million: {prompt: 5.00, completion: 15.00}
    context: 128000
"""
OPEN = "https://api.openai.com/v1"


@pytest_asyncio.fixture
async def sources(tmp_path: Path) -> AsyncIterator[tuple[Endpoint, CatalogSources, Path]]:
    endpoint, file = Endpoint(), tmp_path / "models.yml"
    file.write_text(FILE)

    def read() -> CatalogFile:
        try:
            return load_catalog(file)
        except RunbookError as error:
            raise UnreadableCatalogError(str(error)) from None

    app = web.Application()
    app.router.add_get("/v1/models", endpoint.models)
    async with TestServer(app, host="127.0.0.1") as server, Http() as http:
        listed = OpenAICatalog(str(server.make_url("/v1")), "sk-catalog-0123456789", http, MovedClock())
        yield (
            endpoint,
            CatalogSources(listed, read_file=read, list_price=lambda model: list_token_price(OPEN, model)),
            file,
        )


async def test_the_file_goes_over_the_provider_and_leaves_the_rest(
    sources: tuple[Endpoint, CatalogSources, Path],
) -> None:
    endpoint, catalog, _ = sources
    row = {"id": "acme/one", "expiration_date": "soon", "context_length": 9_000, "supported_parameters": ["top_p"]}
    endpoint.answer = {"data": [row, {"id": "gpt-4o"}]}
    found = {one.id: one for one in (await catalog.listing()).models}
    one, own, listed = found["acme/one"], found["azure/own"], found["gpt-4o"]
    assert (one.retires, one.unread) == (datetime(2027, 6, 30, tzinfo=UTC), ())
    assert (one.tools, one.structured_output, one.context, one.price) == (True, False, 9_000, None)
    assert (own.price, own.price_from, own.context) == (TokenPrice(5e-6, 15e-6), "file", 128_000)
    assert listed.price_from == "list"
    assert listed.price is not None
    assert listed.price.of(1_000_000, 0) == pytest.approx(2.5)
    assert await catalog.models() == ("acme/one", "gpt-4o", "azure/own")
    assert await catalog.price("azure/own") == TokenPrice(5e-6, 15e-6)


async def test_what_the_file_says_is_kept_where_the_provider_does_not_tell(
    sources: tuple[Endpoint, CatalogSources, Path],
) -> None:
    endpoint, catalog, _ = sources
    endpoint.status = 503
    listing = await catalog.listing()
    assert [one.id for one in listing.models] == ["acme/one", "azure/own"]
    assert "answered 503" in listing.problem
    assert await catalog.models() == ()


async def test_a_file_that_became_unreadable_is_said_with_its_line_and_loses_nobody(
    sources: tuple[Endpoint, CatalogSources, Path],
) -> None:
    _, catalog, file = sources
    file.write_text(FILE + "    contxt: 5\n")
    listing = await catalog.listing()
    assert [one.id for one in listing.models] == ["acme/one", "acme/two"]
    assert "models.yml:6" in listing.problem
    assert "did you mean `context`?" in listing.problem
    assert not listing.whole
    file.write_text(json.dumps({"models": {"acme/one": {"retires": "2027-06-30"}}}))
    assert (await catalog.listing()).whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a mapping with `models`"),
        ("models: {}", "models"),
        ("models: {a/b: {retires: next spring}}", "retires"),
        ("models: {a/b: {usd_per_million: {prompt: 1}}}", "completion"),
        ("models: {a/b: {context: 0}}", "at least 1"),
    ],
)
def test_a_catalog_file_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "models.yml"
    file.write_text(text)
    with pytest.raises(RunbookError, match=said):
        load_catalog(file)


def test_the_example_is_one() -> None:
    found = load_catalog(Path(__file__).parents[2] / "bot" / "examples" / "models.yml")
    assert list(found.models) == ["openai/gpt-4o-mini", "azure/deploy-gpt4o-prod"]
