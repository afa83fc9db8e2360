"""A judge's reply, read strictly: one JSON object that does not contradict itself. Pure.

It may stand in a code fence, after one block of thoughts, and with prose round the fence. What the judge quotes is not
what it says: in prose an object that stands in one of the answers is no verdict, nor is one of several.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.difftest.marking.json_values import parts_of_json

Slot = Literal["first", "second", "tie"]
_SLOTS: Final[tuple[Slot, ...]] = ("first", "second", "tie")

_FENCED: Final = re.compile(r"\s*```[A-Za-z]*[ \t]*\n(?P<inside>.*)\n[ \t]*```\s*", re.DOTALL)
_FENCE: Final = re.compile(r"^[ \t]*```[A-Za-z]*[ \t]*\n(?P<inside>.*?)\n[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_THOUGHTS: Final = re.compile(r"\s*<(think|thinking)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_END_OF_THOUGHTS: Final = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
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


def read_choice(text: str, shown: Iterable[str] = ()) -> Choice | None:
    """The choice between two answers; None for a reply that cannot be used. `shown` are the texts that were judged."""
    reply = _object(text, shown)
    better = None if reply is None else _slot(reply.get("better"))
    if reply is None or better is None:
        return None
    first, second = reply.get("first_meets"), reply.get("second_meets")
    if any(value is not None and not isinstance(value, bool) for value in (first, second)):
        return None
    # Where just one meets the criteria, that one is better: anything else contradicts itself.
    wanted = {(True, False): "first", (False, True): "second"}.get((first is True, second is True))
    if None not in (first, second) and wanted is not None and better != wanted:
        return None
    return Choice(better, _why(reply))


def read_finding(text: str, shown: Iterable[str] = ()) -> Finding | None:
    """What was found of one answer; None for a reply that cannot be used. `shown` is the text that was judged."""
    reply = _object(text, shown)
    if reply is None or not isinstance(reply.get("meets"), bool):
        return None
    return Finding(reply["meets"], _why(reply))


def _slot(value: object) -> Slot | None:
    said = value.strip().lower() if isinstance(value, str) else None
    return next((slot for slot in _SLOTS if slot == said), None)


def _object(text: str, shown: Iterable[str]) -> dict[str, Any] | None:
    """The one object of a reply."""
    if thoughts := _THOUGHTS.match(text):
        if len(_END_OF_THOUGHTS.findall(text)) > 1:
            return None  # where the thoughts end is then anybody's guess, also an answer's that they quote
        text = text[thoughts.end() :]
    fenced = _FENCED.fullmatch(text)
    whole = _parsed(fenced["inside"] if fenced else text)
    return _in_prose(text, shown) if whole is None else whole


def _in_prose(text: str, shown: Iterable[str]) -> dict[str, Any] | None:
    """The object of the one code fence of a reply, beside which there is none, and which the judge does not quote."""
    if text.count("```") != 2:  # noqa: PLR2004 (where it opens and where it closes)
        return None
    fence = _FENCE.search(text)
    if fence is None or "{" in text[: fence.start()] + text[fence.end() :]:
        return None
    found, bare = _parsed(fence["inside"]), "".join(fence["inside"].split())
    quoted = any(bare in "".join(each.split()) or any(found == part for part in parts_of_json(each)) for each in shown)
    return None if quoted else found


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text, object_pairs_hook=_once)
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
