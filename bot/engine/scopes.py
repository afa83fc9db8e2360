"""What Slack does not let the bot do: each scope that is missing is said once in the slots' channels, not repeated."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from bot.engine.changes import as_json
from bot.engine.chores import TellScopes
from bot.engine.models.notes import ScopesNote
from bot.engine.outside import Rules
from bot.engine.records import Commit, Entry, Wanted
from bot.ports import Store
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import GroupName

LAST_MISSING = "scopes_missing"


def about(missing: AbstractSet[str], runbook: Runbook) -> ScopesNote | None:
    """The note about missing scopes; None when this runbook uses none of what they are for."""
    named = tuple(dict.fromkeys(group for name in GroupName if (group := runbook.groups.of(name).group)))
    weighty = sorted(missing if named else missing - {"usergroups:read"})
    return ScopesNote(missing=tuple(weighty), groups=named) if weighty else None


async def announce_missing(store: Store, rules: Rules, missing: AbstractSet[str], now: datetime) -> ScopesNote | None:
    """Tell each slot's channel which scopes are missing that were not said yet; one granted again may be said anew.

    Answers what was told, None where nothing was new.
    """
    said = frozenset((await store.fact(LAST_MISSING)).split())
    note = about(missing - said, rules.runbook)
    wanted = tuple(_told(note, channel, now) for channel in _channels(rules.runbook)) if note is not None else ()
    entries = (Entry("scopes", "scopes_missing", as_json(note)),) if note is not None else ()
    if missing != said:
        fact = LAST_MISSING, " ".join(sorted(missing))
        await store.commit(Commit(at=now, entries=entries, wanted=wanted, facts=(fact,)))
    return note


def _channels(runbook: Runbook) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slot.channel or runbook.channel for slot in runbook.slots.values()))


def _told(note: ScopesNote, channel: str, now: datetime) -> Wanted:
    task = TellScopes(channel=channel, note=note)
    key = f"scopes:{channel}:{now.isoformat()}"
    return Wanted(subject=f"scopes:{channel}", lane="chat", key=key, kind=task.kind, body=as_json(task))
