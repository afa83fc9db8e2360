"""The table of what people type in Slack, in README.md: the verbs without their examples and flags."""

from typing import Final

from bot.wording.helping import VERBS

PAGE: Final = "README.md"
BLOCK: Final = "slack"


def render() -> str:
    """One row a verb, in the order of the help."""
    rows = [f"| `{verb.usage.replace('|', chr(92) + '|')}` | {verb.does} |" for verb in VERBS.values()]
    return "\n".join(["| after `/rotate` | what it does |", "|---|---|", *rows])
