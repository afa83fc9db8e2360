"""The composition root: builds the house from settings and runbook. The only file that knows every concrete part.

`serving` is the whole bot, running; `opened_store` the database alone, for verbs that only read it.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import aiohttp

from bot.adapters.catalog_openai import OpenAICatalog
from bot.adapters.clock import SystemClock
from bot.adapters.provider_openai import OpenAIProvider
from bot.adapters.target_env_file import EnvFileTarget
from bot.difftest.model.chat import ErrorKind
from bot.difftest.stopping import CouldNotRun
from bot.engine.audit import faults, of_earlier_machines
from bot.engine.facade import Facade
from bot.engine.models import Comparison
from bot.engine.outside import Endpoint, Outside, Rules
from bot.engine.run import Engine
from bot.runbook.load import Loaded, load
from bot.runbook.models.external import EngineRun, External
from bot.runbook.models.file import Runbook
from bot.runbook.problems import RunbookError
from bot.settings import (
    ENV_FILE,
    Settings,
    command_environment,
    engine_environment,
    key_trouble,
    load_settings,
    secret,
)
from bot.store.history import SqliteHistory
from bot.store.samples import SqliteSamples
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.adapters.metrics_scrape import History
    from bot.adapters.provider_command import CommandProvider
    from bot.doctor.model import Finding
    from bot.doctor.outside import Prove
    from bot.ports import Health, MetricsSource

FORGET_EVERY_S = 3600.0
PATIENCE_S = 5.0
"""The doctor says that Slack asks to wait rather than wait longer."""
KEPT_HISTORY = timedelta(days=9)
"""Scraped snapshots are kept for a weekly cycle and what comes before it."""

FRESH_S = 20.0
"""The address of a connection that was asked for so long ago is not used any more: Slack's hold for half a minute."""

GOODBYE_S = 0.5
"""Slack is not waited for longer when the connection is closed."""

Wrapped = Callable[[Outside], Outside]


class DatabaseBusyError(Exception):
    """Another process serves from the same database file."""


class SlackRefusedError(Exception):
    """Slack does not accept the tokens, or cannot be reached; the message says which and what to do."""


@dataclass(frozen=True)
class Running:
    """The bot at work."""

    engine: Engine
    facade: Facade
    team: str
    bot_name: str


def sole_owner(path: Path) -> IO[str]:
    """Hold the database for this process until the answer is closed. Raises DatabaseBusyError naming the holder."""
    lock = Path(f"{path}.lock").open("a+", encoding="utf-8")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        message = f"{path} is already served by process {holder}; stop that one, or set ROTATE_DATABASE to another file"
        raise DatabaseBusyError(message) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


