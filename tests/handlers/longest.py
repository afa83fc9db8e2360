"""The longest facts anything can be told with: each key the texts ask for, as long as people and programs make it."""

import re
from pathlib import Path
from typing import Final

from pydantic import JsonValue

WORDING: Final = Path(__file__).parents[2] / "bot" / "wording"
LONG: Final = "&" * 3_000
"""What somebody wrote, at its longest; each of its signs takes five in Slack's own spelling."""
MODEL: Final = "some-provider/" + "very-long-model-name-" * 11 + "2025-04-14"
TENANTS: Final[list[JsonValue]] = [f"tenant-{number}-of-many" for number in range(40)]

_KEY: Final = re.compile(r'\.get\("(\w+)"|\["(\w+)"\]|\{(\w+)\}')
_CASE: Final[dict[str, JsonValue]] = {
    "case": "a-case-" * 30,
    "dimension": "quality",
    "why": LONG,
    "prompt": LONG,
    "tags": ["easy", "sums"],
    "candidate_answer": LONG,
    "current_answer": LONG,
}
_READING: Final[dict[str, JsonValue]] = {"target": "/etc/" + "deep/" * 60 + "live.env", "value": MODEL, "problem": ""}
SHAPED: Final[dict[str, JsonValue]] = {
    **{key: [_CASE] * 5 for key in ("regressions", "gains", "outputs")},
    **{key: [_READING, {**_READING, "problem": LONG}] * 20 for key in ("readings", "drifted")},
    **{key: [str(_READING["target"])] * 40 for key in ("targets", "unread")},
    **dict.fromkeys(("model", "before", "found", "expected", "candidate", "current", "value"), MODEL),
    **dict.fromkeys(("seconds", "held_seconds", "needed", "looks", "seen", "more_late", "late_seconds"), 9999999),
    **dict.fromkeys(("tenants", "names", "near", "groups", "people"), TENANTS),
}
"""Facts that are no words."""


def facts() -> dict[str, JsonValue]:
    """Every key that a text of the product asks for, at its longest."""
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(WORDING.glob("*.py")))
    asked = {next(filter(None, found)) for found in _KEY.findall(source)}
    return {key: SHAPED.get(key, LONG) for key in sorted(asked)}
