"""The moment that somebody's words for the end of a freeze name, in the runbook's time zone. Pure.

A day without a time means that day, too: until its end.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.rotation.windows import on_wall
from bot.runbook.models.durations import parse_duration
from bot.runbook.models.freezes import weekday_of

EXAMPLES: Final = ("18:00", "tomorrow 09:00", "monday", "2026-12-01", "2026-12-01 09:00", "4h", "3d")
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})?\s*(am|pm)?", re.IGNORECASE)
_LENGTH: Final = re.compile(r"\+?\s*((?:\d+(?:\.\d+)?\s*[smhdw]\s*)+)", re.IGNORECASE)
_NOON: Final = 12
_DAY: Final = timedelta(days=1)


def parsed_until(words: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC. Raises ValueError for words that name none; one that is over is answered as it is."""
    bare = " ".join(words.replace(",", " ").split())
    if found := _LENGTH.fullmatch(bare):
        length = parse_duration(found[1].replace(" ", ""))
        assert isinstance(length, timedelta)  # noqa: S101 - from a text it is one, or raises
        return (now + length).astimezone(UTC)
    try:
        whole = datetime.fromisoformat(bare)
    except ValueError:
        whole = None
    if whole is not None and whole.tzinfo is not None:
        return whole.astimezone(UTC)
    return _on_calendar(bare.replace("T", " ", 1) if whole is not None else bare, now, zone)


def _on_calendar(bare: str, now: datetime, zone: ZoneInfo) -> datetime:
    parts = [part for part in bare.split() if part.casefold() not in {"at", "until", "on"}]
    if parts and (named := _zone(parts[-1])) is not None:
        zone, parts = named, parts[:-1]
    today = now.astimezone(zone).date()
    day = _day(parts[0], today) if parts else None
    rest = " ".join(parts[1:] if day is not None else parts)
    if day is None and not rest:
        raise ValueError(bare)
    if not rest:
        assert day is not None  # noqa: S101 - asked above
        return on_wall(datetime.combine(day + _DAY, time()), zone)
    clock = _clock(rest)
    at = on_wall(datetime.combine(day or today, clock), zone)
    if at <= now and (day is None or weekday_of(parts[0]) is not None):  # the next time the clock or the week says so
        at = on_wall(datetime.combine((day or today) + (_DAY if day is None else 7 * _DAY), clock), zone)
    return at


def _zone(word: str) -> ZoneInfo | None:
    if word.casefold() in {"utc", "z", "gmt"}:
        return ZoneInfo("UTC")
    known = {name.casefold(): name for name in available_timezones()} if "/" in word else {}
    return ZoneInfo(known[word.casefold()]) if word.casefold() in known else None


def _day(word: str, today: date) -> date | None:
    folded = word.casefold()
    if folded in {"today", "tomorrow"}:
        return today + (folded == "tomorrow") * _DAY
    weekday = weekday_of(word)
    if weekday is not None:
        return today + ((weekday - today.weekday()) % 7) * _DAY
    return date.fromisoformat(word) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word) else None


def _clock(words: str) -> time:
    """A time of day, with or without am or pm. Raises ValueError."""
    found = _CLOCK.fullmatch(words)
    if found is None or not (found[2] or found[3]):
        raise ValueError(words)
    hour, half = int(found[1]), (found[3] or "").casefold()
    if half and not 1 <= hour <= _NOON:
        raise ValueError(words)
    return time(hour % _NOON + (_NOON if half == "pm" else 0) if half else hour, int(found[2] or 0))
