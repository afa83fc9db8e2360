"""How the type of an assertion is written: its name, and `not-` in front where it is turned round."""

from typing import Final

NEGATION: Final = "not-"


def plain(kind: str) -> str:
    """The type without its negation."""
    return kind.removeprefix(NEGATION)


def is_negated(kind: str) -> bool:
    """Whether the type is turned round."""
    return kind.startswith(NEGATION)
