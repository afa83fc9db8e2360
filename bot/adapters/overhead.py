"""What a chat client itself adds to the times it measures: an echo server in this process, asked through it.

The server answers after a fixed time and notes how long each answer really took it; the rest is the client's.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.difftest.model.chat import ChatError, ChatRequest, Completion
from bot.difftest.model.report import OverheadReport

ANSWER_S: Final = 0.1
"""How long the server takes: so that calls overlap as they do with a real one."""
BURST_S: Final = 0.1
"""After this no further call is begun."""
MOST_AT_ONCE: Final = 200
_MARK: Final = re.compile(rb"echo-(\d+)")
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_MESSAGE: Final = b'"finish_reason":"stop","index":0'
_WHOLE: Final = b'{"choices":[{%s,"message":{"role":"assistant","content":"ok"}}]}' % _MESSAGE
_STREAM: Final = b'data: {"choices":[{%s,"delta":{"content":"ok"}}]}\n\ndata: [DONE]\n\n' % _MESSAGE


class Client(Protocol):
    """What is measured."""

    async def complete(self, request: ChatRequest) -> Completion:
        """One call."""
        ...


@dataclass
class _Echo(asyncio.Protocol):
    """One connection of the server: whole requests in, canned answers out."""

    took_s: dict[int, float]
    stream: bool
    _received: bytearray = field(default_factory=bytearray)
    _transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        length = _LENGTH.search(self._received, 0, head) if head >= 0 else None
        if length is None or len(self._received) < head + 4 + int(length[1]):
            return
        mark = _MARK.search(bytes(self._received), head)
        self._received.clear()
        if mark is not None:
            asyncio.get_running_loop().call_later(ANSWER_S, self._answer, int(mark[1]), time.perf_counter())

    def _answer(self, number: int, received_at: float) -> None:
        body, kind = (_STREAM, b"text/event-stream") if self.stream else (_WHOLE, b"application/json")
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)
            )
        self.took_s[number] = time.perf_counter() - received_at


async def client_overhead(
    client_for: Callable[[str], AbstractAsyncContextManager[Client]], concurrency: int, *, stream: bool
) -> OverheadReport | None:
    """What `client_for` (a base URL) makes adds to each time with so many calls in flight (200 at most).

    Takes under half a second; None where this machine gives no port or no call came back.
    """
    took: dict[int, float] = {}
    try:
        server = await asyncio.get_running_loop().create_server(lambda: _Echo(took, stream), "127.0.0.1", 0)
    except OSError:
        return None
    try:
        port = server.sockets[0].getsockname()[1]
        async with client_for(f"http://127.0.0.1:{port}/v1") as client:
            added = await _burst(client, took, min(concurrency, MOST_AT_ONCE), stream=stream)
    finally:
        server.close()
    if not added:
        return None
    added.sort()
    middle, high = (added[round(share * (len(added) - 1))] for share in (0.5, 0.95))
    return OverheadReport(p50_ms=round(1000 * middle, 3), p95_ms=round(1000 * high, 3))


async def _burst(client: Client, took: dict[int, float], at_once: int, *, stream: bool) -> list[float]:
    began = time.perf_counter()
    measured: dict[int, float] = {}
    numbers = iter(range(1_000_000))

    async def ask(place: int) -> None:
        await asyncio.sleep(ANSWER_S * place / at_once)  # real answers do not come in step
        while time.perf_counter() < began + BURST_S:
            number = next(numbers)
            request = ChatRequest(f"echo-{number}", ({"role": "user", "content": "ok"},), stream=stream)
            measured[number] = (await client.complete(request)).latency_s or 0.0

    try:
        await asyncio.gather(*(ask(place) for place in range(at_once)))
    except ChatError:
        return []
    return [max(0.0, latency - took[number]) for number, latency in measured.items() if number in took]
