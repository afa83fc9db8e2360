"""Programs of others, each a process of its own: a Bolt app in Node, and two imitations of Slack's Web API."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.client import Control
from bot.sandbox.seed import App, Command, Person, Room, Seed, Shortcut, Timing, UserGroup
from bot.sandbox.world import World
from bot.settings import command_environment

Json = dict[str, Any]
HERE = Path(__file__).parent
_PATIENCE_SECONDS = 20.0


def hotel(**app: object) -> Seed:
    """Answers the workspace that desk.cjs works in; `app` are settings of its app that differ."""
    everybody = ("ann", "ben", "desk")
    commands = ("/book", "/whisper", "/answers", "/everywhere", "/paper", "/refused")
    usual: Json = {
        "name": "desk",
        "commands": tuple(Command(command=name) for name in commands),
        "shortcuts": (Shortcut(name="Pin to the board", callback_id="pin", type="message"),),
    }
    return Seed(
        team="Hotel",
        rate_limit_scale=100,
        timing=Timing(event_retries=(0.0, 0.05, 0.05)),
        app=App.model_validate(usual | app),
        users=(Person(name="ann", real_name="Ann Ash"), Person(name="ben", real_name="Ben Bay")),
        groups=(UserGroup(handle="hosts", name="Hosts", users=("ann",)),),
        channels=(
            Room(name="lobby", members=everybody),
            Room(name="kitchen", members=everybody),
            Room(name="roof", members=("ann",)),
            Room(name="vault", members=("ben",), private=True),
        ),
    )


@dataclass
class Desk:
    """desk.cjs, running. `heard` is every line it wrote; `port` is where it takes signed requests."""

    process: Process
    port: int | None = None
    heard: list[Json] = field(default_factory=list)

    async def hear(self, key: str) -> Json:
        """Answers the next line that has this key."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while line := await self.process.stdout.readline():
                self.heard.append(json.loads(line))
                if key in self.heard[-1]:
                    return self.heard[-1]
        raise AssertionError(f"it ended without {key!r}: {self.heard}")

    @property
    def request_url(self) -> str:
        """Answers where Slack is to send what happens."""
        return f"http://127.0.0.1:{self.port}/slack/events"


@dataclass
class Hotel:
    """A started world and its control client."""

    world: World
    control: Control


class Witnesses:
    """Starts worlds and desks; everything is stopped with the test."""

    def __init__(self, stack: AsyncExitStack, node: Path, packages: Path) -> None:
        self._stack, self._node, self._packages = stack, node, packages

    async def world(self, seed: Seed | None = None) -> Hotel:
        """Starts a workspace."""
        world = World(seed or hotel())
        await world.start()
        self._stack.push_async_callback(world.stop)
        return Hotel(world, await self._stack.enter_async_context(Control(world.facts()["control_url"])))

    async def desk(self, hotel: Hotel, *, http: bool = False, **other: str) -> Desk:
        """Starts desk.cjs against it; `other` are tokens it gets instead of the right ones."""
        facts = hotel.world.facts()
        given = {key: facts[key] for key in ("api_url", "bot_token", "signing_secret")}
        given |= {} if http else {"app_token": facts["app_token"]}
        process = await asyncio.create_subprocess_exec(
            self._node,
            HERE / "desk.cjs",
            stdin=PIPE,
            stdout=PIPE,
            env=command_environment() | {"NODE_PATH": str(self._packages)},
        )
        self._stack.push_async_callback(_end, process)
        assert process.stdin is not None
        process.stdin.write(json.dumps(given | other).encode() + b"\n")
        return Desk(process)

    async def open(self, *, http: bool) -> tuple[Hotel, Desk]:
        """Starts a workspace and the desk in it, connected over Socket Mode or signed HTTP."""
        hotel = await self.world()
        desk = await self.desk(hotel, http=http)
        desk.port = (await desk.hear("ready"))["ready"]
        if http:
            await hotel.control.delivery(desk.request_url)
        return hotel, desk


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@pytest.fixture
async def witnesses(
    require_program: Callable[..., Path], require_node_package: Callable[[str], Path]
) -> AsyncIterator[Witnesses]:
    node, bolt = require_program("node"), require_node_package("@slack/bolt")
    async with AsyncExitStack() as stack:
        yield Witnesses(stack, node, bolt.parents[1])
