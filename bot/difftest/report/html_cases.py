"""The cases of a report as HTML: the worst and best with their answers, and all that did not simply pass."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.difftest.model.cases import CaseOutcome, Outcome
from bot.difftest.model.report import Regression, Report
from bot.difftest.report.labels import GAINS
from bot.difftest.report.markup import Html, tag
from bot.wording.names import DIMENSIONS
from bot.wording.units import count, percent

MOST_LISTED: Final = 2000
OUTCOMES: Final[dict[Outcome, str]] = {
    "worse": "got worse",
    "better": "got better",
    "both_fail": "fails with both",
    "lost": "answer lost",
}
_ALONE: Final = "fails"


def example_section(report: Report) -> Html:
    """The worst regressions and the best gains, each to be opened."""
    worse = "Cases the new model fails" if report.mode == "candidate_alone" else "Cases that got worse"
    return Html(
        _examples(report, "worse", worse, report.worst_regressions)
        + _examples(report, "better", GAINS, report.best_gains)
        + _examples(report, "outputs", "What the engine printed", report.outputs)
    )


def _examples(report: Report, kind: str, title: str, found: Sequence[Regression]) -> Html:
    if not found:
        return Html()
    return tag(
        "section",
        tag("h2", title, id=kind),
        [_example(report, each, opened=n == 0 and kind == "worse") for n, each in enumerate(found)],
        aria_labelledby=kind,
        class_="examples",
    )


def _example(report: Report, found: Regression, *, opened: bool) -> Html:
    head = tag(
        "summary",
        tag("code", found.case),
        " ",
        tag("span", DIMENSIONS[found.dimension], class_="tag"),
        [[" ", tag("span", label, class_="tag")] for label in found.tags],
    )
    why = tag("p", found.why, class_="why", dir="auto")
    if report.private:
        return tag("details", head, why, open=opened)
    alone = report.mode == "candidate_alone"
    return tag(
        "details",
        head,
        why,
        _quoted("prompt", found.case, found.prompt) if found.prompt else None,
        tag(
            "div",
            None if alone or report.outputs else _quoted("old model", found.case, found.current_answer),
            _quoted("output for both models" if report.outputs else "new model", found.case, found.candidate_answer),
            class_="answers",
        ),
        open=opened,
    )


def _quoted(whose: str, case: str, text: str) -> Html:
    """What somebody else wrote, with its line breaks; it scrolls, and can be scrolled by keyboard."""
    label = f"{whose}, case {case}"
    return tag(
        "div",
        tag("h3", whose),
        tag("pre", text or "(empty)", tabindex="0", role="region", aria_label=label, dir="auto"),
        class_="quoted",
    )


def case_section(report: Report, cases: Sequence[CaseOutcome]) -> Html:
    """Every case that did not pass with both models, to be filtered by what became of it."""
    if not cases:
        return Html()
    counted = Counter(case.outcome for case in cases)
    listed = [case for case in cases if case.outcome != "both_pass"]
    cut = listed[:MOST_LISTED]
    kinds = [kind for kind in OUTCOMES if counted[kind]]
    alone, repeats = report.mode == "candidate_alone", report.repeats > 1
    passed = f"{count(counted['both_pass'], 'mark')} passed with {'the new model' if alone else 'both models'}"
    missing = f"; {len(listed) - len(cut):,} more are in the JUnit file" if len(cut) < len(listed) else ""
    return tag(
        "section",
        tag("h2", "All cases", id="cases"),
        tag(
            "p", f"Each case once for each dimension it is about. {passed} and are not listed{missing}.", class_="aside"
        ),
        _filter(kinds, counted, len(listed), alone=alone) if len(kinds) > 1 else None,
        tag("table", _head(repeats), tag("tbody", [_row(case, repeats, alone=alone) for case in cut]), role="table")
        if cut
        else None,
        aria_labelledby="cases",
        class_="cases",
    )


def _filter(kinds: Sequence[Outcome], counted: Counter[Outcome], total: int, *, alone: bool) -> Html:
    choices = [("all", f"all {total:,}"), *((kind, f"{_said(kind, alone=alone)} {counted[kind]:,}") for kind in kinds)]
    return tag(
        "fieldset",
        tag("legend", "Show"),
        [
            tag("label", tag("input", type="radio", name="show", id=f"show-{kind}", checked=kind == "all"), " ", said)
            for kind, said in choices
        ],
    )


def _why(case: CaseOutcome) -> str:
    """What stands against the new model; where that one always passed, it is the old one that failed."""
    olds = case.outcome == "better" and case.candidate == 1
    return f"the old model failed: {case.why}" if case.why and olds else case.why or "–"


def _said(kind: Outcome, *, alone: bool) -> str:
    return _ALONE if alone and kind == "worse" else OUTCOMES[kind]


def _head(repeats: bool) -> Html:  # noqa: FBT001 (one flag, said by its name)
    names = ["Case", "What", "Outcome", *(["Passed"] if repeats else []), "Why"]
    return tag("thead", tag("tr", [tag("th", name, scope="col", role="columnheader") for name in names], role="row"))


def _row(case: CaseOutcome, repeats: bool, *, alone: bool) -> Html:  # noqa: FBT001 (as `_head`)
    tags = [[" ", tag("span", label, class_="tag")] for label in case.tags]
    shares = " → ".join(percent(share) for share in (case.current, case.candidate) if share is not None) or "–"
    return tag(
        "tr",
        tag("th", tag("code", case.case), tags, scope="row", role="rowheader"),
        tag("td", DIMENSIONS[case.dimension], role="cell"),
        tag("td", _said(case.outcome, alone=alone), role="cell"),
        tag("td", shares, role="cell", data_label="Passed") if repeats else None,
        tag("td", _why(case), role="cell", data_label="Why", dir="auto"),
        class_=case.outcome,
        role="row",
    )
