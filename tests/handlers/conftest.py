"""A workspace with the bot in it: the sandbox's Slack on loopback, the real listeners, an engine that keeps notes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from pydantic import JsonValue
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalog.model import Kept, Proposed
from bot.doctor.model import Finding
from bot.engine.guide import slot_guide
from bot.engine.models.commands import Command, Diff
from bot.engine.models.guides import GroupGuide, Guide
from bot.engine.models.notes import CardNote, ReplyNote
from bot.engine.models.shown import FreezeShown, Home, Models, SlotStatus, Status, Why
from bot.ports import OutsideError
from bot.runbook.models.people import GroupName
from bot.sandbox.seed import Seed, Timing
from bot.sandbox.world import World
from handlers import register
from handlers.client import slack_client
from handlers.directory import SlackDirectory
from handlers.home import Homes
from handlers.messenger import SlackMessenger
from tests.handlers import scenes

PATIENCE = "30"
"""Seconds a test waits for what must come; it comes at once unless the machine is busy."""


TAKES: dict[str, JsonValue] = {
    "candidate": scenes.NEW,
    "calls": 480,
    "usd": 0.32,
    "most_usd": 5.0,
    "answer_tokens": 400,
    "basis": "assumed",
    "cases": 240,
    "fewest": 52,
    "visible": 0.024,
    "margin": 0.05,
}
"""What a comparison is said to take and to see."""


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = scenes.T0) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def guide_of(found: tuple[SlotStatus, ...]) -> Guide:
    """Help about the slots that are found, by the rules of the scenes' runbook."""
    slot = slot_guide(scenes.plan())
    return Guide(
        slots=tuple(slot.model_copy(update={"slot": one.slot}) for one in found),
        groups=(
            GroupGuide(name=GroupName.ML, handle="ml-oncall", people=0, channel="ml"),
            GroupGuide(name=GroupName.SRE, handle="", people=3, channel="sre"),
        ),
        time_zone="Europe/Oslo",
    )


class KeepingEngine:
    """Keeps every command once by its id, as an inbox does, and answers reads from what it is given."""

    def __init__(self) -> None:
        self.inbox: dict[str, Command] = {}
        self.asked: list[str | None] = []
        self.came = asyncio.Event()
        self.breaks: Exception | None = None
        self.examined: tuple[Finding, ...] | None = None
        self.cards: dict[str, Any] = {}
        self.listed: tuple[str, ...] = ()
        self.listing: tuple[Kept, ...] = ()
        self.viewers: list[str] = []
        self.foreseen_for: list[tuple[str, str]] = []
        self.foresees: ReplyNote | None = ReplyNote(code="diff_foreseen", facts=TAKES)
        self.rows = 1
        self.home_of: Callable[[str], Home] = lambda _: Home(now=scenes.T0)
        self.proposals: dict[str, Proposed] = {}
        self.frozen: tuple[FreezeShown, ...] = ()
        self.found: tuple[SlotStatus, ...] = (
            SlotStatus(slot="chat", stages=("staging", "global"), models={"staging": scenes.OLD, "global": scenes.OLD}),
        )

    @property
    def commands(self) -> list[Command]:
        return list(self.inbox.values())

    async def submit(self, command: Command) -> None:
        if self.breaks is not None:
            raise self.breaks
        self.inbox.setdefault(command.id, command)
        self.came.set()

    async def first(self) -> Command:
        """The first command, once it has come."""
        await asyncio.wait_for(self.came.wait(), float(PATIENCE))
        return self.commands[0]

    async def status(self, subject: str | None) -> Status:
        self.asked.append(subject)
        if self.breaks is not None:
            raise self.breaks
        names = {slot.slot for slot in self.found} | {slot.rotation.id for slot in self.found if slot.rotation}
        slots = self.found if subject is None or subject in names else ()
        return Status(now=scenes.T0, slots=slots, cards=self.cards)

    async def freezes(self) -> tuple[FreezeShown, ...]:
        return self.frozen

    async def told_at(self, channel: str, ts: str) -> str:
        return next((key for key, card in self.cards.items() if (card.channel, card.ts) == (channel, ts)), "")

    async def why(self, subject: str) -> Why | None:
        self.asked.append(subject)
        found = [slot.rotation for slot in self.found if slot.rotation and subject in {slot.slot, slot.rotation.id}]
        return Why(note=CardNote(rotation=found[0], now=scenes.T0, actions=())) if found else None

    async def models(self, search: str) -> Models:
        return Models(search=search, found=self.listing, total=len(self.listing))

    async def proposed(self, proposal_id: str) -> Proposed | None:
        return self.proposals.get(proposal_id)

    async def suggested(self, slot: str, typed: str = "") -> tuple[str, ...]:
        del slot
        return tuple(model for model in self.listed if typed in model)

    async def foreseen(self, asked: Diff) -> ReplyNote:
        self.foreseen_for.append((asked.slot, asked.candidate))
        if self.foresees is None:
            raise OutsideError("the price list does not answer", whose="the provider", again=True)
        return self.foresees

    async def unlisted(self, slot: str, model: str) -> tuple[str, ...] | None:
        del slot
        return None if not self.listed or model in self.listed else self.listed[:2]

    async def homes(self, readers: Sequence[str]) -> list[Home]:
        if self.breaks is not None:
            raise self.breaks
        return [self.home_of(reader) for reader in readers]

    async def home_opened(self, reader: str) -> None:
        self.viewers.append(reader)

    async def home_gone(self, reader: str) -> None:
        self.viewers.remove(reader)

    async def home_viewers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.viewers))

    async def newest(self) -> int:
        return self.rows

    async def may_examine(self, person: str, channel: str) -> bool:
        self.asked.append(f"{person} in {channel}")
        return self.examined is not None

    async def examine(self) -> tuple[Finding, ...]:
        return self.examined or ()

    async def guide(self) -> Guide:
        return guide_of(self.found)

    async def slots(self) -> tuple[SlotStatus, ...]:
        if self.breaks is not None:
            raise self.breaks
        return self.found


