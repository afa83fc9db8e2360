"""What of the evidence is not as it was when somebody said yes, and whose yes does not count any more."""

from bot.rotation.model.basis import Change
from bot.rotation.model.questions import Request
from bot.wording.figures import moved_words
from bot.wording.names import DIMENSIONS, verdict_word
from bot.wording.text import Line, Text, line, text
from bot.wording.units import both, money

SHOWN = 8
"""Changes that are named on a request; how many more there are is said."""


def changed_lines(request: Request) -> Text:
    """What is new on a request that was asked before; empty where nothing is."""
    if not request.changes:
        return ()
    said = "; ".join(_said(change) for change in request.changes[:SHOWN])
    more = len(request.changes) - SHOWN
    rest = f"; and {more} more" if more > 0 else ""
    return text(line(f"⚠️ Not as it was asked before: {said}{rest}"), _void(request))


def _void(request: Request) -> Line:
    if not request.void:
        return ()
    return line(f"Given to what was shown before, and void: {both(list(request.void))}")


def _said(change: Change) -> str:
    match change.what:
        case "verdict":
            return f"comparison {_verdicts(change)}"
        case "dimension":
            return f"{DIMENSIONS.get(change.name, change.name)} {_verdicts(change)}"
        case "stage":
            return f"{change.name} {_verdicts(change)}"
        case "figure":
            before, after = (_moved(change.name, value) for value in (change.before, change.after))
            return f"{DIMENSIONS.get(change.name, change.name)} {before} → {after}"
        case "month":
            return f"a month with the new model {_dollars(change.before)} → {_dollars(change.after)}"
        case "way_back":
            return f"way back {change.before} → {change.after}"
        case "place":
            return str(change.after)
        case _:
            return f"{change.what.replace('_', ' ')} {change.before} → {change.after}"


def _verdicts(change: Change) -> str:
    before, after = (verdict_word(str(value)) if value is not None else "unsaid" for value in _both(change))
    return f"{before} → {after}"


def _both(change: Change) -> tuple[str | float | None, str | float | None]:
    return change.before, change.after


def _moved(name: str, value: str | float | None) -> str:
    return moved_words(name, value) if isinstance(value, float) else "not measured"


def _dollars(value: str | float | None) -> str:
    return money(value) if isinstance(value, float) else "unknown"
