"""A report as one HTML file: nothing is fetched, nothing is scripted, everything from outside is text.

Its filter is radio buttons and CSS, so the policy forbids scripts altogether.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from bot.charts.alt import alt_text
from bot.charts.draw import draw
from bot.charts.parts import sign
from bot.charts.theme import DARK, LIGHT, fields_as_classes, variables
from bot.difftest.model.cases import CaseOutcome
from bot.difftest.model.report import Report
from bot.difftest.report.chart import TONES, chart_of
from bot.difftest.report.facts import open_points
from bot.difftest.report.html_cases import case_section, example_section
from bot.difftest.report.html_facts import fact_sections
from bot.difftest.report.labels import label
from bot.difftest.report.markup import Html, tag
from bot.difftest.report.plain import shareable, shareable_cases
from bot.difftest.report.rows import Figured, figured
from bot.wording.figures import dimension_cells, table_head
from bot.wording.names import VERDICTS


def as_html(report: Report, cases: Sequence[CaseOutcome] = (), name: str = "") -> str:
    """The whole file. `name` is what the comparison is called (`D17`); `cases` are shown where there are any."""
    shown = shareable(report)
    title = " ".join(part for part in ("Comparison", name) if part)
    verdict = VERDICTS[shown.verdict.value]
    body = tag(
        "body",
        tag("a", "Skip to the figures", class_="skip", href="#figures"),
        _header(shown, title),
        tag(
            "main",
            _figures(shown),
            example_section(shown),
            case_section(shown, shareable_cases(shown, cases)),
            fact_sections(shown),
        ),
        tag("footer", tag("p", f"rotate, run {shown.run_id[:12]}, suite {shown.suite} {shown.suite_digest[:12]}")),
    )
    return _page(f"{title}: {verdict}, {shown.current} → {shown.candidate}", body)


def could_not_run_html(reason: str) -> str:
    """The page of a comparison without a verdict."""
    title = "Comparison: no verdict"
    return _page(title, tag("body", tag("header", tag("h1", "No verdict"), tag("p", reason, class_="reason"))))


def _page(title: str, body: Html) -> str:
    sheet = _sheet()
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(sheet)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(sheet)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _sheet() -> str:
    """The style of the page and of the drawing in it, light and dark."""
    page = (files("bot.difftest.report") / "report.css").read_text(encoding="utf-8")
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}"
    return f":root {{ color-scheme: light dark; {variables(LIGHT)} }}\n{dark}\n{fields_as_classes()}\n{page}"


def _policy(sheet: str) -> str:
    """Nothing may be loaded or run; the one style is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _header(report: Report, title: str) -> Html:
    return tag(
        "header",
        tag("p", title, class_="kicker"),
        tag("h1", _verdict(report.verdict.value, 40), class_=report.verdict.value),
        tag(
            "dl",
            tag("div", tag("dt", "old model"), tag("dd", tag("code", report.current))),
            tag("div", tag("dt", "new model"), tag("dd", tag("code", report.candidate))),
            class_="models",
        ),
        tag("p", report.reason, class_="reason"),
        _private(report),
    )


def _verdict(value: str, size: int = 18) -> Html:
    """A verdict's sign, drawn as in the chart, and its word."""
    word = VERDICTS[value].capitalize() if size > 20 else VERDICTS[value]  # noqa: PLR2004 (a headline)
    return tag("span", Html(sign(TONES[value], size).inline()), word, class_="said")


def _private(report: Report) -> Html | None:
    if not report.private:
        return None
    return tag("p", "The suite is private: prompts and answers are not in this file.", class_="aside")


def _figures(report: Report) -> Html:
    rows = list(figured(report))
    chart = chart_of(report)
    return tag(
        "section",
        tag("h2", "Figures", id="figures-title"),
        tag("figure", Html(draw(chart).inline()), tag("figcaption", alt_text(chart), class_="unseen"), class_="chart"),
        _table(report, rows),
        [tag("p", f"{label(row)}: {open_points(row.found)}", class_="aside") for row in rows if open_points(row.found)],
        id="figures",
        aria_labelledby="figures-title",
    )


def _table(report: Report, rows: Sequence[Figured]) -> Html:
    """The dimensions; on a phone each row is a block whose cells carry their column's name."""
    names = table_head(report.confidence)
    return tag(
        "table",
        tag("caption", "New model against old, each dimension by itself"),
        tag("thead", tag("tr", [tag("th", name, scope="col", role="columnheader") for name in names], role="row")),
        tag("tbody", [_line(row, names) for row in rows]),
        class_="figures",
        role="table",
    )


def _line(row: Figured, names: Sequence[str]) -> Html:
    _, _, *rest, _, cases = dimension_cells(row.name, row.found)
    cells = [*rest, "–" if row.found.verdict.value == "not_tested" else row.allowed, cases]
    verdict = row.found.verdict.value
    said = label(row) if row.found.primary or row.inner else f"{label(row)} (reported only)"
    return tag(
        "tr",
        tag("th", said, scope="row", role="rowheader"),
        tag("td", _verdict(verdict), role="cell", class_=f"verdict {verdict}"),
        [tag("td", cell, role="cell", data_label=name) for name, cell in zip(names[2:], cells, strict=True)],
        class_=" ".join(["inner"] * row.inner + ["empty"] * (row.found.candidate is None)) or None,
        role="row",
    )
