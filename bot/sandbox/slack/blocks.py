"""What Slack accepts as blocks: slack_sdk's own models, and the rules they miss. Pure.

Faults are sentences in the form Slack gives in `response_metadata.messages`, with a JSON pointer at their end.
"""

from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement
from slack_sdk.models.views import View

from bot.sandbox.slack import elements, limits
from bot.sandbox.slack.refused import Json

_MENUS = {
    *("static_select", "external_select", "users_select", "conversations_select", "channels_select"),
    *("multi_static_select", "multi_external_select"),
    *("multi_users_select", "multi_conversations_select", "multi_channels_select"),
}
_CHOICES = {*_MENUS, "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"}
_ACTIONS = {*_CHOICES, "button", "overflow", "workflow_button", "rich_text_input"}
_INPUTS = {*_CHOICES, *elements.TYPED, "file_input", "rich_text_input"}
_ACCESSORIES = {*_CHOICES - {"datetimepicker"}, "button", "overflow", "workflow_button", "image"}
_CONTEXT = {"image", "plain_text", "mrkdwn"}
_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}
_EVERYWHERE = {"section", "divider", "image", "actions", "context", "input", "header", "video", "rich_text", "alert"}
_MESSAGE_ONLY = {
    *("markdown", "table", "data_table", "data_visualization", "context_actions", "task_card", "plan"),
    *("card", "carousel", "container", "call"),
}
SURFACES = {
    "message": frozenset(_EVERYWHERE | _MESSAGE_ONLY),
    "modal": frozenset(_EVERYWHERE | {"container", "card", "carousel"}),
    "home": frozenset(_EVERYWHERE | {"container", "card", "carousel"}),
}
_UNMODELLED = {"data_table", "data_visualization"}
"""Documented blocks that slack_sdk 3.47 has no class for."""
_PLAIN_ONLY = {"header": ("text",), "input": ("label", "hint"), "button": ("text",), "image": ("title",)}


def check_message(blocks: Any) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    """Answers what is wrong with the blocks of a message; an empty list when nothing is."""
    faults = list(_check_all(blocks, "message", limits.MESSAGE_BLOCKS))
    if faults:
        return faults
    tables = [block for block in elements.each_block(blocks) if block["type"] == "table"]
    if len(tables) > 1:
        faults.append("[ERROR] only_one_table_allowed [json-pointer:/blocks]")
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > limits.MARKDOWN_TEXT:
        faults.append(f"[ERROR] markdown text must be less than {limits.MARKDOWN_TEXT + 1} characters in all")
    return faults


def check_view(view: Any) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    """Answers what is wrong with a view; an empty list when nothing is."""
    if not isinstance(view, dict):
        return ["[ERROR] must be an object [json-pointer:/view]"]
    kind = view.get("type")
    if kind not in {"modal", "home"}:
        return [f"[ERROR] unsupported view type: {kind} [json-pointer:/view/type]"]
    faults = [
        fault.replace("[json-pointer:/blocks", "[json-pointer:/view/blocks")
        for fault in _check_all(view.get("blocks"), kind, limits.VIEW_BLOCKS)
    ]
    faults += _unknown_keys(view, _VIEW_KEYS, "/view")
    for key in ("title", "submit", "close"):
        faults += _check_text(view.get(key), f"/view/{key}", plain_only=True)
    if kind == "modal" and not view.get("title"):
        faults.append("[ERROR] missing required field: title [json-pointer:/view]")
    if faults:
        return faults
    if kind == "modal" and not view.get("submit") and any(elements.inputs(view["blocks"])):
        faults.append("[ERROR] submit is required when an input block is within blocks [json-pointer:/view]")
    return faults + _judged(lambda: View(**{**view, "blocks": [{"type": "divider"}]}).to_dict(), "/view")


def text_length(blocks: list[Json]) -> int:
    """Answers how many characters of text there are in blocks, wherever they stand."""
    return sum(len(value) for key, value in _strings(blocks) if key in {"text", "title", "caption", "alt_text"})


def too_large(view: Json) -> bool:
    """Tells whether a view is over Slack's 250 kB."""
    return sum(len(value.encode()) for _, value in _strings(view)) > limits.VIEW_BYTES


_VIEW_KEYS = {
    *("type", "title", "submit", "close", "blocks", "private_metadata", "callback_id", "external_id"),
    *("clear_on_close", "notify_on_close", "submit_disabled", "id", "hash", "state", "team_id", "bot_id", "app_id"),
    *("root_view_id", "previous_view_id", "app_installed_team_id"),
}


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif isinstance(value, str):
        yield key, value


