"""Why an address does not answer is said in words, whichever library asked."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import httpx
import pytest

from bot.unreachable import why_unreachable

Ask = Callable[[str], Awaitable[object]]


async def by_aiohttp(url: str) -> object:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.read()


async def by_httpx(url: str) -> object:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def reason(ask: Ask, url: str) -> str:
    with pytest.raises((aiohttp.ClientError, httpx.HTTPError)) as caught:
        await ask(url)
    return why_unreachable(caught.value)


@pytest.fixture(params=[by_aiohttp, by_httpx])
def ask(request: pytest.FixtureRequest) -> Ask:
    found: Ask = request.param
    return found


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Somebody who hears a request, answers in plain text or not at all, and closes."""

    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        if first == b"\x16":  # a TLS handshake
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(closes, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


async def test_nobody_listens(ask: Ask, unused_tcp_port: int) -> None:
    told = await reason(ask, f"http://127.0.0.1:{unused_tcp_port}/")
    assert told == "the connection was refused; nothing listens there"


async def test_somebody_who_hangs_up(ask: Ask, port: int) -> None:
    assert await reason(ask, f"http://127.0.0.1:{port}/") == "the connection was closed without an answer"


async def test_somebody_who_speaks_no_tls(ask: Ask, port: int) -> None:
    assert (await reason(ask, f"https://127.0.0.1:{port}/")).startswith("what answers there does not speak TLS")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "its name was not found"),
        (TimeoutError(), "it did not answer in time"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "there is no way to it in the network"),
        (ssl.SSLError(1, "[SSL: TLSV1_ALERT_ACCESS_DENIED] tlsv1 alert"), "TLS failed: no reason given"),
        (ValueError("odd: xoxb-123456789"), "odd: •••"),
        (ValueError(), "the connection failed"),
        (ExceptionGroup("both", [OSError("v6"), ConnectionRefusedError()]), "the connection was refused"),
    ],
)
def test_other_reasons(error: Exception, told: str) -> None:
    assert why_unreachable(error).startswith(told)


def test_a_certificate_nobody_signed() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    assert why_unreachable(error) == "its TLS certificate is not trusted: self-signed certificate"
