"""A report as Markdown for a pull request or a ticket: CommonMark with GitHub's tables; what is quoted stays text.

Answers stand in code blocks with a fence longer than any they hold, ids and reasons in code spans: there nothing is
markup, nobody is mentioned, and no link unfurls.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.difftest.model.report import Regression, Report
from bot.difftest.report.facts import Fact, judge_facts, open_points, pairs, run_facts
from bot.difftest.report.labels import GAINS, label
from bot.difftest.report.plain import clean, shareable
from bot.difftest.report.rows import Figured, figured
from bot.wording.figures import dimension_cells, table_head
from bot.wording.names import DIMENSIONS, VERDICTS, signed_verdict
from bot.wording.offers import offered

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#|~&!$^])")
_CALLS: Final = re.compile(r"@|:(?=//)|(?<=www)\.", re.IGNORECASE)
_BEGINS_BLOCK: Final = re.compile(r"^(\d*)([-+=.)])")
_BREAK: Final = "\N{WORD JOINER}"


def as_markdown(report: Report, name: str = "") -> str:
    """The whole document. `name` is what the comparison is called (`D17`)."""
    return "\n".join(_lines(shareable(report), name)) + "\n"


def could_not_run_markdown(reason: str) -> str:
    """The document of a comparison without a verdict."""
    return f"# Comparison: no verdict\n\n{sentence(reason)}\n"


def _lines(report: Report, name: str) -> Iterator[str]:
    title = " ".join(part for part in ("Comparison", said(name)) if part)
    yield f"# {title}: {VERDICTS[report.verdict.value]}"
    yield ""
    yield f"Old model {code(report.current)}, new model {code(report.candidate)}, suite {code(report.suite)}."
    yield ""
    yield sentence(report.reason)
    yield ""
    yield from _table(report)
    for row in figured(report):
        if line := open_points(row.found):
            yield f"- {label(row)}: {said(line)}"
    yield ""
    if report.offers:
        yield f"What can be done: {'; '.join(said(offered(offer)) for offer in report.offers)}."
        yield ""
    alone = report.mode == "candidate_alone"
    yield from _examples(
        report, "Cases the new model fails" if alone else "Cases that got worse", report.worst_regressions
    )
    yield from _examples(report, GAINS, report.best_gains)
    yield from _examples(report, "What the engine printed", report.outputs)
    if found := list(pairs(report)):
        yield "## Times and money"
        yield ""
        yield from _grid(("What", "Old", "New", "New against old"), [(p.name, p.old, p.new, p.more) for p in found])
        yield ""
    if report.judge is not None:
        yield from _facts("The judge", judge_facts(report.judge))
    yield from _facts("The run", run_facts(report))
    yield from (f"- {sentence(note)}" for note in report.notes)


def _table(report: Report) -> Iterator[str]:
    def cells(row: Figured) -> tuple[str, ...]:
        _, _, *rest, _, cases = dimension_cells(row.name, row.found)
        kept = "" if row.found.primary or row.inner else " (reported only)"
        shown = f"– {label(row)}" if row.inner else f"{label(row)}{kept}"
        allowed = "–" if row.found.verdict.value == "not_tested" else row.allowed
        return shown, signed_verdict(row.found.verdict.value), *rest, allowed, cases

    yield from _grid(table_head(report.confidence), [cells(row) for row in figured(report)])
    yield ""


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(said, row))} |"


def _examples(report: Report, title: str, found: Sequence[Regression]) -> Iterator[str]:
    if not found:
        return
    yield f"## {title}"
    yield ""
    alone = report.mode == "candidate_alone"
    for each in found:
        tags = "".join(f", {code(each_tag)}" for each_tag in each.tags)
        yield f"- {code(each.case)} ({DIMENSIONS[each.dimension]}{tags}): {code(each.why)}"
        if not report.private:
            old = [] if alone else [("old model", each.current_answer)]
            for whose, text in (("prompt", each.prompt), *old, (_second(report), each.candidate_answer)):
                if text:
                    yield ""
                    yield f"  {whose}:"
                    yield ""
                    yield from _block(text)
        yield ""


def _second(report: Report) -> str:
    return "output for both models" if report.outputs else "new model"


def _block(text: str) -> Iterator[str]:
    """A fenced block within a list entry."""
    lines = clean(text).splitlines() or [""]
    longest = max((len(list(run)) for line in lines for mark, run in groupby(line) if mark == "`"), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"  {fence}text"
    yield from (f"  {line}" for line in lines)
    yield f"  {fence}"


def _facts(title: str, facts: Iterator[Fact]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    for fact in facts:
        yield f"- {fact.name}: {code(fact.value) if fact.code else said(fact.value)}"
    yield ""


def said(text: str) -> str:
    """A sentence, on one line, with no markup, mention or link in it."""
    line = " ".join(clean(text).split())
    return _CALLS.sub(lambda found: f"{found[0]}{_BREAK}", _MARKUP.sub(r"\\\1", line))


def sentence(text: str) -> str:
    """As `said`, to stand at the beginning of a line, where a number or dash would begin a list."""
    return _BEGINS_BLOCK.sub(r"\1\\\2", said(text))


def code(text: str) -> str:
    """A code span on one line, its fence longer than any run of backticks in it."""
    line = " ".join(clean(text).split()) or "–"
    longest = max((len(list(run)) for mark, run in groupby(line) if mark == "`"), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in (line[0], line[-1]) else ""
    return f"{fence}{pad}{line}{pad}{fence}"