def _check_all(blocks: Any, surface: str, most: int) -> Iterator[str]:  # noqa: ANN401 - whatever JSON arrived
    if not isinstance(blocks, list):
        yield "[ERROR] must be an array [json-pointer:/blocks]"
        return
    if len(blocks) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:/blocks]"
        return
    if surface == "modal" and not blocks:
        yield "[ERROR] must have at least 1 item [json-pointer:/blocks]"
    faults = [fault for index, block in enumerate(blocks) for fault in _check_block(block, surface, f"/blocks/{index}")]
    yield from faults
    if not faults:
        yield from _repeated_ids(blocks)


def _repeated_ids(blocks: list[Json]) -> Iterator[str]:
    seen: set[str] = set()
    for block in elements.each_block(blocks):
        block_id = block.get("block_id")
        if block_id and block_id in seen:
            yield f'[ERROR] `block_id` "{block_id}" already exists [json-pointer:/blocks]'
        seen.add(block_id or "")
        actions = [e["action_id"] for e in block.get("elements") or [] if isinstance(e, dict) and e.get("action_id")]
        for action_id in sorted({a for a in actions if actions.count(a) > 1}):
            yield f'[ERROR] `action_id` "{action_id}" already exists for its block [json-pointer:/blocks]'


def _check_block(block: Any, surface: str, at: str) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    if not isinstance(block, dict):
        return [f"[ERROR] must be an object [json-pointer:{at}]"]
    kind = block.get("type")
    if kind not in SURFACES[surface]:
        return [f"[ERROR] unsupported type: {kind} [json-pointer:{at}/type]"]
    faults = [*_check_parts(block, kind, surface, at), *_check_texts(block, at)]
    if faults or kind in _UNMODELLED:
        return faults
    return _judged(lambda: _modelled(block), at) or _unknown_keys(block, _known_keys(block), at)


def _modelled(block: Json) -> None:
    parsed = Block.parse({key: value for key, value in block.items() if value is not None})
    if parsed is None:
        raise SlackObjectFormationError(f"unsupported type: {block['type']}")
    parsed.to_dict()


def _judged(build: Any, at: str) -> list[str]:  # noqa: ANN401 - a callable of any answer
    try:
        build()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError) as error:
        return [f"[ERROR] {error} [json-pointer:{at}]"]
    return []


def _known_keys(block: Json) -> set[str]:
    parsed = Block.parse({key: value for key, value in block.items() if value is not None})
    return set() if parsed is None else {*parsed.attributes, "type"}


def _unknown_keys(value: Json, known: set[str], at: str) -> list[str]:
    strangers = sorted(set(value) - known)
    return [f"[ERROR] invalid additional property: {name} [json-pointer:{at}]" for name in strangers]


def _check_parts(block: Json, kind: str, surface: str, at: str) -> Iterator[str]:
    match kind:
        case "section":
            if not block.get("text") and not block.get("fields"):
                yield f"[ERROR] missing required field: text or fields [json-pointer:{at}]"
            for index, field in enumerate(block.get("fields") or []):
                if isinstance(field, dict) and len(str(field.get("text", ""))) > limits.FIELD_TEXT:
                    yield f"[ERROR] must be less than {limits.FIELD_TEXT + 1} characters [json-pointer:{at}/fields/{index}]"
            yield from _check_elements([block["accessory"]] if block.get("accessory") else [], _ACCESSORIES, at)
        case "actions":
            yield from _check_some(block.get("elements"), _ACTIONS, at)
        case "context":
            yield from _check_some(block.get("elements"), _CONTEXT, at)
        case "context_actions":
            yield from _check_some(block.get("elements"), _CONTEXT_ACTIONS, at)
        case "input":
            if not isinstance(block.get("element"), dict):
                yield f"[ERROR] missing required field: element [json-pointer:{at}]"
            elif not block.get("label"):
                yield f"[ERROR] missing required field: label [json-pointer:{at}]"
            else:
                yield from _check_elements([block["element"]], _INPUTS, at)
        case "table" | "data_table":
            yield from _check_table(block, kind, at)
        case "markdown":
            if not isinstance(block.get("text"), str) or not block["text"]:
                yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
        case "container" | "carousel":
            key = "child_blocks" if kind == "container" else "elements"
            for index, child in enumerate(block.get(key) or []):
                yield from _check_block(child, surface, f"{at}/{key}/{index}")


def _check_some(found: Any, allowed: set[str], at: str) -> Iterator[str]:  # noqa: ANN401 - whatever JSON arrived
    if not isinstance(found, list) or not found:
        yield f"[ERROR] must have at least 1 item [json-pointer:{at}/elements]"
        return
    yield from _check_elements(found, allowed, at)


def _check_elements(found: list[Any], allowed: set[str], at: str) -> Iterator[str]:
    for index, element in enumerate(found):
        here = f"{at}/elements/{index}"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in allowed:
            yield f"[ERROR] unsupported type: {kind} [json-pointer:{here}]"
        elif kind not in {"plain_text", "mrkdwn"}:
            yield from _check_element(element, here)


