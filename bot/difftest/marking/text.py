"""What may be asserted of an answer's text. Pure: a value and a text in, the reason why it does not hold out.

Every type has two questions: is `value` one it can work with (asked when a suite is loaded), and does the text meet it.
`not-` in front of a type turns it round.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.json_values import parse_json, same_json, schema_misses, schema_problem, shown

NEGATION: Final = "not-"


@dataclass(frozen=True, slots=True)
class TextAssertion:
    """`expects` answers what is wrong with a value, `misses` why a text does not meet it; None is all well."""

    expects: Callable[[JsonValue], str | None]
    misses: Callable[[JsonValue, str], str | None]


def _text(value: JsonValue) -> str | None:
    scalar = isinstance(value, str | int | float) and not isinstance(value, bool)
    return None if scalar and str(value) else "a text is expected"


def _texts(value: JsonValue) -> str | None:
    if isinstance(value, list) and value and all(_text(entry) is None for entry in value):
        return None
    return "a list of texts is expected"


def _pattern(value: JsonValue) -> str | None:
    if not isinstance(value, str) or not value:
        return "a regular expression is expected"
    try:
        re.compile(value)
    except re.error as error:
        return f"is not a regular expression: {error}"
    return None


def _anything(value: JsonValue) -> str | None:
    return "a value to compare with is expected" if value is None else None


def _schema_or_nothing(value: JsonValue) -> str | None:
    return None if value in (None, True) else schema_problem(value)


def _equals(value: JsonValue, text: str) -> str | None:
    if isinstance(value, str):
        return None if text.strip() == value.strip() else f"is not {shown(value)}"
    try:
        return None if same_json(parse_json(text), value) else f"is not {shown(value)}"
    except ValueError:
        return f"is not the JSON {shown(value)}"


def _contains(value: JsonValue, text: str) -> str | None:
    return None if str(value) in text else f"does not contain {shown(value)}"


def _icontains(value: JsonValue, text: str) -> str | None:
    return None if str(value).casefold() in text.casefold() else f"does not contain {shown(value)} in any case"


def _contains_any(value: JsonValue, text: str) -> str | None:
    found = isinstance(value, list) and any(str(entry) in text for entry in value)
    return None if found else f"contains none of {shown(value)}"


def _contains_all(value: JsonValue, text: str) -> str | None:
    missing: list[JsonValue] = [entry for entry in value if str(entry) not in text] if isinstance(value, list) else []
    return f"does not contain {shown(missing)}" if missing else None


def _regex(value: JsonValue, text: str) -> str | None:
    return None if re.search(str(value), text) else f"does not match {value}"


def _is_json(value: JsonValue, text: str) -> str | None:
    try:
        parsed = parse_json(text)
    except ValueError as error:
        return f"is not JSON: {error}"
    return None if value in (None, True) else schema_misses(value, parsed)


TEXT_ASSERTIONS: Final[dict[str, TextAssertion]] = {
    "equals": TextAssertion(_anything, _equals),
    "contains": TextAssertion(_text, _contains),
    "icontains": TextAssertion(_text, _icontains),
    "contains-any": TextAssertion(_texts, _contains_any),
    "contains-all": TextAssertion(_texts, _contains_all),
    "regex": TextAssertion(_pattern, _regex),
    "is-json": TextAssertion(_schema_or_nothing, _is_json),
    "json-schema": TextAssertion(schema_problem, _is_json),
}
"""Every type of assertion about the text."""


def text_type(kind: str) -> TextAssertion | None:
    """The assertion of that type, also behind `not-`; None for what is not about the text."""
    return TEXT_ASSERTIONS.get(kind.removeprefix(NEGATION))


def text_misses(kind: str, value: JsonValue, text: str) -> str | None:
    """Why an answer's text does not meet an assertion of a known type; None when it does."""
    why = TEXT_ASSERTIONS[kind.removeprefix(NEGATION)].misses(value, text)
    if not kind.startswith(NEGATION):
        return None if why is None else f"{kind}: the answer {why}"
    return f"{kind}: the answer meets {shown(value)}" if why is None else None
