"""What Slack accepts as one block: slack_sdk's own models, and the rules they miss. Pure.

Faults are sentences in the form Slack gives in `response_metadata.messages`, with a JSON pointer at their end.
"""

from collections.abc import Callable, Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement

from bot.sandbox.slack import elements, limits
from bot.sandbox.slack.charts import check_chart
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.texts import check_text, check_texts, unknown_keys

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


Faults = Iterator[str]


def check_block(block: Any, surface: str, at: str) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    """Answers what is wrong with one block on a surface (`message`, `modal`, `home`); `at` is its JSON pointer."""
    if not isinstance(block, dict):
        return [f"[ERROR] must be an object [json-pointer:{at}]"]
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in SURFACES[surface]:
        return [f"[ERROR] unsupported type: {kind} [json-pointer:{at}/type]"]
    try:
        faults = [*_check_parts(block, surface, at), *check_texts(block, at)]
    except (TypeError, AttributeError, KeyError, IndexError) as error:
        return [f"[ERROR] malformed: {error} [json-pointer:{at}]"]
    if faults or kind in _UNMODELLED:
        return faults
    return judged(lambda: _modelled(block), at) or unknown_keys(block, _known_keys(block), at)


def judged(build: Callable[[], Any], at: str) -> list[str]:
    """Answers what slack_sdk says against something when it is built and written out."""
    try:
        build()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError) as error:
        return [f"[ERROR] {error} [json-pointer:{at}]"]
    return []


def _parsed(block: Json) -> Block | None:
    return Block.parse({key: value for key, value in block.items() if value is not None})


def _modelled(block: Json) -> None:
    parsed = _parsed(block)
    if parsed is None:
        raise SlackObjectFormationError(f"unsupported type: {block['type']}")
    parsed.to_dict()


def _known_keys(block: Json) -> set[str]:
    parsed = _parsed(block)
    return set() if parsed is None else {*parsed.attributes, "type"}


def _missing(value: Json, keys: tuple[str, ...], at: str) -> list[str]:
    return [f"[ERROR] missing required field: {key} [json-pointer:{at}]" for key in keys if not value.get(key)]


def _check_parts(block: Json, surface: str, at: str) -> Faults:
    kind = block["type"]
    if kind in _HOLDERS:
        key, allowed = _HOLDERS[kind]
        if not isinstance(block.get(key), list) or not block[key]:
            yield f"[ERROR] must have at least 1 item [json-pointer:{at}/{key}]"
        else:
            yield from _check_elements(block[key], allowed, f"{at}/{key}")
    elif kind in _NESTING:
        for index, child in enumerate(block.get(_NESTING[kind]) or []):
            yield from check_block(child, surface, f"{at}/{_NESTING[kind]}/{index}")
    elif kind in _OWN_RULES:
        yield from _OWN_RULES[kind](block, at)


def _check_section(block: Json, at: str) -> Faults:
    if not block.get("text") and not block.get("fields"):
        yield f"[ERROR] missing required field: text or fields [json-pointer:{at}]"
    for index, field in enumerate(block.get("fields") or []):
        if isinstance(field, dict) and len(str(field.get("text", ""))) > limits.FIELD_TEXT:
            yield f"[ERROR] must be less than {limits.FIELD_TEXT + 1} characters [json-pointer:{at}/fields/{index}]"
    if block.get("accessory"):
        yield from _check_elements([block["accessory"]], _ACCESSORIES, f"{at}/accessory")


def _check_input(block: Json, at: str) -> Faults:
    missing = _missing(block, ("label", "element"), at)
    yield from missing
    if not missing:
        yield from _check_elements([block["element"]], _INPUTS, f"{at}/element")


def _check_markdown(block: Json, at: str) -> Faults:
    if not isinstance(block.get("text"), str) or not block["text"]:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"


def _check_card(block: Json, at: str) -> Faults:
    yield from _check_elements(block.get("actions") or [], _ACTIONS, f"{at}/actions")


def _check_elements(found: list[Any], allowed: set[str], at: str) -> Faults:
    for index, element in enumerate(found):
        here = f"{at}/{index}"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in allowed:
            yield f"[ERROR] unsupported type: {kind} [json-pointer:{here}]"
        elif kind not in {"plain_text", "mrkdwn"}:
            yield from _check_element(element, here)


def _check_element(element: Json, at: str) -> Faults:
    kind = element["type"]
    faults = _missing(element, _NEEDED.get(kind, ()), at)
    for option in elements.options(element):
        faults += _missing(option, ("text", "value"), f"{at}/options")
    faults += _check_confirm(element.get("confirm"), f"{at}/confirm")
    placeholder = element.get("placeholder")
    if placeholder is not None:
        faults += check_text(placeholder, f"{at}/placeholder", plain_only=True)
        if len(placeholder["text"]) > limits.PLACEHOLDER:
            faults.append(
                f"[ERROR] must be less than {limits.PLACEHOLDER + 1} characters [json-pointer:{at}/placeholder]"
            )
    yield from faults
    if faults or kind in _CONTEXT_ACTIONS:
        return
    parsed = BlockElement.parse(element)
    if parsed is None:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}]"
    else:
        yield from judged(parsed.to_dict, at) or unknown_keys(element, {*parsed.attributes, "type"}, at)


def _check_confirm(confirm: Any, at: str) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    if confirm is None:
        return []
    faults = _missing(confirm, ("title", "text", "confirm", "deny"), at)
    for key in ("title", "confirm", "deny"):
        faults += check_text(confirm.get(key), f"{at}/{key}", plain_only=True)
    return faults


def _check_table(block: Json, at: str) -> Faults:
    rows = block.get("rows")
    most = limits.TABLE_ROWS if block["type"] == "table" else limits.DATA_TABLE_ROWS
    if not isinstance(rows, list) or not rows:
        yield f"[ERROR] must have at least 1 item [json-pointer:{at}/rows]"
        return
    if len(rows) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:{at}/rows]"
    if block["type"] == "data_table":
        yield from _missing(block, ("caption",), at)
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


def _check_cell(cell: Any, at: str) -> Faults:  # noqa: ANN401 - whatever JSON arrived
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind not in {"raw_text", "raw_number", "rich_text"}:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}]"
    elif kind == "raw_text" and not cell.get("text"):
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
    elif kind == "raw_number" and not isinstance(cell.get("value"), int | float):
        yield f"[ERROR] must be a number [json-pointer:{at}/value]"


_HOLDERS = {
    "actions": ("elements", _ACTIONS),
    "context": ("elements", _CONTEXT),
    "context_actions": ("elements", _CONTEXT_ACTIONS),
}
_NESTING = {"container": "child_blocks", "carousel": "elements"}
_NEEDED = {
    "button": ("text",),
    "overflow": ("options",),
    "checkboxes": ("options",),
    "radio_buttons": ("options",),
}
_OWN_RULES: dict[str, Callable[[Json, str], Faults]] = {
    "section": _check_section,
    "input": _check_input,
    "markdown": _check_markdown,
    "card": _check_card,
    "table": _check_table,
    "data_table": _check_table,
    "data_visualization": check_chart,
}
