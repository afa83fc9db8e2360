"""A judge's reply, read strictly: one JSON object, in a code fence or not, that does not contradict itself. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

Slot = Literal["first", "second", "tie"]

_FENCE: Final = re.compile(r"\s*```[A-Za-z]*[ \t]*\n(?P<inside>.*)\n[ \t]*```\s*", re.DOTALL)
_LONGEST_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of two answers a judge found better, and its reason."""

    better: Slot
    why: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an answer was found to meet its rubrics, and the reason."""

    meets: bool
    why: str = ""


def read_choice(text: str) -> Choice | None:
    """The choice between two answers; None for a reply that cannot be used."""
    reply = _object(text)
    if reply is None or reply.get("better") not in ("first", "second", "tie"):
        return None
    first, second = reply.get("first_meets"), reply.get("second_meets")
    if any(value is not None and not isinstance(value, bool) for value in (first, second)):
        return None
    # Where just one meets the criteria, that one is better: anything else contradicts itself.
    wanted = {(True, False): "first", (False, True): "second"}.get((first is True, second is True))
    if None not in (first, second) and wanted is not None and reply["better"] != wanted:
        return None
    return Choice(reply["better"], _why(reply))


def read_finding(text: str) -> Finding | None:
    """What was found of one answer; None for a reply that cannot be used."""
    reply = _object(text)
    if reply is None or not isinstance(reply.get("meets"), bool):
        return None
    return Finding(reply["meets"], _why(reply))


def _object(text: str) -> dict[str, Any] | None:
    fenced = _FENCE.fullmatch(text)
    try:
        found = json.loads(fenced["inside"] if fenced else text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are told once each: two verdicts in one reply are none."""
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "a name is written twice"
        raise ValueError(message)
    return found


def _why(reply: dict[str, Any]) -> str:
    why = reply.get("why")
    return " ".join(why.split())[:_LONGEST_WHY] if isinstance(why, str) else ""
