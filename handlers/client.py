"""The one place a Slack client is made: its retries, its time limit, and what is never sent twice by itself."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

ONCE: Final = ("chat.postMessage", "chat.postEphemeral", "views.open")
"""Methods whose answer may be lost after they were carried out: the engine decides whether to say it again."""

APP_LEVEL: Final = "apps.connections.open"
"""The method that is called with the app-level token."""

TIMEOUT: Final = 15
"""Seconds for one call."""
WORTH_SAYING_S: Final = 5
"""A shorter wait is nothing anybody would wonder about."""


def _may_repeat(request: HttpRequest) -> bool:
    return request.url.rpartition("/")[2] not in ONCE


class RepeatAfterCut(AsyncConnectionErrorRetryHandler):
    """Tries again after a cut connection, unless the call may have been carried out and would be seen twice."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        again = await super()._can_retry_async(state=state, request=request, response=response, error=error)
        return again and _may_repeat(request)


class RepeatAfterServerError(AsyncServerErrorRetryHandler):
    """Tries again after a server error, under the same condition."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        again = await super()._can_retry_async(state=state, request=request, response=response, error=error)
        return again and _may_repeat(request)


class WaitAsAsked(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack says, twice, and says so where that is long; a wait above `longest_s` is not waited."""

    def __init__(self, longest_s: float) -> None:
        super().__init__(max_retry_count=2)
        self._longest_s = longest_s

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        limited = await super()._can_retry_async(state=state, request=request, response=response, error=error)
        wait = asked_to_wait(response.headers) if limited and response is not None else None
        if wait is not None and wait > self._longest_s:
            return False
        if wait is not None and wait >= WORTH_SAYING_S:
            method = request.url.rpartition("/")[2]
            logging.getLogger("rotate.slack").warning("Slack asks to wait %d s before %s; waiting", wait, method)
        return limited


class Granted(AsyncRetryHandler):
    """What Slack says with every answer: which scopes the bot's token has. Repeats nothing.

    The client shows its answers to nobody but the handlers of retries. `scopes` is None until Slack has said them.
    """

    def __init__(self) -> None:
        super().__init__(max_retry_count=0)
        self.scopes: frozenset[str] | None = None

    async def can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """Never. The answer to a call with the app-level token tells of that one's scopes, and is passed over.

        So is one that names none: a token that works has some, `api.test` asks for none and may say so.
        """
        del state, error
        if response is not None and not request.url.endswith(APP_LEVEL):
            said = _header(response.headers, "x-oauth-scopes") or ""
            self.scopes = frozenset(scope.strip() for scope in said.split(",") if scope.strip()) or self.scopes
        return False


def _header(headers: Mapping[str, Sequence[str] | str], wanted: str) -> str | None:
    for name, value in headers.items():
        if name.lower() == wanted:
            return value if isinstance(value, str) else next(iter(value), "")
    return None


def asked_to_wait(headers: Mapping[str, Sequence[str] | str]) -> int | None:
    """The seconds of `Retry-After`; None where Slack does not say."""
    first = _header(headers, "retry-after") or ""
    return int(first) if first.isdigit() else None


def retry_handlers(longest_s: float = math.inf) -> list[AsyncRetryHandler]:
    """Rate limits are waited out as long as Slack says, twice; failures are tried again once."""
    return [
        WaitAsAsked(longest_s),
        RepeatAfterCut(max_retry_count=1),
        RepeatAfterServerError(max_retry_count=1),
    ]


def slack_client(
    token: str,
    base_url: str = "https://slack.com/api/",
    *,
    longest_wait_s: float = math.inf,
    granted: Granted | None = None,
) -> AsyncWebClient:
    """A client for the Web API at `base_url` (ends in `/api/`); one that is asked for a longer wait gives up.

    `granted` is told the scopes that Slack's answers name.
    """
    handlers = [*([granted] if granted is not None else []), *retry_handlers(longest_wait_s)]
    return AsyncWebClient(token=token, base_url=base_url, timeout=TIMEOUT, retry_handlers=handlers)
