"""Filling a tool's arguments from what was said, by its JSON Schema. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.provider.solver import fields, numerals, objects
from bot.sandbox.provider.solver.listing import listed
from bot.sandbox.provider.solver.task import QUOTED, number_in

LANGUAGES = listed("english german french spanish italian portuguese dutch japanese chinese polish swedish korean")
TEXT_NAMES = frozenset(
    listed("text message body content note title subject reason comment description summary sentence phrase word")
)
QUERY_NAMES = frozenset(listed("query search term terms keyword keywords topic question q"))
MINUTES = {"minute": 1, "min": 1, "hour": 60, "day": 1440, "second": 1 / 60, "week": 10080}
SAYING = re.compile(
    r"(?:saying|that says|say(?:s|ing)? that|with the (?:text|message|note|title|body|subject|reason)|"
    r"to tell (?:her|him|them) that|"
    r"titled|called|named|about|because|reason:?|remind me to|reminder to|note that|to-?do:?|:)\s+(?P<what>[^.?!\n]+)",
    re.IGNORECASE,
)
QUERY = re.compile(
    r"(?:search(?: the \w+(?: \w+)?)?(?: for)?|look(?:ing)? (?:up|for)|find(?: me)?(?: (?:articles?|"
    r"documents?|pages?|information|news|recipes?))?"
    r"(?: (?:about|on|for))?|google|about|news on|for)\s+(?P<what>[^.?!\n]+)",
    re.IGNORECASE,
)
ARITHMETIC = re.compile(r"[\d(][\d\s.()+\-*/^%]*[\d)]")
HIDDEN_NUMBERS = (
    fields.EMAIL,
    fields.URL,
    fields.DATE,
    fields.CLOCK,
    re.compile(r"\b[A-Za-z]+-?\d[\w-]*"),
    re.compile(r"\d+(?:-\d+){2,}"),
)
SPELLED = re.compile(rf"\b(?:{'|'.join(word for word in numerals.ENGLISH_WORDS if word != 'one')})\b", re.IGNORECASE)
SHORT = 3


@dataclass(frozen=True, slots=True)
class Filled:
    """Arguments found, and the required ones that nothing was said about."""

    values: Mapping[str, Any]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One argument to be found: its name and schema, whether it is required, and what was said."""

    name: str
    spec: Mapping[str, Any]
    needed: bool
    said: str
    numbers: Iterator[float]
    """Numbers of what was said that no argument has taken yet."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name."""
        return tuple(fields.words_of(self.name))

    @property
    def described(self) -> str:
        """Its name and its description."""
        return f"{self.name} {self.spec.get('description', '')}".strip()

    @property
    def kind(self) -> object:
        """Its JSON type; the first that is not null when there are several."""
        kind = self.spec.get("type")
        return next((each for each in kind if each != "null"), None) if isinstance(kind, list) else kind


