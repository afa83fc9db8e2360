"""A report as JUnit XML: the form Jenkins, GitLab and GitHub's report actions read.

It is red exactly when the verdict is not `pass`: a case that got worse fails where its dimension does not pass, and is
skipped, with its reason, where the dimension passes in spite of it. What can't be told is an error, never a success.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from bot.difftest.model.cases import CaseOutcome, Outcome
from bot.difftest.model.report import DimensionReport, DimensionVerdict, Regression, Report
from bot.difftest.report.facts import open_points, run_facts
from bot.difftest.report.labels import label
from bot.difftest.report.plain import clean, shareable, shareable_cases
from bot.difftest.report.rows import figured
from bot.difftest.sentences import figures

_TOOL: Final = "rotate"
_MESSAGES: Final[dict[Outcome, str]] = {
    "worse": "got worse",
    "both_fail": "fails with both models",
    "lost": "an answer was lost to network or provider",
}


def as_junit(report: Report, cases: Sequence[CaseOutcome] = ()) -> str:
    """The whole document. Without `cases` it has those of the report itself: the worst and the best."""
    shown = shareable(report)
    root = ET.Element("testsuites", name=clean(f"{_TOOL}: {shown.current} → {shown.candidate}"))
    _verdict_suite(root, shown)
    for name, dimension in (("quality", shown.dimensions.quality), ("tools", shown.dimensions.tools)):
        mine = [case for case in shareable_cases(shown, cases) or _known(shown) if case.dimension == name]
        if mine:
            _case_suite(root, shown, name, dimension, mine)
    return _document(root)


def could_not_run_junit(reason: str) -> str:
    """The document of a comparison without a verdict: one error."""
    root = ET.Element("testsuites", name=_TOOL)
    suite = ET.SubElement(root, "testsuite", name="verdict")
    _add(suite, "error", "verdict", "verdict", reason, kind="could_not_run")
    return _document(root)


def _verdict_suite(root: ET.Element, report: Report) -> None:
    suite = ET.SubElement(root, "testsuite", name="verdict")
    properties = ET.SubElement(suite, "properties")
    for fact in run_facts(report):
        ET.SubElement(properties, "property", name=clean(fact.name), value=clean(fact.value))
    _state(suite, "verdict", DimensionVerdict(report.verdict.value), report.reason, decides=True)
    for row in figured(report):
        told = figures(row.name, row.found).replace(row.name, label(row), 1) if row.found.interval else ""
        said = "; ".join(part for part in (told, open_points(row.found)) if part)
        counts = row.found.primary and not row.inner and report.verdict.value != "pass"
        _state(suite, row.key, row.found.verdict, said, decides=counts)


def _state(suite: ET.Element, name: str, verdict: DimensionVerdict, said: str, *, decides: bool) -> None:
    """A verdict as a test case. One that decides nothing cannot make the build red."""
    kinds = {DimensionVerdict.FAIL: "failure", DimensionVerdict.INCONCLUSIVE: "error", DimensionVerdict.PASS: ""}
    kind = kinds.get(verdict, "skipped")
    _add(suite, kind if decides or not kind else "skipped", "verdict", name, said, kind=verdict.value)


def _case_suite(
    root: ET.Element, report: Report, name: str, dimension: DimensionReport, cases: Iterable[CaseOutcome]
) -> None:
    suite = ET.SubElement(root, "testsuite", name=name)
    red = dimension.verdict is not DimensionVerdict.PASS and report.verdict.value != "pass"
    answers = {each.case: each for each in report.worst_regressions}
    for case in cases:
        outcome = case.outcome
        kind = {"worse": "failure" if red else "skipped", "both_fail": "skipped", "lost": "skipped"}.get(outcome, "")
        message = f"{_MESSAGES.get(outcome, '')}: {case.why}" if case.why else _MESSAGES.get(outcome, "")
        element = _add(suite, kind, f"{report.suite}.{name}", case.case, message, kind=outcome)
        if case.latency_s is not None:
            element.set("time", f"{case.latency_s:.3f}")
        if outcome == "worse" and red and case.case in answers and not report.private:
            ET.SubElement(element, "system-out").text = clean(_quoted(answers[case.case]))


def _add(suite: ET.Element, outcome: str, group: str, name: str, message: str, *, kind: str) -> ET.Element:
    """A test case; `outcome` is the element in it, or empty for a success."""
    element = ET.SubElement(suite, "testcase", classname=clean(group), name=clean(name))
    if outcome == "skipped":
        ET.SubElement(element, outcome, message=clean(message))
    elif outcome:
        ET.SubElement(element, outcome, message=clean(message), type=kind).text = clean(message)
    return element


def _known(report: Report) -> list[CaseOutcome]:
    """The cases a report names itself."""
    before = None if report.mode == "candidate_alone" else 1.0
    worse: list[tuple[Regression, float | None, float]] = [(each, before, 0.0) for each in report.worst_regressions]
    better: list[tuple[Regression, float | None, float]] = [(each, 0.0, 1.0) for each in report.best_gains]
    return [
        CaseOutcome(case=each.case, dimension=each.dimension, current=old, candidate=new, why=each.why, tags=each.tags)
        for each, old, new in worse + better
    ]


def _quoted(found: Regression) -> str:
    parts = (("prompt", found.prompt), ("old model", found.current_answer), ("new model", found.candidate_answer))
    return "\n\n".join(f"{name}:\n{text}" for name, text in parts if text)


def _document(root: ET.Element) -> str:
    """Counts put in, and written out."""
    for suite in root:
        _count(suite, suite)
    _count(root, root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _count(element: ET.Element, within: ET.Element) -> None:
    cases = list(within.iter("testcase"))
    element.set("tests", str(len(cases)))
    for plural, name in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if plural != "skipped" or element.tag == "testsuite":
            element.set(plural, str(sum(case.find(name) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