def _check_element(element: Json, at: str) -> Iterator[str]:
    kind = element["type"]
    if kind == "button" and not element.get("text"):
        yield f"[ERROR] missing required field: text [json-pointer:{at}]"
    if kind in {"overflow", "checkboxes", "radio_buttons"} and not element.get("options"):
        yield f"[ERROR] missing required field: options [json-pointer:{at}]"
    for option in elements.options(element):
        value = option.get("value") if isinstance(option, dict) else None
        if not isinstance(value, str) or not value:
            yield f"[ERROR] missing required field: value [json-pointer:{at}/options]"
    confirm = element.get("confirm")
    if confirm is not None:
        missing = [key for key in ("title", "text", "confirm", "deny") if not confirm.get(key)]
        for key in missing:
            yield f"[ERROR] missing required field: {key} [json-pointer:{at}/confirm]"
        for key in ("title", "confirm", "deny"):
            yield from _check_text(confirm.get(key), f"{at}/confirm/{key}", plain_only=True)
        if missing:
            return
    placeholder = element.get("placeholder")
    if placeholder is not None:
        yield from _check_text(placeholder, f"{at}/placeholder", plain_only=True)
        if len(str(placeholder.get("text", ""))) > limits.PLACEHOLDER:
            yield f"[ERROR] must be less than {limits.PLACEHOLDER + 1} characters [json-pointer:{at}/placeholder]"
    if kind in _CONTEXT_ACTIONS:
        return
    parsed = BlockElement.parse(element)
    if parsed is None:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}]"
        return
    yield from _judged(parsed.to_dict, at) or _unknown_keys(element, {*parsed.attributes, "type"}, at)


def _check_table(block: Json, kind: str, at: str) -> Iterator[str]:
    rows = block.get("rows")
    most = limits.TABLE_ROWS if kind == "table" else limits.DATA_TABLE_ROWS
    if not isinstance(rows, list) or not rows:
        yield f"[ERROR] must have at least 1 item [json-pointer:{at}/rows]"
        return
    if len(rows) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:{at}/rows]"
    if kind == "data_table" and not block.get("caption"):
        yield f"[ERROR] missing required field: caption [json-pointer:{at}]"
    if len(block.get("column_settings") or []) > limits.TABLE_CELLS:
        yield f"[ERROR] no more than {limits.TABLE_CELLS} items allowed [json-pointer:{at}/column_settings]"
    for index, row in enumerate(rows):
        here = f"{at}/rows/{index}"
        if not isinstance(row, list) or not row:
            yield f"[ERROR] must be an array of cells [json-pointer:{here}]"
        elif len(row) > limits.TABLE_CELLS:
            yield f"[ERROR] no more than {limits.TABLE_CELLS} items allowed [json-pointer:{here}]"
        else:
            for column, cell in enumerate(row):
                yield from _check_cell(cell, f"{here}/{column}")


def _check_cell(cell: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - whatever JSON arrived
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind not in {"raw_text", "raw_number", "rich_text"}:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}]"
    elif kind == "raw_text" and not cell.get("text"):
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
    elif kind == "raw_number" and not isinstance(cell.get("value"), int | float):
        yield f"[ERROR] must be a number [json-pointer:{at}/value]"


def _check_texts(value: Json, at: str) -> Iterator[str]:
    """Gives the faults of every text object at any depth."""
    for name in _PLAIN_ONLY.get(str(value.get("type")), ()):
        yield from _check_text(value.get(name), f"{at}/{name}", plain_only=True)
    for name, inner in value.items():
        found = inner if isinstance(inner, list) else [inner]
        for index, item in enumerate(found):
            if not isinstance(item, dict):
                continue
            here = f"{at}/{name}/{index}" if isinstance(inner, list) else f"{at}/{name}"
            if item.get("type") in {"plain_text", "mrkdwn"}:
                yield from _check_text(item, here)
            elif name not in {"child_blocks", "confirm"}:
                yield from _check_texts(item, here)


def _check_text(text: Any, at: str, *, plain_only: bool = False) -> Iterator[str]:  # noqa: ANN401 - whatever JSON
    if text is None:
        return
    if not isinstance(text, dict) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"[ERROR] must be a text object [json-pointer:{at}]"
        return
    if plain_only and text["type"] != "plain_text":
        yield f"[ERROR] unsupported type: {text['type']}, expected plain_text [json-pointer:{at}/type]"
    body = text.get("text")
    if not isinstance(body, str) or not body:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
    elif len(body) > limits.CONTEXT_TEXT:
        yield f"[ERROR] must be less than {limits.CONTEXT_TEXT + 1} characters [json-pointer:{at}/text]"
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    yield from _unknown_keys(text, allowed, at)
