"""Plain JSON data that remembers the line of each field, and JSON Lines as such. No meaning, no models."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from pydantic import JsonValue

from bot.difftest.model.characters import is_whole

Place = tuple[str | int, ...]
"""Where a field is: `("cases", 3, "assert", 0)`."""

DEEPEST: Final = 60
HALF: Final = "holds half a character (a surrogate escape without its other half); write the character itself"
TOO_DEEP: Final = f"lists and blocks stand in each other more than {DEEPEST} deep; a suite is not that deep"


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
        if "\\u" in line and not is_whole(json.dumps(found, ensure_ascii=False)):
            broken.add((len(rows),))
            problems.append(Problem(number, "", HALF))
            found = None
        if _deeper(found, DEEPEST):
            broken.add((len(rows),))
            problems.append(Problem(number, "", TOO_DEEP))
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
            return TOO_DEEP
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
