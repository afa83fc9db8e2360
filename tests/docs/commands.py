"""The tables of verbs and flags in docs/commands.md, from the help people get."""

from typing import Final

from bot.cli.main import VERBS as IN_A_TERMINAL
from bot.wording.helping import FIRST, FLAGS, VERBS

PAGE: Final = "docs/commands.md"
BLOCK: Final = "commands"
TERMINAL: Final = dict.fromkeys(IN_A_TERMINAL, "●") | {"diff": "with [options of its own](cli.md)", "help": "`--help`"}
"""Verb -> whether a terminal takes it."""


def render() -> str:
    """Every verb, the ones that matter first, and every flag."""
    lines = ["| after `/rotate` | what it does | example | in a terminal too |", "|---|---|---|:-:|"]
    for number, (typed, verb) in enumerate(VERBS.items()):
        name = f"**`{_cell(verb.usage)}`**" if number < FIRST else f"`{_cell(verb.usage)}`"
        lines.append(f"| {name} | {verb.does} | `/rotate {verb.example}` | {TERMINAL.get(typed, '')} |")
    lines += ["", "| flag | meaning |", "|---|---|"]
    lines += [f"| `--{flag}` | {meaning} |" for flag, meaning in FLAGS.items()]
    return "\n".join(lines)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
