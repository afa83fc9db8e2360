"""The table of the terminal's verbs in README.md: those that have a file, with their line of `rotate --help`."""

from typing import Final

from bot.cli.main import VERBS, written_verbs

PAGE: Final = "README.md"
BLOCK: Final = "terminal"


def render() -> str:
    """One row a verb, in the order of the help."""
    rows = [f"| `rotate {verb}` | {VERBS[verb]} |" for verb in written_verbs()]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])
