"""YAML as plain JSON data that remembers the line of each field. No meaning, no models."""

from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.difftest.model.characters import is_whole, joined
from bot.difftest.suite.located import (
    DEEPEST,
    HALF,
    TOO_DEEP,
    Located,
    MalformedFile,
    Place,
    Problem,
    dotted,
    read_text,
)

_MAX_FIELDS: Final = 2_000_000
_TOO_LARGE: Final = f"refers to itself, or holds more than {_MAX_FIELDS:,} values once its aliases are written out"
_TAG: Final = "tag:yaml.org,2002:"
_NUMBER_BASES: Final = {"0x": 16, "0o": 8, "0b": 2}


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
        raise MalformedFile(path, [Problem(0, "", TOO_DEEP)]) from None
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
        if len(place) > DEEPEST:
            self._wrong(node, place[:1], TOO_DEEP)
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
            name = self._text(key, place)
            if name in found:
                self._wrong(key, (*place, name), "is written twice")
            self.lines[*place, name] = key.start_mark.line + 1
            found[name] = self.value(child, (*place, name))
        return merged | found

    def _text(self, node: ScalarNode, place: Place) -> str:
        text = joined(str(node.value))  # ruamel reads the escapes of one character as two halves
        if not is_whole(text):
            self._wrong(node, place, HALF)
        return text

    def _scalar(self, node: ScalarNode, place: Place) -> JsonValue:
        text = self._text(node, place)
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
