"""What somebody else has changed: both values, and who may decide what becomes of it."""

from collections.abc import Sequence
from typing import Final

from bot.engine.models.notes import Drift
from bot.wording.text import Code, Line, Part, Text, line, text

SHOWN: Final = 5
"""So many places are shown one by one; a stage of forty tenants would leave no room for anything else."""


def drift_lines(drifts: Sequence[Drift], *, over: bool) -> Text:
    """Each place with both values, and below them who decides; nothing where every place is as it should be."""
    changed = [one for one in drifts if not one.problem]
    unread = [one for one in drifts if one.problem]
    lines = [_changed(one) for one in changed[:SHOWN]] + [_unread(one) for one in unread[:SHOWN]]
    more = max(0, len(changed) - SHOWN) + max(0, len(unread) - SHOWN)
    return text(
        *lines,
        f"… and {more} more; the thread names each" if more else "",
        _who_decides(over=over) if changed else "",
    )


def _changed(one: Drift) -> Line:
    return line(f"⚠️ Somebody else changed {one.place}: it holds ", _value(one.found), ", not ", _value(one.expected))


def _unread(one: Drift) -> Line:
    unknown = f"❔ {one.place} cannot be read: {one.problem}. Whether it still holds "
    return line(unknown, _value(one.expected), " is not known")


def _value(held: str | None) -> Part:
    return Code(held) if held else "nothing"


def _who_decides(*, over: bool) -> str:
    on = "" if over else ", or begin a new comparison with what it holds"
    return f"Left as it is. Who changed it can put it right there; ML or SRE decide whether to go back{on}"
