"""The one way into every listener: acks are kept track of, nothing escapes, and nobody's click stays without an answer.

Bolt loses an ack when a listener raises right after it, and leaves the person with "failed" when one raises before. So
every listener is called through here, and only here are unexpected errors met.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from bot.engine.models.commands import ReplyTo
from bot.engine.models.notes import ReplyNote
from bot.ports import OutsideError
from bot.wording.replies import reply_text
from handlers.blocks.mrkdwn import render, within
from handlers.given import Given

_log = structlog.get_logger("handlers")

Body = Mapping[str, Any]


class Ack(Protocol):
    """Bolt's ack."""

    async def __call__(self, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - Bolt's own signature
        """Answer the request that is being handled."""
        ...


@dataclass
class Call:
    """One request of Slack's: who asked, from where, and whether it was acked."""

    ack_it: Ack
    body: Body
    acked: bool = field(default=False)

    async def ack(self, *arguments: Any, **more: Any) -> None:  # noqa: ANN401 - Bolt's own signature
        """Ack once; what comes later is dropped."""
        if not self.acked:
            self.acked = True
            await self.ack_it(*arguments, **more)

    @property
    def user(self) -> str:
        """The member id of who acted; empty for bots and workflows."""
        event = self.body.get("event") or {}
        if event:
            return "" if event.get("bot_id") else str(event.get("user") or "")
        return str((self.body.get("user") or {}).get("id") or self.body.get("user_id") or "")

    @property
    def team(self) -> str:
        """The workspace it came from."""
        return str((self.body.get("team") or {}).get("id") or self.body.get("team_id") or "")

    @property
    def reply_to(self) -> ReplyTo:
        """Where a private answer goes."""
        event = self.body.get("event") or {}
        container = self.body.get("container") or {}
        shown = self.body.get("message") or {}
        channel = (
            (self.body.get("channel") or {}).get("id") or self.body.get("channel_id") or event.get("channel") or ""
        )
        thread = container.get("thread_ts") or shown.get("thread_ts") or event.get("thread_ts") or ""
        # What stands in the channel is answered there, where most people see it: a broadcast, and a message that others
        # hang under (Slack names such a one its own thread).
        if shown.get("subtype") == "thread_broadcast" or thread == shown.get("ts"):
            thread = ""
        url = self.body.get("response_url") or ""
        return ReplyTo(user=self.user, channel=str(channel), thread=str(thread), response_url=str(url))


Listener = Callable[[Call], Awaitable[None]]


def guarded(given: Given, listener: Listener) -> Callable[..., Awaitable[None]]:
    """The listener as Bolt gets it."""

    async def listen(ack: Ack, body: dict[str, Any]) -> None:
        call = Call(ack, body)
        try:
            if given.team and call.team and call.team != given.team:
                await answer(given, call, "other_workspace")
            else:
                await listener(call)
            await call.ack()
        except Exception as error:  # noqa: BLE001 - the last stop: whatever it is, a person gets an answer
            await _failed(given, call, error)

    return listen


async def answer(given: Given, call: Call, code: str, **facts: Any) -> None:  # noqa: ANN401 - facts are JSON
    """Ack, and tell the person something privately. Raises OutsideError."""
    await call.ack()
    if call.user:
        await given.messenger.reply(call.reply_to, ReplyNote(code=code, facts=facts))


async def _failed(given: Given, call: Call, error: Exception) -> None:
    reference = secrets.token_hex(4)
    _log.error("listener failed", reference=reference, acked=call.acked, user=call.user, exc_info=error)
    code = "internal_error" if call.acked else "not_recorded"
    if isinstance(error, OutsideError) and error.code == "form_expired":
        code = "form_expired"
    facts = {"reference": reference}
    try:
        told: dict[str, Any] = {}
        if not call.acked:
            told = _in_the_ack(call, code, reference)
            await call.ack(**told)
        if call.user and not told:
            await given.messenger.reply(call.reply_to, ReplyNote(code=code, facts=dict(facts)))
    except Exception as second:  # noqa: BLE001 - Slack itself may be what fails; the reference is in the log
        _log.error("failure could not be told", reference=reference, exc_info=second)


def _in_the_ack(call: Call, code: str, reference: str) -> dict[str, Any]:
    words = within(render(reply_text(code, {"reference": reference})), 1_900)
    if call.body.get("command"):
        return {"text": words}
    if call.body.get("type") == "view_submission":
        fields = ((call.body.get("view") or {}).get("state") or {}).get("values") or {}
        if fields:
            return {"response_action": "errors", "errors": {next(reversed(list(fields))): words[:500]}}
    return {}
