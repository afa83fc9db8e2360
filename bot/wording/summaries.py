"""A stage's result or a rotation's end, for the slot's channel. `SUMMARIES` has a text for every code."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import ValidationError

from bot.rotation.evidence import CheckResult, StageEvidence, VerificationItem
from bot.rotation.model.rotation import Rotation
from bot.wording.evidence import sealed_lines
from bot.wording.facts import Facts, moment
from bot.wording.figures import check_line, item_line
from bot.wording.names import MARKS, change_line, verdict_word
from bot.wording.requests import REPEAT
from bot.wording.text import Code, Line, Quote, Text, When, line, text
from bot.wording.timeline import CAUSES, readings_line
from bot.wording.waits import ENDINGS


def checks_of(facts: Facts) -> tuple[CheckResult, ...]:
    """The check results among the facts; what is none is left out."""
    found = facts.get("checks")
    checks = []
    for one in found if isinstance(found, list) else []:
        try:
            checks.append(CheckResult.model_validate(one))
        except ValidationError:
            continue
    return tuple(checks)


def items_of(facts: Facts) -> tuple[VerificationItem, ...]:
    """The verification items among the facts; what is none is left out."""
    found = facts.get("items")
    items = []
    for one in found if isinstance(found, list) else []:
        try:
            items.append(VerificationItem.model_validate(one))
        except ValidationError:
            continue
    return tuple(items)


def _by(facts: Facts) -> str:
    return f" by {facts['by']}" if facts.get("by") else ""


def _reason(facts: Facts) -> Line:
    return line("Reason: ", Quote(str(facts["reason"]))) if facts.get("reason") else ()


def _guardrail_failed(_: Rotation, facts: Facts) -> Text:
    head = f"❌ {facts.get('stage', '')}: worse at check {facts.get('look', '')}, so it is going back"
    return text(head, *(f"• {check_line(check)}" for check in checks_of(facts)))


def _guardrail_failing(_: Rotation, facts: Facts) -> Text:
    worse = f"❌ {facts.get('stage', '')}: worse at check {facts.get('look', '')}"
    head = line(worse, ", and hands are off until ", *_until(facts))
    then = "Nothing goes back by itself until then; what still fails then rolls back. Roll back does it at once"
    return text(head, *(f"• {check_line(check)}" for check in checks_of(facts)), then)


def _until(facts: Facts) -> Line:
    return line(moment(facts.get("until")))


def _hands_off(_: Rotation, facts: Facts) -> Text:
    head = line(f"✋ Hands off{_by(facts)}, until ", *_until(facts), ": nothing rolls back by itself")
    then = "A check that fails pages its owner, and rolls back at the end if it still fails. Roll back works as ever"
    return text(head, _reason(facts), then)


def _hands_on(_: Rotation, facts: Facts) -> Text:
    how = f"ended{_by(facts)}" if facts.get("by") else "the time is over"
    return text(f"✋ Hands on again, {how}: a check that fails rolls back by itself")


def _stage_passed(_: Rotation, facts: Facts) -> Text:
    stage = StageEvidence.model_validate(dict(facts))
    what = "is done: went on without “fine”" if stage.accepted_by else f"is done: {verdict_word(stage.verdict.value)}"
    return text(f"{stage.stage} {what}", sealed_lines(stage, whole=True))


def _rolled_back(_: Rotation, facts: Facts) -> Text:
    cause = str(facts.get("cause", ""))
    model = Code(str(facts.get("model", "")))
    unconfirmed = facts.get("unconfirmed")
    warn = f"{MARKS['unconfirmed']}. When somebody has seen requests answered by it, the card has a button to confirm"
    return text(
        line("↩️ Rolled back to ", model, f": {CAUSES.get(cause, cause)}{_by(facts)}"),
        warn if unconfirmed else "✅ Requests are answered by it again, and errors are normal",
    )


def _completed(rotation: Rotation, facts: Facts) -> Text:
    return text(
        line("✅ Completed: every place holds ", Code(rotation.models.candidate.id)),
        *(item_line(item) for item in items_of(facts)),
    )


def _aborted(_: Rotation, facts: Facts) -> Text:
    because = str(facts.get("because", ""))
    by = "" if facts.get("dry_run") else _by(facts)
    head = f"⏹️ Ended before any change{by}: {ENDINGS.get(because, because)}"
    if not facts.get("readings"):
        return text(head)
    return text(
        head, line(readings_line(facts["readings"]), "; it was compared with ", Code(str(facts.get("expected"))))
    )


def _rejected(_: Rotation, facts: Facts) -> Text:
    return text(f"❌ Rejected{_by(facts)}. Nothing was changed", _reason(facts))


def _settled(_: Rotation, facts: Facts) -> Text:
    drifted = facts.get("drifted")
    left = [_left(one) for one in drifted if isinstance(one, dict)] if isinstance(drifted, list) else []
    return text(f"✋ Settled{_by(facts)}, by hand", _reason(facts), readings_line(facts.get("readings")), *left)


def _left(one: Facts) -> Line:
    held, before = (Code(str(one[key])) if one.get(key) else "nothing" for key in ("found", "before"))
    return line(f"⚠️ {one.get('target')} was left with ", held, "; going back would have set ", before)


def _went_on(_: Rotation, facts: Facts) -> Text:
    mark = str(facts.get("mark", ""))
    return text(f"{MARKS.get(mark, mark)}, decided{_by(facts)}", _reason(facts))


SUMMARIES: Mapping[str, Callable[[Rotation, Facts], Text]] = {
    "guardrail_failed": _guardrail_failed,
    "guardrail_failing": _guardrail_failing,
    "hands_off": _hands_off,
    "hands_on": _hands_on,
    "stage_passed": _stage_passed,
    "rolled_back": _rolled_back,
    "completed": _completed,
    "aborted": _aborted,
    "rejected": _rejected,
    "settled": _settled,
    "went_on": _went_on,
}
"""Code -> its text."""


def summary_head(rotation: Rotation, code: str, facts: Facts) -> Line:
    """What happened in one line, without what it is about."""
    say = SUMMARIES.get(code)
    return say(rotation, facts)[0] if say is not None else line(code.replace("_", " "))


def summary_text(
    rotation: Rotation, code: str, facts: Facts, *, maybe_repeat: bool = False, happened_at: datetime | None = None
) -> Text:
    """The message for the channel: what it is about, what happened, with figures; when, if it is told late."""
    say = SUMMARIES.get(code)
    told = say(rotation, facts) if say is not None else text(code.replace("_", " "))
    said = {"unconfirmed"} if code == "rolled_back" else set(rotation.marks) if code == "went_on" else set()
    marks = [MARKS.get(mark, mark) for mark in rotation.marks if mark not in said]
    first = line(f"{rotation.id} {rotation.slot}: ", told[0])
    late: Line = line("Told late: it happened ", When(happened_at)) if happened_at is not None else ()
    models = line("Models: ", change_line(rotation.models))
    return text(first, REPEAT if maybe_repeat else "", late, *marks, told[1:], models)
