"""Whose yes is missing, in words."""

from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from bot.rotation.quorum import Seat
from bot.runbook.models.people import GroupName
from bot.wording.names import groups_word
from bot.wording.units import both, count


def seats_words(left: Sequence[Seat], of: str = "", what: str = "approval") -> str:
    """So many yeses by whom: `2 approvals by ML or SRE and 1 by Finance`; `of` stands after the first `approvals`.

    `what` is what a yes is called there.
    """
    kinds = Counter(left)
    first, *more = [f"{number} by {groups_word(seat)}" for seat, number in kinds.items()] or ["0"]
    number, _, by = first.partition(" ")
    return both([f"{count(int(number), what)}{of} {by}".strip(), *more])


def said(found: JsonValue, what: str = "approval") -> str:
    """The fact `missing` in words; empty where there is none, or nothing that can be understood."""
    left = [_named(seat) for seat in found] if isinstance(found, list) else []
    return seats_words(left, what=what) if left and all(left) else ""


def _named(value: JsonValue) -> Seat:
    return tuple(group for group in GroupName if isinstance(value, list) and group in value)
