"""What the doctor found, for whoever asked in chat: what fails first, each with what mends it."""

from collections.abc import Sequence

from bot.doctor.model import Finding, State
from bot.wording.text import Bold, Code, Line, Text, Typed, line, text
from bot.wording.units import count

SIGNS = {State.FAILS: "❌", State.NOT_CHECKED: "❔", State.OK: "✅"}


def findings_text(findings: Sequence[Finding]) -> Text:
    """The count, then what fails and what could not be looked at with its remedy, then what is well, a line each."""
    ordered = sorted(findings, key=lambda one: list(SIGNS).index(one.state))
    return text(_summary(findings), *(_told(one) for one in ordered))


def _summary(findings: Sequence[Finding]) -> Line:
    failing = sum(one.state is State.FAILS for one in findings)
    unseen = sum(one.state is State.NOT_CHECKED for one in findings)
    if not failing and not unseen:
        return line(Bold("All is well"), f": {count(len(findings), 'check')}, nothing was changed")
    said = f"{count(failing, 'failure')}, {unseen} not checked, {len(findings) - failing - unseen} fine"
    return line(Bold(said), ". Nothing was changed; the same in a terminal: ", Code("rotate doctor"))


def _told(finding: Finding) -> Line:
    head = line(f"{SIGNS[finding.state]} ", Bold(finding.check), ": ", Typed(finding.what))
    return line(head, ". → ", Typed(finding.todo)) if finding.todo else head
