"""What is frozen, said by the doctor: that is nothing wrong, and why nothing is promoted. Pure."""

from collections.abc import Sequence

from bot.doctor.model import Finding, ok
from bot.engine.models.shown import FreezeShown
from bot.wording.freezelists import shown_line
from bot.wording.text import plain_line

CHECK = "freezes"


def told_freezes(freezes: Sequence[FreezeShown]) -> tuple[Finding, ...]:
    """One line for each freeze in force and each that begins soon, with who lifts it; one for none."""
    if not freezes:
        return (ok(CHECK, "nothing is frozen now, nor by the runbook within two weeks"),)
    return tuple(ok(CHECK, plain_line(shown_line(freeze))) for freeze in freezes)
