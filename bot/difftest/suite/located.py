"""YAML and JSON Lines as plain JSON data that remembers the line of each field. No meaning, no models."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Place = tuple[str | int, ...]
"""Where a field is: `("cases", 3, "assert", 0)`."""

_MAX_FIELDS: Final = 2_000_000
_DEEPEST: Final = 60
_TOO_DEEP: Final = f"lists and blocks stand in each other more than {_DEEPEST} deep; a suite is not that deep"
_TOO_LARGE: Final = f"refers to itself, or holds more than {_MAX_FIELDS:,} values once its aliases are written out"
_TAG: Final = "tag:yaml.org,2002:"
_NUMBER_BASES: Final = {"0x": 16, "0o": 8, "0b": 2}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the line (from 1; 0 for the whole file), the field, and what was expected."""

    line: int
    field: str
    what: str


class MalformedFile(Exception):
    """A file that cannot be used, with everything that is wrong with it, in the order of its lines.

    `private` says that it is not for everybody's eyes: its problems quote it, and are for those who can read it.
    """

    def __init__(self, path: Path, problems: list[Problem], *, private: bool = False) -> None:
        """Sort and phrase the problems, one a line."""
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        self.private = private
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        for problem in self.problems:
            place = self._place(problem)
            yield f"{place}: {problem.field}: {problem.what}" if problem.field else f"{place}: {problem.what}"

    def _place(self, problem: Problem) -> str:
        return f"{self.path}:{problem.line}" if problem.line else str(self.path)

    def shareable(self) -> list[str]:
        """The problems as they may leave the house: those of a private file by their places alone, each once."""
        if not self.private:
            return list(self._lines())
        told = "is not as it must be; it is private, so only `rotate suite check` says why"
        return [f"{place}: {told}" for place in dict.fromkeys(map(self._place, self.problems))]


@dataclass(frozen=True, slots=True)
class Located:
    """Data with the line of each field that was written."""

    data: JsonValue
    lines: Mapping[Place, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    broken: frozenset[Place] = frozenset()
    """The places where nothing could be read; `problems` say why, and what else the text got wrong."""

    def line(self, place: Place) -> int:
        """The line of the field, or of the nearest one around it that was written."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def dotted(place: Place) -> str:
    """The place as people write it: `cases[3].assert[0].value`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def read_text(path: Path) -> str:
    """The file as text. Raises MalformedFile when there is none that can be read."""
    try:
        if not path.is_dir() and path.exists() and not path.is_file():
            raise MalformedFile(path, [Problem(0, "", "is no file: a pipe or device may never end")])
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedFile(path, [Problem(0, "", f"is not UTF-8 text (byte {error.start})")]) from None
    except OSError as error:
        raise MalformedFile(path, [Problem(0, "", f"cannot be read: {error.strerror}")]) from None


def read_yaml(path: Path) -> Located:
    """One YAML document (1.2; JSON is one too). Raises MalformedFile with the line where there is none."""
    try:
        root = YAML(pure=True).compose(read_text(path))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise MalformedFile(path, [Problem(line, "", f"is not YAML: {error.problem or error.context}")]) from None
    except (YAMLError, ValueError) as error:
        raise MalformedFile(path, [Problem(0, "", f"is not YAML: {error}")]) from None
    except RecursionError:
        raise MalformedFile(path, [Problem(0, "", _TOO_DEEP)]) from None
    if root is None:
        raise MalformedFile(path, [Problem(0, "", "is empty")])
    if (node := _endless(root)) is not None:
        raise MalformedFile(path, [Problem(node.start_mark.line + 1, "", _TOO_LARGE)])
    reading = _YamlReading()
    data = reading.value(root, ())
    if reading.hopeless:
        raise MalformedFile(path, reading.problems)
    return Located(data, reading.lines, tuple(reading.problems))


def _endless(root: Node) -> Node | None:
    """The first node that holds itself, or too much once its aliases are written out; each is looked at once.

    Written out, a file of ten lines can hold a billion values: whoever counts them has begun to.
    """
    sizes: dict[int, int] = {}
    holding: set[int] = set()
    waiting = [(root, False)]
    while waiting:
        node, seen = waiting.pop()
        inner = _inner(node)
        if seen:
            holding.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in inner)
            if sizes[id(node)] > _MAX_FIELDS:
                return node
        elif id(node) in holding:
            return node
        elif id(node) not in sizes:
            holding.add(id(node))
            waiting += [(node, True), *((child, False) for child in reversed(inner))]
    return None


