"""Reading the series an operator names: `llm_requests_total` or `llm_requests_total{status="error"}`.

One small parser for both sources: the queries print selectors, the scraper matches samples with them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OPERATOR = re.compile(r"=~|!~|!=|=")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


class SelectorError(ValueError):
    """The text names no series; the message says what was expected where."""


@dataclass(frozen=True)
class Matcher:
    """One condition on a label."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a sample with these labels meets it; an absent label is empty, patterns match the whole value."""
        value = labels.get(self.label, "")
        if self.operator in {"=", "!="}:
            return (value == self.value) == (self.operator == "=")
        return (re.fullmatch(self.value, value) is not None) == (self.operator == "=~")

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{quoted(self.value)}"


@dataclass(frozen=True)
class Selector:
    """A series name and the conditions on its labels."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a sample of that name with these labels is meant."""
        return all(matcher.matches(labels) for matcher in self.matchers)

    def renamed(self, name: str) -> "Selector":
        """The same conditions on another series."""
        return Selector(name, self.matchers)

    def __str__(self) -> str:
        inside = ",".join(map(str, self.matchers))
        return f"{self.name}{{{inside}}}" if inside else self.name


def quoted(value: str) -> str:
    """A PromQL string that reads back as `value`."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def parse_selector(text: str) -> Selector:
    """The selector that `text` writes. Raises SelectorError."""
    stripped = text.strip()
    match = _NAME.match(stripped)
    if match is None:
        raise SelectorError(f"{text!r} does not begin with the name of a series, such as llm_requests_total")
    rest = stripped[match.end() :].strip()
    if not rest:
        return Selector(match.group())
    if not (rest.startswith("{") and rest.endswith("}")):
        raise SelectorError(f'{text!r}: after the name only {{label="value"}} may follow; rotate writes the query')
    return Selector(match.group(), _matchers(text, rest[1:-1]))


def _matchers(text: str, inside: str) -> tuple[Matcher, ...]:
    matchers = []
    rest = inside.strip()
    while rest:
        label = _LABEL.match(rest)
        operator = _OPERATOR.match(rest[label.end() :].lstrip()) if label else None
        if label is None or operator is None:
            raise SelectorError(f'{text!r}: expected label="value" at {rest[:20]!r}')
        rest = rest[label.end() :].lstrip()[operator.end() :].lstrip()
        value, rest = _string(text, rest)
        matchers.append(_checked(text, Matcher(label.group(), operator.group(), value)))
        rest = rest.lstrip()
        if rest and not rest.startswith(","):
            raise SelectorError(f"{text!r}: expected a comma at {rest[:20]!r}")
        rest = rest[1:].lstrip()
    return tuple(matchers)


def _checked(text: str, matcher: Matcher) -> Matcher:
    if matcher.operator in {"=~", "!~"}:
        try:
            re.compile(matcher.value)
        except re.error as error:
            raise SelectorError(f"{text!r}: {matcher.value!r} is no regular expression: {error}") from None
    return matcher


def _string(text: str, rest: str) -> tuple[str, str]:
    quote = rest[:1]
    if quote not in {'"', "'", "`"}:
        raise SelectorError(f"{text!r}: the value of a label stands in quotes, not {rest[:20]!r}")
    read: list[str] = []
    position = 1
    while position < len(rest):
        letter = rest[position]
        if letter == quote:
            return "".join(read), rest[position + 1 :]
        if letter == "\\" and quote != "`":
            position += 1
            following = rest[position : position + 1]
            if following not in _ESCAPES:
                raise SelectorError(f"{text!r}: \\{following} is no escape; write \\\\ for a backslash")
            letter = _ESCAPES[following]
        read.append(letter)
        position += 1
    raise SelectorError(f"{text!r}: a quote is not closed")
