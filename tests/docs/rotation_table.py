"""docs/rotation.md: which human event each phase takes, read from the table that decides it and draws the buttons."""

from typing import Final

from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.rotation import ENDS, Phase
from tests.rotation.stories import KINDS

PAGE: Final = "docs/rotation.md"
BLOCK: Final = "phases x human events"


def render() -> str:
    """One row a phase, one column an event."""
    head = ["| phase |", *(f" `{kind}` |" for kind in KINDS)]
    rule = "|---|" + ":-:|" * len(KINDS)
    rows = [
        f"| `{phase.value}`{' (end)' if phase in ENDS else ''} |"
        + "".join(" ● |" if kind in TRANSITIONS[phase] else "  |" for kind in KINDS)
        for phase in Phase
    ]
    return "\n".join(["".join(head), rule, *rows])
