"""Slack's text: entities to plain words for people who read, and what people type to entities for the bot."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from bot.sandbox.slack.workspace import Workspace

_ENTITY = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.+?```|`[^`\n]+`)", re.DOTALL)
_MARKED = re.compile(r"(?<![\w*_~])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\w*_~])")
_TOKEN = re.compile(r"\{(\w+)\}")
_SPOKEN = re.compile(r"(?<![\w<@#|])([@#])([\w][\w.-]*)")


def plain(workspace: Workspace, text: str) -> str:
    """Answers a mrkdwn text as it reads: names for mentions, dates in UTC, no formatting marks, code untouched."""
    parts = []
    for index, part in enumerate(_CODE.split(text)):
        if index % 2:
            parts.append(_entities(workspace, part.strip("`")))
            continue
        # Marks are taken off before entities are resolved, so that a name with an underscore stays what it is.
        parts.append(_entities(workspace, _unmark(part)))
    return unescape("".join(parts))


def _unmark(text: str) -> str:
    before = None
    while before != text:
        before, text = text, _MARKED.sub(r"\2", text)
    return text


def _entities(workspace: Workspace, text: str) -> str:
    return _ENTITY.sub(lambda found: _entity(workspace, found[1]), text)


def _entity(workspace: Workspace, body: str) -> str:
    target, _, label = body.partition("|")
    if target.startswith("@"):
        user = workspace.users.get(target[1:])
        return f"@{user.name}" if user else f"@{label or target[1:]}"
    if target.startswith("#"):
        channel = workspace.channels.get(target[1:])
        return f"#{channel.name}" if channel else f"#{label or target[1:]}"
    if target.startswith("!subteam^"):
        group = workspace.groups.get(target.removeprefix("!subteam^"))
        return f"@{group.handle}" if group else label
    if target.startswith("!date^"):
        return _date(target, label, workspace.clock())
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target.removeprefix("mailto:")


def _date(target: str, fallback: str, now: float) -> str:
    pieces = target.split("^")
    try:
        at = datetime.fromtimestamp(int(pieces[1]), UTC)
        return _TOKEN.sub(lambda found: _date_token(found[1], at, datetime.fromtimestamp(now, UTC)), pieces[2])
    except (ValueError, IndexError, KeyError, OverflowError, OSError):
        return fallback


def _date_token(token: str, at: datetime, now: datetime) -> str:
    """Answers one token; KeyError for one Slack does not know, so that the fallback shows."""
    day = {
        0: "today",
        -1: "yesterday",
        1: "tomorrow",
    }.get((at.date() - now.date()) // timedelta(days=1))
    short, usual = f"{at:%b} {at.day}, {at.year}", f"{at:%B} {at.day}, {at.year}"
    return {
        "date_num": f"{at:%Y-%m-%d}",
        "date_slash": f"{at:%m/%d/%Y}",
        "date": usual,
        "date_short": short,
        "date_long": f"{at:%A}, {usual}",
        "date_pretty": day or usual,
        "date_short_pretty": day or short,
        "date_long_pretty": day or f"{at:%A}, {usual}",
        "time": f"{at:%H:%M}",
        "time_secs": f"{at:%H:%M:%S}",
        "ago": _ago(at, now),
    }[token]


def _ago(at: datetime, now: datetime) -> str:
    seconds = abs((now - at).total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            words = f"{count} {name}{'s' if count > 1 else ''}"
            return f"{words} ago" if at <= now else f"in {words}"
    return "just now"


def spoken(workspace: Workspace, text: str, *, named: bool = False) -> str:
    """Answers what somebody typed as Slack hands it on: `&<>` escaped, `@name` and `#channel` turned into entities.

    With `named` the entities carry the name too (`<@U1|mia>`), as in a slash command with `should_escape`.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def entity(found: re.Match[str]) -> str:
        sign, name = found[1], found[2]
        if sign == "#":
            channel = workspace.find_channel(name)
            return found[0] if channel is None else f"<#{channel.id}|{channel.name if named else ''}>"
        if name in {"here", "channel", "everyone"}:
            return f"<!{name}>"
        user = workspace.find_user(name)
        if user is not None:
            return f"<@{user.id}|{user.name}>" if named else f"<@{user.id}>"
        group = workspace.find_group(name)
        if group is not None:
            return f"<!subteam^{group.id}|@{group.handle}>" if named else f"<!subteam^{group.id}>"
        return found[0]

    return _SPOKEN.sub(entity, escaped)
