"""Signs that nobody sees and that change what everybody else sees: the one place where they are taken out. Pure.

Controls steer a terminal; the bidirectional ones of Unicode (UAX 9) turn the rest of a line round, so that a reader
sees another id, figure or verdict than the one that is there (CVE-2021-42574). Letters of scripts that are written from
right to left are no such signs.
"""

import re
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
TURNING: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""The bidirectional controls, as a class of a regular expression has them."""
_UNSEEN: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{TURNING}]")


def plainly(text: str) -> str:
    """The text with each such sign replaced by one that is seen; lines and tabulators stay."""
    return _UNSEEN.sub(REPLACEMENT, text)
