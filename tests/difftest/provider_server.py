"""A real OpenAI-compatible server on loopback that answers by script, streams with any quirk, and fails on demand."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Fault = Callable[[web.Request, Body], Awaitable[web.StreamResponse | None]]
"""Answers a request in the script's place; None lets the script answer."""


@dataclass
class Reply:
    """What the script answers; `chunks` replaces the stream made of the text."""

    text: str = ""
    tool_calls: list[Body] = field(default_factory=list)
    finish_reason: str | None = "stop"
    cost: float | None = 0.001
    model: str | None = None
    delay_s: float = 0.0
    chunks: Sequence[Body | str | bytes] | None = None


Script = Callable[[Body], Reply]


@dataclass
class ProviderServer:
    """The state of the server: what was asked, how many at once, what to do next."""

    script: Script = lambda body: Reply(f"echo {body['messages'][-1]['content']}")
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[Body] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    seen: list[tuple[str, str, bool]] = field(default_factory=list)
    """Method, path, and whether a key came with it."""
    at_once: int = 0
    most_at_once: int = 0
    base_url: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def asked(self, times: int) -> None:
        """Return when so many requests have arrived."""
        while len(self.requests) < times:
            self.arrived.clear()
            await self.arrived.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One chat completion."""
        body = await request.json()
        self.requests.append(body)
        self.arrived.set()
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.faults:
                answer = await self.faults.popleft()(request, body)
                if answer is not None:
                    return answer
            return await self._scripted(request, body)
        finally:
            self.at_once -= 1

    async def _scripted(self, request: web.Request, body: Body) -> web.StreamResponse:
        reply = self.script(body)
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        if body.get("stream") is True:
            return await stream(request, reply.chunks if reply.chunks is not None else chunks_of(reply, body))
        return web.json_response(whole(reply, body))


def usage(reply: Reply) -> Body:
    """Twelve tokens in, five out, and the bill if there is one."""
    billed = {} if reply.cost is None else {"cost": reply.cost}
    return {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17, **billed}


def whole(reply: Reply, body: Body) -> Body:
    """The reply as one body."""
    message: Body = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message["tool_calls"] = reply.tool_calls
    return {
        "model": reply.model or body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
        "usage": usage(reply),
    }


def delta(content: Body, *, finish_reason: str | None = None, **fields: Any) -> Body:  # noqa: ANN401 (JSON)
    """One chunk."""
    return {"choices": [{"index": 0, "delta": content, "finish_reason": finish_reason}], **fields}


def chunks_of(reply: Reply, body: Body) -> list[Body | str | bytes]:
    """The reply as a well-behaved stream."""
    model = reply.model or body["model"]
    pieces: list[Body | str | bytes] = [delta({"role": "assistant"}, model=model)]
    pieces += [delta({"content": word}, model=model) for word in reply.text.split(" ")] if reply.text else []
    pieces = [pieces[0], *(p if n == 0 else _spaced(p) for n, p in enumerate(pieces[1:]))]
    for index, call in enumerate(reply.tool_calls):
        pieces.append(delta({"tool_calls": [{"index": index, **call}]}, model=model))
    pieces.append(delta({}, finish_reason=reply.finish_reason, model=model))
    pieces.append({"model": model, "choices": [], "usage": usage(reply)})
    return [*pieces, "[DONE]"]


def _spaced(piece: Any) -> Any:  # noqa: ANN401 (JSON)
    piece["choices"][0]["delta"]["content"] = " " + piece["choices"][0]["delta"]["content"]
    return piece


async def stream(request: web.Request, pieces: Sequence[Body | str | bytes]) -> web.StreamResponse:
    """Send pieces as events; bytes go out as they are."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in pieces:
        if isinstance(piece, bytes):
            await response.write(piece)
        else:
            data = piece if isinstance(piece, str) else json.dumps(piece)
            await response.write(f"data: {data}\n\n".encode())
    return response


def refuse(status: int, body: Body | str | None = None, **headers: str) -> Fault:
    """A fault that answers with a status."""

    async def answer(_request: web.Request, _body: Body) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=named)
        return web.json_response({"error": {"message": "no"}} if body is None else body, status=status, headers=named)

    return answer


def send(*pieces: Body | str | bytes) -> Fault:
    """A fault that streams these pieces instead."""

    async def answer(request: web.Request, _body: Body) -> web.StreamResponse:
        return await stream(request, pieces)

    return answer


def hang_up(*pieces: Body | str | bytes) -> Fault:
    """A fault that streams these pieces and then drops the connection."""

    async def answer(request: web.Request, _body: Body) -> web.StreamResponse:
        response = await stream(request, pieces)
        if request.transport is not None:
            request.transport.abort()
        return response

    return answer


@asynccontextmanager
async def serving(script: Script | None = None) -> AsyncIterator[ProviderServer]:
    """A server on a free port."""
    server = ProviderServer() if script is None else ProviderServer(script)

    @web.middleware
    async def note(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        server.seen.append((request.method, request.path, "Authorization" in request.headers))
        server.connections.add(request.transport)
        return await handler(request)

    app = web.Application(middlewares=[note])
    app.router.add_post("/v1/chat/completions", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.base_url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
