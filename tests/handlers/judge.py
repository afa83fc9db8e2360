"""What Slack would say of a message or view: slack_sdk's models, the limits they miss, and our own rules on top."""

import json
from typing import Any

from slack_sdk.models.blocks import Block

from bot.sandbox.slack import blocks as rules
from bot.sandbox.slack.limits import BLOCKS_TEXT, UPDATE_TEXT
from handlers.blocks.layout import Message

BUTTONS = 5


def buttons_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every button of the blocks."""
    return [element for block in found if block["type"] == "actions" for element in block["elements"]]


def judged(message: Message) -> Message:
    """The message, when Slack takes it, new and as an edit; else the test fails with every reason."""
    assert rules.check_message(message.blocks) == []
    for block in message.blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.to_dict()
    assert rules.text_length(message.blocks) <= BLOCKS_TEXT
    assert 0 < len(message.text) <= UPDATE_TEXT
    assert len(buttons_of(message.blocks)) <= BUTTONS
    assert sum(block["type"] == "table" for block in message.blocks) <= 1
    return message


def judged_view(view: dict[str, Any]) -> dict[str, Any]:
    """The view, when Slack takes it."""
    assert rules.check_view(view) == []
    assert len(json.dumps(view)) < 250_000
    return view


def every_text(found: Any) -> str:  # noqa: ANN401 - any JSON
    """All texts in blocks, one after the other."""
    if isinstance(found, dict):
        return "\n".join(every_text(value) for value in found.values())
    if isinstance(found, list):
        return "\n".join(every_text(value) for value in found)
    return str(found)