def _inner(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, SequenceNode) else []


class _YamlReading:
    """One pass over the nodes of a document: values, their lines, and what is wrong with them."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.hopeless = False

    def value(self, node: Node, place: Place) -> Any:  # noqa: ANN401 (JSON of any shape)
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return self._scalar(node, place)
        if len(place) > _DEEPEST:
            self._wrong(node, place[:1], _TOO_DEEP)
            self.hopeless = True
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        return [self.value(child, (*place, index)) for index, child in enumerate(node.value)]

    def _wrong(self, node: Node, place: Place, what: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, dotted(place), what))

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, child in node.value:
            if key.tag == f"{_TAG}merge":
                sources = child.value if child.id == "sequence" else [child]
                for source in sources:
                    if isinstance(source, MappingNode):
                        merged = self._mapping(source, place) | merged
                continue
            if not isinstance(key, ScalarNode):
                self._wrong(key, place, "a field's name must be plain text")
                continue
            name = str(key.value)
            if name in found:
                self._wrong(key, (*place, name), "is written twice")
            self.lines[*place, name] = key.start_mark.line + 1
            found[name] = self.value(child, (*place, name))
        return merged | found

    def _scalar(self, node: ScalarNode, place: Place) -> JsonValue:
        text = str(node.value)
        match str(node.tag).removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                digits = text.replace("_", "")
                sign, plain = (digits[0], digits[1:]) if digits[0] in "+-" else ("", digits)
                return (
                    int(sign + plain.removeprefix(plain[:2]), base)
                    if (base := _NUMBER_BASES.get(plain[:2].lower()))
                    else int(digits)
                )
            case "float":
                try:
                    return float(text.replace("_", ""))
                except ValueError:
                    self._wrong(node, place, "is not a number that JSON knows")
                    return None
            case _:
                return text


def read_json_lines(path: Path) -> Located:
    """A list with one JSON value a line; empty lines are skipped, and one that is no JSON is null and a problem."""
    rows: list[JsonValue] = []
    lines: dict[Place, int] = {}
    problems: list[Problem] = []
    broken: set[Place] = set()
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        lines[len(rows),] = number
        try:
            found = json.loads(line, parse_constant=_no_constant, object_pairs_hook=_once_each)
        except (ValueError, RecursionError) as error:
            broken.add((len(rows),))
            problems.append(Problem(number, "", _no_json(error)))
            found = None
        if _deeper(found, _DEEPEST):
            broken.add((len(rows),))
            problems.append(Problem(number, "", _TOO_DEEP))
            found = None
        rows.append(found)
    return Located(rows, lines, tuple(problems), frozenset(broken))


class _WrittenTwiceError(ValueError):
    """A key stands twice in one object, so one of its values would be lost."""


def _once_each(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for name, value in pairs:
        if name in found:
            raise _WrittenTwiceError(name)
        found[name] = value
    return found


def _no_json(error: ValueError | RecursionError) -> str:
    match error:
        case _WrittenTwiceError():
            return f"{error} is written twice"
        case json.JSONDecodeError():
            return f"is not JSON: {error.msg} (column {error.colno})"
        case RecursionError():
            return _TOO_DEEP
        case _:
            return f"is not JSON: {error}"


def _deeper(value: JsonValue, most: int) -> bool:
    """Whether blocks and lists stand in each other more than so many deep."""
    level: list[JsonValue] = [value]
    for _ in range(most):
        inner = [one for one in level if isinstance(one, dict | list)]
        level = [child for one in inner for child in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return False
    return True


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise ValueError(message)
