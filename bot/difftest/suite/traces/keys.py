"""Keys that have no form of their own and that no word names: words that look drawn at random. Pure.

Small and large letters and digits change places in a key at every second sign; in words, identifiers and paths they
stay together. Measured over 16 MB of Python's own code, 0.8 MB of translations into eight languages (Arabic, Chinese,
French, German, Japanese, Polish, Russian, Spanish), 15 MB of JSON and 7 MB of Markdown it takes less than two words a
megabyte for one, nearly all of them really drawn (keys of examples, ids of documents, checksums in base64). Of keys
drawn with letters, digits and the two signs of base64 it finds 91 to 95 % of those of 24 signs, 98 % of 32, 99 % of 40.

Hexadecimal words are not taken for keys here (see `nearby`): hashes, ids and UUIDs are written so. Nor is anything
shorter, what a word before it calls an id or a checksum, and the ids that providers give to what they answer.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from bot.difftest.suite.traces.fields import says_id

_CANDIDATE: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}(?![A-Za-z0-9+/_-])={0,2}")
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BETWEEN: Final = re.compile(r"[-_/+]+")
_PLAIN: Final = re.compile(
    r"[A-Za-z]?[a-z]+[0-9]{0,4}|[A-Z]+[0-9]{0,4}|v?[0-9]+|[0-9a-f]{7,}|[0-9A-F]{7,}",
)
"""A piece as identifiers and paths have them: a word, a number, a word with a number, hexadecimal."""
_WORD: Final = re.compile(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{5,}")
_FEWEST: Final = 20
"""Signs in pieces that are not plain."""
_LONGEST_PIECE, _LONGEST_OF_PATH, _LETTERS_OF_WORD = 8, 13, 4
"""Signs of the longest of them, and of a path's: a word with slashes and two plain pieces of so many letters."""
_KINDS, _LEAST_CHANGES = 3, 0.34
"""Small letters, large letters, digits; how often one kind follows another."""
_MOST_WORDS, _LEAST_ENTROPY = 0.55, 3.5
"""The share that may look like words of four letters and more; bits a sign."""
_BEFORE: Final = re.compile(r"([\w.-]{1,40})[\"']?\s{0,2}[=:]\s{0,2}[\"']?$")
_GIVEN: Final = re.compile(
    r"(?:chatcmpl|cmpl|call|toolu|msg|resp|req|run|step|thread|asst|file|batch|gen|evt|vs|rs|fc|item|ses)[-_]"
    r"|sha(?:1|224|256|384|512)[-:=]"
)
_LOOKED_BACK: Final = 48


def replace_keys(text: str, by: Callable[[str], str]) -> str:
    """The text with every such word put through `by`."""

    def one(found: re.Match[str]) -> str:
        word = found[0]
        if not looks_drawn(word) or _GIVEN.match(word):
            return word
        before = _BEFORE.search(text[max(0, found.start() - _LOOKED_BACK) : found.start()])
        if before is not None and says_id(before[1]):
            return word
        steps = word.split("/")
        if _is_path(word) and any(map(looks_drawn, steps)):  # of an address only the step that is a key
            return "/".join(by(step) if looks_drawn(step) else step for step in steps)
        return by(word)

    return _CANDIDATE.sub(one, text)


def looks_drawn(word: str) -> bool:
    """Whether a word of letters, digits and `+/_-` is more likely drawn than written."""
    pieces = [piece for piece in _BETWEEN.split(word.rstrip("=")) if piece and not _PLAIN.fullmatch(piece)]
    signs = "".join(pieces)
    least = _LONGEST_OF_PATH if _is_path(word) else _LONGEST_PIECE
    if len(signs) < _FEWEST or max(map(len, pieces)) < least or _UUID.search(word) is not None:
        return False
    pairs = sum(len(piece) - 1 for piece in pieces)
    changes = sum(_kind(a) != _kind(b) for piece in pieces for a, b in pairwise(piece))
    in_words = sum(len(found[0]) for piece in pieces for found in _WORD.finditer(piece))
    mixed = len(set(map(_kind, signs))) == _KINDS and changes >= _LEAST_CHANGES * pairs
    return mixed and in_words <= _MOST_WORDS * len(signs) and entropy(signs) >= _LEAST_ENTROPY


def _is_path(word: str) -> bool:
    words = [each for each in _BETWEEN.split(word) if len(each) >= _LETTERS_OF_WORD and _PLAIN.fullmatch(each)]
    return "/" in word and len(words) > 1


def _kind(sign: str) -> int:
    return 0 if sign.islower() else 1 if sign.isupper() else 2


def entropy(signs: str) -> float:
    """Bits a sign, by how often each stands there (Shannon 1948)."""
    whole = len(signs)
    return -sum(number / whole * math.log2(number / whole) for number in Counter(signs).values())
