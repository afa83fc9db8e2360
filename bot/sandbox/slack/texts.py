"""What Slack accepts as a text object, at any depth of a block. Pure; faults are sentences with a JSON pointer."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack import limits
from bot.sandbox.slack.refused import Json

_PLAIN_ONLY = {"header": ("text",), "input": ("label", "hint"), "button": ("text",), "image": ("title",)}
_TEXT_OBJECTS = {"section": ("text",), "alert": ("text",)}


def unknown_keys(value: Json, known: set[str], at: str) -> list[str]:
    """Answers a fault for each key Slack does not know there."""
    strangers = sorted(set(value) - known)
    return [f"[ERROR] invalid additional property: {name} [json-pointer:{at}]" for name in strangers]


def check_texts(value: Json, at: str) -> Iterator[str]:
    """Gives the faults of every text object at any depth."""
    kind = str(value.get("type"))
    for name in _TEXT_OBJECTS.get(kind, ()):
        if value.get(name) is not None and not isinstance(value[name], dict):
            yield f"[ERROR] must be a text object [json-pointer:{at}/{name}]"
    for name in _PLAIN_ONLY.get(kind, ()):
        yield from check_text(value.get(name), f"{at}/{name}", plain_only=True)
    for name, inner in value.items():
        found = inner if isinstance(inner, list) else [inner]
        for index, item in enumerate(found):
            if not isinstance(item, dict):
                continue
            here = f"{at}/{name}/{index}" if isinstance(inner, list) else f"{at}/{name}"
            if item.get("type") in {"plain_text", "mrkdwn"}:
                yield from check_text(item, here)
            elif name not in {"child_blocks", "confirm"}:
                yield from check_texts(item, here)


def check_text(text: Any, at: str, *, plain_only: bool = False) -> Iterator[str]:  # noqa: ANN401 - whatever JSON
    """Gives the faults of one text object, or of what stands in its place; None is no fault."""
    if text is None:
        return
    if not isinstance(text, dict) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"[ERROR] must be a text object [json-pointer:{at}]"
        return
    if plain_only and text["type"] != "plain_text":
        yield f"[ERROR] unsupported type: {text['type']}, expected plain_text [json-pointer:{at}/type]"
    body = text.get("text")
    if not isinstance(body, str) or not body:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
    elif len(body) > limits.CONTEXT_TEXT:
        yield f"[ERROR] must be less than {limits.CONTEXT_TEXT + 1} characters [json-pointer:{at}/text]"
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    yield from unknown_keys(text, allowed, at)
