"""What may be asserted of an answer's text. Pure: a value and a text in, the reason why it does not hold out.

Every type has two questions: is `value` one it can work with (asked when a suite is loaded), and does the text meet it.
`not-` in front of a type turns it round. What needs more than a few lines to say has a file of its own noun.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.formats import FORMATS
from bot.difftest.marking.json_values import parse_json, parts_of_json, same_json, shown
from bot.difftest.marking.kinds import is_negated, plain
from bot.difftest.marking.language import language_misses, language_problem
from bot.difftest.marking.length import length_misses, length_problem
from bot.difftest.marking.numbers import numeric_misses, numeric_problem
from bot.difftest.marking.patterns import found, pattern_problem
from bot.difftest.marking.references import path_of
from bot.difftest.marking.refusal import refusal_misses
from bot.difftest.marking.schemas import schema_misses, schema_problem, unasserted_formats
from bot.difftest.marking.similarity import similarity_misses, similarity_problem
from bot.difftest.marking.untellable import Untellable


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
    return pattern_problem(value)


def _anything(value: JsonValue) -> str | None:
    return "a value to compare with is expected" if value is None else None


def _nothing(value: JsonValue) -> str | None:
    return None if value in (None, True) else "takes no value"


def _schema(value: JsonValue) -> str | None:
    """A schema of which nothing is passed over: an expectation that is not looked at would be met by anything."""
    if (why := schema_problem(value)) is not None:
        return why
    unseen = next(unasserted_formats(value), None)
    if unseen is None:
        return None
    steps, name = unseen
    return f"{path_of(steps)} is {shown(name)}, which nothing is held to here (but to {', '.join(FORMATS)})"


def _schema_or_nothing(value: JsonValue) -> str | None:
    return None if value in (None, True) else _schema(value)


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
    return None if any(entry in text for entry in _listed(value)) else f"contains none of {shown(value)}"


def _contains_all(value: JsonValue, text: str) -> str | None:
    missing: list[JsonValue] = [entry for entry in _listed(value) if entry not in text]
    return f"does not contain {shown(missing)}" if missing else None


def _icontains_any(value: JsonValue, text: str) -> str | None:
    folded = text.casefold()
    found_one = any(entry.casefold() in folded for entry in _listed(value))
    return None if found_one else f"contains none of {shown(value)} in any case"


def _icontains_all(value: JsonValue, text: str) -> str | None:
    folded = text.casefold()
    missing: list[JsonValue] = [entry for entry in _listed(value) if entry.casefold() not in folded]
    return f"does not contain {shown(missing)} in any case" if missing else None


def _listed(value: JsonValue) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _starts_with(value: JsonValue, text: str) -> str | None:
    return None if text.lstrip().startswith(str(value).lstrip()) else f"does not start with {shown(value)}"


def _regex(value: JsonValue, text: str) -> str | None:
    return None if found(str(value), text) else f"does not match {value}"


def _is_json(value: JsonValue, text: str) -> str | None:
    try:
        parsed = parse_json(text)
    except ValueError as error:
        return f"is not JSON: {error}"
    return None if value in (None, True) else schema_misses(value, parsed)


def _contains_json(value: JsonValue, text: str) -> str | None:
    parts = list(parts_of_json(text))
    if not parts:
        return "contains no JSON object or array"
    if value in (None, True):
        return None
    reasons = [schema_misses(value, part) for part in parts]
    return None if None in reasons else f"contains JSON, but {reasons[0]}"


def _refusal(value: JsonValue, text: str) -> str | None:  # noqa: ARG001 (it takes none)
    return refusal_misses(text)


TEXT_ASSERTIONS: Final[dict[str, TextAssertion]] = {
    "equals": TextAssertion(_anything, _equals),
    "contains": TextAssertion(_text, _contains),
    "icontains": TextAssertion(_text, _icontains),
    "contains-any": TextAssertion(_texts, _contains_any),
    "contains-all": TextAssertion(_texts, _contains_all),
    "icontains-any": TextAssertion(_texts, _icontains_any),
    "icontains-all": TextAssertion(_texts, _icontains_all),
    "starts-with": TextAssertion(_text, _starts_with),
    "regex": TextAssertion(_pattern, _regex),
    "is-json": TextAssertion(_schema_or_nothing, _is_json),
    "json-schema": TextAssertion(_schema, _is_json),
    "contains-json": TextAssertion(_schema_or_nothing, _contains_json),
    "numeric": TextAssertion(numeric_problem, numeric_misses),
    "length": TextAssertion(length_problem, length_misses),
    "similarity": TextAssertion(similarity_problem, similarity_misses),
    "refusal": TextAssertion(_nothing, _refusal),
    "language": TextAssertion(language_problem, language_misses),
}
"""Every type of assertion about the text."""


def text_type(kind: str) -> TextAssertion | None:
    """The assertion of that type, also behind `not-`; None for what is not about the text."""
    return TEXT_ASSERTIONS.get(plain(kind))


def text_misses(kind: str, value: JsonValue, text: str) -> str | None:
    """Why an answer's text does not meet an assertion of a known type; None when it does.

    What cannot be judged (a search that was stopped, an extra that is not installed) is met neither way round.
    """
    try:
        why = TEXT_ASSERTIONS[plain(kind)].misses(value, text)
    except Untellable as error:
        return f"{kind}: the answer cannot be judged: {error}"
    if not is_negated(kind):
        return None if why is None else f"{kind}: the answer {why}"
    met = plain(kind) if value in (None, True) else shown(value)
    return f"{kind}: the answer meets {met}" if why is None else None
