"""Socket Mode: single-use addresses, hello, one connection for each envelope in turn, acks, and goodbyes."""

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.sandbox.slack import faults, limits
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.workspace import Workspace

WARNING_SECONDS = 10
DEBUG_RECONNECTS_SECONDS = 360


class NotConnected(Exception):
    """No socket is open: Slack has nowhere to send an envelope."""


@dataclass
class Connection:
    """One open socket."""

    id: str
    socket: web.WebSocketResponse
    since: float
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Sockets:
    """The app's open sockets, and the envelopes that wait for their ack."""

    def __init__(self, workspace: Workspace, changes: Changes, placed: faults.Faults) -> None:
        self._workspace, self._changes, self._faults = workspace, changes, placed
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._turn = 0
        self._goodbyes: set[asyncio.Task[None]] = set()
        self.open: list[Connection] = []

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
        socket = web.WebSocketResponse(autoclose=True)
        await socket.prepare(request)
        connection = Connection(secrets.token_hex(6), socket, self._workspace.clock())
        self.open.append(connection)
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
            self.open.remove(connection)
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
                connection.timers.append(loop.call_later(at, self._later_goodbye, connection, reason))

    def _later_goodbye(self, connection: Connection, reason: str) -> None:
        task = asyncio.ensure_future(self._say_goodbye(connection, reason))
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)

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
        for _ in range(len(self.open)):
            self._turn += 1
            connection = self.open[self._turn % len(self.open)]
            if connection.socket.closed:
                continue
            try:
                await connection.socket.send_json(envelope)
            except (ConnectionError, RuntimeError):
                continue
            return
        raise NotConnected

    async def _say_goodbye(self, connection: Connection, reason: str) -> None:
        try:
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": f"applink-{connection.id}"}}
            )
        except (ConnectionError, RuntimeError):
            return
        if reason != "warning":
            await connection.socket.close()

    async def disconnect(self, reason: str) -> int:
        """Ends every connection, with a goodbye unless the reason is `cut`; answers how many there were."""
        connections = list(self.open)
        for connection in connections:
            if reason == "cut":
                await connection.socket.close(code=1006, drain=False)
            else:
                await self._say_goodbye(connection, reason)
        return len(connections)
