"""Who Slack says we are, and the connection it sends its events through; what it refuses is told with what to do."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.settings import Settings
from bot.unreachable import why_unreachable
from handlers.failures import outside

if TYPE_CHECKING:
    from aiohttp import WSMessage
    from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

log = structlog.get_logger()

GOODBYE_S = 0.5
"""Slack is not waited for longer when the connection is closed."""


class SlackRefusedError(Exception):
    """Slack does not accept the tokens, or cannot be reached; the message says which and what to do."""


@dataclass(frozen=True)
class Identity:
    """Who Slack says we are."""

    team: str
    team_id: str
    name: str
    url: str


async def identified(client: "AsyncWebClient") -> Identity:
    """Ask with the bot's token. Raises SlackRefusedError."""
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


async def connection_address(client: "AsyncWebClient", settings: Settings) -> str:
    """The address of the connection. Raises SlackRefusedError: Socket Mode itself would ask for ever."""
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
        message = f"Slack cannot be reached at {client.base_url}: {why_unreachable(error)}; is SLACK_API_URL right?"
        raise SlackRefusedError(message) from None


def open_anew_when_broken(socket: "AsyncSocketModeHandler") -> None:
    """Say in the log that the connection broke, and why, and open another at once.

    Socket Mode itself tells nobody of it (a frame that is too long, for one) and looks again after ten seconds.
    """

    async def broke(said: "WSMessage") -> None:
        log.warning("the connection to Slack broke and is opened anew", why=str(said.data))
        await socket.client.connect_to_new_endpoint()

    socket.client.on_error_listeners.append(broke)


async def closed(socket: "AsyncSocketModeHandler") -> None:
    """Close the connection, which can hang where it is broken; the process ends anyway."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await socket.close_async()  # type: ignore[no-untyped-call]
