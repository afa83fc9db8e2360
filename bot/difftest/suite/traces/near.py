"""What is asked again: exactly, or nearly. Pure.

The same request: equal roles and texts once Unicode's compatibility forms are one, letters are small and white space is
single (NFKC, casefold, runs of space), with the same tools. Nearly the same: three-word shingles of all but the system
messages, Jaccard similarity of at least 0.8 (Broder, On the resemblance and containment of documents, 1997).
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from bot.difftest.suite.traces.exchange import Exchange

NEAR: Final = 0.8
_WORDS: Final = 3
_SMALLEST: Final = 8
"""Two texts that share none of their eight smallest shingles are hardly ever alike by 0.8."""
_WORD: Final = re.compile(r"\w+|[^\w\s]")


def normalised(text: str) -> str:
    """The text as it is compared."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(plain.casefold().split())


def fingerprint(exchange: Exchange, seed: int) -> int:
    """64 bits of a request, drawn by the seed: equal for equal requests, in any order of the file."""
    digest = hashlib.blake2b(digest_size=8, key=str(seed).encode())
    for message in exchange.messages:
        digest.update(
            f"\x1e{message['role']}\x1f{normalised(str(message['content']))}".encode("utf-8", "surrogatepass")
        )
        if "tool_calls" in message:
            digest.update(repr(message["tool_calls"]).encode("utf-8", "surrogatepass"))
    for tool in exchange.tools:
        digest.update(f"\x1d{tool['name']}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest(), "big")


def shingles(exchange: Exchange) -> frozenset[int]:
    """The hashed shingles of what is asked."""
    text = " \x1e ".join(
        normalised(str(message["content"])) for message in exchange.messages if message["role"] != "system"
    )
    words = _WORD.findall(text)
    if len(words) <= _WORDS:
        return frozenset({_hashed(words)})
    return frozenset(_hashed(words[at : at + _WORDS]) for at in range(len(words) - _WORDS + 1))


def _hashed(words: Iterable[str]) -> int:
    data = " ".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


class Seen:
    """What was accepted so far, asked whether something is nearly one of it."""

    def __init__(self) -> None:
        """Nothing so far."""
        self._all: list[frozenset[int]] = []
        self._by_shingle: dict[int, list[int]] = {}

    def add(self, made: frozenset[int]) -> bool:
        """Accept it, unless it is nearly one of those accepted: then False."""
        smallest = sorted(made)[:_SMALLEST]
        candidates = {index for shingle in smallest for index in self._by_shingle.get(shingle, ())}
        if any(alike(made, self._all[index]) >= NEAR for index in candidates):
            return False
        for shingle in smallest:
            self._by_shingle.setdefault(shingle, []).append(len(self._all))
        self._all.append(made)
        return True


def alike(left: frozenset[int], right: frozenset[int]) -> float:
    """Jaccard's similarity: the share of common shingles."""
    return len(left & right) / len(left | right) if left | right else 1.0
