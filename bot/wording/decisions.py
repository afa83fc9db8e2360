"""A decision only a person can take: the question, its reasons, the answers there are, and what silence leads to."""

from collections.abc import Mapping

from bot.engine.models.comparisons import Comparison
from bot.rotation.model.questions import Choice, Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.rotation.quorum import answer_seats, answers_missing
from bot.runbook.models.people import GroupName
from bot.wording.approvals import reminded_line
from bot.wording.evidence import (
    marks_lines,
    money_in_brief,
    verdicts_in_brief,
)
from bot.wording.figures import check_line, item_line
from bot.wording.names import CHECKS, CHOICES, HEADLINE, short_pair
from bot.wording.reasons import reasons_text
from bot.wording.requests import REPEAT, called, grounds, outcome_line, uncalled
from bot.wording.seats import seats_words
from bot.wording.text import Line, Quote, Text, When, line, text
from bot.wording.units import count, shortened

ASKS = {
    "comparison_failed": "break the glass?",
    "comparison_inconclusive": "begin it all the same?",
    "bake_inconclusive": "can't tell yet after all checks, go on?",
    "held": "nothing to judge by, go on?",
    "signal_failed": "a check got worse, go on?",
    "cannot_verify": "the list can't be told, complete?",
}
"""Each question, as its headline has it."""

EXPLAINED = {
    "comparison_failed": (
        "🚨 The comparison says the new model is worse. Going on is break-glass: everybody who says so gives a reason, "
        "and it stays marked on the card for ever"
    ),
    "comparison_inconclusive": (
        "The comparison is not enough for this stage. Going on is your decision; the reason stays on the card"
    ),
    "bake_inconclusive": (
        "All planned checks are done and they do not say “fine”. Nothing is promoted on that by itself"
    ),
    "held": "For as long as this stage was to be watched, nothing could be judged. Silence is not health",
    "signal_failed": (
        "A check got worse than is allowed. By the runbook it asks instead of rolling back; the stage is watched on "
        "meanwhile, and what may roll back still does"
    ),
    "cannot_verify": "Nothing on the list is missed, but not everything could be told",
}

_STAGELESS = {"comparison_failed", "comparison_inconclusive"}


def decision_headline(rotation: Rotation, decision: Decision, comparison: Comparison | None) -> str:
    """Slot, old and new model, stage, verdict and money, in at most 120 characters. A past one leaves out the stage."""
    ask = ask_of(decision)
    start = f"{shortened(rotation.slot, 16)}: "
    stage = shortened(rotation.stage_plan.name, 12)
    said = f", {stage}: {ask}" if decision.open else f": {ask}"
    end = f"{said} {verdicts_in_brief(rotation, 0).capitalize()}, {money_in_brief(rotation, comparison)}."
    room = HEADLINE - len(start) - len(end) - 3
    old, new = short_pair(rotation.models.current, rotation.models.candidate, max(room, 10))
    return f"{start}{old} → {new}{end}"


def ask_of(decision: Decision) -> str:
    """The question; of a check that got worse by its name, where there is one."""
    worse = [CHECKS.get(name, name) for name in (code.partition(": ")[0] for code in decision.reasons)]
    if decision.question != "signal_failed" or len(worse) != 1:
        return ASKS[decision.question]
    return f"{shortened(worse[0], 20)} got worse, go on?"


def choice_label(decision: Decision, choice: Choice) -> str:
    """What the button of a choice says."""
    return _LABELS.get((decision.question, choice), CHOICES[choice.value])


_LABELS: Mapping[tuple[str, Choice], str] = {
    ("comparison_failed", Choice.GO_ON): "Break glass and go on",
    ("signal_failed", Choice.GO_ON): "Accept it and go on",
    ("signal_failed", Choice.EXTEND): "Keep watching",
    ("cannot_verify", Choice.GO_ON): "Complete anyway",
    ("cannot_verify", Choice.EXTEND): "Check again",
}


def silence_line(decision: Decision) -> Line:
    """Until when it waits, and what happens when nobody answers."""
    then = {
        Choice.ABORT: "it ends and nothing was changed",
        Choice.ROLL_BACK: "it is rolled back",
        Choice.GO_ON: "it goes on",
        Choice.EXTEND: "it is watched longer once, then another group is asked"
        if decision.times_asked == 1 and decision.question != "cannot_verify"
        else "it is asked again; nothing else changes",
    }[decision.default]
    if decision.deadline is None:
        return line(f"If nobody answers in time, {then}")
    return line("Until ", When(decision.deadline), f"; if nobody answers, {then}")


