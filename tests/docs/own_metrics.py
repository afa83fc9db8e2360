"""docs/install.md: what the bot tells of itself at `/metrics`, and that each shipped alert is spoken of."""

import re
from collections.abc import Iterator
from typing import Final

from bot.engine.own_metrics import METRICS
from tests.docs.generate import ROOT

PAGE: Final = "docs/install.md"
BLOCK: Final = "own metrics"

_ALERT: Final = re.compile(r"^ +- alert: (\w+)$", re.MULTILINE)


def render() -> str:
    """One row a metric."""
    rows = ["| metric | labels | what it says |", "|---|---|---|"]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {labels} | {metric.says} |")
    return "\n".join(rows)


def problems() -> Iterator[str]:
    """Each shipped alert that the page does not mention."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    alerts = (ROOT / "bot" / "examples" / "deploy" / "alerts.yml").read_text(encoding="utf-8")
    for name in _ALERT.findall(alerts):
        if f"`{name}`" not in page:
            yield f"{PAGE} does not mention the alert `{name}`"
