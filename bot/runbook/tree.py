"""YAML text -> plain values, and the line and column of every key and value.

Everything YAML itself can get wrong is answered here, as many at once as can be found: where the mistake is one we know
(`#` or `@` before a name, a tab), it is noted, read as it was meant, and reading goes on. Nothing here knows a field.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from bot.runbook.fields import Path
from bot.runbook.problems import Problem, RunbookError, dotted

COMMENT = "`#` starts a comment in YAML, so nothing is left here; write the name without it (or in quotes)"
_COMMENT_BEGINS = re.compile(r"(?:^|(?<=[\s\[{,]))#")
_LARGEST = 50_000  # entries; more is an alias that multiplies itself, not a runbook
_REPAIRS = 200
_DEEPEST = 60
_BACK = 20  # lines a flow block may have begun before the place YAML complains about


@dataclass(frozen=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Tree:
    """A file as read: `keys` has the place of each key, `values` of each value, `problems` what was noted."""

    value: object
    file: str
    keys: dict[Path, Place]
    values: dict[Path, Place]
    problems: tuple[Problem, ...]

    def problem(self, path: Path, what: str, *, at_key: bool = False) -> Problem:
        """A problem at a path; where the path itself is not in the file, at the nearest block that is."""
        for length in range(len(path), -1, -1):
            places = (self.keys, self.values) if at_key or length < len(path) else (self.values, self.keys)
            for known in places:
                if path[:length] in known:
                    place = known[path[:length]]
                    return Problem(self.file, place.line, place.column, dotted(path), what)
        return Problem(self.file, 1, 1, dotted(path), what)


def read_tree(text: str, file: str) -> Tree:
    """The values of a YAML text and their places. Raises RunbookError when it cannot be read as YAML at all."""
    try:
        return _read(text, file)
    except RecursionError:
        what = "blocks and lists stand in each other deeper than a runbook's ever do"
        raise RunbookError([Problem(file, 0, 0, "", what)]) from None


def _read(text: str, file: str) -> Tree:
    noted: list[Problem] = []
    for _ in range(_REPAIRS):
        try:
            node = YAML(typ="rt", pure=True).compose(text)
        except ReaderError as error:
            line, column = _place_in(text, error.position)
            raise RunbookError(
                [*noted, Problem(file, line, column, "", "this is not a text file: it holds a control character")],
            ) from None
        except MarkedYAMLError as error:
            text = _repaired(text, error, file, noted)
        except YAMLError as error:  # pragma: no cover - every class known today carries a mark
            raise RunbookError([*noted, Problem(file, 0, 0, "", f"cannot be read as YAML: {error}")]) from None
        else:
            reader = _Reader(text=text.splitlines(), file=file, problems=noted)
            value = None if node is None else reader.value(node, (), frozenset())
            return Tree(value, file, reader.keys, reader.values, tuple(reader.problems))
    raise RunbookError(noted)


def _place_in(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _swallowed(line: str, after: str) -> int | None:
    """Where a line's comment begins, when it directly follows one of `after` and reads like a name; else None."""
    begins = _COMMENT_BEGINS.search(line)
    if begins is None or not re.match(r"#[^\s#]", line[begins.start() :]):
        return None
    return begins.start() if line[: begins.start()].rstrip().endswith(tuple(after)) else None


def _repaired(text: str, error: MarkedYAMLError, file: str, noted: list[Problem]) -> str:
    """The text with one known mistake read as it was meant (and noted). Raises RunbookError for any other."""
    line, column = error.problem_mark.line, error.problem_mark.column
    lines = text.split("\n")
    if "flow" in (error.context or ""):
        began = error.context_mark.line if error.context_mark else line
        first = began if began < line else max(0, line - _BACK)
        for after in (":[{-", ","):
            for number in range(min(line, len(lines) - 1), first - 1, -1):
                at = _swallowed(lines[number], after)
                if at is not None:
                    noted.append(Problem(file, number + 1, at + 1, "", COMMENT))
                    return _with(lines, number, at, "_")
    found = re.search(r"character '(.+?)' that cannot start", error.problem or "")
    character = found[1].replace("\\t", "\t") if found else ""
    at = lines[line].find(character, column) if character and line < len(lines) else -1
    if at is None or at < 0:
        _give_up(error, file, line, column, noted)
    if character == "\t":
        tabs = [(n, row.index("\t")) for n, row in enumerate(lines) if "\t" in row[: len(row) - len(row.lstrip())]]
        what = "a tab indents this line; YAML wants spaces"
        raise RunbookError([*noted, *(Problem(file, n + 1, at + 1, "", what) for n, at in tabs or [(line, at)])])
    words = {
        "@": "`@` cannot begin a text in YAML; write the name without it (or in quotes)",
        "`": "a backquote cannot begin a text in YAML; put the text in quotes",
    }
    what = words.get(character, f"`{character}` cannot begin a text in YAML; put the text in quotes")
    noted.append(Problem(file, line + 1, at + 1, "", what))
    return _with(lines, line, at, "_")


def _with(lines: list[str], number: int, at: int, character: str) -> str:
    changed = lines[number][:at] + character + lines[number][at + 1 :]
    return "\n".join([*lines[:number], changed, *lines[number + 1 :]])


