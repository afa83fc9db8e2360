"""Label and field selectors as a query has them: `app=worker,tier in (a,b),!legacy`, `metadata.name=worker`. Pure."""

import re
from typing import Any

_SET = re.compile(r"(?P<key>[^\s!=,]+)\s+(?P<how>in|notin)\s+\((?P<values>[^)]*)\)")


def chosen(document: dict[str, Any], labels: str, fields: str) -> bool:
    """Whether both selectors choose the object; empty ones choose everything."""
    return _by_labels(document["metadata"].get("labels", {}), labels) and _by_fields(document, fields)


def _by_labels(held: dict[str, str], selector: str) -> bool:
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", selector) if part.strip()]
    return all(_requirement(held, part) for part in parts)


def _requirement(held: dict[str, str], part: str) -> bool:
    if found := _SET.fullmatch(part):
        values = {value.strip() for value in found["values"].split(",")}
        return (held.get(found["key"]) in values) == (found["how"] == "in")
    if "!=" in part:
        key, value = part.split("!=")
        return held.get(key) != value
    if "=" in part:
        key, value = part.replace("==", "=").split("=")
        return held.get(key) == value
    return part[1:] not in held if part.startswith("!") else part in held


def _by_fields(document: dict[str, Any], selector: str) -> bool:
    for part in filter(None, selector.split(",")):
        path, value = part.replace("==", "=").split("=")
        found: Any = document
        for step in path.split("."):
            found = found.get(step, "") if isinstance(found, dict) else ""
        if found != value:
            return False
    return True
