"""What pages tell people to type: each `rotate`, `make` and `/rotate` command must exist, with its options.

Read are fenced blocks without a language or of a shell, and code in running text.
"""

import re
import shlex
from collections.abc import Iterator
from typing import Final

from typer import Context
from typer.core import TyperCommand, TyperGroup

from bot.wording.helping import FLAGS, VERBS
from tests.docs.cli import commands
from tests.docs.generate import ROOT
from tests.docs.links import pages

_FENCE: Final = re.compile(r"^( *)(`{3,})(?P<language>[^\n]*)\n(?P<body>.*?)^\1\2 *$", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_SHELLS: Final = frozenset({"", "sh", "shell", "bash", "console"})
_TARGET: Final = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_ENDS: Final = re.compile(r"\s#\s|\s{2,}| [|;&>]|[|;&>] ")
"""What may follow a command on its line: a comment, a column that explains it, a pipe."""


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Line number and command of everything a page tells people to type."""
    outside = text
    for fence in _FENCE.finditer(text):
        blank = "\n" * fence[0].count("\n")
        outside = outside.replace(fence[0], blank, 1)
        if fence["language"].strip() in _SHELLS:
            first = text.count("\n", 0, fence.start("body")) + 1
            body = re.sub(r"\\\n\s*", lambda joined: " " + "\0" * joined[0].count("\n"), fence["body"])
            number = first
            for line in body.split("\n"):
                yield number, line.replace("\0", "").strip().removeprefix("$ ")
                number += 1 + line.count("\0")
    for number, line in enumerate(outside.split("\n"), start=1):
        for code in _CODE.finditer(line):
            yield number, code[1].strip()


def wrong(line: str) -> Iterator[str]:
    """What does not exist in one line; nothing for a line that is another program's."""
    typed = _ENDS.split(line, maxsplit=1)[0]
    try:
        words = shlex.split(re.sub(r"[\[\]]", " ", typed), comments=True)
    except ValueError:
        words = typed.split()
    while words and re.fullmatch(r"[A-Z_][A-Z0-9_]*=.*", words[0]):
        words = words[1:]
    if not words:
        return
    program, rest = words[0].rpartition("/")[2], words[1:]
    if words[0] in {"/rotate", "@rotate"}:
        yield from _wrong_in_slack(words[0], rest)
    elif program == "make":
        yield from _wrong_targets(rest)
    elif program == "rotate" and rest:
        yield from _wrong_options(rest)


def _wrong_targets(words: list[str]) -> Iterator[str]:
    known = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    for word in words:
        if re.fullmatch(r"[a-z][a-z-]*", word) and word not in known:
            yield f"there is no `make {word}`"


def _wrong_in_slack(bot: str, words: list[str]) -> Iterator[str]:
    if words and re.fullmatch(r"[a-z]+", words[0]) and words[0] not in VERBS:
        yield f"there is no `{bot} {words[0]}`"
    for word in words:
        if word.startswith("--") and word[2:].partition("=")[0] not in FLAGS:
            yield f"`{bot}` has no flag {word}"


def _wrong_options(words: list[str]) -> Iterator[str]:
    tree = dict(commands())
    name, rest = "rotate", list(words)
    while rest and f"{name} {rest[0]}" in tree:
        name = f"{name} {rest.pop(0)}"
    groups = {known.rpartition(" ")[0] for known in tree if " " in known}
    if name in groups and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        yield f"there is no `{name} {rest[0]}`"
        return
    known = {"-", "--help", "-h", *_options(tree[name])}
    for word in rest:
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known:
            yield f"`{name}` has no option {option}"


def _options(command: TyperCommand | TyperGroup) -> Iterator[str]:
    for parameter in command.get_params(Context(command)):
        yield from (*parameter.opts, *parameter.secondary_opts)


def problems() -> Iterator[str]:
    """One line for each thing a page tells people to type that does not exist."""
    for page in pages():
        for number, line in lines(page.read_text(encoding="utf-8")):
            for what in wrong(line):
                yield f"{page.relative_to(ROOT)}:{number}: {what}"
