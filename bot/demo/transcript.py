"""The conversation as lines for a terminal, and what a message is about. Pure: messages as seen in, text out."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bot.sandbox.client import Message

MOST_GONE = 3
"""So many lines that were taken away are shown; of more it is said how many they were, as they stand further up."""
_SUBJECTS = (re.compile(r"\bR\d+\b"), re.compile(r"\bD\d+\b"))


def said(message: Message, reader: str) -> str:
    """A message that is new, with where, by whom and (where not all see it) for whom."""
    what = f"only {reader} sees" if message.ephemeral else "says"
    return f"{_where(message)} {message.user_name} {what}:\n{_indented(message.plain.strip().splitlines())}"


def edited(message: Message, before: str) -> str:
    """A message that was changed: the lines that came (+) and those that went (−)."""
    heading = f"{_where(message)} {message.user_name} edited “{_title(before)}”:"
    return f"{heading}\n{_indented(difference(before, message.plain))}"


def difference(before: str, after: str) -> list[str]:
    """The lines that came and those that went, in their order; what stayed is left out."""
    old, new = before.strip().splitlines(), after.strip().splitlines()
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [line for kind, a, b, c, d in steps if kind != "equal" for line in _step(old[a:b], new[c:d])]


def _step(gone: Sequence[str], came: Sequence[str]) -> Iterator[str]:
    if len(gone) > MOST_GONE:
        yield f"− {len(gone)} lines"
    else:
        yield from (f"− {line}" for line in gone)
    yield from (f"+ {line}" for line in came)


def subject(text: str) -> str:
    """The rotation a text names first, else the comparison, else nothing."""
    return next((found[0] for pattern in _SUBJECTS if (found := pattern.search(text))), "")


def _where(message: Message) -> str:
    return f"#{message.channel_name}" + (" (thread)" if message.thread_ts not in {None, message.ts} else "")


def _title(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 60 else f"{first[:59]}…"  # noqa: PLR2004 - fits one line of a terminal


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
