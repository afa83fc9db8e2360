"""What a text is made of: lines of words, and the few pieces a medium shows in its own way (times, people, links).

Plain strings may hold what people wrote: a medium escapes them, and takes out what nobody sees. Everything that is not
a string is ours. `plain` is the medium of the terminal; `handlers.blocks.mrkdwn` is Slack's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from typing import Literal

from bot.wording.unseen import plainly

LONGEST_QUOTE = 600
"""Characters of what somebody wrote that are shown; the whole of it is in the record."""


@dataclass(frozen=True, slots=True)
class Bold:
    """Words that stand out."""

    words: str


@dataclass(frozen=True, slots=True)
class Code:
    """A name a machine reads: a model id, a variable, a command."""

    words: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What a person wrote, cut where it is very long."""

    words: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person or another system wrote, as it stands: a name, an id, what went wrong. No mark in it is ours."""

    words: str


@dataclass(frozen=True, slots=True)
class When:
    """A point in time: only its time of day, or with its day."""

    at: datetime
    form: Literal["time", "moment"] = "moment"


@dataclass(frozen=True, slots=True)
class Someone:
    """A person, called by member id, so that they are told."""

    id: str


@dataclass(frozen=True, slots=True)
class Called:
    """A group that is called: `mention` is the workspace's way to do it, `name` how it is spoken of."""

    mention: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page to open."""

    url: str
    words: str


Part = str | Bold | Code | Quote | Typed | When | Someone | Called | Link
Line = tuple[Part, ...]
Text = tuple[Line, ...]


def line(*parts: Part | Line) -> Line:
    """One line of its parts, lines among them flattened, nothing empty kept."""
    flat: list[Part] = []
    for part in parts:
        if isinstance(part, tuple):
            flat.extend(part)
        else:
            flat.append(part)
    return tuple(part for part in flat if part != "")


def text(*lines: str | Line | Text) -> Text:
    """A text of lines; a text among them is taken in, an empty line left out."""
    found: list[Line] = []
    for one in lines:
        if isinstance(one, str):
            found.append((one,) if one else ())
        else:
            inner = [part for part in one if isinstance(part, tuple)]
            found.extend(inner or [tuple(part for part in one if not isinstance(part, tuple))])
    return tuple(one for one in found if one)


def joined(parts: Iterable[Part], between: str = ", ", last: str | None = None) -> Line:
    """The parts as a list in words: `a, b or c` with `last=" or "`."""
    found = list(parts)
    flat: list[Part] = []
    for index, part in enumerate(found):
        if index:
            flat.append(last if last is not None and index == len(found) - 1 else between)
        flat.append(part)
    return tuple(flat)


def ends(one: Line) -> bool:
    """Whether a line ends its sentence already: what somebody else wrote often does."""
    said = plain_line(one[-1:])
    return said.endswith((".", "!", "?"))


def fill(template: str, facts: Mapping[str, Part | Line]) -> Line:
    """The template with its `{names}` filled in; a fact nobody gave reads "unknown" and never fails."""
    parts: list[Part | Line] = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal[1:] if literal.startswith(".") and ends(line(*parts)) else literal)
        if name is not None:
            parts.append(facts.get(name, "unknown"))
    return line(*parts)


def quoted(words: str) -> str:
    """What somebody wrote, on one line, in quotation marks, with what was cut off said."""
    flat = " ".join(words.split())
    if len(flat) > LONGEST_QUOTE:
        flat = (
            f"{flat[:LONGEST_QUOTE].rstrip()}… (cut; {len(words):,} characters in all: rotate ledger export has them)"
        )
    return f"“{flat}”"


def spoken(when: When) -> str:
    """A point in time in UTC."""
    at = when.at.astimezone(UTC)
    return f"{at:%H:%M} UTC" if when.form == "time" else f"{at.day} {at:%b %Y %H:%M} UTC"


def plain_part(part: Part) -> str:
    """One piece as a terminal shows it."""
    match part:
        case str():
            return plainly(part)
        case Bold(words) | Code(words) | Typed(words):
            return plainly(words)
        case Quote(words):
            return plainly(quoted(words))
        case When():
            return spoken(part)
        case Someone(member):
            return plainly(f"@{member}")
        case Called(_, name):
            return plainly(f"@{name}")
        case Link(url, words):
            return plainly(f"{words} ({url})")


def plain_line(one: Line) -> str:
    """One line as a terminal shows it."""
    return "".join(plain_part(part) for part in one)


def plain(whole: Text) -> str:
    """The text as a terminal shows it: times in UTC, no marks."""
    return "\n".join(plain_line(one) for one in whole)
