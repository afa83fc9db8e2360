"""Which listed model id somebody may have meant: one that holds what was typed, or is spelled alike. Pure."""

import difflib
from collections.abc import Iterable
from typing import Final

NAMED: Final = 5
"""So many are named to a person; more is no help."""
_ALIKE: Final = 0.5


def is_listed(model: str, listed: Iterable[str]) -> bool:
    """Whether an id is listed; a routing suffix such as `:free` asks for the same model in another way."""
    known = set(listed)
    return model in known or model.partition(":")[0] in known


def holding(typed: str, listed: Iterable[str]) -> list[str]:
    """The ids that hold what was typed, whatever its case and the signs between; those that begin with it first."""
    wanted = _bare(typed)
    found = [name for name in listed if wanted in _bare(name)]
    return sorted(found, key=lambda name: (not _starts(name, wanted), name))


def closest(typed: str, listed: Iterable[str], most: int = NAMED) -> list[str]:
    """The ids that were most likely meant: those that hold what was typed, then those spelled alike."""
    names = list(dict.fromkeys(listed))
    found = holding(typed, names)[:most] if typed.strip() else []
    # The maker's prefix is often left out, and the model's own name is what is mistyped.
    alike = _similar(typed, {name.lower(): name for name in names}, most)
    alike += _similar(typed, {name.lower().rpartition("/")[2]: name for name in names}, most)
    return list(dict.fromkeys([*found, *alike]))[:most]


def _similar(typed: str, by_spelling: dict[str, str], most: int) -> list[str]:
    return [by_spelling[name] for name in difflib.get_close_matches(typed.lower(), by_spelling, n=most, cutoff=_ALIKE)]


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _starts(name: str, wanted: str) -> bool:
    return _bare(name).startswith(wanted) or _bare(name.rpartition("/")[2]).startswith(wanted)
