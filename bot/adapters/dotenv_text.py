"""One variable of a dotenv text: what it holds, and the same text with another value, all else byte for byte.

Readers of such files differ (shells, systemd, Docker, the dotenv libraries). Where they would read our variable
differently, the answer is `AmbiguousError`, never a guess. Pure; a text is bytes decoded as latin-1: nothing is lost.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
_ASSIGNMENT = re.compile(r"[ \t]*(?P<export>export[ \t]+)?(?:'(?P<quoted>[^'\r\n]+)'|(?P<name>[^\s=#'\"]+))[ \t]*")
_QUOTED = {"'": re.compile(r"'(?:\\'|[^'])*'"), '"': re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)}
_AFTER_QUOTE = re.compile(r"[ \t]*(?=#|[\r\n]|\Z)")
_BYTE_ORDER_MARK = "\xef\xbb\xbf"
_LONGEST = 256
_NEVER_CLOSED = "a quote is never closed"


class AmbiguousError(ValueError):
    """The text does not say plainly what the variable holds; the sentence says why, with line numbers."""


@dataclass(frozen=True)
class _Assignment:
    """A line that sets a name. `begin`..`end` is the whole line with its end, `left`..`right` the value in it."""

    name: str
    line: int
    begin: int
    end: int
    left: int
    right: int
    quote: str
    exported: bool
    trouble: str


def unusable(value: str) -> str:
    """Why a text cannot be a model id in a dotenv file, empty when it can.

    Allowed is printable ASCII without spaces, quotes, backslash, `$` and backquote: what every reader takes literally.
    """
    if len(value) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    for character in value:
        if character in "'\"":
            return "it holds a quote"
        if character in "\\$`":
            return f"it holds {character!r}, which readers of env files expand"
        if character.isspace():
            return "it holds a line break" if character in "\r\n\v\f\x85\u2028\u2029" else "it holds a space"
        if not "!" <= character <= "~":
            return f"it holds the character {character!r}; model ids are plain ASCII"
    return ""


def value_of(text: str, name: str, *, what: str = "model id") -> str | None:
    """What the variable holds, None when no line sets it. Raises AmbiguousError."""
    found = _only(text, name)
    if found is None:
        return None
    value = text[found.left : found.right]
    if reason := unusable(value):
        message = f"line {found.line} sets {name} to something that is no {what}: {reason}"
        raise AmbiguousError(message)
    if not found.quote and "#" in value:
        message = f"line {found.line}: some readers take `#` for a comment; put the value of {name} in double quotes"
        raise AmbiguousError(message)
    return value


def with_value(text: str, name: str, value: str | None) -> str:
    """The text with the variable set (or, with None, its line gone).

    A line that is there keeps its indent, `export`, quotes and comment; a new one is put at the end. Setting a value
    and setting back what was there, also None, gives the first text again. Raises AmbiguousError, and ValueError for a
    value that is `unusable`.
    """
    if value is not None and (reason := unusable(value)):
        message = f"{value!r} cannot be written: {reason}"
        raise ValueError(message)
    found = _only(text, name)
    if value is None:
        return text if found is None else _without(text, found)
    if found is None:
        return _appended(text, name, value)
    if not found.quote and "#" in value:
        message = f"line {found.line}: {value!r} holds `#`; put the value of {name} in double quotes first"
        raise AmbiguousError(message)
    return text[: found.left] + value + text[found.right :]


def _only(text: str, name: str) -> _Assignment | None:
    found = [assignment for assignment in _assignments(text, name) if assignment.name == name]
    if len(found) > 1:
        lines = " and ".join(str(assignment.line) for assignment in found)
        message = f"{name} is set on lines {lines}; keep one of them (readers take the last)"
        raise AmbiguousError(message)
    if found and found[0].trouble:
        message = f"line {found[0].line}: {found[0].trouble}"
        raise AmbiguousError(message)
    return found[0] if found else None


def _line_end(text: str, at: int) -> tuple[int, int]:
    """Where the line that holds `at` ends: before and after its line break."""
    found = _LINE_END.search(text, at)
    return (found.start(), found.end()) if found else (len(text), len(text))


def _assignments(text: str, name: str) -> Iterator[_Assignment]:
    """Every assignment. Raises AmbiguousError when `name` is set in the middle of something else."""
    at = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    line = 1
    continued = False
    never_closed = 0
    while at < len(text):
        found = _ASSIGNMENT.match(text, at)
        stop, following = _line_end(text, at)
        if found is not None and found.end() <= stop:
            assignment = _assignment(text, at, line, found)
            if continued and assignment.name == name:
                message = f"line {line - 1} ends in a backslash: some readers join it with the line that sets {name}"
                raise AmbiguousError(message)
            if never_closed and assignment.name == name:
                message = f"line {never_closed} opens a quote that is never closed; some readers would not see {name}"
                raise AmbiguousError(message)
            never_closed = never_closed or (line if assignment.trouble == _NEVER_CLOSED else 0)
            if assignment.right > stop:
                _refuse_inside(text, name, assignment, stop)
            yield assignment
            stop, following = _line_end(text, max(assignment.right, at))
        continued = text[at:stop].endswith("\\")
        line += len(_LINE_END.findall(text, at, following))
        at = following


def _assignment(text: str, at: int, line: int, found: re.Match[str]) -> _Assignment:
    name = found["quoted"] or found["name"]
    exported = bool(found["export"])
    stop, following = _line_end(text, found.end())
    if text[found.end() : found.end() + 1] != "=":
        trouble = f"{name} is named without `=`" if not text[found.end() : stop].strip(" \t") else "cannot be read"
        return _Assignment(name, line, at, following, found.end(), found.end(), "", exported, trouble)
    left = found.end() + 1
    while text[left : left + 1] in {" ", "\t"}:
        left += 1
    quote = text[left : left + 1] if text[left : left + 1] in {"'", '"'} else ""
    if not quote:
        return _unquoted(text, _Assignment(name, line, at, following, found.end() + 1, stop, "", exported, ""))
    closed = _QUOTED[quote].match(text, left)
    if closed is None:
        return _Assignment(name, line, at, following, left + 1, stop, quote, exported, _NEVER_CLOSED)
    following = _line_end(text, closed.end())[1]
    trouble = "" if _AFTER_QUOTE.match(text, closed.end()) else "something follows the closing quote"
    return _Assignment(name, line, at, following, left + 1, closed.end() - 1, quote, exported, trouble)


def _unquoted(text: str, found: _Assignment) -> _Assignment:
    """The same assignment with its value's place: without the blanks round it and the comment behind it."""
    raw = text[found.left : found.right]
    bare = re.split(r"(?<=[ \t])#", raw, maxsplit=1)[0]
    trouble = "only a comment follows `=`, and readers differ" if "#" in raw and not bare.strip(" \t") else ""
    left = found.left + (len(bare) - len(bare.lstrip(" \t")) if bare.strip(" \t") else 0)
    right = left + len(bare.strip(" \t"))
    return _Assignment(
        found.name, found.line, found.begin, found.end, left, right, "", found.exported, found.trouble or trouble
    )


