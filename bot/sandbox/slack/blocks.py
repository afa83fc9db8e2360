"""What Slack accepts as the blocks of a message or as a view: totals, repeated ids, and each block by `block`. Pure.

Faults are sentences in the form Slack gives in `response_metadata.messages`, with a JSON pointer at their end.
"""

from collections.abc import Iterator
from typing import Any

from slack_sdk.models.views import View

from bot.sandbox.slack import elements, limits
from bot.sandbox.slack.block import check_block, judged
from bot.sandbox.slack.charts import A_MESSAGE
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.texts import check_text, unknown_keys


def check_message(blocks: Any) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    """Answers what is wrong with the blocks of a message; an empty list when nothing is."""
    faults = list(_check_all(blocks, "message", limits.MESSAGE_BLOCKS))
    if faults:
        return faults
    tables = [block for block in elements.each_block(blocks) if block["type"] == "table"]
    if len(tables) > 1:
        faults.append("[ERROR] only_one_table_allowed [json-pointer:/blocks]")
    charts = [block for block in elements.each_block(blocks) if block["type"] == "data_visualization"]
    if len(charts) > A_MESSAGE:
        faults.append(f"[ERROR] no more than {A_MESSAGE} data_visualization blocks allowed [json-pointer:/blocks]")
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > limits.MARKDOWN_TEXT:
        faults.append(f"[ERROR] markdown text must be less than {limits.MARKDOWN_TEXT + 1} characters in all")
    return faults


def check_view(view: Any) -> list[str]:  # noqa: ANN401 - whatever JSON arrived
    """Answers what is wrong with a view; an empty list when nothing is."""
    if not isinstance(view, dict):
        return ["[ERROR] must be an object [json-pointer:/view]"]
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [f"[ERROR] unsupported view type: {kind} [json-pointer:/view/type]"]
    faults = [
        fault.replace("[json-pointer:/blocks", "[json-pointer:/view/blocks")
        for fault in _check_all(view.get("blocks"), kind, limits.VIEW_BLOCKS)
    ]
    faults += unknown_keys(view, _VIEW_KEYS, "/view")
    for key in ("title", "submit", "close"):
        faults += check_text(view.get(key), f"/view/{key}", plain_only=True)
    if kind == "modal" and not view.get("title"):
        faults.append("[ERROR] missing required field: title [json-pointer:/view]")
    if faults:
        return faults
    if kind == "modal" and not view.get("submit") and any(elements.inputs(view["blocks"])):
        faults.append("[ERROR] submit is required when an input block is within blocks [json-pointer:/view]")
    return faults + judged(lambda: View(**{**view, "blocks": [{"type": "divider"}]}).to_dict(), "/view")


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
    faults = [fault for index, block in enumerate(blocks) for fault in check_block(block, surface, f"/blocks/{index}")]
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
