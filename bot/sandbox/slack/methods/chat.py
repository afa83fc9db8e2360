"""chat.*: saying, changing and taking back, and the checks on what is said."""

import re
from typing import Any

from bot.sandbox.slack import blocks as block_rules
from bot.sandbox.slack import limits, render
from bot.sandbox.slack.methods.call import Call, Method
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.state import Channel, Message
from bot.sandbox.slack.tidy import tidy
from bot.sandbox.slack.workspace import Workspace


def content(workspace: Workspace, text: str, blocks: Any, attachments: Any) -> tuple[list[Json], list[Json]]:  # noqa: ANN401
    """Answers blocks and attachments as they are stored, after Slack's checks.

    Raises:
        Refused: `no_text`, `invalid_blocks`, `msg_blocks_too_long`, `invalid_attachments`, `too_many_attachments`.
    """
    blocks, attachments = blocks or [], attachments or []
    faults = block_rules.check_message(blocks)
    if faults:
        raise Refused.with_messages("invalid_blocks", faults)
    if block_rules.text_length(blocks) > limits.BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")
    if not isinstance(attachments, list) or not all(isinstance(found, dict) for found in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > limits.ATTACHMENTS:
        raise Refused("too_many_attachments")
    for attachment in attachments:
        inner = block_rules.check_message(attachment.get("blocks") or [])
        if inner:
            raise Refused.with_messages("invalid_attachments", inner)
    _check_files(workspace, blocks)
    if not text and not blocks and not attachments:
        raise Refused("no_text")
    own = [{**a, "blocks": tidy(workspace, a["blocks"])} if a.get("blocks") else a for a in attachments]
    return tidy(workspace, blocks), own


def _check_files(workspace: Workspace, blocks: list[Json]) -> None:
    for index, block in enumerate(blocks):
        found = (block.get("slack_file") or {}).get("id") if block["type"] == "image" else None
        if found is not None and (found not in workspace.files or not workspace.files[found].shared):
            fault = f"[ERROR] invalid slack file [json-pointer:/blocks/{index}/slack_file]"
            raise Refused.with_messages("invalid_blocks", [fault])


def metadata(found: Any) -> Json | None:  # noqa: ANN401 - whatever JSON arrived
    """Answers message metadata after Slack's check of its form.

    Raises:
        Refused: `invalid_metadata_format`.
    """
    if found is None:
        return None
    if not isinstance(found, dict) or set(found) - {"event_type", "event_payload", "entities"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(found.get("event_type"), str) or not isinstance(found.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    return found


def where_to_post(call: Call) -> Channel:
    """Answers the channel a bot may post in, by id, by name, or (a user's id) the direct message with them.

    Raises:
        Refused: `invalid_arguments`, `channel_not_found`, `not_in_channel`, `is_archived`.
    """
    workspace, name = call.workspace, call.given("channel")
    if name in workspace.users and not workspace.users[name].is_bot:
        return workspace.direct(name)
    channel = workspace.find_channel(name)
    if channel is None or (channel.private and workspace.bot_user not in channel.members):
        raise Refused("channel_not_found")
    if channel.archived:
        raise Refused("is_archived")
    if workspace.bot_user not in channel.members and "chat:write.public" not in call.scopes:
        raise Refused("not_in_channel")
    return channel


def _thread_of(workspace: Workspace, channel: Channel, thread_ts: str) -> str | None:
    """Answers the thread a message is said in; None, its channel, also where no such message is there (any more)."""
    if not thread_ts:
        return None
    seconds = float(thread_ts) if re.fullmatch(r"\d+(\.\d+)?", thread_ts) else 0.0
    if not limits.THREAD_FROM < seconds <= workspace.clock() + limits.THREAD_AHEAD:
        fault = f"[ERROR] {round(seconds * 1_000_000)} is not a valid thread_ts"
        raise Refused.with_messages("invalid_thread_ts", [fault])
    parent = workspace.messages[channel.id].get(thread_ts)
    if parent is None or (parent.deleted and not workspace.thread(channel.id, thread_ts)):
        return None
    return parent.thread_ts or parent.ts


def _blocks(call: Call) -> Any:  # noqa: ANN401 - a list of whatever JSON
    blocks = call.structure("blocks", "invalid_blocks_format")
    if not isinstance(blocks, list | None):
        raise Refused("invalid_blocks_format")
    return blocks


def _text(call: Call) -> str:
    text, marked = call.text("text"), call.text("markdown_text")
    if marked and (text or call.args.get("blocks")):
        raise Refused("markdown_text_conflict")
    return text or marked


def post_message(call: Call) -> Json:
    """Says something in a channel or thread."""
    workspace, text = call.workspace, _text(call)
    channel = where_to_post(call)
    blocks, attachments = content(workspace, text, _blocks(call), call.structure("attachments", "invalid_attachments"))
    thread_ts = _thread_of(workspace, channel, call.text("thread_ts"))
    said = workspace.add(
        Message(
            channel.id,
            workspace.next_ts(),
            workspace.bot_user,
            text[: limits.POST_TEXT],
            blocks,
            attachments,
            thread_ts,
            broadcast=thread_ts is not None and call.flag("reply_broadcast"),
            bot=True,
            metadata=metadata(call.structure("metadata", "invalid_metadata_format")),
            username=call.text("username") if "chat:write.customize" in call.scopes else "",
        )
    )
    return {"channel": channel.id, "ts": said.ts, "message": render.message(workspace, said)}


_NOT_ECHOED = {"ts", "reactions", "reply_count", "reply_users", "reply_users_count", "latest_reply"}
"""What Slack leaves out of the message in its answer to `chat.update`, as measured by the makers of backlot."""


def update(call: Call) -> Json:
    """Changes one of the bot's own messages. `text` without `blocks` takes the blocks away."""
    workspace, text = call.workspace, _text(call)
    channel = call.channel()
    said = workspace.message(channel.id, call.given("ts"))
    if said is None:
        raise Refused("message_not_found")
    if said.user != workspace.bot_user:
        raise Refused("cant_update_message")
    if channel.archived:
        raise Refused("is_archived")
    if len(text) > limits.UPDATE_TEXT:
        raise Refused("msg_too_long")
    given = {name for name in ("blocks", "attachments") if call.args.get(name) is not None}
    if not text and not given:
        raise Refused("no_text")
    blocks = [] if text else said.blocks
    if "blocks" in given:
        blocks = _blocks(call) or []
    attachments = call.structure("attachments", "invalid_attachments") if "attachments" in given else said.attachments
    text = text or said.text
    replace(workspace, said, text, *content(workspace, text, blocks, attachments))
    if "metadata" in call.args:
        said.metadata = metadata(call.structure("metadata", "invalid_metadata_format"))
    if call.flag("reply_broadcast"):
        said.broadcast = said.thread_ts is not None
    echoed = {key: value for key, value in render.message(workspace, said).items() if key not in _NOT_ECHOED}
    return {"channel": channel.id, "ts": said.ts, "text": said.text, "message": echoed}


def replace(workspace: Workspace, said: Message, text: str, blocks: list[Json], attachments: list[Json]) -> None:
    """Puts new content in the place of a message's old one; Slack marks only a change of bare text as edited."""
    said.earlier.append(said.blocks)
    said.marked_edited = said.marked_edited or (not blocks and not said.blocks and said.text != text)
    said.text, said.blocks, said.attachments = text, blocks, attachments
    said.edited = workspace.next_ts()
    workspace.touch(said)


def post_ephemeral(call: Call) -> Json:
    """Says something that only one member of the channel sees, until they reload."""
    workspace, text = call.workspace, _text(call)
    channel = where_to_post(call)
    user = workspace.users.get(call.required("user"))
    if user is None or user.id not in channel.members:
        raise Refused("user_not_in_channel")
    blocks, attachments = content(workspace, text, _blocks(call), call.structure("attachments", "invalid_attachments"))
    thread_ts = _thread_of(workspace, channel, call.text("thread_ts"))
    said = Message(channel.id, workspace.next_ts(), workspace.bot_user, text, blocks, attachments, thread_ts)
    said.to, said.bot = user.id, True
    return {"message_ts": workspace.add(said).ts}


def delete(call: Call) -> Json:
    """Takes one of the bot's own messages back."""
    workspace, channel = call.workspace, call.channel()
    said = workspace.message(channel.id, call.given("ts"))
    if said is None:
        raise Refused("message_not_found")
    if said.user != workspace.bot_user:
        raise Refused("cant_delete_message")
    workspace.delete(said)
    return {"channel": channel.id, "ts": said.ts}


def get_permalink(call: Call) -> Json:
    """Answers the address of a message."""
    workspace, channel = call.workspace, call.channel()
    said = workspace.message(channel.id, call.given("message_ts"))
    if said is None:
        raise Refused("message_not_found")
    return {"channel": channel.id, "permalink": permalink(workspace, said)}


def permalink(workspace: Workspace, said: Message) -> str:
    """Answers the address of a message: on this page, in the form Slack gives it."""
    link = f"{workspace.base_url}/archives/{said.channel}/p{said.ts.replace('.', '')}"
    return f"{link}?thread_ts={said.thread_ts}&cid={said.channel}" if said.thread_ts else link


METHODS = {
    "chat.postMessage": Method(post_message, 0, ("chat:write",)),
    "chat.update": Method(update, 3, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, 4, ("chat:write",)),
    "chat.delete": Method(delete, 3, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, 4),
}
