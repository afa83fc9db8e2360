"""Messages about freezes themselves: one that was set, prolonged or lifted, and the list of all there are."""

from collections.abc import Sequence

from bot.engine.models.notes import FreezeNote
from bot.engine.models.shown import FreezeShown
from bot.wording.freezes import SIGN, lifting, scope_words, whose
from bot.wording.names import groups_word
from bot.wording.requests import REPEAT
from bot.wording.text import Bold, Code, Line, Part, Quote, Text, Typed, When, joined, line, text
from bot.wording.units import both, either


def shown_line(freeze: FreezeShown) -> Line:
    """One freeze in a list."""
    where = [
        *([both(list(freeze.stages))] if freeze.stages else []),
        *([both(list(freeze.slots))] if freeze.slots else []),
    ]
    what = " of ".join(where) if where else "everything"
    if freeze.stages and not freeze.slots:
        what = f"stage {what} of every model setting"
    until = When(freeze.until)
    when = line("until ", until) if freeze.in_force else line(When(freeze.begins), " to ", until)
    lifts = lifting(freeze.by, freeze.lifters, freeze.freeze) if freeze.in_force else ()
    return line(f"{SIGN} ", Bold(what), " ", when, whose(freeze.by, freeze.reason, freeze.freeze), lifts)


def freezes_text(freezes: Sequence[FreezeShown]) -> Text:
    """Every freeze there is, and how to set one."""
    now, soon = ([one for one in freezes if one.in_force is there] for there in (True, False))
    return text(
        "Frozen now: no stage is changed. Comparing, watching, going back go on" if now else "Nothing is frozen now",
        *(shown_line(one) for one in now),
        "Soon, by the runbook:" if soon else "",
        *(shown_line(one) for one in soon),
        line("To freeze: ", Code("/rotate freeze SLOT|STAGE|all --until T --reason R")),
    )


def freeze_text(note: FreezeNote) -> Text:
    """That a freeze was set, prolonged or lifted: what it means, for whom, and who can lift it."""
    freeze, repeat = note.freeze, REPEAT if note.maybe_repeat else ""
    what = scope_words(freeze.scope)
    runs = "runs" if len(note.held) == 1 else "run"
    held = line("It holds ", joined(note.held, ", ", " and "), f", which {runs} now")
    if note.what == "lifted":
        why: tuple[Part, ...] = (": ", Quote(freeze.lifted_reason)) if freeze.lifted_reason else ()
        first = line("☀️ ", Bold(f"{what} is no longer frozen"), ": ", Typed(freeze.lifted_name), f" lifted {freeze.id}")
        then = "What was put off because of it is looked at once more, and begins now if nothing else holds it"
        set_by = line("It was set by ", Typed(freeze.name), " until ", When(freeze.until), ": ", Quote(freeze.reason))
        return text(repeat, line(first, *why), set_by, then if note.held else "")
    longer = " longer" if note.what == "prolonged" else ""
    first = line(f"{SIGN} ", Bold(f"{what} is frozen{longer}"), " until ", When(freeze.until))
    why_line = line(Typed(freeze.name), f" ({freeze.id}): ", Quote(freeze.reason))
    goes_on = "No stage of it is changed until then. Comparing, watching and going back go on"
    lifted = [*([freeze.name]), f"members of {groups_word([group.value for group in note.lifters])}"]
    ends = line("Lifted by ", Typed(either(lifted)), ": ", Code(f"/rotate unfreeze {freeze.id}"))
    return text(repeat, first, why_line, goes_on, held if note.held else "", ends)
