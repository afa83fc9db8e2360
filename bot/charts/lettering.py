"""Text in a drawing: what the shipped font has letters for, and how wide a line of it is."""

from typing import Final
from xml.sax.saxutils import escape

MISSING: Final = "?"
_FIRST: Final = 0x20
_WIDTHS: Final = (
    25, 27, 32, 61, 57, 73, 64, 17, 35, 35, 44, 56, 22, 33, 28, 40, 57, 57, 57, 57, 57, 57, 57, 57,
    57, 57, 27, 24, 51, 56, 52, 49, 90, 67, 63, 65, 65, 57, 55, 68, 71, 28, 56, 63, 54, 88, 71, 69,
    64, 69, 62, 60, 61, 65, 65, 88, 63, 61, 60, 27, 42, 27, 43, 45, 32, 54, 56, 52, 56, 54, 35, 57,
    56, 26, 25, 52, 26, 87, 56, 57, 56, 57, 35, 52, 33, 56, 50, 74, 50, 49, 50, 34, 25, 34, 66,
)  # fmt: skip
"""The advance of each ASCII letter of the font's medium weight, in hundredths of an em."""
_OTHERS: Final = {"−": 56, "…": 71, "–": 65}
_WIDER: Final = 70
"""Of all letters beyond, about."""


def _has(letter: str) -> bool:
    code = ord(letter)
    return 0x20 <= code <= 0x7E or 0xA0 <= code <= 0x17F or letter in "–—‘’“”•…‰€−≤≥"  # noqa: PLR2004


def lettered(text: str) -> str:
    """The text as markup, with a question mark for each letter the font lacks: no character of it becomes a tag."""
    return escape("".join(letter if _has(letter) else MISSING for letter in text))


def width(text: str, size: float) -> float:
    """How wide the text is at that size, in the same unit."""
    return size / 100 * sum(map(_advance, text))


def _advance(letter: str) -> int:
    place = ord(letter) - _FIRST
    return _WIDTHS[place] if 0 <= place < len(_WIDTHS) else _OTHERS.get(letter, _WIDER)


def fitted(text: str, size: float, room: float) -> str:
    """The text, or its two ends with `…` between where it is too wide: both ends of an id tell it apart."""
    shown = text
    keep = len(text)
    while keep > 1 and width(shown, size) > room:
        keep -= 1
        tail = keep // 2
        shown = f"{text[: keep - tail]}…{text[len(text) - tail :]}"
    return shown
