"""The tables of verbs and flags in docs/commands.md, from the help people get."""

from typing import Final

from bot.wording.helping import FIRST, FLAGS, VERBS

PAGE: Final = "docs/commands.md"
BLOCK: Final = "commands"


def render() -> str:
    """Every verb, the ones that matter first, and every flag."""
    lines = ["| after `/rotate` | what it does | example |", "|---|---|---|"]
    for number, verb in enumerate(VERBS.values()):
        name = f"**`{_cell(verb.usage)}`**" if number < FIRST else f"`{_cell(verb.usage)}`"
        lines.append(f"| {name} | {verb.does} | `/rotate {verb.example}` |")
    lines += ["", "| flag | meaning |", "|---|---|"]
    lines += [f"| `--{flag}` | {meaning} |" for flag, meaning in FLAGS.items()]
    return "\n".join(lines)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
