"""Blocks, messages and views as plain text: everything that can be read on them, button labels in square brackets."""

from collections.abc import Callable
from html import unescape
from typing import Any

from bot.sandbox.slack import elements, words
from bot.sandbox.slack.charts import chart_in_words
from bot.sandbox.slack.mrkdwn import plain as plain_text
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.state import Message, View
from bot.sandbox.slack.workspace import Workspace


def of_message(workspace: Workspace, message: Message, blocks: list[Json]) -> str:
    """Answers a message as it reads; `blocks` are those its reader is shown."""
    if message.deleted:
        return words.TOMBSTONE
    lines = [of_blocks(workspace, blocks)] if blocks else [plain_text(workspace, message.text)]
    for attachment in message.attachments:
        own = attachment.get("blocks")
        text = attachment.get("text") or attachment.get("fallback") or ""
        lines.append(of_blocks(workspace, own) if own else plain_text(workspace, str(text)))
    lines += [f"({file.title or file.name})" for file in (workspace.files[f] for f in message.files)]
    return "\n".join(line for line in lines if line)


def of_view(workspace: Workspace, view: View) -> str:
    """Answers a modal or home tab as it reads, with what was entered and the errors under its fields."""
    body = view.body
    lines = [_text(workspace, body.get("title")), of_blocks(workspace, body["blocks"], view.values, view.errors)]
    bottom = [f"[{_text(workspace, body[key])}]" for key in ("close", "submit") if body.get(key)]
    return "\n".join(line for line in [*lines, " ".join(bottom)] if line)


def of_blocks(
    workspace: Workspace,
    blocks: list[Json],
    entered: dict[str, dict[str, Json]] | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    """Answers blocks as they read, one line a block or row."""
    lines = [_block(workspace, block, entered or {}, errors or {}) for block in blocks]
    return "\n".join(line for line in lines if line)


def _text(workspace: Workspace, text: Any) -> str:  # noqa: ANN401 - a text object, a bare string or nothing
    if isinstance(text, dict):
        body = str(text.get("text", ""))
        return plain_text(workspace, body) if text.get("type") == "mrkdwn" else unescape(body)
    return str(text or "")


def _element(workspace: Workspace, block: Json, element: Json, entered: dict[str, dict[str, Json]]) -> str:
    kind = element.get("type")
    if kind in {"plain_text", "mrkdwn"}:
        return _text(workspace, element)
    if kind == "image":
        return f"({element.get('alt_text', '')})"
    placed = elements.Placed(block, element)
    if kind in elements.BUTTONS:
        return f"[{elements.label(placed)}]"
    if kind == "overflow":
        return "[…]"
    if kind == "feedback_buttons":
        sides = (element.get("positive_button"), element.get("negative_button"))
        return " ".join(f"[{_text(workspace, side.get('text'))}]" for side in sides if side)
    state = entered.get(placed.block_id, {}).get(placed.action_id) or elements.initial_state(element)
    value = elements.shown_value(state) if state else ""
    if kind in {"checkboxes", "radio_buttons"}:
        chosen = value.split(", ")
        names = [_text(workspace, option["text"]) for option in elements.options(element)]
        return " ".join(f"({'x' if name in chosen else ' '}) {name}" for name in names)
    if kind in elements.TYPED:
        return value or "____"
    return f"[{value or elements.label(placed)} ▾]"


def _block(workspace: Workspace, block: Json, entered: dict[str, dict[str, Json]], errors: dict[str, str]) -> str:
    kind = block.get("type")
    if kind == "input":
        hint, error = _text(workspace, block.get("hint")), errors.get(str(block.get("block_id")))
        field = f"{_text(workspace, block['label'])}: {_element(workspace, block, block['element'], entered)}"
        return "\n".join(line for line in (field, hint, f"! {error}" if error else "") if line)
    if kind == "rich_text":
        return "\n".join(_rich(workspace, part) for part in block.get("elements") or [])
    if kind in _WHOLE:
        return _WHOLE[kind](workspace, block)
    if kind in {"actions", "context", "context_actions"}:
        found = [_element(workspace, block, element, entered) for element in block.get("elements") or []]
        return " ".join(found)
    lines = [
        _text(workspace, block.get(key)) for key in ("title", "subtitle", "text", "body", "description", "caption")
    ]
    lines += [_text(workspace, field) for field in block.get("fields") or []]
    lines += [_block(workspace, child, entered, errors) for child in block.get("child_blocks") or []]
    if kind == "carousel":
        lines += [_block(workspace, child, entered, errors) for child in block.get("elements") or []]
    if kind == "plan":
        lines += [
            _block(workspace, {"type": "task_card", **task}, entered, errors) for task in block.get("tasks") or []
        ]
    if kind == "task_card":
        lines = [f"{_text(workspace, block.get('title'))} ({str(block.get('status', 'pending')).replace('_', ' ')})"]
        lines += [_block(workspace, block[key], entered, errors) for key in ("details", "output") if block.get(key)]
    if kind == "image":
        lines.append(f"({block.get('alt_text', '')})")
    if block.get("accessory"):
        lines.append(_element(workspace, block, block["accessory"], entered))
    if kind == "card":
        lines.append(" ".join(_element(workspace, block, element, entered) for element in block.get("actions") or []))
    return "\n".join(line for line in lines if line)


def _table(workspace: Workspace, block: Json) -> str:
    rows = [" | ".join(_cell(workspace, cell) for cell in row) for row in block.get("rows") or []]
    return "\n".join([*([str(block["caption"])] if block.get("caption") else []), *rows])


_WHOLE: dict[str, Callable[[Workspace, Json], str]] = {
    "table": _table,
    "data_table": _table,
    "data_visualization": lambda _, block: chart_in_words(block),
    "markdown": lambda _, block: str(block.get("text", "")),
}
"""Blocks whose words are not those of their parts, one after the other."""


def _cell(workspace: Workspace, cell: Json) -> str:
    if cell.get("type") == "rich_text":
        return _block(workspace, cell, {}, {}).replace("\n", " ")
    return str(cell.get("text", cell.get("value", "")))


def _rich(workspace: Workspace, part: Json) -> str:
    kind = part.get("type")
    if kind == "rich_text_list":
        return "\n".join(f"• {_rich(workspace, item)}" for item in part.get("elements") or [])
    return "".join(_rich_piece(workspace, piece) for piece in part.get("elements") or [])


def _rich_piece(workspace: Workspace, piece: Json) -> str:
    kind = piece.get("type")
    if kind == "user":
        return plain_text(workspace, f"<@{piece.get('user_id')}>")
    if kind == "usergroup":
        return plain_text(workspace, f"<!subteam^{piece.get('usergroup_id')}>")
    if kind == "channel":
        return plain_text(workspace, f"<#{piece.get('channel_id')}>")
    if kind == "date":
        return plain_text(
            workspace, f"<!date^{piece.get('timestamp')}^{piece.get('format')}|{piece.get('fallback', '')}>"
        )
    if kind == "emoji":
        return f":{piece.get('name')}:"
    if kind == "broadcast":
        return f"@{piece.get('range')}"
    return str(piece.get("text") or piece.get("url") or "")
