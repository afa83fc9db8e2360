"""JSON Schemas: whether something is one that can be used, and whether a value meets it. Pure: nothing is fetched."""

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import JsonValue

from bot.difftest.marking.formats import FORMATS
from bot.difftest.marking.json_values import shown
from bot.difftest.marking.patterns import found, pattern_problem
from bot.difftest.marking.references import Schema, Steps, parts_of
from bot.difftest.marking.untellable import Untellable

if TYPE_CHECKING:
    from jsonschema.protocols import Validator
    from referencing.exceptions import Unresolvable

_SHOWN: Final = 120
_DATA: Final = {"const", "default", "enum", "example", "examples"}


def schema_problem(schema: JsonValue) -> str | None:
    """Why something is not a JSON Schema that can be used; None when it is one."""
    import jsonschema

    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return "a JSON Schema (an object) is expected"
    if not isinstance(schema.get("$schema", ""), str):
        return "is not a JSON Schema: its $schema is no text"
    try:
        _dialect(schema).check_schema(schema)
        parts = parts_of(schema, _dialect(schema))
    except jsonschema.SchemaError as error:
        return f"is not a JSON Schema: {error.message} at {error.json_path}"
    except Untellable as error:
        return f"is not a JSON Schema that can be used: {error}"
    if _both_kinds(schema):
        return "unevaluatedProperties beside patternProperties is not known here: name the properties"
    for pattern in _patterns(parts.values()):
        if (why := pattern_problem(pattern)) is not None:
            return f"is not a JSON Schema: the pattern {shown(pattern)} {why}"
    return None


def formats_in(schema: JsonValue) -> Iterator[tuple[Steps, str]]:
    """The formats that a schema which can be used asks for, each with its place."""
    if isinstance(schema, dict):
        for steps, part in parts_of(schema, _dialect(schema)).items():
            if isinstance(name := part.get("format"), str):
                yield (*steps, "format"), name


def unasserted_formats(schema: JsonValue) -> Iterator[tuple[Steps, str]]:
    """Those of them that nobody looks at here."""
    return ((steps, name) for steps, name in formats_in(schema) if name not in FORMATS)


def without(schema: JsonValue, places: Iterable[tuple[Steps, str]]) -> JsonValue:
    """The schema without these formats."""
    made = deepcopy(schema)
    for steps, _ in places:
        part: Any = made
        for step in steps[:-1]:
            part = part[step]
        del part["format"]
    return made


_OF_PROPERTIES: Final = (
    "$schema",
    "$defs",
    "definitions",
    "properties",
    "patternProperties",
    "additionalProperties",
)
"""What of an object's schema some of its properties must meet by themselves."""


def fails(schema: JsonValue, value: JsonValue) -> str | None:
    """Why a value does not meet a schema; None also where nobody can tell, or where it is none that can be used."""
    if not isinstance(schema, dict) or sound(json.dumps(schema)) is not None:
        return None
    try:
        return schema_misses(schema, value)
    except Untellable:
        return None


def excludes(schema: JsonValue, some: JsonValue) -> str | None:
    """Why no object that meets the schema has these properties; None when one may, or nobody can tell."""
    if not isinstance(schema, dict):
        return None
    return fails({key: schema[key] for key in _OF_PROPERTIES if key in schema}, some)


def forbids(schema: JsonValue, name: str) -> bool:
    """Whether no object that meets the schema has a property of that name, whatever it holds."""
    if not isinstance(schema, dict) or sound(json.dumps(schema)) is not None:
        return False
    named, patterns = schema.get("properties"), schema.get("patternProperties")
    if isinstance(named, dict) and name in named:
        return named[name] is False
    try:
        allowed = isinstance(patterns, dict) and any(found(pattern, name) for pattern in patterns)
    except Untellable:
        return False
    return not allowed and schema.get("additionalProperties") is False


@lru_cache(maxsize=1024)
def sound(schema: str) -> str | None:
    """`schema_problem` of a schema as JSON, once for the many cases with the same tools: it takes milliseconds."""
    return schema_problem(json.loads(schema))


def _dialect(schema: Schema) -> "type[Validator]":
    import jsonschema
    from jsonschema.validators import validator_for

    return validator_for(schema, default=jsonschema.Draft202012Validator)


def _patterns(parts: Iterable[Schema]) -> Iterator[str]:
    for part in parts:
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        if isinstance(part.get("patternProperties"), dict):
            yield from part["patternProperties"]


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
    from referencing import Registry  # noqa: PLC0415 (comes with jsonschema)

    parsed = json.loads(schema)
    given = _dialect(parsed)
    bounded = {"pattern": _pattern, "patternProperties": _pattern_properties, "format": _format}
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


def _format(validator: Any, name: str, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401, ARG001
    """The keyword as an assertion, which to jsonschema it is not by itself."""
    from jsonschema import ValidationError

    check = FORMATS.get(name)
    if check is not None and validator.is_type(instance, "string") and not check(instance):
        yield ValidationError(f"{instance!r} is no {name}")


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
        raise Untellable(f"the schema refers to {_led_to(error)}, which is not in it") from None
    except RecursionError:
        raise Untellable("the schema refers to itself without end") from None
    if not errors:
        return None
    first = "; ".join(f"{error.json_path}: {error.message[:_SHOWN]}" for error in errors[:3])
    return first if len(errors) <= 3 else f"{first}; and {len(errors) - 3} more"  # noqa: PLR2004 (three are read)


def _led_to(error: "Unresolvable") -> str:
    anchor = getattr(error, "anchor", "")
    return f"{error.ref}#{anchor}" if anchor else error.ref
