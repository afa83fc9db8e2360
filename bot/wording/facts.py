"""The facts of a note as pieces of text: one rule per key, so that every template says the same thing the same way."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import JsonValue

from bot.wording.names import CHOICES, DIMENSIONS, TRIGGERS, VERDICTS, groups_word, phase_word
from bot.wording.reasons import reasons_text
from bot.wording.seats import said
from bot.wording.text import Code, Line, Part, Quote, Someone, Typed, When, joined, line
from bot.wording.units import count, length, money, shortened

Facts = Mapping[str, JsonValue]


def listed(value: JsonValue) -> list[str]:
    """A fact that is a list, as texts."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def moment(value: JsonValue) -> Part:
    """An ISO time; words that are none stay words."""
    try:
        return When(datetime.fromisoformat(str(value)))
    except ValueError:
        return str(value) or "unknown"


def _codes(value: JsonValue) -> Line:
    return joined([Code(word) for word in listed(value)]) or line("none")


def _somebody(value: JsonValue) -> Line:
    return line(Typed(str(value))) if value else line("nobody (by rule)")


def _said(value: JsonValue) -> Line:
    return line(Quote(str(value))) if value else line("no reason given")


def _held(value: JsonValue) -> Line:
    return line(Code(str(value))) if value else line("nothing (unset)")


def _dollars(value: JsonValue) -> Line:
    return line(money(value if isinstance(value, int | float) else None))


def _length(value: JsonValue) -> Line:
    return line(length(value) if isinstance(value, int | float) else str(value))


def _detail(value: JsonValue) -> Line:
    return line(Typed(str(value))) if value else line("no detail given")


def _words(table: Mapping[str, str]) -> Callable[[JsonValue], Line]:
    return lambda value: line(table.get(str(value), str(value)))


_OUTCOMES = {
    "approved": "approved",
    "rejected": "rejected",
    "aborted": "ended",
    "rolled_back": "rolled back",
    "superseded": "asked anew on a new comparison",
    "lapsed": "not answered in time",
    "withdrawn": "withdrawn: it is not needed any more",
    "data_returned": "settled by itself: data returned",
    "extended": "not answered in time: watched longer",
    "asked_again": "not answered in time: asked again",
    "go_on": "go on",
    "extend": "watch longer",
    "roll_back": "roll back",
    "abort": "end it",
    "gave_way": "gave way",
    "kept": "keeps going",
}
OUTCOMES: Mapping[str, str] = _OUTCOMES
"""What became of a question, in words."""

_NEEDED = {"pass": "“fine”", "not_fail": "anything but “worse”"}

LONGEST_NAME = 80
"""Characters of a name somebody typed that are said back."""

_TYPED = ("subject", "slot", "words", "model_given")
"""What may be as long as somebody types."""

EVENTS: Mapping[str, str] = {
    "promote": "asked for again",
    "approve": "your approval counts",
    "reject": "rejected",
    "decide": "your answer counts",
    "roll_back": "going back",
    "pause": "paused",
    "resume": "going on",
    "abort": "ended",
    "retry": "trying again",
    "settle": "reading what every place holds",
    "confirm": "confirmed by hand",
    "withdraw": "your yes is withdrawn",
    "supersede": "whoever holds it is asked to give way; the answer is told in your thread",
    "give_way": "your answer counts",
    "hands_off": "hands are off; the channel was told until when",
    "hands_on": "hands are on again",
    "renew": "the comparison is under it; where its result is another, approvals start anew",
}
"""What a person's event did, in words."""

_VERBS = {"roll_back": "roll back", "hands_off": "take hands off", "hands_on": "put hands on", "supersede": "ask for"}

_BY_KEY: dict[str, Callable[[JsonValue], Line]] = {
    "missing": lambda value: line(said(value)),
    "missing_answers": lambda value: line(said(value, "answer")),
    "groups": lambda value: line(groups_word(listed(value)) or "nobody"),
    "too": lambda value: line(groups_word(listed(value)) or "nobody"),
    "phase": lambda value: line(phase_word(str(value))),
    "verdict": _words(VERDICTS),
    "needed_evidence": _words(_NEEDED),
    "dimension": _words(DIMENSIONS),
    "trigger": _words(TRIGGERS),
    "choice": _words(CHOICES),
    "choices": lambda value: line(", ".join(CHOICES.get(word, word) for word in listed(value))),
    "event": _words(EVENTS),
    "verb": _words(_VERBS),
    "outcome": _words(_OUTCOMES),
    "reasons": lambda value: line(reasons_text(listed(value))),
    "at": lambda value: line(moment(value)),
    "since": lambda value: line(moment(value)),
    "start": lambda value: line(moment(value)),
    "until": lambda value: line(moment(value)),
    "seconds": _length,
    "held_seconds": _length,
    "looks": lambda value: line(count(value, "check") if isinstance(value, int | float) else str(value)),
    "spent": _dollars,
    "limit": _dollars,
    "by": _somebody,
    "reason": _said,
    "value": _held,
    "found": _held,
    "before": _held,
    "expected": _held,
    "model": _held,
    "candidate": _held,
    "known": _codes,
    "verbs": _codes,
    "targets": lambda value: (
        line(count(value, "place")) if isinstance(value, int) else joined(listed(value), "; ") or line("none")
    ),
    "problems": lambda value: joined(listed(value), "; ") or line("none given"),
    "detail": _detail,
    "problem": _detail,
    "requester": lambda value: line(Someone(str(value))) if value else line("the requester"),
    "days": lambda value: line(count(value, "day") if value == 1 else f"{value} days") if value else line("0 days"),
}


def paused_words(facts: Facts) -> str:
    """Whose pause it was; empty where that is not known."""
    if "paused_by" not in facts or facts["paused_by"] == facts.get("by"):
        return ""
    return (
        f"{facts['paused_by']} had paused it" if facts["paused_by"] else "it was paused because nobody approved in time"
    )


def worded(facts: Facts) -> dict[str, Part | Line]:
    """Every fact as a piece of text under its own name, and `did_you_mean` made of `nearest`."""
    found: dict[str, Part | Line] = {}
    for key, value in facts.items():
        say = _BY_KEY.get(key)
        found[key] = say(value) if say is not None else Typed(str(value))
    found |= {key: Typed(shortened(str(facts[key]), LONGEST_NAME)) for key in _TYPED if key in facts}
    nearest = listed(facts.get("nearest"))
    found["said_why"] = line(". Reason: ", Quote(str(facts["reason"]))) if facts.get("reason") else ()
    suggestions = joined([Code(word) for word in nearest], ", ", " or ")
    found.setdefault("event", "got it")
    found["did_you_mean"] = line(" Did you mean ", suggestions, "?") if nearest else ()
    return found
