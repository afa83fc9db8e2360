"""What a decision on a rotation rests on, in words: comparison, each stage as watched, way back, reasons."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.engine.models.comparisons import Comparison
from bot.rotation.corridor import closes_at, too_short
from bot.rotation.evidence import StageEvidence
from bot.rotation.model.questions import Choice, Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.wording.figures import check_line, checks_in_brief, cost_in_brief, dimension_line
from bot.wording.months import month_lines
from bot.wording.names import MARKS, TRIGGERS, VERDICT_SIGNS, signed_verdict, verdict_word
from bot.wording.text import Code, Line, Part, Quote, Text, When, line, text
from bot.wording.units import count, length, shortened


def verdicts_in_brief(rotation: Rotation, before: int) -> str:
    """The comparison's verdict and that of the last stage watched before a stage: `comparison fine, staging fine`."""
    said = f"comparison {verdict_word(rotation.comparison.verdict.value)}"
    if rotation.comparison.candidate_alone:
        said += " (new model alone)"
    earlier = {stage.name for stage in rotation.plan.stages[:before]}
    watched = [stage for stage in rotation.sealed if stage.stage in earlier]
    if watched:
        said += f", {shortened(watched[-1].stage, 12)} {verdict_word(watched[-1].verdict.value)}"
    return said


def money_in_brief(rotation: Rotation, comparison: Comparison | None) -> str:
    """What it does to the money: from the comparison's figures where they are at hand, else its verdict."""
    if comparison is not None and comparison.report is not None:
        return cost_in_brief(comparison.report)
    verdict = rotation.comparison.dimensions.get("cost")
    return f"cost {verdict_word(verdict)}" if verdict else "cost unknown"


_FIGURES = re.compile(r" [+−×][\d,.]+[^;\[]* ?\[[^\]]*\], margin \+?[×\d.]+(?: %)?, [\d,]+ cases?")
"""A dimension's figures in the comparison's sentence, which its own line below gives in full."""


def comparison_lines(rotation: Rotation, comparison: Comparison | None) -> Text:
    """The comparison: its sentence, then each dimension where the report is at hand."""
    evidence = rotation.comparison
    report = comparison.report if comparison is not None else None
    summary = evidence.summary if report is None else _FIGURES.sub("", evidence.summary)
    said = f" {summary}" if summary else ""
    verdict = evidence.verdict.value
    head = line(f"{VERDICT_SIGNS[verdict]} Comparison {evidence.id}: {verdict_word(verdict)}.{said}")
    if report is None:
        return text(head)
    return text(
        head, *(f"• {dimension_line(name, found, report.confidence)}" for name, found in report.dimensions.items())
    )


def sealed_lines(stage: StageEvidence, *, whole: bool) -> Text:
    """One watched stage as evidence; `whole` with the figures of each check."""
    head = line(f"{signed_verdict(stage.verdict.value)}: {stage.stage}: {count(stage.looks, 'check')}, ")
    brief = line(head, checks_in_brief(stage.checks))
    by: Line = ()
    if stage.accepted_by:
        by = line(f"⚠️ {stage.accepted_by} went on with “can't tell yet”. Reason: ", Quote(stage.accepted_reason or ""))
    figures = [f"• {check_line(check)}" for check in stage.checks] if whole else []
    return text(brief, by, *figures, *(line("• ", said) for said in month_lines(stage.month) if whole))


def marks_lines(rotation: Rotation) -> Text:
    """What is marked on it for ever, with who went on and why."""
    said = [answer for question in rotation.past for answer in _went_on(question)]
    return text(*(MARKS.get(mark, mark) for mark in rotation.marks), *said)


def _went_on(question: Request | Decision) -> Text:
    """Each person's reason for going on against the evidence; a stage's own stands with its checks."""
    if not isinstance(question, Decision) or question.outcome != Choice.GO_ON or question.question in _STAGES_OWN:
        return ()
    return text(*(line(f"• {answer.by.name} went on: ", Quote(answer.reason)) for answer in question.answers))


_STAGES_OWN = {"bake_inconclusive", "held"}


def way_back_words(rotation: Rotation, now: datetime | None = None) -> Line:
    """What going back leads to, how long before `now` and when that was last tested, and when that model retires."""
    models, tested = rotation.models, rotation.way_back
    if models.restore_named:
        written = "was no longer usable, so this one was" if rotation.ended else "is no longer usable, so this one is"
        to = line(Code(models.rollback.id), f" (the old model {written} written instead)")
    else:
        to = line(Code(models.current.id), " (exactly what each place held before)")
    if tested is None:
        return line("Way back: ", to, ", not tested yet")
    when = line("" if rotation.ended else _ago(tested.at, now), When(tested.at))
    if tested.ok:
        retires: Line = (". Its provider retires it ", When(tested.retires)) if tested.retires is not None else ()
        return line("Way back: ", to, ", tested ", when, ": it answers", retires)
    detail = f": {tested.detail}" if tested.detail else ""
    return line("⚠️ The way back does not work: ", to, ", tested ", when, detail)


def _ago(at: datetime, now: datetime | None) -> str:
    """How long before the text was written: in the unit that counts, with the time itself after it."""
    if now is None:
        return ""
    minutes = (now - at) // timedelta(minutes=1)
    return f"{length(timedelta(minutes=minutes))} ago, " if minutes > 0 else "just now, "


def corridor_line(rotation: Rotation) -> Line:
    """That the way back is gone before it closes, where its model's retirement says so; nothing elsewhere."""
    tested = rotation.way_back
    if tested is None or tested.retires is None or not too_short(rotation, tested.at):
        return ()
    model, closes = Code(rotation.models.after_rollback.id), When(closes_at(rotation, tested.at))
    first = line("⚠️ The way back is shorter than the plan: ", model, " retires ", When(tested.retires))
    return line(first, ", and the way back of this rotation closes ", closes, " at the earliest")


def begun_words(rotation: Rotation) -> Line:
    """Who began it, why, and from what."""
    why = TRIGGERS.get(rotation.trigger.value, rotation.trigger.value)
    reason: tuple[Part, ...] = (". Reason: ", Quote(rotation.reason)) if rotation.reason else ()
    return line(f"Begun by {rotation.requester.name}, ", When(rotation.begun_at), f" ({why})", *reason)


def all_sealed(rotation: Rotation) -> Iterator[Line]:
    """Every stage watched so far, the last one with its figures."""
    for index, stage in enumerate(rotation.sealed):
        yield from sealed_lines(stage, whole=index == len(rotation.sealed) - 1)
