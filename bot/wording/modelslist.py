"""What `/rotate models` answers: the models that fit, what is live, and how old the list is."""

from bot.engine.models.shown import Models
from bot.wording.listed import listed_line
from bot.wording.text import Code, Line, Part, Text, Typed, When, line, text
from bot.wording.units import both, count


def models_text(shown: Models, now: When) -> Text:
    """The list, whole; the models that are live come first."""
    return text(
        _head(shown),
        _age(shown),
        *(listed_line(row, now.at, _named(shown, row.id)) for row in shown.found),
        _rest(shown),
    )


def _head(shown: Models) -> Line:
    if not shown.total:
        return ("I know of no model yet.",)
    if not shown.found:
        return line("None of ", count(shown.total, "model"), " has ", Typed(shown.search), " in its id or name.")
    about: Line = (" with ", Typed(shown.search)) if shown.search else ()
    return line(f"{len(shown.found)} of {count(shown.total, 'model')}", about)


def _age(shown: Models) -> Text:
    looked: Line = line("Looked up ", When(shown.looked_at)) if shown.looked_at is not None else ()
    if not shown.problem:
        return text(looked)
    since: Line = (" since ", When(shown.failing_since)) if shown.failing_since is not None else ()
    return text(looked, line("⚠️ Looking it up fails", since, ": ", Typed(shown.problem)))


def _named(shown: Models, model: str) -> tuple[Part, ...]:
    slots = [slot for slot, held in shown.live.items() if held == model]
    return ("• ", Code(model), f" (live in {both(slots)})" if slots else "")


def _rest(shown: Models) -> Line:
    more = not shown.search and shown.total > len(shown.found)
    return line("Write part of a name for others: ", Code("/rotate models gpt")) if more else ()
