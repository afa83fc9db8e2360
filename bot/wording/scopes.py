"""What the Slack app may not do, what is lost by it, and what to do about it."""

from collections.abc import Iterable

from bot.engine.models.notes import ScopesNote
from bot.wording.text import Code, Line, Text, line, text
from bot.wording.units import both

LOST = {
    "files:write": "comparisons and stages come without chart and report file",
    "usergroups:read": "owners can only be named as `people:`",
    "groups:read": "private channels cannot be used",
}
"""Optional scope -> what is lost without it."""

NEEDED = {
    "app_mentions:read": "`@rotate` in a thread does not reach me",
    "channels:read": "I cannot tell who is a member of a channel, so nothing can be asked of me",
    "chat:write": "I can post nothing",
    "commands": "`/rotate` does not reach me",
    "users:read": "I cannot tell who acts, so nothing can be asked of me",
}
"""Scope that is needed -> what does not work without it."""

INSTALL = "at https://api.slack.com/apps > your app > OAuth & Permissions, then Install App > Reinstall to Workspace"


def missing_text(note: ScopesNote) -> Text:
    """Each scope that is missing with what is lost, then what to do."""
    first = line("⚠️ Slack does not grant me ", _names(note.missing))
    people = " Or name owners as `people:` in the runbook." if "usergroups:read" in note.missing else ""
    return text(
        first,
        *(line("• without ", Code(scope), ": ", loss(scope, note.groups)) for scope in note.missing),
        f"Whoever installed me can add {'it' if len(note.missing) == 1 else 'them'} {INSTALL}.{people}"
        " Everything else goes on",
    )


def loss(scope: str, groups: Iterable[str] = ()) -> str:
    """What is lost without a scope; `groups` are the user groups that the runbook names as owners."""
    named = [f"@{group}" for group in groups]
    if scope == "usergroups:read" and named:
        return (
            f"who is in {both(named)} cannot be read, so none of them is called by a mention, and nobody can approve"
            " or decide as one of them"
        )
    return LOST.get(scope) or NEEDED.get(scope) or "what it is for does not work"


def needed_sentence(missing: Iterable[str]) -> str:
    """One sentence about scopes the bot cannot work without."""
    lost = "; ".join(f"{scope}, without which {NEEDED.get(scope, 'I cannot work')}" for scope in sorted(missing))
    return f"Slack does not grant SLACK_BOT_TOKEN the scope {lost}. Add it {INSTALL}"


def _names(scopes: Iterable[str]) -> Line:
    parts: list[Code | str] = []
    for scope in scopes:
        parts += [", ", Code(scope)] if parts else [Code(scope)]
    return line(*parts)
