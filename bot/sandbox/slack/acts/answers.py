"""What the app says without the Web API: in the ack of a command, and through a response URL."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack.methods.chat import content, replace
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Message
from bot.sandbox.slack.triggers import ResponseUrl

_STATUS = {"no_such_url": 404, "used_url": 404, "expired_url": 404}


async def handle(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Serves a POST to a response URL."""
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    try:
        if not isinstance(body, dict):
            raise Refused("invalid_payload")  # noqa: TRY301 - told like any other refusal
        url = slack.triggers.use(request.match_info["path"])
        say(slack, body, url)
    except Refused as refused:
        answer = {"ok": False, "error": refused.code, **refused.extra}
        return web.json_response(answer, status=_STATUS.get(refused.code, 400))
    return web.json_response({"ok": True})


def say(slack: Slack, body: Json, url: ResponseUrl) -> Message | None:
    """Carries out one message payload; answers what was said or changed, None for a deletion.

    Raises:
        Refused: what Slack refuses in its content, or `message_not_found` for an original that is gone.
    """
    workspace = slack.workspace
    original = workspace.message(url.channel, url.ts, url.user) if url.ts else None
    if _true(body.get("delete_original")):
        if original is None:
            raise Refused("message_not_found")
        workspace.delete(original)
        return None
    text = str(body.get("text") or "")
    blocks, attachments = content(workspace, text, _list(body.get("blocks")), _list(body.get("attachments")))
    if _true(body.get("replace_original")):
        if original is None:
            raise Refused("message_not_found")
        replace(workspace, original, text, blocks, attachments)
        return original
    said = Message(url.channel, workspace.next_ts(), workspace.bot_user, text, blocks, attachments, bot=True)
    thread_ts = str(body.get("thread_ts") or "")
    if thread_ts:
        parent = workspace.message(url.channel, thread_ts)
        if parent is None:
            raise Refused("cannot_reply_to_message")
        said.thread_ts = parent.thread_ts or parent.ts
    if body.get("response_type") != "in_channel":
        said.to = url.user
    return workspace.add(said)


def _true(value: Any) -> bool:  # noqa: ANN401 - whatever JSON arrived
    return value is True or value == "true"


def _list(value: Any) -> Any:  # noqa: ANN401 - whatever JSON arrived
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refused("invalid_blocks") from None
