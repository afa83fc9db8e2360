"""Text in a drawing: what the shipped font has letters for, and about how wide a line of it is."""

from typing import Final

from xml.sax.saxutils import escape

MISSING: Final = "?"
_NARROW: Final = frozenset("ijl|.,:;'!()[]/ ft-")
_WIDE: Final = frozenset("mwMW%@…—")


def _has(letter: str) -> bool:
    code = ord(letter)
    return 0x20 <= code <= 0x7E or 0xA0 <= code <= 0x17F or letter in "–—‘’“”•…‰€−≤≥"  # noqa: PLR2004


def lettered(text: str) -> str:
    """The text as markup, with a question mark for each letter the font lacks: no character of it becomes a tag."""
    return escape("".join(letter if _has(letter) else MISSING for letter in text))


def width(text: str, size: float) -> float:
    """About how wide the text is at that size, rather too wide than too narrow."""
    ems = sum(0.34 if c in _NARROW else 0.9 if c in _WIDE else 0.69 if c.isupper() else 0.57 for c in text)
    return ems * size


def fitted(text: str, size: float, room: float) -> str:
    """The text, or its two ends with `…` between where it is too wide: both ends of an id tell it apart."""
    shown = text
    keep = len(text)
    while keep > 1 and width(shown, size) > room:
        keep -= 1
        tail = keep // 2
        shown = f"{text[: keep - tail]}…{text[len(text) - tail :]}"
    return shown
