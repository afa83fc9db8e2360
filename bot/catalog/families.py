"""Which models a slot wants to hear of: patterns of ids, and the family of the model it has. Pure."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

_STEM: Final = re.compile(r"[A-Za-z]+")
_SPECIAL: Final = re.compile(r"([*?\[])")


def family_of(model: str) -> str:
    """The pattern of a model's own family: its maker and the letters its name begins with (`openai/gpt-4o`: gpt*).

    Of a name that begins with one letter and a number (`o3-mini`) the number has to follow; one without letters is its
    own family.
    """
    maker, slash, name = model.rpartition("/")
    before = _SPECIAL.sub(r"[\1]", maker + slash)
    stem = _STEM.match(name)
    if stem is None:
        return before + _SPECIAL.sub(r"[\1]", name)
    return before + stem[0] + ("[0-9]*" if len(stem[0]) == 1 else "*")


def followed(model: str, patterns: Iterable[str]) -> bool:
    """Whether a model is one of those; a route to a model (`:free`, `:nitro`) is no model of its own."""
    return ":" not in model and any(fnmatchcase(model, pattern) for pattern in patterns)
