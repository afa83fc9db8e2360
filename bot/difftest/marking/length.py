"""How long an answer is, in characters, words or sentences. Pure.

Characters are Unicode code points without the space round the answer. Words are runs of letters and digits, with
apostrophes and hyphens inside; in scripts without spaces (Chinese, Japanese, Thai and their neighbours) each character
is one. Sentences end at `.`, `!`, `?`, `…` or their wide forms before a space or the end, at an empty line or a line
of a list; not after initials, numbers of lists and common abbreviations.
"""

import re
from typing import Final

from pydantic import JsonValue

UNITS: Final = ("characters", "words", "sentences")
_DENSE: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD: Final = re.compile(rf"[{_DENSE}]|[^\W_{_DENSE}]+(?:['’\u2010-][^\W_{_DENSE}]+)*")
_END: Final = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s|$)|[\u3002\uff01\uff1f]+|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_NO_END: Final = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|\d{1,3}|e\.g|i\.e|etc|vs|cf|Mr|Mrs|Ms|Dr|Prof|St|No|approx|z\.B|d\.h|bzw|ca|usw|Nr)\.$",
    re.IGNORECASE,
)
_FIELDS: Final = {"min", "max", "unit"}


def length_problem(value: JsonValue) -> str | None:
    """What is wrong with the value of `length`; None when nothing is."""
    if not isinstance(value, dict) or not value.keys() <= _FIELDS or not value.keys() & {"min", "max"}:
        return "{min, max, unit: characters, words or sentences} is expected, with min, max or both"
    for name in ("min", "max"):
        bound = value.get(name, 0)
        if not isinstance(bound, int) or isinstance(bound, bool) or bound < 0:
            return f"{name} is a whole number from 0"
    low, high = _bounds(value)
    if high is not None and high < low:
        return "max is less than min"
    return None if value.get("unit", UNITS[0]) in UNITS else f"unit is one of {', '.join(UNITS)}"


def length_misses(value: JsonValue, text: str) -> str | None:
    """Why an answer is too short or too long; None when it is neither."""
    spec = value if isinstance(value, dict) else {}
    unit = str(spec.get("unit", UNITS[0]))
    length, (low, high) = measured(text, unit), _bounds(spec)
    if length < low:
        return f"has {length:,} {unit}, fewer than {low:,}"
    if high is not None and length > high:
        return f"has {length:,} {unit}, more than {high:,}"
    return None


def measured(text: str, unit: str) -> int:
    """The length of a text in a unit."""
    match unit:
        case "words":
            return sum(1 for _ in _WORD.finditer(text))
        case "sentences":
            return len(sentences(text))
        case _:
            return len(text.strip())


def sentences(text: str) -> list[str]:
    """The sentences of a text: what holds a letter or digit between two ends."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if end[0].startswith(".") and _NO_END.search(text[max(start, end.end() - 12) : end.end()]):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    return [piece.strip() for piece in (*found, text[start:]) if _WORD.search(piece)]


def _bounds(spec: dict[str, JsonValue]) -> tuple[int, int | None]:
    low, high = spec.get("min", 0), spec.get("max")
    return (low if isinstance(low, int) else 0), (high if isinstance(high, int) else None)
