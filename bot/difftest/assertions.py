"""What may be asserted of an answer's text. Pure: a value and a text in, the reason why it does not hold out.

Every type has two questions: is `value` one it can work with (asked when a suite is loaded), and does the text meet it.
`not-` in front of a type turns it round.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn

from pydantic import JsonValue

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

NEGATION: Final = "not-"
_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class TextAssertion:
    """`expects` answers what is wrong with a value, `misses` why a text does not meet it; None is all well."""

    expects: Callable[[JsonValue], str | None]
    misses: Callable[[JsonValue, str], str | None]


def shown(value: JsonValue) -> str:
    """A value as it is quoted in a sentence: JSON, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def same_json(left: JsonValue, right: JsonValue) -> bool:
    """Equality as JSON means it: 1 equals 1.0, true does not equal 1."""
    match left, right:
        case bool(), bool():
            return left == right
        case (bool(), _) | (_, bool()):
            return False
        case int() | float(), int() | float():
            return left == right
        case list(), list():
            return len(left) == len(right) and all(map(same_json, left, right))
        case dict(), dict():
            return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
        case _:
            return type(left) is type(right) and left == right


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON number"
    raise ValueError(message)


def parse_json(text: str) -> JsonValue:
    """Strict JSON: no NaN, nothing round it. Raises ValueError."""
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return parsed


def schema_problem(schema: JsonValue) -> str | None:
    """Why something is not a JSON Schema; None when it is one."""
    import jsonschema
    from jsonschema.validators import validator_for

    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return "a JSON Schema (an object) is expected"
    try:
        validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(schema)
    except jsonschema.SchemaError as error:
        return f"is not a JSON Schema: {error.message} at {error.json_path}"
    return None


@lru_cache(maxsize=1024)
def _validator(schema: str) -> "Validator":
    import jsonschema
    from jsonschema.validators import validator_for
    from referencing import Registry  # noqa: PLC0415 (comes with jsonschema)

    parsed = json.loads(schema)
    kind = validator_for(parsed, default=jsonschema.Draft202012Validator)
    return kind(parsed, registry=Registry())  # an empty registry: a $ref to the network is an error, not a download


def schema_misses(schema: JsonValue, value: JsonValue) -> str | None:
    """Why a value does not meet a schema: its first problems, with their paths."""
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 (comes with jsonschema)

    try:
        errors = sorted(_validator(json.dumps(schema)).iter_errors(value), key=lambda error: error.json_path)
    except Unresolvable as error:
        return f"the schema refers to {error.ref}, which is not in it"
    if not errors:
        return None
    first = "; ".join(f"{error.json_path}: {error.message[:_SHOWN]}" for error in errors[:3])
    return first if len(errors) <= 3 else f"{first}; and {len(errors) - 3} more"  # noqa: PLR2004 (three are read)


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
