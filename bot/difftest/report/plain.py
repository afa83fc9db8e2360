"""Text from outside made fit for a file: what no XML or HTML document may hold is shown as a replacement sign.

So is what would turn a line round.
"""

import re
from collections.abc import Sequence
from typing import Final

from bot.difftest.examples import bare_reason
from bot.difftest.model.cases import CaseOutcome
from bot.difftest.model.report import Report
from bot.wording.unseen import REPLACEMENT, TURNING

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
"""Everything but the characters of XML 1.0, without those it discourages: controls, surrogates, non-characters."""
_TURNING: Final = re.compile(f"[{TURNING}]")


def clean(text: str) -> str:
    """The text, each forbidden or turning character replaced."""
    return _TURNING.sub(REPLACEMENT, _FORBIDDEN.sub(REPLACEMENT, text))


def shareable_cases(report: Report, cases: Sequence[CaseOutcome]) -> Sequence[CaseOutcome]:
    """The cases of such a report, in the same way."""
    return [case.model_copy(update={"why": bare_reason(case.why)}) for case in cases] if report.private else cases


def shareable(report: Report) -> Report:
    """The report as it may leave the house: that of a private suite without prompts, answers and expectations."""
    if not report.private:
        return report
    hidden = {
        name: tuple(
            each.model_copy(
                update={"prompt": "", "current_answer": "", "candidate_answer": "", "why": bare_reason(each.why)},
            )
            for each in getattr(report, name)
        )
        for name in ("worst_regressions", "best_gains", "outputs")
    }
    return report.model_copy(update=hidden)
