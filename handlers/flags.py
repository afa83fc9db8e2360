"""The flags of what people type: which verb takes which, and which words belong to a flag. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from bot.wording.helping import FLAGS
from handlers.typed import Word, nearest
from handlers.wishes import NotUnderstood

_TAKES: Final[Mapping[str, frozenset[str]]] = {
    "diff": frozenset({"rollback", "trigger", "reason", "fresh"}),
    **{verb: frozenset({"reason"}) for verb in ("rollback", "pause", "abort", "settle", "supersede", "unfreeze")},
    "freeze": frozenset({"until", "reason"}),
    "hands-off": frozenset({"for", "reason"}),
}
_SEVERAL: Final = frozenset({"reason", "until"})
_OF_A_TIME: Final = re.compile(
    r"at|\d{1,2}|\d{1,2}([:.]\d{2}){1,2}(am|pm)?|\d{1,2}(am|pm)|am|pm|utc|gmt|z|[a-z]+(/[a-z_+-]+)+|\d+[smhdw]",
    re.IGNORECASE,
)
"""Words that belong to the time before them."""


def _is_flag(word: Word) -> bool:
    return not word.quoted and word.text.startswith("--")


def flags_of(verb: str, words: list[Word]) -> tuple[list[str], dict[str, str]] | NotUnderstood:
    """The words that belong to no flag, and each flag with what it says; or what is wrong with a flag."""
    positional: list[str] = []
    flags: dict[str, str] = {}
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not _is_flag(word):
            positional.append(word.text)
            continue
        name, equals, value = word.text[2:].partition("=")
        name = name.casefold()
        if problem := _flag_problem(verb, name):
            return problem
        if name == "fresh":
            flags[name] = "yes"
            continue
        taken = [value] if equals else []
        if not equals:
            bare = name in _SEVERAL and at < len(words) and not words[at].quoted
            longest = at + 1 + (_more_after(name, words[at + 1 :]) if bare else 0)
            while at < min(longest, len(words)) and not _is_flag(words[at]):
                taken.append(words[at].text)
                at += 1
        if not any(taken):
            return NotUnderstood("flag_without_value", {"flag": f"--{name}"})
        flags[name] = " ".join(taken)
    return positional, flags


def _more_after(name: str, words: list[Word]) -> int:
    """How many words still belong to a flag after its first: all to a reason; to a time `09:00` and `Europe/Berlin`."""
    if name == "reason":
        return len(words)
    return next((n for n, word in enumerate(words) if word.quoted or not _OF_A_TIME.fullmatch(word.text)), len(words))


def _flag_problem(verb: str, name: str) -> NotUnderstood | None:
    takes = _TAKES.get(verb, frozenset())
    known: list[JsonValue] = [f"--{one}" for one in FLAGS if one in takes]
    if name not in FLAGS:
        close: list[JsonValue] = [f"--{one}" for one in nearest(name, list(FLAGS))]
        every: list[JsonValue] = [f"--{one}" for one in FLAGS]
        return NotUnderstood("unknown_flag", {"flag": f"--{name[:40]}", "known": known or every, "nearest": close})
    if name not in takes:
        return NotUnderstood("flag_not_for_verb", {"flag": f"--{name}", "verb": verb, "known": known})
    return None
