"""Getting something to the app: over a socket or signed HTTP, with its ack, its repeats, and its faults."""

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack import faults
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.sockets import NotConnected, Sockets
from bot.sandbox.slack.workspace import Workspace

TIMED_OUT = "operation_timeout"
NOWHERE = "dispatch_failed"
BAD_ANSWER = "dispatch_unknown_error"
_OK = 200
_MULTIPLE = 300


@dataclass
class Delivery:
    """One thing for the app. `answer` is the payload of its ack; `ended` is set after the first attempt."""

    id: str
    n: int
    at: float
    type: str
    name: str
    payload: Json
    transport: str
    attempt: int = 0
    acked: bool = False
    failure: str | None = None
    answer: Json | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class _Ending:
    failure: str | None
    answer: Json | None = None
    repeat: bool = True


class Courier:
    """Sends to the app what happens in the workspace, and remembers it."""

    def __init__(self, workspace: Workspace, changes: Changes, placed: faults.Faults, sockets: Sockets) -> None:
        self._workspace, self._changes, self._faults, self._sockets = workspace, changes, placed, sockets
        self._session: aiohttp.ClientSession | None = None
        self._repeats: set[asyncio.Task[None]] = set()
        self.request_url = workspace.seed.app.request_url
        self.sent: dict[str, Delivery] = {}

    async def stop(self) -> None:
        """Ends what is still being repeated."""
        for task in list(self._repeats):
            task.cancel()
        await asyncio.gather(*self._repeats, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _new(self, kind: str, name: str, payload: Json) -> Delivery:
        n = self._changes.tell("delivery")
        transport = "http" if self.request_url else "socket"
        made = Delivery(f"E{n}", n, self._workspace.clock(), kind, name, payload, transport)
        self.sent[made.id] = made
        return made

    async def interact(self, kind: str, name: str, payload: Json) -> Delivery:
        """Sends a command or an interaction, once, and waits for its ack or its failure."""
        delivery = self._new(kind, name, payload)
        self._record(delivery, await self._attempt(delivery, 0, ""))
        return delivery

    async def tell(self, name: str, payload: Json) -> Delivery:
        """Sends an event, waits for the end of the first attempt, and repeats it later as Slack does."""
        delivery = self._new("events_api", name, payload)
        task = asyncio.ensure_future(self._repeat(delivery))
        self._repeats.add(task)
        task.add_done_callback(self._repeats.discard)
        await delivery.ended.wait()
        return delivery

    async def again(self, delivery: Delivery) -> Delivery:
        """Sends a past delivery once more."""
        delivery.attempt += 1
        reason = "timeout" if delivery.type == "events_api" else ""
        self._record(delivery, await self._attempt(delivery, delivery.attempt, reason))
        return delivery

    async def _repeat(self, delivery: Delivery) -> None:
        reason = ""
        for attempt, pause in enumerate((0.0, *self._workspace.seed.timing.event_retries)):
            await asyncio.sleep(pause)
            delivery.attempt = attempt
            ending = await self._attempt(delivery, attempt, reason)
            self._record(delivery, ending)
            if ending.failure is None or not ending.repeat:
                return
            reason = _reason(ending.failure, delivery.transport)

    def _record(self, delivery: Delivery, ending: _Ending) -> None:
        delivery.failure, delivery.acked, delivery.answer = ending.failure, ending.failure is None, ending.answer
        delivery.ended.set()
        self._changes.tell("delivery")

    async def _attempt(self, delivery: Delivery, attempt: int, reason: str) -> _Ending:
        fault = self._faults.on_delivery(delivery.type)
        wait = self._workspace.seed.timing.ack
        if isinstance(fault, faults.Drop):
            await asyncio.sleep(wait)
            return _Ending(TIMED_OUT)
        if isinstance(fault, faults.Delay):
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, faults.Duplicate):
            first, second = await asyncio.gather(
                self._send(delivery, attempt, reason), self._send(delivery, attempt, reason)
            )
            return first if first.failure is None else second
        if isinstance(fault, faults.AckLost):
            await asyncio.gather(self._send(delivery, attempt, reason), asyncio.sleep(wait))
            return _Ending(TIMED_OUT)
        return await self._send(delivery, attempt, reason)

    async def _send(self, delivery: Delivery, attempt: int, reason: str) -> _Ending:
        if self.request_url:
            return await self._post(self.request_url, delivery, attempt, reason)
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": delivery.type,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.type != "events_api",
        }
        if delivery.type == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        try:
            return _Ending(None, await self._sockets.send(envelope, self._workspace.seed.timing.ack))
        except TimeoutError:
            return _Ending(TIMED_OUT)
        except NotConnected:
            return _Ending(NOWHERE)

    async def _post(self, url: str, delivery: Delivery, attempt: int, reason: str) -> _Ending:
        if delivery.type == "events_api":
            kind, body = "application/json", json.dumps(delivery.payload)
        elif delivery.type == "slash_commands":
            kind, body = "application/x-www-form-urlencoded", urlencode(delivery.payload)
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode({"payload": json.dumps(delivery.payload)})
        headers = {"Content-Type": kind}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        return await self._request(url, body, headers)

    async def _request(self, url: str, body: str, headers: dict[str, str]) -> _Ending:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        headers = headers | self.signed(body) | {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        limit = aiohttp.ClientTimeout(total=self._workspace.seed.timing.ack)
        try:
            async with self._session.post(
                url, data=body.encode(), headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                text = await response.text()
                again = response.headers.get("x-slack-no-retry") != "1"
                if not _OK <= response.status < _MULTIPLE:
                    return _Ending(f"http_status_{response.status}", repeat=again)
                return _parsed(text, response.content_type)
        except TimeoutError:
            return _Ending(TIMED_OUT)
        except aiohttp.ClientError:
            return _Ending(NOWHERE)

    def signed(self, body: str) -> dict[str, str]:
        """Answers the headers that prove a request is Slack's (version v0)."""
        at = str(int(self._workspace.clock()))
        secret = self._workspace.seed.app.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}

    async def verify(self, url: str) -> bool:
        """Asks a request URL to repeat a challenge, as Slack does before it accepts one."""
        challenge = uuid.uuid4().hex
        body = {"token": self._workspace.verification_token, "challenge": challenge, "type": "url_verification"}
        ending = await self._request(url, json.dumps(body), {"Content-Type": "application/json"})
        answer = ending.answer or {}
        return ending.failure is None and challenge in {answer.get("challenge"), answer.get("text")}


def _parsed(text: str, content_type: str) -> _Ending:
    if not text.strip():
        return _Ending(None)
    if content_type != "application/json":
        return _Ending(None, {"text": text})
    try:
        answer = json.loads(text)
    except ValueError:
        return _Ending(BAD_ANSWER)
    return _Ending(None, answer) if isinstance(answer, dict) else _Ending(BAD_ANSWER)


def _reason(failure: str, transport: str) -> str:
    """Answers Slack's word for why an event comes again."""
    if transport == "socket":
        return "timeout" if failure == TIMED_OUT else "connection_failed"
    if failure == TIMED_OUT:
        return "http_timeout"
    return "http_error" if failure.startswith("http_") else "connection_failed"
