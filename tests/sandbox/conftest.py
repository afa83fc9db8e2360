"""A started Slack and its control client, and a bot to talk to it. Everything is stopped with the test."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.sandbox.client import Control
from bot.sandbox.seed import Seed
from bot.sandbox.slack.workspace import Clock
from bot.sandbox.world import World
from tests.adapters.conftest import start_prometheus
from tests.sandbox.slackparts import Begin, Connect, ManualClock, seeded, web_client

__all__ = ["begin", "clock", "connect", "start_prometheus"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def begin() -> AsyncIterator[Begin]:
    """Starts worlds: `await begin(seed, clock=…)` answers a world and its control client."""
    async with AsyncExitStack() as stack:

        async def start(seed: Seed | None = None, *, clock: Clock = time.time) -> tuple[World, Control]:
            world = World(seed or seeded(), clock=clock)
            await world.start()
            stack.push_async_callback(world.stop)
            control = await stack.enter_async_context(Control(world.facts()["control_url"]))
            return world, control

        yield start


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Connects Bolt apps over Socket Mode."""
    async with AsyncExitStack() as stack:

        async def open_socket(world: World, app: AsyncApp) -> None:
            handler = AsyncSocketModeHandler(app, world.seed.app.app_token, web_client=web_client(world))
            await handler.connect_async()  # type: ignore[no-untyped-call]
            stack.push_async_callback(handler.close_async)

        yield open_socket
