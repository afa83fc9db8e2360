"""JSON as an answer holds it: parsed strictly, compared as JSON means it, quoted. Pure."""

import json
from collections.abc import Iterator
from typing import Final, NoReturn

from pydantic import JsonValue

_SHOWN: Final = 120
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
