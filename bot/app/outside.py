"""Adapters as runbook and environment want them: targets, provider, judge, own engine, figures, catalog, health."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.adapters.catalog_openai import OpenAICatalog
from bot.adapters.catalog_sources import CatalogSources, UnreadableCatalogError
from bot.adapters.clock import SystemClock
from bot.adapters.health_http import HttpHealth
from bot.adapters.http import Http
from bot.adapters.prices_genai import list_token_price
from bot.adapters.provider_openai import OpenAIProvider
from bot.difftest.model.chat import ErrorKind
from bot.difftest.stopping import CouldNotRun
from bot.engine.outside import Endpoint
from bot.runbook.catalog_file import load_catalog
from bot.runbook.models.catalog import CatalogFile
from bot.runbook.models.external import EngineRun, External
from bot.runbook.models.file import Runbook
from bot.runbook.problems import RunbookError
from bot.settings import command_environment, engine_environment, secret

if TYPE_CHECKING:
    from bot.adapters.metrics_scrape import History
    from bot.adapters.numbers import NumberSource
    from bot.adapters.provider_command import CommandProvider
    from bot.ports import Account, Health, MetricsSource


def secrets_of(runbook: Runbook | None) -> Iterable[str]:
    """What must stand in nothing that is shown: the runbook's key."""
    key = secret(runbook.provider.key_variable) if runbook is not None else None
    return (key.get_secret_value(),) if key is not None else ()


def provider(runbook: Runbook) -> OpenAIProvider:
    """The endpoint that answers for the models."""
    key = secret(runbook.provider.key_variable)
    return OpenAIProvider(runbook.provider.url, key.get_secret_value() if key is not None else None)


def endpoint(runbook: Runbook) -> Endpoint:
    """What opens the endpoint of a suite's judge; opening raises CouldNotRun where its key is not there."""

    @asynccontextmanager
    async def opened(base_url: str | None, variable: str | None) -> AsyncIterator[OpenAIProvider]:
        key = secret(variable) if variable is not None else None
        if variable is not None and key is None:
            what = f"{variable} is not set; it holds the key of the suite's judge"
            raise CouldNotRun(what, whose="account", kind=ErrorKind.UNAUTHORISED)
        held = key.get_secret_value() if key is not None else None
        async with OpenAIProvider(base_url or runbook.provider.url, held) as provider:
            yield provider

    return opened


@asynccontextmanager
async def own_engine(engine: External, run: EngineRun) -> "AsyncIterator[CommandProvider]":
    """A command that answers the cases. Raises CouldNotRun where a variable it is to be given is not set."""
    from bot.adapters.provider_command import CommandProvider

    environment, missing = engine_environment(engine.environment)
    if missing:
        what = f"{', '.join(missing)} is not set; the runbook's engine is to be given it"
        raise CouldNotRun(what, whose="account", kind=ErrorKind.UNAUTHORISED)
    given = [environment[name] for name in engine.environment]
    async with CommandProvider(engine, run, environment=environment, secrets=lambda: given) as provider:
        yield provider


async def metrics(
    runbook: Runbook, history: "History", stack: AsyncExitStack, arithmetic: asyncio.Lock | None = None
) -> "MetricsSource | None":
    """Where the figures come from: Prometheus, or the endpoints themselves; None where the runbook names none.

    `arithmetic` is what `Outside` has by that name, where there is one.
    """
    named = runbook.metrics
    if named is None:
        return None
    http = await stack.enter_async_context(Http(timeout_s=named.timeout.total_seconds()))
    if named.prometheus is not None:
        from bot.adapters.metrics_prometheus import PrometheusSource

        return PrometheusSource(named, http, arithmetic)
    from bot.adapters.metrics_scrape import ScrapeSource

    async def fetch(url: str) -> str:
        return (await http.get(url)).accepted().text

    return ScrapeSource(named, fetch, history, SystemClock())


async def numbers(runbook: Runbook, stack: AsyncExitStack) -> "NumberSource":
    """Where checks of kind value get their number."""
    from bot.adapters.numbers import NumberSource

    return NumberSource(
        await stack.enter_async_context(Http()),
        prometheus=runbook.metrics.prometheus if runbook.metrics is not None else None,
        environment=command_environment(),
        secrets=lambda: secrets_of(runbook),
    )


async def catalog(runbook: Runbook, stack: AsyncExitStack) -> CatalogSources:
    """Which models the runbook's endpoint says it has, and what its file and the list of prices say of them."""
    key = secret(runbook.provider.key_variable)
    http = await stack.enter_async_context(Http())
    endpoint = OpenAICatalog(runbook.provider.url, key.get_secret_value() if key else None, http, SystemClock())
    named, url = runbook.catalog.file, runbook.provider.url

    def read_file() -> CatalogFile:
        try:
            return load_catalog(Path(named or ""))
        except RunbookError as error:
            raise UnreadableCatalogError(str(error)) from None

    return CatalogSources(
        endpoint,
        read_file=read_file if named is not None else None,
        list_price=lambda model: list_token_price(url, model),
    )


async def account(runbook: Runbook, stack: AsyncExitStack) -> "Account | None":
    """What is left of the key's credit; None where the provider has nothing that says it."""
    key, url = secret(runbook.provider.key_variable), runbook.provider.url
    if key is None or (runbook.provider.name != "openrouter" and urlsplit(url).hostname != "openrouter.ai"):
        return None
    from bot.adapters.credit_openrouter import OpenRouterCredit

    return OpenRouterCredit(url, key.get_secret_value(), await stack.enter_async_context(Http(follow_redirects=False)))


async def health(runbook: Runbook, stack: AsyncExitStack) -> "Health | None":
    """What the platform says of its health; None where the runbook names no address."""
    if runbook.health is None:
        return None
    return HttpHealth(runbook.health, await stack.enter_async_context(Http()), SystemClock())
