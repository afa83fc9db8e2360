"""The cases people look at first: where the candidate lost most, and where it gained. Pure.

Of a private suite no prompt, answer or expectation leaves this module: ids, tags, and which assertion does not hold.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from bot.difftest.marking.mark import Mark, answer_shown
from bot.difftest.model.report import Regression
from bot.difftest.model.sample import Sample
from bot.difftest.outcomes import JUDGED, Judged, Outcomes
from bot.difftest.suite.model import Case, Message
from bot.masking import mask

MOST_REGRESSIONS: Final = 5
MOST_GAINS: Final = 3
_LONGEST_PROMPT: Final = 2000
_QUOTED: Final = re.compile(r"""(['"]).*?(\1|$)""", re.DOTALL)
"""What stands in quotes, also where the closing one was cut off."""

Failed = Sequence[tuple[Judged, Mark]]


def regressions(outcomes: Outcomes) -> tuple[Regression, ...]:
    """The cases the current model passes and the candidate does not: those failing in more dimensions first."""
    found = [
        (failed, _example(outcomes, case, failed, current, candidate))
        for case, _, current, candidate in outcomes.pairs()
        if (failed := _lost_to(outcomes, current, candidate))
    ]
    return _first(found, MOST_REGRESSIONS)


def gains(outcomes: Outcomes) -> tuple[Regression, ...]:
    """The cases the candidate passes and the current model does not, with what the current one misses."""
    found = [
        (failed, _example(outcomes, case, failed, current, candidate))
        for case, _, current, candidate in outcomes.pairs()
        if (failed := _lost_to(outcomes, candidate, current))
    ]
    return _first(found, MOST_GAINS)


def failures_alone(outcomes: Outcomes) -> tuple[Regression, ...]:
    """The cases the candidate fails, where there is no current model to compare with."""
    found = []
    for sample in outcomes.of("candidate"):
        marks = [(name, mark) for name in JUDGED if (mark := _mark(outcomes, name, sample)) is not None]
        if failed := [(name, mark) for name, mark in marks if not mark.passed]:
            case = outcomes.cases[sample.key.case]
            found.append((failed, _example(outcomes, case, failed, None, sample)))
    return _first(found, MOST_REGRESSIONS)


def _mark(outcomes: Outcomes, dimension: Judged, sample: Sample) -> Mark | None:
    marks = outcomes.marks[sample.key]
    return marks.quality if dimension == "quality" else marks.tools


def _lost_to(outcomes: Outcomes, better: Sample, worse: Sample) -> list[tuple[Judged, Mark]]:
    """The dimensions in which one answer passes and the other does not."""
    return [
        (name, failed)
        for name in JUDGED
        if (passed := _mark(outcomes, name, better)) is not None
        and passed.passed
        and (failed := _mark(outcomes, name, worse)) is not None
        and not failed.passed
    ]


def _first(found: Iterable[tuple[Failed, Regression]], most: int) -> tuple[Regression, ...]:
    """One example a case, those in more dimensions first."""
    cases: dict[str, Regression] = {}
    for _, example in sorted(found, key=lambda entry: -len(entry[0])):
        cases.setdefault(example.case, example)
    return tuple(cases.values())[:most]


def _example(outcomes: Outcomes, case: Case, failed: Failed, current: Sample | None, candidate: Sample) -> Regression:
    private = outcomes.suite.private
    reasons = [reason for _, mark in failed for reason in mark.why]
    return Regression(
        case=case.id,
        dimension=failed[0][0],
        why=reasons_shown(reasons, private=private),
        current_answer="" if private or current is None else answer_shown(current),
        candidate_answer="" if private else answer_shown(candidate),
        tags=case.tags,
        repeat=candidate.key.repeat,
        prompt="" if private else prompt_shown(case),
    )


def reasons_shown(reasons: Iterable[str], *, private: bool) -> str:
    """What stood against an answer, each reason once, without secrets; of a private suite without any word of it."""
    return mask("; ".join(dict.fromkeys(map(bare_reason, reasons) if private else reasons)))


def bare_reason(reason: str) -> str:
    """Which assertion does not hold, without what the suite or the answer says: up to the colon, quotes blotted out."""
    return _QUOTED.sub("…", reason).partition(":")[0]


def prompt_shown(case: Case) -> str:
    """What a case asks, as people read it: the message, or all of a conversation with its roles, without secrets."""
    told = [(message.role, _words(message)) for message in case.messages]
    text = mask(told[0][1] if len(told) == 1 else "\n".join(f"{role}: {words}" for role, words in told))
    return text if len(text) <= _LONGEST_PROMPT else f"{text[:_LONGEST_PROMPT]}…"


def _words(message: Message) -> str:
    """A message's text; parts that are no text are named by their type."""
    if isinstance(message.content, list):
        return " ".join(str(part.get("text", f"({part.get('type', 'part')})")) for part in message.content)
    return message.content or "(no text)"