@asynccontextmanager
async def opened_store(path: Path) -> AsyncIterator[SqliteStore]:
    """The database alone, for as long as the block lasts."""
    _is_ours(path)
    store = SqliteStore(SqliteFile(path))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _is_ours(path: Path) -> None:
    """Look before opening: what only reads must not turn another program's file into a database of ours."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        asked = "SELECT count(*) FROM sqlite_master WHERE name IN ('ledger', 'rotations')"
        found = connection.execute(asked).fetchone()
    if found != (2,):
        message = "it is no database of rotate"
        raise sqlite3.DatabaseError(message)


@asynccontextmanager
async def serving(
    settings: Settings,
    loaded: Loaded,
    *,
    dry_run: bool = False,
    file: SqliteFile | None = None,
    wrap: Wrapped = lambda outside: outside,
) -> AsyncIterator[Running]:
    """The whole bot, connected to Slack, for as long as the block lasts.

    `file` and `wrap` let a test stand between the bot and its database and ports. Raises DatabaseBusyError,
    SlackRefusedError.
    """
    from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
    from slack_bolt.async_app import AsyncApp

    import handlers
    from handlers.client import slack_client
    from handlers.directory import SlackDirectory
    from handlers.messenger import SlackMessenger

    async with AsyncExitStack() as stack:
        stack.callback(sole_owner(settings.rotate_database).close)
        store = SqliteStore(file or SqliteFile(settings.rotate_database))
        await store.open()
        stack.push_async_callback(store.close)
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        identity = await _identified(client)
        address, opened_at = await _opened(client, settings), asyncio.get_running_loop().time()
        clock = SystemClock()
        messenger = SlackMessenger(client, workspace_url=identity.url)
        samples = SqliteSamples(store.file, clock.now, loaded.runbook.retention.answers)
        outside = wrap(
            Outside(
                store=store,
                samples=samples,
                messenger=messenger,
                directory=SlackDirectory(client, clock),
                targets={"env_file": _env_files(loaded.runbook)},
                provider=await stack.enter_async_context(_provider(loaded.runbook)),
                clock=clock,
                pace=clock,
                metrics=await _metrics(loaded.runbook, SqliteHistory(store.file, KEPT_HISTORY), stack),
                health=await _health(loaded.runbook, stack),
                catalog=await _catalog(loaded.runbook, stack),
                endpoint=_endpoint(loaded.runbook),
                own_engine=_own_engine,
            ),
        )
        engine = Engine(outside, Rules(loaded.runbook, loaded.digest, dry_run))
        await samples.forget()
        engine.every(FORGET_EVERY_S, samples.forget, "answers")
        scrape = getattr(outside.metrics, "scrape_once", None)
        if scrape is not None and loaded.runbook.metrics is not None:
            seconds = loaded.runbook.metrics.scrape_every.total_seconds()
            engine.every(seconds, lambda: scrape(clock.now()), "scrape")
        facade = Facade(engine)
        quiet = logging.getLogger("rotate.bolt")
        quiet.setLevel(logging.ERROR)  # it warns of SLACK_BOT_TOKEN, which the client was made with
        app = AsyncApp(client=client, logger=quiet, request_verification_enabled=False)
        handlers.register(app, facade, messenger, clock, team=identity.team_id)
        await engine.start()
        stack.push_async_callback(engine.stop)
        socket = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value(), web_client=client)
        if asyncio.get_running_loop().time() - opened_at < FRESH_S:
            socket.client.wss_uri = address  # Slack allows one such question a minute
        await socket.connect_async()  # type: ignore[no-untyped-call]
        stack.push_async_callback(_closed, socket)
        yield Running(engine, facade, identity.team, identity.name)


@dataclass(frozen=True)
class Identity:
    """Who Slack says we are."""

    team: str
    team_id: str
    name: str
    url: str


async def _identified(client: "AsyncWebClient") -> Identity:
    answer = await _asked(
        client.auth_test,
        "SLACK_BOT_TOKEN",
        "copy it anew from https://api.slack.com/apps > your app > OAuth & Permissions",
        client,
    )
    return Identity(
        team=str(answer.get("team")),
        team_id=str(answer.get("team_id")),
        name=str(answer.get("user")),
        url=str(answer.get("url") or ""),
    )


async def _opened(client: "AsyncWebClient", settings: Settings) -> str:
    """The address of the connection. Socket Mode itself would try a refused token again for ever."""
    answer = await _asked(
        lambda: client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value()),
        "SLACK_APP_TOKEN",
        "make one at https://api.slack.com/apps > your app > Basic Information > App-Level Tokens, with scope"
        " connections:write",
        client,
    )
    return str(answer.get("url"))


async def _asked(
    call: "Callable[[], Awaitable[AsyncSlackResponse]]", token: str, todo: str, client: "AsyncWebClient"
) -> "AsyncSlackResponse":
    """One call of Slack's Web API. Raises SlackRefusedError with what to do."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    from handlers.failures import outside

    try:
        return await call()
    except SlackApiError as error:
        data = getattr(error.response, "data", error.response)
        code = data.get("error") if isinstance(data, dict) else None
        if outside(error).code in {"rate_limited", "unreachable"}:
            message = f"{outside(error).what}; start again then. SLACK_API_URL is {client.base_url}"
        elif isinstance(code, str) and code:
            message = f"Slack refuses {token} ({code}); {todo}"
        else:
            message = f"{client.base_url} does not answer as Slack does; SLACK_API_URL names its Web API"
        raise SlackRefusedError(message) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        message = f"Slack cannot be reached at {client.base_url}: {type(error).__name__}; is SLACK_API_URL right?"
        raise SlackRefusedError(message) from None


async def _closed(socket: "AsyncSocketModeHandler") -> None:
    # Closing can hang on a broken connection; the process ends anyway.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await socket.close_async()  # type: ignore[no-untyped-call]


def _env_files(runbook: Runbook | None) -> EnvFileTarget:
    return EnvFileTarget(environment=command_environment(), secrets=lambda: _secrets(runbook))


def _secrets(runbook: Runbook | None) -> Iterable[str]:
    key = secret(runbook.provider.key_variable) if runbook is not None else None
    return (key.get_secret_value(),) if key is not None else ()


def _provider(runbook: Runbook) -> OpenAIProvider:
    key = secret(runbook.provider.key_variable)
    return OpenAIProvider(runbook.provider.url, key.get_secret_value() if key is not None else None)


def _endpoint(runbook: Runbook) -> Endpoint:
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
async def _own_engine(engine: External, run: EngineRun) -> "AsyncIterator[CommandProvider]":
    from bot.adapters.provider_command import CommandProvider

    environment, missing = engine_environment(engine.environment)
    if missing:
        what = f"{', '.join(missing)} is not set; the runbook's engine is to be given it"
        raise CouldNotRun(what, whose="account", kind=ErrorKind.UNAUTHORISED)
    given = [environment[name] for name in engine.environment]
    async with CommandProvider(engine, run, environment=environment, secrets=lambda: given) as provider:
        yield provider


async def _metrics(runbook: Runbook, history: "History", stack: AsyncExitStack) -> "MetricsSource | None":
    metrics = runbook.metrics
    if metrics is None:
        return None
    from bot.adapters.http import Http

    http = await stack.enter_async_context(Http(timeout_s=metrics.timeout.total_seconds()))
    if metrics.prometheus is not None:
        from bot.adapters.metrics_prometheus import PrometheusSource

        return PrometheusSource(metrics, http)
    from bot.adapters.metrics_scrape import ScrapeSource

    async def fetch(url: str) -> str:
        return (await http.get(url)).accepted().text

    return ScrapeSource(metrics, fetch, history, SystemClock())