def _asked_of(rotation: Rotation, decision: Decision, mentions: dict[GroupName, str]) -> Line:
    again = f" (asked the {decision.times_asked}. time)" if decision.times_asked > 1 else ""
    quorum = f" Going on takes {_yeses(rotation, decision)}." if decision.question == "comparison_failed" else ""
    return line(called(decision.groups, mentions), f": please decide{again}.{quorum}")


def _yeses(rotation: Rotation, decision: Decision) -> str:
    """How many of whom break-glass takes."""
    wanted = answer_seats(decision)
    many = "one of you" if len(wanted) == 1 else f"{len(wanted)} of you"
    who = many if len(set(wanted)) == 1 else f"{seats_words(wanted, what='answer')}, nobody twice"
    own = rotation.stage_plan.approval.requester_may
    return who if own else f"{who}, other than {rotation.requester.name}, who began this"


def _votes(decision: Decision) -> Text:
    if not decision.answers or not decision.open:
        return ()
    votes = [line(f"• {answer.by.name}: ", Quote(answer.reason)) for answer in decision.answers]
    left = answers_missing(decision)
    but = f" (missing: {seats_words(left, what='answer')})" if left else ""
    return text(f"☑️ {len(decision.answers)} of {count(decision.quorum, 'answer')} to go on{but}:", *votes)


def _findings(rotation: Rotation, decision: Decision) -> Text:
    if decision.question in _STAGELESS:
        return ()
    if decision.question == "cannot_verify":
        return text(*(item_line(item) for item in rotation.verification))
    bake = rotation.bake
    if bake is None:
        return ()
    shown = bake.newest_seen or next(iter(bake.looks[-1:]), None)
    seen = f"{count(bake.counted, 'check')} of {bake.taken} counted"
    return text(seen, *(f"• {check_line(check)}" for check in (shown.checks if shown is not None else ())))


def decision_ask(rotation: Rotation, decision: Decision, mentions: dict[GroupName, str]) -> Text:
    """What is asked: warnings first, why, of whom, which answers there are, until when, what was found."""
    return text(
        marks_lines(rotation),
        EXPLAINED[decision.question],
        reminded_line(decision),
        f"Why: {reasons_text(decision.reasons)}" if decision.question not in _STAGELESS else "",
        uncalled(decision.groups, mentions),
        _asked_of(rotation, decision, mentions),
        _votes(decision),
        f"Answers: {', '.join(choice_label(decision, choice) for choice in decision.choices)}",
        silence_line(decision),
        _findings(rotation, decision),
    )


def decision_text(
    rotation: Rotation,
    decision: Decision,
    *,
    comparison: Comparison | None,
    mentions: dict[GroupName, str],
    maybe_repeat: bool = False,
) -> Text:
    """An open decision, whole."""
    return text(
        decision_headline(rotation, decision, comparison),
        REPEAT if maybe_repeat else "",
        decision_ask(rotation, decision, mentions),
        grounds(rotation, comparison),
    )


def decision_outcome(rotation: Rotation, decision: Decision, comparison: Comparison | None) -> Text:
    """A decision that is over: the outcome, and what it was about."""
    at = When(decision.decided_at) if decision.decided_at else None
    return text(
        outcome_line(decision.outcome, decision.decided_by, at),
        decision_headline(rotation, decision, comparison),
        *(line(f"☑️ {answer.by.name}: ", Quote(answer.reason)) for answer in decision.answers if answer.reason),
        marks_lines(rotation),
    )


def _about(rotation: Rotation, question: str) -> str:
    """The stage a question is about; its id is ours and tells people nothing."""
    asked = rotation.question(question)
    if isinstance(asked, Request):
        return f", {rotation.plan.stages[asked.stage].name}"
    return f", {rotation.stage_plan.name}" if asked is not None and asked.open else ""


def asked_again_text(rotation: Rotation, question: str) -> Text:
    """An older copy of a question that was posted anew."""
    return text(
        f"☑️ {rotation.id}{_about(rotation, question)}: asked again",
        "The newest message in the thread has the buttons",
    )


def over_text(rotation: Rotation, question: str) -> Text:
    """A question the rotation does not carry any more."""
    return text(
        f"☑️ {rotation.id}{_about(rotation, question)}: this question is over",
        "The rotation has gone on since; its card and the newest message in the thread say where it is",
    )
