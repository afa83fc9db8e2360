"""docs/cli.md: every command, argument and option of `rotate`, read from the tree that parses them."""

import re
from collections.abc import Iterator
from typing import Final

from typer import Context
from typer.core import TyperCommand, TyperGroup

from bot.cli.main import build_root, load_verb, written_verbs
from tests.docs.generate import ROOT

PAGE: Final = "docs/cli.md"

_HEAD: Final = """\
<!-- Written by `make docs` from bot/cli; edit the help texts there. -->
# The command line

"""


def commands() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Every command with its full name, `rotate` itself first, groups before what is in them."""
    root = build_root()
    yield "rotate", root
    for verb in written_verbs():
        yield from _below(f"rotate {verb}", load_verb(verb))


def _below(name: str, command: TyperCommand | TyperGroup) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    yield name, command
    if isinstance(command, TyperGroup):
        for below, inner in command.commands.items():
            if isinstance(inner, TyperCommand | TyperGroup) and not inner.hidden:
                yield from _below(f"{name} {below}", inner)


def render() -> str:
    """The page. The columns' width is fixed, so that it is the same on every terminal."""
    return _HEAD + "\n".join(_section(name, command) for name, command in commands())


def _section(name: str, command: TyperCommand | TyperGroup) -> str:
    context = Context(command, info_name=name, terminal_width=100)
    depth = "#" * (1 + len(name.split()))
    lines = [f"{depth} `{name}`", "", _prose(command.help or ""), ""]
    lines += ["```", " ".join([name, *command.collect_usage_pieces(context)]), "```", ""]
    records = [record for parameter in command.get_params(context) if (record := parameter.get_help_record(context))]
    lines += [
        f"- `{signature}`{': ' + _prose(text) if text else ''}"
        for signature, text in records
        if "--help" not in signature
    ]
    return "\n".join(lines).rstrip() + "\n"


def _prose(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def problems() -> Iterator[str]:
    """Each command and each option that the page as it is does not mention."""
    page = ROOT / PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for name, command in commands():
        if f"`{name}`" not in text:
            yield f"{PAGE} does not mention the command `{name}`"
        for parameter in command.get_params(Context(command)):
            if getattr(parameter, "hidden", False) or "--help" in parameter.opts:
                continue
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("--") and not re.search(rf"{re.escape(option)}(?![\w-])", text):
                    yield f"{PAGE} does not mention {option} of `{name}`"
