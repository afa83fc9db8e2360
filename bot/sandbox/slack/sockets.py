"""Socket Mode: single-use addresses, hello, one connection for each envelope in turn, acks, and goodbyes."""

import asyncio
import json
import secrets
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack import faults, limits
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.workspace import Workspace

WARNING_SECONDS = 10
DEBUG_RECONNECTS_SECONDS = 360
_CLOSE_SECONDS = 0.5
GRACE_SECONDS = 1.0
"""How long a connection may stay after its goodbye: clients open the next one first and close this one themselves."""


class NotConnected(Exception):
    """No socket is open: Slack has nowhere to send an envelope."""


@dataclass
class Connection:
    """One socket; `leaving` once it was told goodbye, after which nothing is sent over it any more."""

    id: str
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    since: float
    leaving: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Sockets:
    """The app's open sockets, and the envelopes that wait for their ack."""

    def __init__(self, workspace: Workspace, changes: Changes, placed: faults.Faults) -> None:
        self._workspace, self._changes, self._faults = workspace, changes, placed
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._turn = 0
        self._ending: set[asyncio.Task[None]] = set()
        self._all: list[Connection] = []

    @property
    def open(self) -> list[Connection]:
        """Answers the connections that take envelopes."""
        return [connection for connection in self._all if not connection.leaving]

    def ticket(self) -> str:
        """Answers an address that one connection can use once."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        host = self._workspace.base_url.replace("http://", "ws://", 1)
        return f"{host}/slack/link/?ticket={ticket}&app_id={self._workspace.app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serves one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or self._refusing():
            return web.Response(status=401, text="invalid or used ticket")
        self._tickets.discard(ticket)
        # No heartbeat of ours: aiohttp answers the client's pings, and a dead peer shows when sending.
        socket = web.WebSocketResponse(timeout=_CLOSE_SECONDS)
        await socket.prepare(request)
        connection = Connection(secrets.token_hex(6), socket, request.transport, self._workspace.clock())
        self._all.append(connection)
        self._changes.tell("connection")
        try:
            life = self._workspace.seed.timing.connection
            if request.query.get("debug_reconnects") == "true":
                life = DEBUG_RECONNECTS_SECONDS
            await socket.send_json(self._hello(connection, life))
            if len(self.open) > limits.SOCKETS:
                await self._say_goodbye(connection, "too_many_websockets")
            else:
                self._schedule_end(connection, life)
            await self._listen(socket)
        finally:
            for timer in connection.timers:
                timer.cancel()
            self._all.remove(connection)
            self._changes.tell("connection")
        return socket

    def _refusing(self) -> bool:
        return any(isinstance(found, faults.RefuseConnections) for found in self._faults.standing())

    def _hello(self, connection: Connection, life: float) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {
                "host": f"applink-{connection.id}",
                "build_number": 1,
                "approximate_connection_time": int(life),
            },
            "connection_info": {"app_id": self._workspace.app_id},
        }

    def _schedule_end(self, connection: Connection, life: float) -> None:
        loop = asyncio.get_running_loop()
        for at, reason in ((life - WARNING_SECONDS, "warning"), (life, "refresh_requested")):
            if at > 0:
                goodbye = partial(self._goodbye_later, connection, reason)
                connection.timers.append(loop.call_later(at, goodbye))

    def _goodbye_later(self, connection: Connection, reason: str) -> None:
        self._later(self._say_goodbye(connection, reason))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                said = json.loads(frame.data)
            except ValueError:
                continue
            envelope = said.get("envelope_id") if isinstance(said, dict) else None
            waiting = self._waiting.get(str(envelope))
            if waiting is not None and not waiting.done():
                waiting.set_result(said.get("payload"))

    async def send(self, envelope: Json, wait: float) -> Json | None:
        """Sends an envelope over the next connection in turn; answers the payload of its ack, None for an empty one.

        Raises:
            NotConnected: no socket took it.
            TimeoutError: it was not acked within `wait` seconds.
        """
        waiting: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = waiting
        try:
            await self._pass_on(envelope)
            return await asyncio.wait_for(waiting, wait)
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def _pass_on(self, envelope: Json) -> None:
        there = self.open
        for _ in there:
            self._turn += 1
            connection = there[self._turn % len(there)]
            if connection.socket.closed:
                continue
            try:
                await connection.socket.send_json(envelope)
            except (ConnectionError, RuntimeError):
                continue
            return
        raise NotConnected

    async def _say_goodbye(self, connection: Connection, reason: str) -> None:
        last = reason != "warning"
        if last:
            self._leave(connection)
        try:
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": f"applink-{connection.id}"}}
            )
        except (ConnectionError, RuntimeError):
            return
        if last:
            loop = asyncio.get_running_loop()
            connection.timers.append(loop.call_later(GRACE_SECONDS, self._close_later, connection))

    def _leave(self, connection: Connection) -> None:
        connection.leaving = True
        self._changes.tell("connection")

    def _close_later(self, connection: Connection) -> None:
        self._later(self._close(connection))

    async def _close(self, connection: Connection) -> None:
        await connection.socket.close()

    async def disconnect(self, reason: str) -> int:
        """Ends every connection, with a goodbye unless the reason is `cut`; answers how many there were."""
        connections = self.open
        for connection in connections:
            if reason == "cut":
                self._cut(connection)
            else:
                await self._say_goodbye(connection, reason)
        return len(connections)

    def _cut(self, connection: Connection) -> None:
        self._leave(connection)
        if connection.transport is not None:
            connection.transport.abort()

    async def stop(self) -> None:
        """Cuts every connection there still is."""
        for connection in self._all:
            self._cut(connection)
        for task in list(self._ending):
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
