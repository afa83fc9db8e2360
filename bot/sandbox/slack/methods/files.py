"""files.* and reactions.*: uploading in two steps, and the small marks under a message."""

import mimetypes
from typing import Any

from bot.sandbox.slack import render
from bot.sandbox.slack.methods.call import Call, Method
from bot.sandbox.slack.methods.chat import content, where_to_post
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.state import File, Message


def get_upload_url(call: Call) -> Json:
    """Answers where to send a file's bytes."""
    workspace, name = call.workspace, call.required("filename")
    length = call.number("length", 0)
    if length <= 0:
        raise Refused.with_messages("invalid_arguments", ["[ERROR] missing required field: length"])
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    found = File(workspace.mint("F"), name, length, workspace.bot_user, int(workspace.clock()), mimetype=kind)
    found.alt = call.text("alt_txt")
    workspace.files[found.id] = found
    return {"upload_url": f"{workspace.base_url}/slack/upload/{found.id}", "file_id": found.id}


def complete_upload(call: Call) -> Json:
    """Takes uploaded files in, and shares them where a channel is named."""
    workspace = call.workspace
    given: Any = call.structure("files", "invalid_arguments")
    if not isinstance(given, list) or not given:
        raise Refused("invalid_arguments")
    files = []
    for entry in given:
        found = workspace.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
        if found is None or found.content is None:
            raise Refused("file_not_found")
        found.title, found.shared = str(entry.get("title") or found.name), True
        files.append(found)
    names = [name for name in (call.text("channel_id") or call.text("channels")).split(",") if name]
    for name in names:
        _share(call, name, files)
    return {"files": [render.file(workspace, found) for found in files]}


def _share(call: Call, name: str, files: list[File]) -> None:
    workspace = call.workspace
    target = Call(workspace, call.triggers, call.open_socket, {**call.args, "channel": name}, call.scopes)
    channel = where_to_post(target)
    thread_ts = call.text("thread_ts")
    if thread_ts and thread_ts not in workspace.messages[channel.id]:
        raise Refused("thread_not_found")
    text, blocks = call.text("initial_comment"), call.structure("blocks", "invalid_blocks_format")
    if blocks:
        blocks, _ = content(workspace, text, blocks, None)
    said = Message(channel.id, workspace.next_ts(), workspace.bot_user, text, blocks or [], bot=True)
    said.thread_ts, said.files = thread_ts or None, [found.id for found in files]
    workspace.add(said)


def add_reaction(call: Call) -> Json:
    """Puts a reaction under a message."""
    workspace, channel = call.workspace, call.channel()
    said = workspace.message(channel.id, call.required("timestamp"))
    if said is None:
        raise Refused("message_not_found")
    if workspace.bot_user not in channel.members:
        raise Refused("not_reactable")
    users = said.reactions.setdefault(call.required("name").strip(":"), [])
    if workspace.bot_user in users:
        raise Refused("already_reacted")
    users.append(workspace.bot_user)
    workspace.touch(said, "reaction")
    return {}


def remove_reaction(call: Call) -> Json:
    """Takes a reaction back."""
    workspace, channel = call.workspace, call.channel()
    said = workspace.message(channel.id, call.required("timestamp"))
    if said is None:
        raise Refused("message_not_found")
    name = call.required("name").strip(":")
    if workspace.bot_user not in said.reactions.get(name, []):
        raise Refused("no_reaction")
    said.reactions[name].remove(workspace.bot_user)
    if not said.reactions[name]:
        del said.reactions[name]
    workspace.touch(said, "reaction")
    return {}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, 4, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, 4, ("files:write",)),
    "reactions.add": Method(add_reaction, 3, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, 2, ("reactions:write",)),
}