def fill(schema: Mapping[str, Any], said: str, before: str = "") -> Filled:
    """The arguments for a call. What is required and not in `said` is looked for in the turns `before`."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = [name for name in schema.get("required") or () if name in properties]
    numbers = iter(_loose_numbers(said))
    values: dict[str, Any] = {}
    for name, spec in properties.items():
        inner = spec if isinstance(spec, dict) else {}
        value = _value(Wanted(name, inner, name in required, said, numbers))
        if value is None and name in required and before:
            value = _value(Wanted(name, inner, needed=True, said=before, numbers=iter(_loose_numbers(before))))
        if value is not None:
            values[name] = value
    return Filled(values, tuple(name for name in required if name not in values))


def _loose_numbers(text: str) -> list[float]:
    for pattern in HIDDEN_NUMBERS:
        text = pattern.sub(" ", text)
    spelled = SPELLED.sub(lambda found: str(numerals.ENGLISH_WORDS[found[0].lower()]), text)
    return [float(each.replace(",", "")) for each in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?", spelled)]


def _value(wanted: Wanted) -> object:
    if isinstance(wanted.spec.get("enum"), list):
        return _enum(wanted)
    match wanted.kind:
        case "integer" | "number":
            return _number(wanted)
        case "boolean":
            mentioned = any(word[:5] in wanted.said.lower() for word in wanted.words if len(word) > SHORT)
            return objects.boolean_value(wanted.described, wanted.said) if wanted.needed or mentioned else None
        case "array":
            return _array(wanted)
        case "object":
            inner = fill(wanted.spec, wanted.said)
            return inner.values if inner.values and not inner.missing else None
        case _:
            return _string(wanted)


def _enum(wanted: Wanted) -> object:
    values: Sequence[object] = wanted.spec["enum"]
    lower = wanted.said.lower().replace("_", " ")
    guess = objects.enum_value(values, wanted.name, wanted.said)
    if any(re.search(rf"(?<!\w){re.escape(str(value).lower().replace('_', ' '))}(?!\w)", lower) for value in values):
        return _directed(wanted, values) or guess
    related = any(word[:4] in lower for word in re.findall(r"[a-z]{4,}", str(guess).lower()))
    return guess if wanted.needed or related else None


def _directed(wanted: Wanted, values: Sequence[object]) -> object:
    """For `from`-like and `to`-like names: the listed value that follows that word."""
    way = next((each for each in ("from", "to", "source", "target") if each in wanted.words), None)
    if way is None:
        return None
    choices = "|".join(re.escape(str(value)) for value in values)
    leads = (r"(?:to|into|in)\s+",) if way in {"to", "target"} else (r"from\s+", r"\d\s*", "")
    found = next(
        (hits for lead in leads if (hits := re.findall(rf"{lead}\b({choices})\b", wanted.said, re.IGNORECASE))), []
    )
    return next((value for value in values if found and str(value).lower() == found[0].lower()), None)


def _number(wanted: Wanted) -> float | None:
    found = _near(wanted.name, wanted.said)
    if found is None and "minutes" in wanted.words:
        found = _minutes(wanted.said)
    if found is None:
        by_field = fields.find(wanted.described, wanted.said)
        found = number_in(by_field) if by_field and re.fullmatch(r"[$€£]?[\d.,]+", by_field) else None
    if found is None and wanted.needed:
        found = next(wanted.numbers, None)
    if found is None:
        return None
    return int(found) if wanted.kind == "integer" or float(found).is_integer() else found


def _near(name: str, said: str) -> float | None:
    """The number that stands beside a word of the name: `3 guests`, `a width of 20`."""
    for word in fields.words_of(name):
        stem = re.escape(word.rstrip("s"))
        if len(stem) < SHORT:
            continue
        if found := re.search(rf"(?<![\w.-])(-?\d[\d,]*(?:\.\d+)?)[ -]{stem}", said, re.IGNORECASE):
            return number_in(found[1])
        if found := re.search(
            rf"\b{stem}\w*(?: is| of| to| at|:|=)? (-?\d[\d,]*(?:\.\d+)?)(?![\w-])", said, re.IGNORECASE
        ):
            return number_in(found[1])
        for spelled, value in numerals.ENGLISH_WORDS.items():
            if re.search(rf"\b{spelled}[ -]{stem}", said, re.IGNORECASE):
                return value
    return None


def _minutes(said: str) -> float | None:
    if re.search(r"\bhalf an hour\b|\bhalf-hour\b", said, re.IGNORECASE):
        return 30
    found = re.search(
        r"\b(\d+(?:\.\d+)?|an?|one|two|three)[ -](minute|min|hour|day|second|week)s?\b", said, re.IGNORECASE
    )
    if found is None:
        return None
    count = number_in(found[1]) or {"two": 2, "three": 3}.get(found[1].lower(), 1)
    return count * MINUTES[found[2].lower()]


def _array(wanted: Wanted) -> object:
    said, inner = wanted.said, wanted.spec.get("items")
    inner = inner if isinstance(inner, dict) else {}
    if inner.get("type") in {"number", "integer"}:
        loose = _loose_numbers(said)
        return [int(each) if each.is_integer() else each for each in loose] or None
    if isinstance(inner.get("enum"), list):
        return [value for value in inner["enum"] if str(value).lower() in said.lower()] or None
    found = list(fields.find_all(wanted.name.rstrip("s"), said)) or [
        group for groups in QUOTED.findall(said) for group in groups if group
    ]
    if found:
        return found
    listed = re.search(
        r"(?:items?|list|tags?|with|buy|add|:)\s*:?\s*((?:[\w -]+,\s*)*[\w-]+(?: [\w-]+)? and [\w "
        r"-]+?)(?= to | in |[.?!]|$)",
        said,
        re.IGNORECASE,
    )
    return (
        [part.strip() for part in re.split(r",\s*(?:and )?|\s+and\s+", listed[1]) if part.strip()] if listed else None
    )


def _string(wanted: Wanted) -> str | None:
    kinds, said = set(wanted.words), wanted.said
    for kind, reader in READERS:
        if kind & kinds:
            found = reader(wanted)
            return found if found or not wanted.needed else _loose_text(kinds, said)
    found = fields.find(wanted.name, said)
    if found is None and wanted.spec.get("description"):
        found = fields.find(wanted.described, said)
    if found is None and kinds & {"city", "location", "place", "destination", "town"}:
        found = _capitalised(said)
    if found is None and wanted.needed:
        found = _last_resort(kinds, said)
    if found is None:
        return None
    dated = "date" in kinds or wanted.spec.get("format") == "date"
    return fields.iso_date(found) if dated else found


def _last_resort(kinds: set[str], said: str) -> str | None:
    """For a required text of no known kind: a currency code, the word after `from` or `to`, a room, what is quoted."""
    codes = re.findall(r"\b[A-Z]{3}\b", said)
    if kinds & {"base", "source", "from"}:
        return _first(re.findall(r"\bfrom\s+([\w-]+)", said)) or _first(codes)
    if kinds & {"quote", "target", "to"}:
        return _first(re.findall(r"\b(?:to|into)\s+([\w-]+)", said)) or _first(codes[1:])
    if kinds & {"room", "area", "zone", "department"}:
        return _first(re.findall(r"\b(?:in|of|for) the (\w+)", said))
    quoted = QUOTED.search(said)
    return next(group for group in quoted.groups() if group) if quoted else None


def _capitalised(said: str) -> str | None:
    inside = [each for each in re.findall(rf"(?<!^)\b({fields.PLACE})", said) if each.split()[0] not in fields.NO_NAME]
    return _first(inside) or _first(
        [each for each in re.findall(r"^([A-Z][a-z]+)\b", said) if each not in fields.NO_NAME]
    )


def _loose_text(kinds: set[str], said: str) -> str | None:
    """For a required free text without a quoting phrase: the request itself, when it is a query; else nothing."""
    return said.strip(" .?!") if kinds & QUERY_NAMES else None


def _first(found: Sequence[str]) -> str | None:
    return found[0] if found else None


def _language(wanted: Wanted) -> str | None:
    lower = wanted.said.lower()
    into = re.search(rf"(?:to|into|in) ({'|'.join(LANGUAGES)})", lower)
    word = into[1] if into else _first([each for each in LANGUAGES if re.search(rf"\b{each}\b", lower)])
    return word.capitalize() if word else None


def _unit(wanted: Wanted) -> str | None:
    said = wanted.said
    found = re.search(r"\d\s*(?P<from>°?[A-Za-z]+)\s+(?:in|to|into)\s+(?P<to>[A-Za-z]+)", said)
    if found is None:
        found = re.search(
            r"how many (?P<to>[A-Za-z]+) (?:are |is )?in \d[\d.]*\s*(?P<from>[A-Za-z]+)", said, re.IGNORECASE
        )
    if found is None:
        return _first(re.findall(r"\b(celsius|fahrenheit|metric|imperial|kelvin)\b", said.lower()))
    return found["to"] if {"to", "target"} & set(wanted.words) else found["from"]


def _expression(wanted: Wanted) -> str | None:
    spoken = wanted.said
    for pattern, sign in (
        (r"\btimes\b|×|\bmultiplied by\b", "*"),
        (r"\bplus\b", "+"),
        (r"\bminus\b", "-"),
        (r"\bdivided by\b|÷", "/"),
    ):
        spoken = re.sub(pattern, sign, spoken)
    return _first([each.strip() for each in ARITHMETIC.findall(spoken) if re.search(r"[+\-*/^%]", each)])


def _query(wanted: Wanted) -> str | None:
    said = wanted.said
    if quoted := QUOTED.search(said):
        return next(group for group in quoted.groups() if group)
    found = QUERY.search(said)
    return found["what"].strip() if found else None


def _saying(wanted: Wanted) -> str | None:
    said = wanted.said
    if quoted := QUOTED.search(said):
        return next(group for group in quoted.groups() if group)
    found = SAYING.search(said)
    return found["what"].strip() if found else None


READERS: Sequence[tuple[frozenset[str], Callable[[Wanted], str | None]]] = (
    (frozenset({"language", "lang"}), _language),
    (frozenset({"unit", "units"}), _unit),
    (frozenset({"expression", "formula", "calculation"}), _expression),
    (frozenset({"symbol", "ticker"}), lambda wanted: _first(re.findall(r"\b[A-Z]{2,5}\b", wanted.said))),
    (frozenset({"currency"}), lambda wanted: fields.find(wanted.name, wanted.said)),
    (QUERY_NAMES, _query),
    (TEXT_NAMES, _saying),
)
"""Names that are read in a way of their own, before names of things that stand in the text."""
