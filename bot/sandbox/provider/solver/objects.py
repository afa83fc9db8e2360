"""JSON answers: the keys that are asked for, filled from the passage and typed by schema or by what was found. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.provider.solver import choosing, fields
from bot.sandbox.provider.solver.listing import listed
from bot.sandbox.provider.solver.task import Answer, Task, number_in

KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes)\b(?: named| "
    r"called)?[:\s]+(?P<list>[^.\n]*?)(?=\s+(?:from|for|of|in|extracted|where|"
    r"based|describing|about)\b|[.:\n]|$)",
    re.IGNORECASE,
)
LISTED = re.compile(
    r"\b(?:extract|return|give me|list)\s+(?:the )?(?P<list>[\w ,]+?)\s+(?:as|in)\s+(?:a )?json", re.IGNORECASE
)
BRACES = re.compile(r"\{(?P<body>[^{}]*[\"'][^{}]*)\}")
NUMERIC = frozenset(
    listed("age quantity count amount price total cost year nights guests seats people rating score units tickets")
)


def wants_json(task: Task) -> bool:
    """Whether the words ask for JSON."""
    return task.asks(r"\bjson\b") is not None


def keyed(task: Task, schema: Mapping[str, Any] | None) -> Answer | None:
    """A JSON object with the keys of the schema, or of the instruction; None when neither names any."""
    properties = _properties(schema, task)
    if not properties:
        return None
    filled = {key: value_for(key, spec, task.passage) for key, spec in properties.items()}
    text = json.dumps(filled, ensure_ascii=False)
    return Answer(text, others=_mangled(filled, text))


def _mangled(filled: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """What a hasty model does to an object: loses the last brace, a field, or swaps two values."""
    keys = list(filled)
    dropped = {key: value for key, value in filled.items() if key != keys[-1]}
    moved = dict(zip(keys, [*list(filled.values())[1:], None], strict=True))
    return text[:-1], json.dumps(dropped, ensure_ascii=False), json.dumps(moved, ensure_ascii=False)


def _properties(schema: Mapping[str, Any] | None, task: Task) -> Mapping[str, Mapping[str, Any]]:
    if schema is not None:
        properties = schema.get("properties")
        return properties if isinstance(properties, dict) else {}
    return {key: {} for key in _asked_keys(task.instruction)}


def _asked_keys(text: str) -> Sequence[str]:
    if braces := BRACES.search(text):
        return re.findall(r"[\"']([\w -]+)[\"']\s*:", braces["body"]) or re.findall(
            r"[\"']([\w -]+)[\"']", braces["body"]
        )
    found = KEYS.search(text) or LISTED.search(text)
    if found is None:
        return ()
    listed = re.sub(r"\([^)]*\)", "", found["list"])
    parts = re.split(r",\s*(?:and )?|\s+and\s+", listed)
    keys = [part.strip(" '\"`") for part in parts]
    keys = [re.sub(r"^(?:the|an?) ", "", key).replace(" ", "_") for key in keys]
    return [key for key in keys if re.fullmatch(r"[\w-]+", key)]


def value_for(key: str, spec: Mapping[str, Any], passage: str) -> object:
    """What the passage gives for one property, in the type its schema asks; None when it gives nothing."""
    described = f"{key} {spec.get('description', '')}"
    kind = spec.get("type")
    kind = next((each for each in kind if each != "null"), None) if isinstance(kind, list) else kind
    if "enum" in spec:
        return enum_value(spec["enum"], key, passage)
    if kind == "array":
        return _items(key, spec, passage)
    if kind == "object" and isinstance(spec.get("properties"), dict):
        return {name: value_for(name, inner, passage) for name, inner in spec["properties"].items()}
    if kind == "boolean":
        return boolean_value(described, passage)
    found = fields.find(key, passage) or (fields.find(described, passage) if spec.get("description") else None)
    if kind in {"number", "integer"} or (kind is None and NUMERIC & set(fields.words_of(key))):
        number = number_in(found or passage)
        return None if number is None else int(number) if number.is_integer() or kind == "integer" else number
    if found is None:
        return None
    return fields.iso_date(found) if "date" in fields.words_of(key) or spec.get("format") == "date" else found


def _items(key: str, spec: Mapping[str, Any], passage: str) -> list[object]:
    inner = spec.get("items")
    inner = inner if isinstance(inner, dict) else {}
    if "enum" in inner:
        lower = passage.lower()
        return [value for value in inner["enum"] if str(value).lower() in lower]
    if inner.get("type") in {"number", "integer"}:
        numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", passage)]
        return [int(each) if each.is_integer() else each for each in numbers]
    found = fields.find_all(key, passage)
    return list(found)


def enum_value(values: Sequence[object], key: str, passage: str) -> object:
    """The listed value the passage says: word for word, else by the words that usually come with it."""
    texts = [str(value) for value in values if value is not None]
    lower = passage.lower()
    said = [
        text
        for text in texts
        if re.search(rf"(?<!\w){re.escape(text.lower().replace('_', ' '))}(?!\w)", lower.replace("_", " "))
    ]
    if said:
        near = [text for text in said if re.search(rf"{re.escape(text.lower())} {re.escape(key.lower())}", lower)]
        return _typed((near or sorted(said, key=lambda text: (-len(text), lower.find(text.lower()))))[0], values)
    return _typed(choosing.best_label(texts, passage), values)


def _typed(text: str, values: Sequence[object]) -> object:
    return next(value for value in values if str(value) == text)


def boolean_value(described: str, passage: str) -> bool:
    """Whether the passage says what the property describes, and does not deny it."""
    lower = passage.lower()
    names = [
        word for word in fields.words_of(described) if word not in fields.STOP_WORDS and len(word) >= fields.MEANINGFUL
    ]
    hits = [word for word in names if word[:5] in lower]
    if not hits:
        return False
    before = lower[: lower.find(hits[0][:5])][-24:]
    return re.search(r"\b(?:no|not|without|don't|never|isn't|off)\b", before) is None
