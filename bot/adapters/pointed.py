"""Where a JSON pointer leads (RFC 6901). Reading only; what is found there is its reader's to judge."""

from typing import Final


class _Nothing:
    """What stands where a document has nothing."""


NOTHING: Final = _Nothing()


def found_at(document: object, pointer: str) -> object:
    """What a JSON pointer leads to; `NOTHING` where it leads nowhere. An empty pointer is the whole document."""
    found: object = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return NOTHING
    return found
