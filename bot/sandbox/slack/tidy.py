"""What Slack adds to blocks before it stores them: ids where none were given, defaults of text objects."""

from copy import deepcopy

from bot.sandbox.slack import elements
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.workspace import Workspace


def tidy(workspace: Workspace, blocks: list[Json]) -> list[Json]:
    """Answers blocks as Slack stores and shows them to the app again."""
    stored = deepcopy(blocks)
    for block in elements.each_block(stored):
        if not block.get("block_id"):
            block["block_id"] = workspace.mint("b")[2:7]
    for placed in [*elements.interactive(stored), *elements.inputs(stored)]:
        if not placed.action_id:
            placed.element["action_id"] = workspace.mint("a")[2:7]
    _fill(stored)
    return stored


def _fill(value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _fill(item)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for item in value.values():
            _fill(item)
