"""Slack's medium for a `Text`: everything escaped, times as date tokens, people and groups as mentions. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC

from bot.wording.text import Bold, Called, Code, Line, Link, Part, Quote, Someone, Text, Typed, When, quoted, spoken
from bot.wording.unseen import plainly

_MEMBER = re.compile(r"^[UW][A-Z0-9]{2,}$")
_MENTION = re.compile(r"^(?:<(?:@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+)>\s*)+$")
_OPEN_END = re.compile(r"&[a-z]{0,3}$|<[^<>]*$")
_ELLIPSIS = "…"


_MARK = re.compile(r"(?<![^\W_])[*_~]|[*_~](?![^\W_])")
"""A sign that could begin or end something bold, slanted or struck out; between two letters it is only a sign."""
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)")
_ALIKE = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c"})
"""Slack has no way to write its own marks literally, so what looks the same stands for them."""


def _entities(words: str) -> str:
    return plainly(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape(words: str) -> str:
    """The words as Slack shows them literally: nobody is mentioned, nothing is a link, or bold, slanted, struck out."""
    bare = _MARK.sub(lambda found: found[0].translate(_ALIKE), words)
    return _entities(bare)


def literal(words: str) -> str:
    """What somebody else wrote, as it was typed: code and emoji do not come of it either."""
    return escape(_EMOJI.sub("\ua789", words.replace("`", "\u02cb")))


def date(when: When) -> str:
    """A point in time in each reader's own time zone, in UTC where that cannot be shown."""
    at = when.at.astimezone(UTC)
    form = "{time}" if when.form == "time" else "{date_short_pretty} {time}"
    return f"<!date^{int(at.timestamp())}^{form}|{spoken(when)}>"


def render_part(part: Part) -> str:
    """One piece."""
    match part:
        case str():
            return escape(part)
        case Bold(words):
            return f"*{escape(words)}*"
        case Code(words):
            shown = " ".join(words.replace("`", "'").split())
            return f"`{_entities(shown)}`" if shown else ""
        case Quote(words):
            return literal(quoted(words))
        case Typed(words):
            return literal(words)
        case When():
            return date(part)
        case Someone(member):
            return f"<@{member}>" if _MEMBER.match(member) else escape(member)
        case Called(mention, name):
            return mention if _MENTION.match(mention) else escape(name)
        case Link(url, words):
            return _link(url, words)


def _link(url: str, words: str) -> str:
    if not re.match(r"https?://[^\s<>|]+$", url):
        return escape(words)
    return f"<{_entities(url)}|{escape(words).replace('|', '/')}>"


def render_line(line: Line) -> str:
    """One line."""
    return "".join(render_part(part) for part in line)


def render(text: Text) -> list[str]:
    """The lines."""
    return [render_line(line) for line in text]


def cut(words: str, room: int) -> str:
    """At most `room` characters, cut so that no mention, link or escaped sign is left half."""
    if len(words) <= room:
        return words
    kept = words[: room - 1]
    while (whole := _OPEN_END.sub("", kept)) != kept:
        kept = whole
    return f"{kept.rstrip()}{_ELLIPSIS}"


def within(lines: Sequence[str], room: int) -> str:
    """The lines as one text of at most `room` characters; what does not fit is left out at a line's end, and said."""
    whole = "\n".join(lines)
    if len(whole) <= room:
        return whole
    left_out = "… (more in the message)"
    kept: list[str] = []
    used = len(left_out)
    for line in lines:
        if used + len(line) + 1 > room:
            break
        kept.append(line)
        used += len(line) + 1
    if not kept:
        kept = [cut(lines[0], room - len(left_out) - 1)]
    return "\n".join([*kept, left_out])
