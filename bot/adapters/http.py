"""HTTP for the control plane (metrics, health, catalog, pagers): one client, time limits, no secret in an error.

The only module that imports httpx; measured provider calls go through aiohttp instead. What went wrong is raised as
`HttpError` with a reason code, and an answer with whatever status is an answer.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from bot.masking import mask
from bot.unreachable import why_unreachable

LARGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of an answer that are read at most: a metrics store asked for far too much must not take the bot down."""
_OK: Final = range(200, 300)
_REFUSED: Final = frozenset({401, 403})


class HttpError(Exception):
    """No usable answer. `code` is one of `unreachable`, `timeout`, `unauthorised`, `bad_status`, `bad_answer`."""

    def __init__(self, code: str, what: str) -> None:
        self.code = code
        self.what = mask(what)
        super().__init__(self.what)


def place(url: str) -> str:
    """The address as it may be shown: no user, password, query or fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    url: str
    status: int
    body: bytes
    content_type: str = ""
    sent: datetime | None = None
    """By the sender's own clock, to the second (RFC 9110, 6.6.1); None where it does not say."""
    etag: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is one of the 200s."""
        return self.status in _OK

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none is replaced."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:  # noqa: ANN401 - a JSON document can be anything
        """The body's JSON document. Raises HttpError `bad_answer`."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise HttpError("bad_answer", f"{place(self.url)} answered with something that is no JSON") from None

    def accepted(self) -> Self:
        """This answer, if its status is one of the 200s. Raises HttpError `unauthorised` or `bad_status`."""
        if self.ok:
            return self
        if self.status in _REFUSED:
            raise HttpError("unauthorised", f"{place(self.url)} refused the credentials it was given ({self.status})")
        raise HttpError("bad_status", f"{place(self.url)} answered {self.status}: {self.text.strip()[:200]}")


class Http:
    """An HTTP client; open it by `async with`. Nothing is retried; redirects are followed unless told otherwise.

    `verify` is what TLS is spoken with (None: this machine's own list of authorities vouches for servers);
    `server_name` is what their certificate must be for, where that is not the host of the address.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 10.0,
        largest: int = LARGEST_ANSWER,
        follow_redirects: bool = True,
        verify: ssl.SSLContext | None = None,
        server_name: str = "",
    ) -> None:
        self._timeout_s = timeout_s
        self._largest = largest
        self._extensions = {"sni_hostname": server_name} if server_name else {}
        self._client = httpx.AsyncClient(
            timeout=timeout_s, follow_redirects=follow_redirects, verify=True if verify is None else verify
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, timeout_s: float | None = None
    ) -> Answer:
        """What the address answers. Raises HttpError `unreachable`, `timeout` or `bad_answer` (too large)."""
        return await self._send("GET", url, timeout_s, headers=headers)

    async def post_form(self, url: str, form: Mapping[str, str], *, timeout_s: float | None = None) -> Answer:
        """What the address answers to a form. Raises as `get`."""
        return await self._send("POST", url, timeout_s, form=form)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: object, timeout_s: float | None = None
    ) -> Answer:
        """What the address answers to a JSON document (None: to no body). Raises as `get`."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        return await self._send(method, url, timeout_s, headers={**kind, **headers}, content=content)

    async def _send(
        self,
        method: str,
        url: str,
        timeout_s: float | None,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        limit = self._timeout_s if timeout_s is None else timeout_s
        try:
            # httpx limits each read; this limits the whole, so that an answer that trickles in is one that timed out.
            async with asyncio.timeout(limit):
                return await self._read(
                    self._client.build_request(
                        method, url, headers=headers, data=form, content=content, extensions=self._extensions
                    )
                )
        except (TimeoutError, httpx.TimeoutException):
            raise HttpError("timeout", f"{place(url)} did not answer within {limit:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise HttpError("unreachable", f"{place(url)} cannot be reached: {why_unreachable(error)}") from None

    async def _read(self, request: httpx.Request) -> Answer:
        url = str(request.url)
        response = await self._client.send(request, stream=True)
        async with aclosing(response):
            parts, size = [], 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > self._largest:
                    raise HttpError("bad_answer", f"{place(url)} answered with more than {self._largest} bytes")
                parts.append(part)
            kind = response.headers.get("content-type", "")
            sent, etag = _sent(response.headers.get("date", "")), response.headers.get("etag", "")
            return Answer(url, response.status_code, b"".join(parts), kind, sent, etag)


def _sent(text: str) -> datetime | None:
    try:
        said = parsedate_to_datetime(text)
    except ValueError:
        return None
    return said if said.tzinfo is not None else None
