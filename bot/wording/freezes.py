"""Freezes in words: what holds a change, whose that is, why, until when, and who can lift it."""

from collections.abc import Sequence

from pydantic import JsonValue, ValidationError

from bot.rotation.model.freezes import Binding, Scope
from bot.rotation.model.rotation import Phase, Rotation
from bot.runbook.models.people import GroupName
from bot.wording.names import groups_word
from bot.wording.text import Code, Line, Part, Quote, Typed, When, line

SIGN = "❄️"


def scope_words(scope: Scope) -> str:
    """What a freeze holds."""
    match scope.kind:
        case "all":
            return "every model setting"
        case "slot":
            return scope.name
        case "stage":
            return f"stage {scope.name} of every model setting"


def told_binding(value: JsonValue) -> Binding | None:
    """What holds a change, from a note's facts; None for anything else."""
    try:
        return Binding.model_validate(value)
    except ValidationError:
        return None


def whose(by: str, reason: str, freeze: str) -> Line:
    """Whose it is and why: a person's with its number, the runbook's with its name."""
    why: tuple[Part, ...] = (": ", Quote(reason)) if reason else ()
    return line(" by ", Typed(by), f" ({freeze})", *why) if by else line(", by the runbook (", Typed(freeze), ")", *why)


def lifting(by: str, lifters: Sequence[GroupName], freeze: str) -> Line:
    """Who can end it before its time, and how."""
    if not by:
        return line(". It is in the runbook: nobody lifts it from here")
    groups = groups_word([group.value for group in lifters])
    return line(". Lifted by ", Typed(by), f" or members of {groups}: ", Code(f"/rotate unfreeze {freeze}"))


def frozen_words(freeze: Binding) -> Line:
    """Until when, whose, why, who lifts it: what comes after "is frozen"."""
    said = whose(freeze.by, freeze.reason, freeze.freeze)
    return line("until ", When(freeze.until), said, lifting(freeze.by, freeze.lifters, freeze.freeze))


def answered_line(freeze: Binding) -> Line:
    """What somebody who asks for a change is told at once."""
    told = ". Approved, it begins then, after one more look; nothing is changed before. Comparing and going back go on."
    return line(f" {SIGN} {freeze.stage} is frozen ", frozen_words(freeze), told)


def request_line(rotation: Rotation, freeze: Binding | None) -> Line:
    """What a yes to a frozen stage leads to; nothing where none holds it."""
    if freeze is None:
        return ()
    then = f". Approved now, it begins then, after one more look{_outlived(rotation, freeze)}"
    return line(f"{SIGN} {freeze.stage} is frozen ", frozen_words(freeze), then)


def _outlived(rotation: Rotation, freeze: Binding) -> str:
    """That the comparison will be too old by then; nothing where it will not."""
    if freeze.until - rotation.comparison.finished_at <= rotation.plan.comparison.max_age:
        return ""
    return f"; but by then comparison {rotation.comparison.id} is older than the runbook allows, and it is asked again"


def card_line(rotation: Rotation, freeze: Binding | None) -> Line:
    """On the card: that the next stage, or the one that is put off, does not begin before its end."""
    put_off = rotation.put_off if rotation.phase is Phase.SCHEDULED else None
    found = freeze or put_off
    if found is None:
        return ()
    goes_on = ". Comparing, watching and going back go on"
    after = _outlived(rotation, found) if rotation.phase is Phase.SCHEDULED else ""
    return line(f"{SIGN} {found.stage} is frozen ", frozen_words(found), goes_on, after)
