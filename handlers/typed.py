"""What people type, as words: escapes undone, quotes and dashes forgiven, the nearest known word found. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pydantic import JsonValue

_ENTITY: Final = re.compile(r"<([^<>\s]+?)(?:\|([^<>]*))?>")
_ANY_QUOTE: Final = '"“”„‟«»'
_SINGLE: Final = "'‘’"
_CLOSING: Final = {'"': '"', "“": "”", "„": "“”", "‟": "”", "«": "»"}
_SINGLE_QUOTED: Final = re.compile(rf"[{_SINGLE}](.*?)[{_SINGLE}](?!\S)", re.DOTALL)
_DASHES: Final = "\u2012\u2013\u2014\u2015\u2212"
_CLOSE: Final = 0.6
_SPACES: Final = re.compile(r"[\u00a0\u2007\u202f\u200b\ufeff]")


class OpenQuote(Exception):
    """A quotation mark is opened and never closed; `rest` is what comes after it."""

    def __init__(self, rest: str) -> None:
        """Keep the words after the mark."""
        super().__init__(rest)
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Word:
    """A word as typed; `quoted` ones are never flags."""

    text: str
    quoted: bool = False


def decoded(raw: str) -> str:
    """What was typed, from what Slack sends: links and mentions by their words, `&amp;` and its like undone."""

    def words(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        if target.startswith(("@", "#")):
            return f"{target[0]}{label or target[1:]}"
        if target.startswith("!"):
            return label or f"@{target[1:]}"
        return label or target.removeprefix("mailto:")

    text = _ENTITY.sub(words, raw)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def split(text: str) -> list[Word]:
    """The words. Raises OpenQuote."""
    text = _SPACES.sub(" ", text)
    found: list[Word] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in _ANY_QUOTE:
            kept, at = _quoted(text, at)
            found.append(Word(kept, quoted=True))
        elif (single := _single_quoted(text, at)) is not None:
            kept, at = single
            found.append(Word(kept, quoted=True))
        else:
            word, at = _bare(text, at)
            found.append(word)
    return found


def _bare(text: str, at: int) -> tuple[Word, int]:
    start = at
    while at < len(text) and not text[at].isspace():
        if text[at] == "=" and at + 1 < len(text) and text[at + 1] in _ANY_QUOTE and _dashed(text[start]):
            value, end = _quoted(text, at + 1)
            return Word(f"{_flagged(text[start:at])}={value}"), end
        at += 1
    return Word(_flagged(text[start:at])), at


def _single_quoted(text: str, at: int) -> tuple[str, int] | None:
    """Words between single marks, where one ends a word again; else the mark is an apostrophe."""
    if text[at] not in _SINGLE:
        return None
    found = _SINGLE_QUOTED.match(text, at)
    return (found[1], found.end()) if found else None


def _dashed(letter: str) -> bool:
    return letter == "-" or letter in _DASHES


def plain_dashes(word: str) -> str:
    """The word with every kind of dash as a hyphen."""
    return "".join("-" if _dashed(letter) else letter for letter in word)


def _flagged(word: str) -> str:
    bare = word.lstrip("-" + _DASHES)
    return f"--{bare}" if bare and _dashed(word[0]) and bare[0].isalpha() else word


def _quoted(text: str, at: int) -> tuple[str, int]:
    closing = _closing(text, at)
    start, letters = at + 1, []
    at = start
    while at < len(text):
        letter = text[at]
        if letter == "\\" and at + 1 < len(text) and text[at + 1] in {'"', "\\"}:
            letters.append(text[at + 1])
            at += 2
        elif letter in closing:
            return "".join(letters), at + 1
        else:
            letters.append(letter)
            at += 1
    raise OpenQuote(text[start:])


def _closing(text: str, at: int) -> str:
    """The marks that end what the mark at `at` begins: its own kind where one follows, else any."""
    wanted = _CLOSING.get(text[at], "")
    rest = re.sub(r'\\["\\]', "", text[at + 1 :])
    return wanted if wanted and any(mark in rest for mark in wanted) else _ANY_QUOTE


def quoted(word: str) -> str:
    """The word as it would have to be typed to be read back as one word."""
    plain = word and not any(letter.isspace() or letter in _ANY_QUOTE + "\\" for letter in word)
    if plain and word[0] not in _SINGLE and not _dashed(word[0]) and not _SPACES.search(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def nearest(word: str, known: Sequence[str]) -> list[JsonValue]:
    """The one or two known words that look most like it."""
    folded = {one.casefold(): one for one in known}
    return [folded[one] for one in get_close_matches(word.casefold(), list(folded), n=2, cutoff=_CLOSE)]
