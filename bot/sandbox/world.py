"""The world in one process: Slack, provider, platform, control API and page on one loopback port."""

import asyncio
import json
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.control.server import control_app
from bot.sandbox.seed import Seed, load
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.server import add_routes
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.workspace import Clock
from bot.sandbox.visitors import ours

HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "page"
_UPLOAD_BYTES = 64 * 1024 * 1024
_SHUTDOWN_SECONDS = 1.0


class ProviderPart(Protocol):
    """The model provider, as the world mounts it. `key` is the one API key it accepts."""

    key: str

    def app(self) -> web.Application:
        """Answers the application for `/provider`."""
        ...

    def control_app(self) -> web.Application:
        """Answers the application for `/control/provider`."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Answers its state."""
        ...


class PlatformPart(Protocol):
    """The platform, as the world mounts it."""

    async def start(self) -> None:
        """Begins serving traffic."""
        ...

    async def stop(self) -> None:
        """Ends it."""
        ...

    def app(self) -> web.Application:
        """Answers the application for `/platform`."""
        ...

    def control_app(self) -> web.Application:
        """Answers the application for `/control/platform`."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Answers its state."""
        ...


class World:
    """One sandbox. Parts that are not given are not mounted."""

    def __init__(
        self,
        seed: Seed | None = None,
        *,
        port: int = 0,
        directory: Path | None = None,
        clock: Clock = time.time,
        provider: ProviderPart | None = None,
        platform: PlatformPart | None = None,
    ) -> None:
        self.seed = seed or Seed()
        self.slack = Slack.of(self.seed, clock)
        self.provider, self.platform = provider, platform
        self.port, self.directory = port, directory
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """Answers the address of the page, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Binds the port (a free one for 0) and begins to serve.

        Raises:
            OSError: when the port is taken.
        """
        app = web.Application(client_max_size=_UPLOAD_BYTES, middlewares=[ours])
        add_routes(app, self.slack)
        if self.provider is not None:
            app.add_subapp("/control/provider", self.provider.control_app())
            app.add_subapp("/provider", self.provider.app())
        if self.platform is not None:
            app.add_subapp("/control/platform", self.platform.control_app())
            app.add_subapp("/platform", self.platform.app())
        app.add_subapp("/control", control_app(self.slack))
        app.router.add_get("/", _page)
        app.router.add_get("/{name:[a-z0-9_-]+\\.(?:html|js|css|svg|png)}", _page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        try:
            await self._bind(self._runner)
            if self.platform is not None:
                await self.platform.start()
        except BaseException:
            await self.stop()
            raise

    async def _bind(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, HOST, self.port).start()
        self.port = int(runner.addresses[0][1])
        self.slack.workspace.base_url = self.base_url

    async def stop(self) -> None:
        """Ends everything; may be called more than once."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self.platform is not None:
            await self.platform.stop()
        await self.slack.courier.stop()
        await self.slack.sockets.stop()
        self.slack.changes.close()
        await runner.cleanup()

    def facts(self) -> Json:
        """Answers what `rotate sandbox` prints: where everything is, and what the bot needs to connect."""
        app = self.seed.app
        return {
            "page_url": f"{self.base_url}/",
            "api_url": f"{self.base_url}/api/",
            "bot_token": app.bot_token,
            "app_token": app.app_token,
            "signing_secret": app.signing_secret,
            "provider_url": f"{self.base_url}/provider/v1",
            "provider_key": self.provider.key if self.provider else None,
            "platform_url": f"{self.base_url}/platform",
            "control_url": f"{self.base_url}/control/",
            "directory": str(self.directory) if self.directory else None,
        }


async def _page(request: web.Request) -> web.StreamResponse:
    path = PAGE / request.match_info.get("name", "index.html")
    if not path.is_file():
        return web.Response(status=404, text="The page is not installed; the control API is at /control/.")
    return web.FileResponse(path, headers={"Cache-Control": "no-store"})


async def serve(port: int, seed: Path | None, directory: Path | None, announce: Callable[[str], None]) -> None:
    """Runs a whole world until SIGTERM or SIGINT; `announce` is given one JSON line once it serves.

    Raises:
        SeedError: for a seed file that cannot be used.
        OSError: when the port is taken or the directory cannot be written.
    """
    from bot.sandbox.compose import compose  # noqa: PLC0415 - the platform is heavy and tests of Slack need none of it

    found = load(seed)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    with tempfile.TemporaryDirectory(prefix="rotate-sandbox-") as temporary:
        world = compose(found, port, directory or Path(temporary))
        await world.start()
        try:
            announce(json.dumps(world.facts()))
            await ended.wait()
        finally:
            await world.stop()
