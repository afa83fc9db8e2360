"""JSON as an answer holds it: parsed strictly, compared as JSON means it, checked against a schema, quoted. Pure."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pydantic import JsonValue

from bot.difftest.marking.patterns import found, pattern_problem
from bot.difftest.marking.untellable import Untellable

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_SHOWN: Final = 120
_DATA: Final = {"const", "default", "enum", "example", "examples"}
_MOST_STARTS: Final = 200


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


def parts_of_json(text: str) -> Iterator[JsonValue]:
    """The JSON objects and arrays that stand in a text, from left to right, those within another one apart.

    So many beginnings are tried that an ordinary answer is read whole, and no more, so that braces alone take no time.
    """
    decoder, at = json.JSONDecoder(parse_constant=_refuse), 0
    for _ in range(_MOST_STARTS):
        starts = [start for start in (text.find("{", at), text.find("[", at)) if start >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            part, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
        else:
            yield part


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
    if _both_kinds(schema):
        return "unevaluatedProperties beside patternProperties is not known here: name the properties"
    for pattern in _patterns(schema):
        if (why := pattern_problem(pattern)) is not None:
            return f"is not a JSON Schema: the pattern {shown(pattern)} {why}"
    return None


def _patterns(schema: JsonValue) -> Iterator[str]:
    """The regular expressions of a schema; what is only data in it is passed over."""
    if isinstance(schema, list):
        for entry in schema:
            yield from _patterns(entry)
    elif isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "pattern" and isinstance(inner, str):
                yield inner
            elif key == "patternProperties" and isinstance(inner, dict):
                yield from inner
            if key not in _DATA:
                yield from _patterns(inner)


def _both_kinds(schema: JsonValue) -> bool:
    """Whether jsonschema would search for property names by itself, with `re` and no end."""
    text = json.dumps(schema)
    return '"unevaluatedProperties":' in text and '"patternProperties":' in text


def _undated(schema: Any) -> Any:  # noqa: ANN401 (JSON of any shape)
    """A schema without `$schema`, by which jsonschema would go back to its own keywords at a `$ref` to the root."""
    if isinstance(schema, list):
        return [_undated(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inner if key in _DATA else _undated(inner)
        for key, inner in schema.items()
        if key != "$schema" or not isinstance(inner, str)
    }


@lru_cache(maxsize=1024)
def _validator(schema: str) -> "Validator":
    import jsonschema
    from jsonschema.validators import validator_for
    from referencing import Registry  # noqa: PLC0415 (comes with jsonschema)

    parsed = json.loads(schema)
    given = validator_for(parsed, default=jsonschema.Draft202012Validator)
    bounded = {"pattern": _pattern, "patternProperties": _pattern_properties}
    if "additionalProperties" in given.VALIDATORS:
        bounded["additionalProperties"] = _additional_properties
    extend: Any = jsonschema.validators.extend
    # An empty registry: a $ref to the network is an error, not a download.
    validator: Validator = extend(given, bounded)(_undated(parsed), registry=Registry())
    return validator


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401, ARG001
    """The keyword as jsonschema has it, but with a search that ends."""
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401, ARG001
    if validator.is_type(instance, "object"):
        for pattern, inner in patterns.items():
            for key, value in instance.items():
                if found(pattern, key):
                    yield from validator.descend(value, inner, path=key, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    spare = [key for key in instance if key not in named and not any(found(pattern, key) for pattern in patterns)]
    if validator.is_type(allowed, "object"):
        for key in spare:
            yield from validator.descend(instance[key], allowed, path=key)
    elif allowed is False and spare:
        names = ", ".join(repr(key) for key in spare)
        yield ValidationError(
            f"Additional properties are not allowed ({names} {'was' if spare[1:] == [] else 'were'} unexpected)"
        )


def schema_misses(schema: JsonValue, value: JsonValue) -> str | None:
    """Why a value does not meet a schema: its first problems, with their paths. Raises Untellable."""
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 (comes with jsonschema)

    try:
        errors = sorted(_validator(json.dumps(schema)).iter_errors(value), key=lambda error: error.json_path)
    except Unresolvable as error:
        return f"the schema refers to {error.ref}, which is not in it"
    except RecursionError:
        raise Untellable("the schema refers to itself without end") from None
    if not errors:
        return None
    first = "; ".join(f"{error.json_path}: {error.message[:_SHOWN]}" for error in errors[:3])
    return first if len(errors) <= 3 else f"{first}; and {len(errors) - 3} more"  # noqa: PLR2004 (three are read)
