"""The one place a Slack client is made: its retries, its time limit, and what is never sent twice by itself."""

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

TIMEOUT: Final = 15
"""Seconds for one call."""


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


def retry_handlers() -> list[AsyncRetryHandler]:
    """Rate limits are waited out as long as Slack says, twice; failures are tried again once."""
    return [
        AsyncRateLimitErrorRetryHandler(max_retry_count=2),
        RepeatAfterCut(max_retry_count=1),
        RepeatAfterServerError(max_retry_count=1),
    ]


def slack_client(token: str, base_url: str = "https://slack.com/api/") -> AsyncWebClient:
    """A client for the Web API at `base_url` (ends in `/api/`)."""
    return AsyncWebClient(token=token, base_url=base_url, timeout=TIMEOUT, retry_handlers=retry_handlers())
