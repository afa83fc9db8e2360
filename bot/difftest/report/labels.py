"""What people call a row. Apart from the rows, so that a terminal need not load every text there is."""

from bot.difftest.report.rows import Figured
from bot.wording.names import DIMENSIONS, TOOL_METRICS

TTFT = "first content"
GAINS = "Cases that got better, and what the old model failed in"


def label(row: Figured) -> str:
    """The row's name in words: `tool calls`, `right arguments`."""
    _, _, part = row.key.partition(".")
    return TTFT if part == "ttft" else TOOL_METRICS.get(part, part) if part else DIMENSIONS[row.name]
