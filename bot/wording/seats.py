"""Whose yes is missing, in words."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from bot.rotation.quorum import Seat
from bot.runbook.models.people import GroupName
from bot.wording.names import groups_word
from bot.wording.units import both, count


def seats_words(left: Sequence[Seat], of: str = "") -> str:
    """So many yeses by whom: `2 approvals by ML or SRE and 1 by Finance`; `of` stands after the first `approvals`."""
    kinds = Counter(left)
    first, *more = [f"{number} by {groups_word(seat)}" for seat, number in kinds.items()] or ["0"]
    number, _, by = first.partition(" ")
    return both([f"{count(int(number), 'approval')}{of} {by}".strip(), *more])


def said(facts: Mapping[str, JsonValue]) -> str:
    """The fact `missing` in words; empty where there is none, or nothing that can be understood."""
    found = facts.get("missing")
    left = [_named(seat) for seat in found] if isinstance(found, list) else []
    return seats_words(left) if left and all(left) else ""


def _named(value: JsonValue) -> Seat:
    return tuple(group for group in GroupName if isinstance(value, list) and group in value)
