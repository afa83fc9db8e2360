"""What a program printed or an API answered: the value that is set, or the models that are allowed. Pure."""

import json
from typing import Final

from bot.adapters.pointed import NOTHING, found_at
from bot.runbook.models.targets.templates import unfit

_SHOWN: Final = 60
_MOST: Final = 10_000


class UnreadableError(ValueError):
    """The output does not say plainly what is asked for; the sentence goes on behind the name of what printed it."""


def document_in(output: bytes) -> object:
    """The JSON document an output is. Raises UnreadableError."""
    text = output.decode(errors="replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableError(f"answered something that is no JSON: {text[:_SHOWN]!r}") from None


def value_in(output: bytes, pointer: str | None) -> str | None:
    """The value an output holds at a pointer, or is; None when it is nothing. Raises UnreadableError."""
    if pointer is None:
        text = output.decode(errors="replace").strip()
        return _value(text, "has it print nothing but the value, or name a `pointer` into its JSON")
    return value_at(document_in(output), pointer)


def value_at(document: object, pointer: str) -> str | None:
    """The value a document holds at a pointer; None where there is nothing, or null. Raises UnreadableError."""
    if not isinstance(document, dict | list):
        raise UnreadableError(f"answered {json.dumps(document)[:_SHOWN]}, which has nothing at {pointer}")
    found = found_at(document, pointer)
    if found is None or found is NOTHING:
        return None
    if not isinstance(found, str):
        raise UnreadableError(f"has {json.dumps(found)[:_SHOWN]} at {pointer}, where a model's name should be")
    return _value(found, f"correct `pointer` if {pointer} is not where the model stands")


def _value(text: str, todo: str) -> str | None:
    if not text:
        return None
    if reason := unfit(text):
        raise UnreadableError(f"answered {text[:_SHOWN]!r}, which is no model's name ({reason}); {todo}")
    return text


def without_prefix(value: str | None, prefix: str) -> str | None:
    """The model's own id, where the place writes something before it. Raises UnreadableError where it does not."""
    if value is None or value.startswith(prefix):
        return None if value is None else value.removeprefix(prefix)
    raise UnreadableError(f"holds {value}, which does not begin with {prefix}; correct `prefix`, or set it right there")


def listed(output: bytes, pointer: str | None) -> list[str] | None:
    """The models an output lists at a pointer, or one a line; None for no list. Raises UnreadableError."""
    if pointer is None:
        lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
        return [line for line in lines if line] or None
    return listed_at(document_in(output), pointer)


def listed_at(document: object, pointer: str) -> list[str] | None:
    """The models a document lists at a pointer; None where there is nothing, or null. Raises UnreadableError."""
    found = found_at(document, pointer)
    if found is None or found is NOTHING:
        return None
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(entry, str) for entry in found):
        raise UnreadableError(f"has {json.dumps(found)[:_SHOWN]} at {pointer}, where a list of models should be")
    return found