def _refuse_inside(text: str, name: str, assignment: _Assignment, stop: int) -> None:
    inside = re.search(rf"[\r\n][ \t]*(?:export[ \t]+)?{re.escape(name)}[ \t]*=", text[stop : assignment.right])
    if inside:
        message = f"{name} is set inside the quotes that line {assignment.line} opens; close them where they should end"
        raise AmbiguousError(message)


def _without(text: str, found: _Assignment) -> str:
    before, after = text[: found.begin], text[found.end :]
    if found.end == len(text) and not _LINE_END.search(text[found.right :]):
        # The last line had no line break: then the one before it was written together with it.
        before = re.sub(r"(?:\r\n|\n|\r)\Z", "", before)
    return before + after


def _appended(text: str, name: str, value: str) -> str:
    assignments = list(_assignments(text, name))
    for assignment in assignments:
        if assignment.trouble == _NEVER_CLOSED:
            message = f"line {assignment.line}: {assignment.trouble}, so nothing can be added below it"
            raise AmbiguousError(message)
    if re.search(r"\\(?:\r\n|\n|\r)?\Z", text):
        message = "the last line ends in a backslash: some readers would join it with a line added below"
        raise AmbiguousError(message)
    export = "export " if assignments and all(assignment.exported for assignment in assignments) else ""
    line = f'{export}{name}="{value}"' if "#" in value else f"{export}{name}={value}"
    breaks = _LINE_END.findall(text)
    line_break = breaks[-1] if breaks else "\n"
    bare = text.removeprefix(_BYTE_ORDER_MARK)
    return text + line_break + line if bare and not re.search(r"[\r\n]\Z", bare) else text + line + line_break
