"""The whole bot, running: every part built, joined and connected to Slack for as long as a block lasts."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

import handlers
from bot.adapters.clock import SystemClock
from bot.app.bundle import bundle, keep_scraping
from bot.app.database import sole_owner
from bot.app.examination import examine_installation
from bot.app.own_metrics import exposed, listening
from bot.app.scopes import SEEN_EVERY_S, ScopesWatch, manifest_scopes, missing_now, required
from bot.app.slack import closed, connection_address, identified, open_anew_when_broken
from bot.engine.facade import Facade
from bot.engine.outside import Outside, Rules
from bot.engine.run import Engine
from bot.engine.scopes import about
from bot.runbook.load import Loaded
from bot.settings import Settings
from bot.store.samples import SqliteSamples
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from bot.wording.scopes import missing_text
from bot.wording.text import plain
from handlers.client import Granted, slack_client
from handlers.directory import SlackDirectory
from handlers.home import REFRESHED_EVERY_S
from handlers.messenger import SlackMessenger

FORGET_EVERY_S = 3600.0
FRESH_S = 20.0
"""The address of a connection that was asked for so long ago is not used any more: Slack's hold for half a minute."""

Wrapped = Callable[[Outside], Outside]


@dataclass(frozen=True)
class Running:
    """The bot at work; `warning` is what Slack does not let it do, empty where that is nothing."""

    engine: Engine
    facade: Facade
    team: str
    bot_name: str
    warning: str = ""


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
    SlackRefusedError, CannotListenError.
    """
    async with AsyncExitStack() as stack:
        stack.callback(sole_owner(settings.rotate_database).close)
        listener = listening(settings.rotate_metrics) if settings.rotate_metrics else None
        if listener is not None:
            stack.callback(listener.close)
        store = SqliteStore(file or SqliteFile(settings.rotate_database))
        await store.open()
        stack.push_async_callback(store.close)
        granted, scopes = Granted(), manifest_scopes()
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, granted=granted)
        identity = await identified(client)
        required(missing_now(granted, scopes), scopes)
        address, opened_at = await connection_address(client, settings), asyncio.get_running_loop().time()
        clock = SystemClock()
        messenger = SlackMessenger(client, workspace_url=identity.url)
        samples = SqliteSamples(store.file, clock.now, loaded.runbook.retention.answers)
        ports = await bundle(loaded.runbook, store, messenger, SlackDirectory(client, clock), stack)
        outside = wrap(replace(ports, native_charts=settings.rotate_native_charts))
        engine = Engine(outside, Rules(loaded.runbook, loaded.digest, dry_run))
        await samples.forget()
        engine.every(FORGET_EVERY_S, samples.forget, "answers")
        keep_scraping(engine, outside, loaded.runbook)
        watch = ScopesWatch(granted, scopes, engine)
        await watch.look()
        engine.every(SEEN_EVERY_S, watch.look, "scopes")
        facade = Facade(engine, partial(examine_installation, loaded.path))
        quiet = logging.getLogger("rotate.bolt")
        quiet.setLevel(logging.ERROR)  # it warns of SLACK_BOT_TOKEN, which the client was made with
        app = AsyncApp(client=client, logger=quiet, request_verification_enabled=False)
        homes = handlers.register(app, facade, messenger, clock, team=identity.team_id)
        engine.every(REFRESHED_EVERY_S, homes.refresh, "homes")
        await engine.start()
        stack.push_async_callback(engine.stop)
        socket = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value(), web_client=client)
        open_anew_when_broken(socket)
        if listener is not None:  # before Slack is waited for: work goes on without it
            await stack.enter_async_context(exposed(listener, outside, socket.client.is_connected))
        if asyncio.get_running_loop().time() - opened_at < FRESH_S:
            socket.client.wss_uri = address  # Slack allows one such question a minute
        await socket.connect_async()  # type: ignore[no-untyped-call]
        stack.push_async_callback(closed, socket)
        lost = about(missing_now(granted, scopes), loaded.runbook)
        yield Running(engine, facade, identity.team, identity.name, plain(missing_text(lost)) if lost else "")
