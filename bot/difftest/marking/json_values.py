"""JSON as an answer holds it: parsed strictly, compared as JSON means it, checked against a schema, quoted. Pure."""

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn

from pydantic import JsonValue

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_SHOWN: Final = 120


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
