"""What a user sees of messages and views, as the control API shows it."""

from typing import Any

from bot.sandbox.slack import elements, plain
from bot.sandbox.slack.acts.clicks import dialog_of, shown_to
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.state import Channel, Message, User, View
from bot.sandbox.slack.workspace import Workspace


def message(workspace: Workspace, user: User, said: Message) -> Json:
    """Answers a message as this user sees it."""
    channel, author = workspace.channels[said.channel], workspace.users[said.user]
    blocks = [] if said.deleted else _blocks_for(user, said.blocks)
    return {
        "channel": said.channel,
        "channel_name": channel_name(workspace, channel),
        "ts": said.ts,
        "thread_ts": said.thread_ts,
        "user": said.user,
        "user_name": said.username or author.name,
        "bot": said.bot,
        "text": "" if said.deleted else said.text,
        "blocks": blocks,
        "attachments": [] if said.deleted else said.attachments,
        "plain": plain.of_message(workspace, said, blocks),
        "buttons": _buttons(blocks),
        "menus": _menus(blocks, workspace.entered.get((user.id, said.channel, said.ts), {})),
        "edited": said.marked_edited,
        "ephemeral": said.to is not None,
        "broadcast": said.broadcast,
        "deleted": said.deleted,
        "reply_count": len(workspace.thread(said.channel, said.ts)),
        "reactions": [{"name": name, "users": users} for name, users in said.reactions.items()],
        "files": [] if said.deleted else [file(workspace, found) for found in _files_of(said)],
        "metadata": said.metadata,
        "n": said.n,
        "at": said.at,
    }


def channel_name(workspace: Workspace, channel: Channel) -> str:
    """Answers what a channel is called; the direct message with the bot is `@` and the bot's name."""
    return channel.name if channel.direct is None else f"@{workspace.seed.app.name}"


def _files_of(said: Message) -> list[str]:
    shown = [str((block.get("slack_file") or {}).get("id") or "") for block in elements.each_block(said.blocks)]
    return [*said.files, *(found for found in shown if found)]


def file(workspace: Workspace, file_id: str) -> Json:
    """Answers a file, with an address that needs no token."""
    found = workspace.files[file_id]
    return {
        "id": found.id,
        "name": found.name,
        "title": found.title or found.name,
        "alt": found.alt,
        "mimetype": found.mimetype,
        "size": found.length,
        "url": f"{workspace.base_url}/control/files/{found.id}",
    }


def _blocks_for(user: User, blocks: list[Json]) -> list[Json]:
    """Answers the blocks without the buttons that are shown to others only."""
    shown = []
    for block in blocks:
        found = block.get("elements")
        if block.get("type") in {"actions", "context_actions"} and isinstance(found, list):
            kept = [p.element for p in shown_to(user, [elements.Placed(block, e) for e in found])]
            if not kept:
                continue
            shown.append({**block, "elements": kept})
        elif block.get("accessory") and not shown_to(user, [elements.Placed(block, block["accessory"])]):
            shown.append({key: value for key, value in block.items() if key != "accessory"})
        else:
            shown.append(block)
    return shown


def _buttons(blocks: list[Json]) -> list[Json]:
    return [
        {
            "label": elements.label(placed),
            "action_id": placed.action_id,
            "block_id": placed.block_id,
            "value": placed.element.get("value"),
            "style": placed.element.get("style"),
            "url": placed.element.get("url"),
            "confirm": dialog_of(placed.element),
        }
        for placed in elements.interactive(blocks)
        if placed.type in elements.BUTTONS
    ]


def _menus(blocks: list[Json], entered: dict[str, dict[str, Json]]) -> list[Json]:
    return [
        {
            "label": elements.label(placed),
            "action_id": placed.action_id,
            "block_id": placed.block_id,
            "type": placed.type,
            "options": options(placed.element),
            "value": _value(placed, entered),
            "confirm": dialog_of(placed.element),
        }
        for placed in elements.interactive(blocks)
        if placed.type not in elements.BUTTONS and placed.block.get("type") != "input"
    ]


def options(element: Json) -> list[Json]:
    """Answers an element's own options as text and value."""
    return [option(found) for found in elements.options(element)]


def option(found: Json) -> Json:
    """Answers one option as text and value."""
    return {"text": found["text"]["text"], "value": found["value"]}


def _value(placed: elements.Placed, entered: dict[str, dict[str, Json]]) -> Any:  # noqa: ANN401 - by the kind of input
    state = entered.get(placed.block_id, {}).get(placed.action_id) or elements.initial_state(placed.element) or {}
    values = [value for key, value in state.items() if key != "type"]
    value = values[0] if values else None
    if isinstance(value, dict):
        return value.get("value")
    if isinstance(value, list):
        return [found.get("value") if isinstance(found, dict) else found for found in value]
    return value


def view(workspace: Workspace, shown: View) -> Json:
    """Answers a modal or home tab as its user sees it."""
    body = shown.body
    title, submit, close = ((body.get(key) or {}).get("text") for key in ("title", "submit", "close"))
    return {
        "view_id": shown.id,
        "type": body["type"],
        "callback_id": body.get("callback_id", ""),
        "title": title,
        "submit": submit,
        "close": close,
        "blocks": body["blocks"],
        "plain": plain.of_view(workspace, shown),
        "buttons": _buttons(body["blocks"]),
        "menus": _menus(body["blocks"], shown.values),
        "fields": [_field(placed, shown) for placed in elements.inputs(body["blocks"])],
        "errors": dict(shown.errors),
        "hash": shown.hash,
        "private_metadata": body.get("private_metadata", ""),
        "root_view_id": shown.root,
        "previous_view_id": shown.previous,
    }


def _field(placed: elements.Placed, shown: View) -> Json:
    element, block = placed.element, placed.block
    return {
        "block_id": placed.block_id,
        "action_id": placed.action_id,
        "label": elements.label(placed),
        "hint": (block.get("hint") or {}).get("text"),
        "placeholder": (element.get("placeholder") or {}).get("text"),
        "type": placed.type,
        "optional": bool(block.get("optional")),
        "dispatch": bool(block.get("dispatch_action")),
        "multiline": bool(element.get("multiline")),
        "value": _value(placed, shown.values),
        "options": options(element),
        "error": shown.errors.get(placed.block_id),
    }
