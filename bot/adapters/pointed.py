"""Where a JSON pointer leads (RFC 6901); what is found there is its reader's to judge. Pure."""

from typing import Final


class _Nothing:
    """What stands where a document has nothing."""


NOTHING: Final = _Nothing()


def found_at(document: object, pointer: str) -> object:
    """What a JSON pointer leads to; `NOTHING` where it leads nowhere. An empty pointer is the whole document."""
    found: object = document
    for name in _names(pointer):
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return NOTHING
    return found


def put_at(document: object, pointer: str, value: object) -> object:
    """The same document with another value at a pointer, which is not empty; objects on the way are made if missing.

    Raises ValueError where something on the way is neither an object nor an entry of a list.
    """
    return _put(document, _names(pointer), value)


def _put(document: object, names: list[str], value: object) -> object:
    if not names:
        return value
    name, rest = names[0], names[1:]
    if document is None:
        document = {}
    if isinstance(document, dict):
        return {**document, name: _put(document.get(name), rest, value)}
    if isinstance(document, list) and name.isascii() and name.isdigit() and int(name) < len(document):
        at = int(name)
        return [*document[:at], _put(document[at], rest, value), *document[at + 1 :]]
    message = f"nothing can be set at {name!r} of {type(document).__name__}"
    raise ValueError(message)


def _names(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