def _give_up(error: MarkedYAMLError, file: str, line: int, column: int, noted: list[Problem]) -> NoReturn:
    problem = error.problem or "cannot be read"
    words = {
        "mapping values are not allowed here": "a `:` where none can stand: indent the lines of a block alike, or put "
        "a text that holds `: ` in quotes",
        "but found another document": "`---` begins a second document; a runbook is one",
        "found unexpected end of stream": "a quote is opened and never closed",
        "could not find expected ':'": "expected `key: value`; the `:` and a space after it are missing",
        "expected <block end>, but found '<block mapping start>'": "this line is indented differently from its block",
        "expected <block end>, but found '-'": "a list entry (`-`) in the middle of a block of keys",
        "expected <block end>, but found '<block sequence start>'": "a list entry (`-`) in the middle of a block",
    }
    what = words.get(problem) or f"not YAML here: {problem}"
    if error.context_mark is not None and error.context_mark.line != line:
        what += f" (what began in line {error.context_mark.line + 1})"
    raise RunbookError([*noted, Problem(file, line + 1, column + 1, "", what)]) from None


@dataclass
class _Reader:
    """Walks the nodes of one file once."""

    text: list[str]
    file: str
    problems: list[Problem]
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    seen: int = 0
    _scalars: YAML = field(default_factory=lambda: YAML(typ="safe", pure=True))

    def value(self, node: Node, path: Path, inside: frozenset[int], after: StreamMark | None = None) -> object:
        """The plain value of a node, with its own and its inner places noted; `after` is the end of its key."""
        empty = isinstance(node, ScalarNode) and node.value == "" and node.style is None
        mark = after if after is not None and empty else node.start_mark  # YAML gives nothing the place of what follows
        self.values.setdefault(path, Place(mark.line + 1, mark.column + 1))
        self.seen += 1
        if len(path) > _DEEPEST:
            raise RecursionError
        if id(node) in inside:
            self._note(node, path, "an alias (`*name`) that holds itself; write it out")
            return None
        if self.seen > _LARGEST:
            if self.seen == _LARGEST + 1:  # once, not for each that comes after
                what = f"aliases (`*name`) make more than {_LARGEST:,} entries of this file; write out what is meant"
                self._note(node, path, what)
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, inside | {id(node)})
        if isinstance(node, SequenceNode):
            self._swallowed_in(node, path)
            deeper = inside | {id(node)}
            return [self.value(entry, (*path, number), deeper) for number, entry in enumerate(node.value)]
        return self._scalar(node, path, after or node.start_mark) if isinstance(node, ScalarNode) else None

    def _note(self, node: Node, path: Path, what: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, dotted(path), what))

    def _mapping(self, node: MappingNode, path: Path, inside: frozenset[int]) -> dict[str, object]:
        found: dict[str, object] = {}
        merged: dict[str, object] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                parts = value.value if isinstance(value, SequenceNode) else [value]
                for part in parts:
                    inner = self.value(part, path, inside)
                    if isinstance(inner, dict):
                        merged = {**inner, **merged}
                    else:
                        self._note(part, path, "`<<` takes a block of keys")
                continue
            name = self._key(key, path)
            if name is None:
                continue
            here = (*path, name)
            if name in found:
                line = self.keys[here].line
                self._note(key, here, f"is written twice (first in line {line}); keep one of the two")
                continue
            self.keys[here] = Place(key.start_mark.line + 1, key.start_mark.column + 1)
            self.values.pop(here, None)
            found[name] = self.value(value, here, inside, key.end_mark)
        return {**merged, **found}

    def _key(self, node: Node, path: Path) -> str | None:
        if not isinstance(node, ScalarNode) or node.value == "":
            self._note(node, path, "a key is one word; lists, blocks and nothing cannot be keys")
            return None
        name = str(node.value)
        if node.tag != "tag:yaml.org,2002:str":
            self._note(node, (*path, name), "YAML does not read this key as a text; put it in quotes")
        return name

    def _scalar(self, node: ScalarNode, path: Path, after: StreamMark) -> object:
        if str(node.tag).startswith("!"):
            self._note(node, path, f"`{node.tag}` is a YAML tag; put a text that begins with `!` in quotes")
            return str(node.value)
        try:
            value: object = self._scalars.constructor.construct_object(node, deep=True)
        except (YAMLError, ValueError, OverflowError):
            self._note(node, path, f"{str(node.value)[:40]!r} cannot be read; put it in quotes")
            return str(node.value)
        return self._commented_out(node, path, after) if value is None else value

    def _commented_out(self, node: ScalarNode, path: Path, after: StreamMark) -> object:
        """The name behind a `#` that swallowed it (noted), else None: a value that was left empty on purpose."""
        rest = self.text[after.line][after.column :] if after.line < len(self.text) else ""
        swallowed = re.match(r"(\s*:?\s*)#([^\s#].*)", rest) if node.value == "" else None
        if swallowed is None:
            return None
        column = after.column + len(swallowed[1])
        self.values[path] = Place(after.line + 1, column + 1)
        self.problems.append(Problem(self.file, after.line + 1, column + 1, dotted(path), f"is empty; {COMMENT}"))
        return swallowed[2].split()[0].rstrip(",}]")

    def _swallowed_in(self, node: SequenceNode, path: Path) -> None:
        """Notes names in a list in brackets that a `#` made a comment: `[#U1` or `[U1, #U2`, closed on another line."""
        if not node.flow_style:
            return
        for number in range(node.start_mark.line, node.end_mark.line):
            at = _swallowed(self.text[number], "[,")
            if at is not None and not re.search(r"\s", self.text[number][at:].rstrip()):
                self.problems.append(Problem(self.file, number + 1, at + 1, dotted(path), COMMENT))