async def _catalog(runbook: Runbook, stack: AsyncExitStack) -> OpenAICatalog:
    from bot.adapters.http import Http

    key = secret(runbook.provider.key_variable)
    http = await stack.enter_async_context(Http())
    return OpenAICatalog(runbook.provider.url, key.get_secret_value() if key else None, http, SystemClock())


async def _health(runbook: Runbook, stack: AsyncExitStack) -> "Health | None":
    if runbook.health is None:
        return None
    from bot.adapters.health_http import HttpHealth
    from bot.adapters.http import Http

    return HttpHealth(runbook.health, await stack.enter_async_context(Http()), SystemClock())


async def ledger_faults(path: Path) -> tuple[int, list[str], list[str]]:
    """How many rows the ledger has, and every fault: in its rows, or between them and what is stored.

    Last, the rotations with rows of an earlier machine, which lead elsewhere by this one and are not folded.
    """
    async with opened_store(path) as store:
        found = await store.audit()
        broken = [f"row {fault.seq}: {fault.what}" for fault in found.faults]
        told = [*broken, *faults(found.rows, found.stored, found.unreadable)]
        return found.count, told, of_earlier_machines(found.rows)


async def ledger_rows(path: Path, subject: str) -> list[dict[str, Any]]:
    """The ledger's rows as data, of one subject or (empty) all."""
    async with opened_store(path) as store:
        return await store.shown_rows(subject)


async def stored_comparison(path: Path, comparison_id: str) -> tuple[Comparison | None, list[str]]:
    """A comparison as the bot keeps it, and the ids there are, the newest first."""
    async with opened_store(path) as store:
        known = [comparison.id for comparison in await store.comparisons()]
        return await store.comparison(comparison_id), known


async def examine_installation(
    runbook: Path,
    *,
    candidate: str | None = None,
    limits_only: bool = False,
    env_file: Path = ENV_FILE,
) -> "list[Finding]":
    """What the doctor finds in this installation; with `limits_only` only what can never pass. Raises SettingsError."""
    from ruamel.yaml import YAML

    from bot.adapters.metrics_scrape import MemoryHistory
    from bot.difftest.suite.load import problems_in
    from bot.doctor.examine import Installation, examine, examine_limits
    from bot.doctor.slack import Scopes
    from handlers.client import slack_client

    settings = load_settings(env_file)
    loaded: Loaded | RunbookError
    try:
        loaded = load(runbook)
    except RunbookError as error:
        loaded = error
    rules = loaded.runbook if isinstance(loaded, Loaded) else None
    problems = settings.slack_problems()
    bot, app = settings.slack_bot_token.get_secret_value(), settings.slack_app_token.get_secret_value()
    manifest = YAML(typ="safe", pure=True).load(files("bot").joinpath("examples", "manifest.yml").read_text("utf-8"))
    async with AsyncExitStack() as stack:
        installation = Installation(
            runbook=loaded,
            suite_problems=await asyncio.to_thread(problems_in, _suites(rules)),
            secrets_open=_open_to_others(env_file),
            token_problems=problems,
            bot=None if problems else slack_client(bot, settings.slack_api_url, longest_wait_s=PATIENCE_S),
            app=None if problems else slack_client(app, settings.slack_api_url, longest_wait_s=PATIENCE_S),
            scopes=Scopes.of(manifest),
            target=_env_files(rules),
            metrics=await _metrics(rules, MemoryHistory(), stack) if rules is not None else None,
            health=await _health(rules, stack) if rules is not None else None,
            prove=await _prover(rules, env_file, stack) if rules is not None else None,
            clock=SystemClock(),
            find=shutil.which,
            unset=lambda names: engine_environment(names, env_file)[1],
            candidate=candidate,
        )
        return await (examine_limits if limits_only else examine)(installation)


def _open_to_others(file: Path) -> str:
    return str(file) if file.is_file() and file.stat().st_mode & 0o077 else ""


def _suites(runbook: Runbook | None) -> list[str]:
    return [slot.suite for slot in runbook.slots.values()] if runbook is not None else []


async def _prover(runbook: Runbook, env_file: Path, stack: AsyncExitStack) -> "Prove | None":
    from bot.adapters.provider_openai import is_loopback
    from bot.difftest.smoke import prove_model

    key = secret(runbook.provider.key_variable, env_file)
    if key is None and not is_loopback(runbook.provider.url):
        return None
    if key is not None and (trouble := key_trouble(key)):

        async def refuse(_model: str) -> str:
            return f"{runbook.provider.key_variable} {trouble}"

        return refuse
    provider = OpenAIProvider(runbook.provider.url, key.get_secret_value() if key is not None else None, timeout_s=30)
    await stack.enter_async_context(provider)

    async def prove(model: str) -> str:
        proof = await prove_model(provider, model)
        return "" if proof.alive else f"{proof.kind or 'error'}: {proof.message}".replace("_", " ")

    return prove