class Workspace:
    """What a test does in Slack, as any user, through the sandbox's control API."""

    homes: Homes

    def __init__(
        self, world: World, app: AsyncApp, client: AsyncWebClient, engine: KeepingEngine, clock: SetClock
    ) -> None:
        self.world, self.app, self.client, self.engine, self.clock = world, app, client, engine, clock
        self.messenger = SlackMessenger(client, workspace_url="https://acme.slack.com/")
        self.directory = SlackDirectory(client, clock)
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        await self._http.close()

    async def do(self, call: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        async with self._http.post(f"{self.world.base_url}/control/{call}", json=body) as answer:
            found: dict[str, Any] = await answer.json()
        assert found["ok"], found
        return found

    async def see(self, call: str, **query: str) -> dict[str, Any]:
        async with self._http.get(f"{self.world.base_url}/control/{call}", params=query) as answer:
            found: dict[str, Any] = await answer.json()
        assert found["ok"], found
        return found

    async def forget_faults(self) -> None:
        async with self._http.delete(f"{self.world.base_url}/control/faults"):
            pass

    async def type(self, text: str, user: str = "mia", channel: str = "model-rotation") -> dict[str, Any]:
        return await self.do("command", user=user, channel=channel, text=f"/rotate {text}".strip())

    async def told(self, user: str, contains: str, channel: str = "model-rotation", **more: str) -> dict[str, Any]:
        found = await self.see("wait", user=user, channel=channel, contains=contains, timeout=PATIENCE, **more)
        assert found["found"], f"{user} was never told {contains!r}"
        message: dict[str, Any] = found["message"]
        return message

    async def view(self, user: str, contains: str) -> dict[str, Any]:
        found = await self.see("wait", user=user, what="view", contains=contains, timeout=PATIENCE)
        assert found["found"], f"{user} never saw a form with {contains!r}"
        shown: dict[str, Any] = found["view"]
        return shown

    async def dispatch(self, body: dict[str, Any]) -> BoltResponse:
        """Bring a payload to the listeners as Socket Mode would."""
        return await self.app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))

    def user_id(self, name: str) -> str:
        return next(user.id for user in self.world.slack.workspace.users.values() if user.name == name)

    def channel_id(self, name: str) -> str:
        return next(found.id for found in self.world.slack.workspace.channels.values() if found.name == name)


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """The sandbox's Slack with the bot connected over Socket Mode."""
    world = World(Seed(timing=Timing(ack=30.0, trigger=60.0)))  # how fast this machine is, is not what is tested
    await world.start()
    facts = world.facts()
    client = slack_client(facts["bot_token"], facts["api_url"])
    engine, clock = KeepingEngine(), SetClock()
    app = AsyncApp(client=client)
    here = Workspace(world, app, client, engine, clock)
    here.homes = register(app, engine, here.messenger, clock, team=world.slack.workspace.team_id)
    handler = AsyncSocketModeHandler(app, facts["app_token"], web_client=client)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield here
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await here.close()
        await world.stop()
