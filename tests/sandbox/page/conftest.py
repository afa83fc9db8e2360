"""Chromium, a hotel's workspace, and the desk app connected to it. One browser for all; a world of its own per test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.sandbox.client import Control
from bot.sandbox.world import World
from tests.sandbox.page.axe import Axe
from tests.sandbox.page.deskapp import Desk, seed
from tests.sandbox.slackparts import web_client

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Route, ViewportSize

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 10_000
WIDE: "ViewportSize" = {"width": 1280, "height": 800}
PHONE: "ViewportSize" = {"width": 390, "height": 844}


@dataclass
class Hotel:
    """A started world, its app, and pages of people in it. What went wrong inside a page is in `complaints`."""

    world: World
    control: Control
    desk: Desk
    browser: "Browser"
    stack: AsyncExitStack
    complaints: list[str] = field(default_factory=list)

    async def enter(
        self,
        user: str = "ann",
        place: str = "lobby",
        route: "tuple[str, Callable[[Route], Awaitable[None]]] | None" = None,
        **context: Any,  # noqa: ANN401
    ) -> "Page":
        """Opens the page in a browser of its own, as somebody, somewhere; `route` sees to some of its requests."""
        given = {"viewport": WIDE, "timezone_id": "UTC", "locale": "en-GB"} | context
        own = await self.browser.new_context(**given)
        self.stack.push_async_callback(own.close)
        page = await own.new_page()
        if route is not None:
            await page.route(*route)
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{self.world.base_url}/#{user}/{place}")
        await page.locator("body:not([aria-busy])").wait_for()
        return page


@pytest.fixture(scope="session")
def axe(require_node_package: Callable[[str], Path]) -> Axe:
    return Axe(require_node_package("axe-core"))


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser(require_program: Callable[..., Path]) -> AsyncIterator["Browser"]:
    program = require_program("chromium", "chromium-browser", "google-chrome")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def hotel(browser: "Browser") -> AsyncIterator[Hotel]:
    async with AsyncExitStack() as stack:
        world = World(seed())
        await world.start()
        stack.push_async_callback(world.stop)
        control = await stack.enter_async_context(Control(world.facts()["control_url"]))
        desk = Desk(world)
        handler = AsyncSocketModeHandler(desk.app, world.seed.app.app_token, web_client=web_client(world))
        await handler.connect_async()  # type: ignore[no-untyped-call]
        stack.push_async_callback(handler.close_async)
        found = Hotel(world, control, desk, browser, stack)
        yield found
    # These worlds have no platform, and the page asks for one.
    assert [said for said in found.complaints if "status of 404" not in said] == []
