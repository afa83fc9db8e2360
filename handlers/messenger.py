"""The messenger port in Slack: posting, editing and answering, with every failure in our own words."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.engine.models.commands import ReplyTo
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import Note, ReplyNote
from handlers.blocks.layout import Message
from handlers.blocks.shown import shown
from handlers.failures import outside

_ID: Final = re.compile(r"^[CDGUW][A-Z0-9]{2,}$")
_OK: Final = 200
_RESPOND_TIMEOUT: Final = 10
_SETTLED: Final = frozenset(
    {
        *("diff_started", "diff_begun_already"),
        *("accepted", "already_ended", "already_rolling_back", "nothing_to_roll_back", "not_in_phase"),
        *("later_rotation", "way_back_closed", "stale_button"),
    }
)
"""Answers after which the question they answer is settled: they take its place, and its button goes."""
FAILURES: Final = (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What a call to Slack can raise."""


def place(channel: str) -> str:
    """A channel as the Web API takes it: its id, or its name with `#`."""
    return channel if _ID.match(channel) else f"#{channel.lstrip('#')}"


class SlackMessenger:
    """`bot.ports.Messenger` through Slack's Web API. `workspace_url` makes links to messages."""

    def __init__(self, client: AsyncWebClient, *, workspace_url: str = "") -> None:
        """Take the client as `handlers.client` made it."""
        self._client = client
        self._workspace = workspace_url.rstrip("/")

    async def reach(self) -> None:
        """Ask Slack whether it answers at all. Raises OutsideError."""
        try:
            await self._client.api_test()
        except FAILURES as error:
            raise outside(error) from error

    async def post(
        self,
        note: Note,
        *,
        channel: str,
        thread: MessageRef | None = None,
        broadcast: bool = False,
    ) -> MessageRef:
        """Post a new message; in a thread, shown in the channel too with `broadcast`. Raises OutsideError.

        Code `answer_lost`: it may have been posted.
        """
        message = shown(note)
        try:
            answer = await self._client.chat_postMessage(
                channel=thread.channel if thread is not None else place(channel),
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread.ts if thread is not None else None,
                reply_broadcast=True if thread is not None and broadcast else None,
                unfurl_links=False,
                unfurl_media=False,
            )
        except FAILURES as error:
            raise outside(error, channel=channel, posting=True) from error
        where, ts = str(answer["channel"]), str(answer["ts"])
        return MessageRef(channel=where, ts=ts, link=self._link(where, ts, thread))

    def _link(self, channel: str, ts: str, thread: MessageRef | None) -> str:
        if not self._workspace:
            return ""
        link = f"{self._workspace}/archives/{channel}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread.ts}&cid={channel}" if thread is not None else link

    async def edit(self, message: MessageRef, note: Note) -> None:
        """Bring a posted message up to date. Raises OutsideError, `message_gone` when it cannot be changed any more."""
        changed = shown(note)
        try:
            await self._client.chat_update(
                channel=message.channel,
                ts=message.ts,
                text=changed.text,
                blocks=changed.blocks,
            )
        except FAILURES as error:
            raise outside(error, channel=message.channel) from error

    async def attach(self, files: Sequence[Attachment], *, under: MessageRef, words: str) -> None:
        """Upload files into a message's thread. Raises OutsideError, `missing_scope` where the app lacks `files:write`.

        Code `answer_lost`: they may stand there.
        """
        uploads = [
            {"file": one.content, "filename": one.name, "title": one.title, "alt_txt": one.alt or None} for one in files
        ]
        try:
            await self._client.files_upload_v2(
                file_uploads=uploads, channel=under.channel, thread_ts=under.ts, initial_comment=words
            )
        except FAILURES as error:
            raise outside(error, channel=under.channel, posting=True) from error

    async def reply(self, to: ReplyTo, note: ReplyNote) -> None:
        """Answer one person privately. Raises OutsideError when no way to them worked."""
        message = shown(note)
        settled = to.replaces and note.code in _SETTLED and to.response_url
        if settled and await self._respond(to, message, replace=True):
            return
        await self.whisper(to, message)

    async def whisper(self, to: ReplyTo, message: Message) -> None:
        """Show one person a message: through the response URL, else in the channel, else directly."""
        if to.response_url and await self._respond(to, message):
            return
        try:
            if to.channel and await self._ephemeral(to, message):
                return
            await self._client.chat_postMessage(channel=to.user, text=message.text, blocks=message.blocks)
        except FAILURES as error:
            raise outside(error, channel=to.channel, posting=True) from error

    async def _respond(self, to: ReplyTo, message: Message, *, replace: bool = False) -> bool:
        """Whether the response URL took it: it lives 30 minutes and five uses, and says so by its status only."""
        body: dict[str, Any] = {
            "response_type": "ephemeral",
            "replace_original": replace,
            "text": message.text,
            "blocks": message.blocks,
        }
        if to.thread and not replace:
            body["thread_ts"] = to.thread
        try:
            answer = await AsyncWebhookClient(to.response_url, timeout=_RESPOND_TIMEOUT).send_dict(body)
        except FAILURES:
            return False
        return answer.status_code == _OK

    async def _ephemeral(self, to: ReplyTo, message: Message) -> bool:
        try:
            await self._client.chat_postEphemeral(
                channel=to.channel,
                user=to.user,
                text=message.text,
                blocks=message.blocks,
                thread_ts=to.thread or None,
            )
        except FAILURES as error:
            found = outside(error, channel=to.channel)
            if found.again and found.code in {"rate_limited", "unreachable", "token_revoked", "token_refused"}:
                raise
            return False
        return True

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open a modal and answer its id. Raises OutsideError, `form_expired` after the trigger's three seconds."""
        try:
            answer = await self._client.views_open(trigger_id=trigger_id, view=dict(view))
        except FAILURES as error:
            raise outside(error) from error
        opened: Mapping[str, Any] = answer.get("view") or {}
        return str(opened.get("id", ""))

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Change an open modal; one that was closed meanwhile is left alone. Raises OutsideError."""
        try:
            await self._client.views_update(view_id=view_id, view=dict(view))
        except FAILURES as error:
            found = outside(error)
            if found.code != "refused":
                raise found from error

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show somebody's home tab. Raises OutsideError."""
        try:
            await self._client.views_publish(user_id=user, view=dict(view))
        except FAILURES as error:
            raise outside(error) from error
