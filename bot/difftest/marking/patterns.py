r"""Regular expressions of suites, which must not be able to hang a run.

They are those of `re`, and what the package `regex` knows beyond (`\p{L}`). It avoids most catastrophic backtracking,
and other than `re` it can be stopped: a deadline is the one bound that keeps look-arounds and back references, which a
linear-time engine (RE2) does not know. Length and counted repeats are limited too, because compiling
`((a{1000}){1000})` takes time before any search begins. Pure but for that deadline.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.difftest.marking.untellable import Untellable

if TYPE_CHECKING:
    import regex

LONGEST_PATTERN: Final = 4_000
"""Characters."""
MOST_STEPS: Final = 200_000
"""Characters of the pattern with its counted repeats written out."""
DEADLINE_S: Final = 0.25
"""Seconds one search may take; ordinary ones take microseconds."""

_PIECE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d*),?(\d*)\}|[()]|.", re.DOTALL)


def pattern_problem(pattern: str) -> str | None:
    """Why a text is no regular expression that may be searched for; None when it is one."""
    if len(pattern) > LONGEST_PATTERN:
        return f"is longer than {LONGEST_PATTERN:,} characters"
    if _steps(pattern) > MOST_STEPS:
        return f"repeats too often: written out it has more than {MOST_STEPS:,} characters"
    try:
        _compiled(pattern)
    except (ValueError, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    return None


def found(pattern: str, text: str) -> bool:
    """Whether the pattern matches somewhere. Raises Untellable when that takes too long, or it is no pattern."""
    if (why := pattern_problem(pattern) if len(pattern) > LONGEST_PATTERN else None) is not None:
        raise Untellable(f"the pattern {why}")
    try:
        return _compiled(pattern).search(text, timeout=DEADLINE_S) is not None
    except TimeoutError:
        raise Untellable(f"the search for {pattern} took more than {DEADLINE_S:g} s and was stopped") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise Untellable(f"the search for {pattern} failed: {error}") from None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    import regex

    try:
        return regex.compile(pattern, regex.VERSION0)
    except regex.error as error:
        raise ValueError(str(error)) from None


def _steps(pattern: str) -> int:
    """How long the pattern is with its counted repeats written out, groups within groups multiplied."""
    groups: list[list[int]] = [[]]
    for piece in _PIECE.finditer(pattern):
        text = piece[0]
        if text == "(":
            groups.append([])
        elif text == ")" and len(groups) > 1:
            inner = sum(groups.pop())
            groups[-1].append(max(inner, 1))
        elif piece.lastindex and groups[-1]:
            groups[-1][-1] *= max(int(piece[1] or 0), int(piece[2] or 0), 1)
        else:
            groups[-1].append(1)
    return sum(sum(group) for group in groups)
