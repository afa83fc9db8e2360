"""What tests of the sandbox share: clocks, seeds, slack_sdk's client and real Bolt apps."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.client import Control
from bot.sandbox.seed import BOT_SCOPES, App, Seed, Timing
from bot.sandbox.world import World

Json = dict[str, Any]
Begin = Callable[..., Awaitable[tuple[World, Control]]]
Connect = Callable[[World, AsyncApp], Awaitable[None]]

SOON = (0.0, 0.05, 0.05)
EVERY_SCOPE = (*BOT_SCOPES, "channels:history", "groups:history", "im:write", "reactions:write", "team:read")
"""What the tests of the sandbox itself are granted: more than an app is that asks for the least."""
QUICK = Timing(ack=0.3, event_retries=SOON)
"""Slack's clocks shortened, for tests in which an ack must not come: any other waits the usual three seconds for it."""


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: float = 1_764_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


def web_client(world: World, token: str | None = None) -> AsyncWebClient:
    """Answers slack_sdk's own client, pointed at the world."""
    return AsyncWebClient(token=token or world.seed.app.bot_token, base_url=world.facts()["api_url"])


def bolt(world: World) -> AsyncApp:
    """Answers a real Bolt app of this workspace."""
    return AsyncApp(client=web_client(world), signing_secret=world.seed.app.signing_secret)


def seeded(**given: object) -> Seed:
    """Answers the default seed with quick clocks and other settings of the app."""
    return Seed(timing=Timing(event_retries=SOON), app=App.model_validate({"bot_scopes": EVERY_SCOPE} | given))


def text(body: str) -> Json:
    return {"type": "plain_text", "text": body}


def button(label: str, action_id: str, value: str = "v", **more: object) -> Json:
    return {"type": "button", "text": text(label), "action_id": action_id, "value": value, **more}


def section(body: str, **more: object) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": body}, **more}


def actions(*elements: Json, **more: object) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def field(label: str, block_id: str, **element: object) -> Json:
    shown = {"type": "plain_text_input", "action_id": "text", **element}
    return {"type": "input", "block_id": block_id, "label": text(label), "element": shown}


def modal(*blocks: Json, title: str = "Why?", **more: object) -> Json:
    return {"type": "modal", "title": text(title), "submit": text("Send"), "blocks": list(blocks), **more}
