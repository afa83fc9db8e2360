"""`/rotate why R42`: how a rotation came to where it is, from the ledger, what that rests on, and what comes next."""

from bot.engine.models.shown import Told, Why
from bot.rotation.model.rotation import Rotation
from bot.wording.cards import card_title, state_line
from bot.wording.figures import check_line
from bot.wording.freezes import card_line
from bot.wording.months import month_lines
from bot.wording.summaries import summary_head
from bot.wording.text import Line, Text, When, line, text
from bot.wording.timeline import timeline_line
from bot.wording.units import count
from bot.wording.waits import waiting
from bot.wording.warned import warnings

MOST_TOLD = 12
"""So many of the newest steps are told; the thread has all."""


def why_text(why: Why) -> Text:
    """The whole answer, for one reader."""
    rotation = why.note.rotation
    left = len(why.told) - MOST_TOLD
    earlier = f"{count(left, 'earlier step')}; the thread under the card has all" if left > 0 else ""
    return text(
        card_title(rotation),
        state_line(rotation),
        warnings(rotation),
        card_line(rotation, why.note.freeze),
        waiting(why.note),
        "How it came to this:",
        f"• {earlier}" if earlier else "",
        *(line("• ", step) for step in (step_line(rotation, told) for told in why.told[-MOST_TOLD:])),
        _rests_on(why),
    )


def step_line(rotation: Rotation, told: Told) -> Line:
    """One step of a rotation, with its time."""
    if told.announced:
        return line(When(told.at), " ", summary_head(rotation, told.code, told.facts))
    return line(When(told.at), " ", timeline_line(told.code, told.facts))


def _rests_on(why: Why) -> Text:
    """The newest look's figures, where a stage is watched."""
    bake = why.note.rotation.bake
    if bake is None or not bake.looks or why.note.rotation.ended:
        return ()
    newest = bake.looks[-1]
    head = line(f"Check {newest.number}, up to ", When(newest.window_end, "time"), ", said:")
    months = (line("• ", said) for said in month_lines(newest.month))
    return text(head, *(f"• {check_line(check)}" for check in newest.checks), *months)
