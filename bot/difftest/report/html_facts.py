"""What a report rests on as HTML: both models' times and money, the judge, the run."""

from collections.abc import Iterable

from bot.difftest.model.report import Report
from bot.difftest.report.facts import Fact, judge_facts, pairs, run_facts
from bot.difftest.report.markup import Html, tag
from bot.wording.offers import offered


def fact_sections(report: Report) -> Html:
    """All of it, what is not known left out."""
    return Html(_offers(report) + _beside(report) + _judge(report) + _run(report))


def _offers(report: Report) -> Html:
    if not report.offers:
        return Html()
    return tag(
        "section",
        tag("h2", "What can be done", id="offers"),
        tag("ul", [tag("li", offered(offer)) for offer in report.offers]),
        aria_labelledby="offers",
    )


def _beside(report: Report) -> Html:
    found = list(pairs(report))
    if not found:
        return Html()
    heads = ("What", "Old", "New", "New against old")
    more = any(pair.more for pair in found)
    rows = [
        tag(
            "tr",
            tag("th", pair.name, scope="row", role="rowheader"),
            tag("td", pair.old, role="cell", data_label="Old"),
            tag("td", pair.new, role="cell", data_label="New"),
            tag("td", pair.more or "–", role="cell", data_label=heads[3]) if more else None,
            role="row",
        )
        for pair in found
    ]
    shown = heads if more else heads[:3]
    return tag(
        "section",
        tag("h2", "Times and money", id="beside"),
        tag(
            "table",
            tag("thead", tag("tr", [tag("th", name, scope="col", role="columnheader") for name in shown], role="row")),
            tag("tbody", rows),
            role="table",
            class_="beside",
        ),
        aria_labelledby="beside",
    )


def _judge(report: Report) -> Html:
    if report.judge is None:
        return Html()
    return tag(
        "section", tag("h2", "The judge", id="judge"), _listed(judge_facts(report.judge)), aria_labelledby="judge"
    )


def _run(report: Report) -> Html:
    notes = tag("ul", [tag("li", note) for note in report.notes]) if report.notes else None
    return tag("section", tag("h2", "The run", id="run"), notes, _listed(run_facts(report)), aria_labelledby="run")


def _listed(facts: Iterable[Fact]) -> Html:
    return tag(
        "dl",
        [
            tag("div", tag("dt", fact.name), tag("dd", tag("code", fact.value) if fact.code else fact.value))
            for fact in facts
        ],
        class_="facts",
    )
