"""A wish back to the words that mean it: `formatted` is what `handlers.grammar.parse` reads back. Pure."""

from bot.rotation.model.state import Trigger
from bot.runbook.models.durations import format_duration
from handlers.typed import quoted
from handlers.wishes import (
    Compare,
    Examine,
    FreezeIt,
    Help,
    PromoteIt,
    ShowModels,
    ShowStatus,
    ShowWhy,
    SteerIt,
    UnfreezeIt,
    Wish,
    verb_of,
)


def formatted(wish: Wish) -> str:
    """The words after `/rotate` that `parse` reads back to the same wish."""
    match wish:
        case Help(topic):
            return f"help {quoted(topic)}" if topic else "help"
        case ShowStatus(subject):
            return f"status {quoted(subject)}" if subject else "status"
        case ShowWhy(subject):
            return f"why {quoted(subject)}" if subject else "why"
        case ShowModels(search):
            return f"models {quoted(search)}" if search else "models"
        case Examine():
            return "doctor"
        case PromoteIt(subject):
            return f"promote {quoted(subject)}" if subject else "promote"
        case SteerIt(verb, subject, reason, lasts):
            parts = [
                verb_of(verb),
                quoted(subject) if subject else "",
                f"--for {format_duration(lasts)}" if lasts is not None else "",
                f"--reason {quoted(reason)}" if reason else "",
            ]
            return " ".join(part for part in parts if part)
        case Compare():
            return _formatted_compare(wish)
        case FreezeIt() | UnfreezeIt():
            return _formatted_freeze(wish)


def _formatted_freeze(wish: FreezeIt | UnfreezeIt) -> str:
    until = wish.until if isinstance(wish, FreezeIt) else ""
    parts = [
        "freeze" if isinstance(wish, FreezeIt) else "unfreeze",
        quoted(wish.subject) if wish.subject else "",
        f"--until {quoted(until)}" if until else "",
        f"--reason {quoted(wish.reason)}" if wish.reason else "",
    ]
    return " ".join(part for part in parts if part)


def _formatted_compare(wish: Compare) -> str:
    parts = [
        "diff",
        quoted(wish.candidate) if wish.candidate else "",
        quoted(wish.slot) if wish.slot else "",
        f"--rollback {quoted(wish.rollback)}" if wish.rollback else "",
        f"--trigger {wish.trigger.value}" if wish.trigger is not Trigger.NEW_MODEL else "",
        f"--reason {quoted(wish.reason)}" if wish.reason else "",
        "--fresh" if wish.fresh else "",
    ]
    return " ".join(part for part in parts if part)
