"""How the runbook writes lengths of time: `90s`, `15m`, `4h`, `3d`, `500ms`, or several together (`1h30m`).

Only the type that parses and prints them lives here.
"""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_PATTERN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def parse_duration(value: object) -> object:
    """The length of time a text such as `1h30m` names; other types pass through to pydantic.

    Raises ValueError for a text that is not wholly made of number and unit, and for a bare number: 15 what?
    """
    if isinstance(value, int | float):
        message = f"{value} needs a unit, such as {value}s, {value}m, {value}h or {value}d"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports a ValueError at its field, a TypeError not at all
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    parts = _PATTERN.findall(text)
    if not parts or _PATTERN.sub("", text).strip():
        message = f"{value!r} is not a length of time; write a number and a unit, such as 90s, 15m, 4h or 3d"
        raise ValueError(message)
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())
    except OverflowError:
        message = f"{value!r} is longer than a calendar can count"
        raise ValueError(message) from None


def format_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back to the same length, to the millisecond."""
    milliseconds = round(value / timedelta(milliseconds=1))
    if milliseconds == 0:
        return "0s"
    parts: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_UNITS[unit] / timedelta(milliseconds=1))
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$", "examples": ["15m", "4h"]}),
]
"""A length of time, zero allowed."""


def longer_than_nothing(value: timedelta | None) -> timedelta | None:
    """A validator: raises ValueError for nothing and less."""
    if value is not None and value <= timedelta():
        message = "must be longer than nothing"
        raise ValueError(message)
    return value
