"""What the headers of an answer say of its rate limits: whether the next request would be one too many. Pure.

OpenAI, Azure and Groq say `x-ratelimit-remaining-requests` and `-tokens` with each answer, Anthropic's own names are
`anthropic-ratelimit-requests-remaining` and the like. Some servers say -1 or 0 of limits they do not have.
"""

from typing import Any, Final

_KINDS: Final = ("requests", "tokens")
_NAMES: Final = tuple(
    (kind, remaining.format(kind), limit.format(kind))
    for remaining, limit in (
        ("x-ratelimit-remaining-{}", "x-ratelimit-limit-{}"),
        ("anthropic-ratelimit-{}-remaining", "anthropic-ratelimit-{}-limit"),
    )
    for kind in _KINDS
)


def used_up(headers: Any) -> str:  # noqa: ANN401 (any mapping of headers)
    """What is used up: `requests`, `tokens`, or nothing (empty). A limit of none, or one nobody names, is no limit."""
    for kind, remaining, limit in _NAMES:
        if _number(headers.get(remaining)) == 0 and (_number(headers.get(limit)) or 0) > 0:
            return kind
    return ""


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
