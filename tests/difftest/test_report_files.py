"""A report as a file: each format is what its readers take, and nothing that a model or suite says becomes markup."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from bot.difftest.model.report import DimensionReport, Report
from bot.difftest.report.chart import chart_of, picture
from bot.difftest.report.contract import as_json
from bot.difftest.report.html import as_html, could_not_run_html
from bot.difftest.report.html_cases import MOST_LISTED
from bot.difftest.report.junit import as_junit, could_not_run_junit
from bot.difftest.report.markdown import as_markdown, could_not_run_markdown
from bot.difftest.report.plain import clean
from bot.difftest.report.terminal import lines, table
from bot.rotation.evidence import Verdict
from tests.charts.pixels import size
from tests.difftest.reports import FAIL, OPEN, PASS, cases, rate, report

HOSTILE = st.one_of(
    st.text(alphabet=st.characters(codec=None), max_size=60),
    st.lists(
        st.sampled_from(
            (
                *("<script>", "</pre>", "</style>", "<!--", "-->", "]]>", "<![CDATA[", "&amp;", '"', "'", "`", "```"),
                *("~~~", "![x](http://x.example/y)", "[x](javascript:x)", "<http://x.example>", "https://x.example"),
                *("@here", "|", "\n# title", "\n- item", "\n1. one", "**x**", "$x$"),
                *("\x00", "\x1b[2J", "\ud800", "\uffff", "\u202e"),
            )
        ),
        min_size=1,
        max_size=5,
    ).map("".join),
)


class Page(HTMLParser):
    """Elements, attributes and text of a page; refuses what is not closed in order."""

    VOID = ("meta", "br", "input")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)


TURNING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("sign", TURNING, ids=lambda sign: f"U+{ord(sign):04X}")
def test_no_format_has_a_sign_that_turns_a_line_round(sign: str) -> None:
    shown, all_cases = report(f"a{sign}b"), cases(f"a{sign}b")
    console = Console(width=200, record=True, file=StringIO())
    console.print(table(shown))
    terminal = "\n".join([console.export_text(), *lines(shown)])
    for made in (as_html(shown, all_cases, "D17"), as_markdown(shown, "D17"), as_junit(shown, all_cases), terminal):
        assert sign not in made
        assert "a\ufffdb" in made
    assert sign not in picture(shown).alt


def test_the_page_fetches_nothing_runs_nothing_and_knows_its_one_style() -> None:
    text = as_html(report(), cases(), "D17")
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.elements}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "srcset"}], tag
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text
    (policy,) = (each["content"] or "" for each in page.all("meta") if each.get("http-equiv"))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_page_can_be_read_by_machine_and_keyboard() -> None:
    page = Page(as_html(report(), cases(), "D17"))
    assert next(page.all("html"))["lang"] == "en"
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    for attributes in page.all("section"):
        assert attributes["aria-labelledby"] in ids
    assert next(page.all("a"))["href"] == "#figures"
    for pre in page.all("pre"):
        assert (pre["tabindex"], bool(pre["aria-label"])) == ("0", True)
    assert all(svg["aria-hidden"] == "true" for svg in page.all("svg"))
    assert {each["name"] for each in page.all("input")} == {"show"}
    text = " ".join(page.texts)
    assert picture(report()).alt in text
    for said in ("D17", "worse", "quality", "right arguments", "first content", "−20.0 points", "PROMPT words"):
        assert said in text
    for said in ("judge/one words", "7.0 %", "p95 1.1 ms", "80, 160, 240", "×1.12 [0.98, 1.31]"):
        assert said in text


@given(HOSTILE)
def test_in_html_any_text_stays_text(text: str) -> None:
    plain = Page(as_html(report(), cases(), "D17"))
    page = Page(as_html(report(f"x{text}x"), cases(f"x{text}x"), "D17"))
    assert page.shape == plain.shape
    told = "".join(page.texts)
    for place in ("PROMPT", "OLD-ANSWER", "NEW-ANSWER", "does not contain", "acme/new", "judge/one", "A note:"):
        assert f"{place} x{newlines(clean(text))}x" in newlines(told)


def newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_long_list_of_cases_is_cut_and_says_so() -> None:
    many = [each.model_copy(update={"case": f"{each.case} {n}"}) for n in range(700) for each in cases()]
    text = as_html(report(), many)
    assert text.count("<tr") < MOST_LISTED + 100
    assert f"{700 * 8 - MOST_LISTED:,} more are in the JUnit file" in text


@given(HOSTILE)
def test_in_junit_any_text_stays_text(text: str) -> None:
    plain = ET.fromstring(as_junit(report(), cases()))
    root = ET.fromstring(as_junit(report(f"x{text}x"), cases(f"x{text}x")))
    assert [(each.tag, sorted(each.attrib)) for each in root.iter()] == [
        (each.tag, sorted(each.attrib)) for each in plain.iter()
    ]
    assert f"NEW-ANSWER x{newlines(clean(text))}x" in "".join(root.itertext())
    assert f"refund x{clean(text)}x" in [case.get("name") for case in root.iter("testcase")]


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("detailed", [True, False])
@pytest.mark.parametrize("private", [True, False])
def test_junit_is_red_exactly_when_the_verdict_is_not_pass(verdict: Verdict, detailed: bool, private: bool) -> None:
    found = report(verdict=verdict, private=private)
    root = ET.fromstring(as_junit(found, cases() if detailed else ()))
    red = int(root.get("failures", "0")) + int(root.get("errors", "0"))
    assert (red > 0) == (verdict is not Verdict.PASS)
    for suite in root.iter("testsuite"):
        inside = list(suite.iter("testcase"))
        assert int(suite.get("tests", "0")) == len(inside)
        for plural, name in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(plural, "-1")) == sum(case.find(name) is not None for case in inside)
        for case in inside:
            assert case.get("classname")
            assert float(case.get("time", "0")) >= 0
    assert int(root.get("tests", "0")) == len(list(root.iter("testcase")))


def test_junit_has_a_test_case_for_every_case_and_dimension() -> None:
    root = ET.fromstring(as_junit(report(), cases()))
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    assert set(suites) == {"verdict", "quality", "tools"}
    assert len(suites["quality"]) == len(suites["tools"]) == 5
    failing = [case.get("name") for case in suites["quality"] if case.find("failure") is not None]
    assert failing == ["refund words"]
    # Tools pass: what got worse there is within the margin, and makes nothing red.
    assert all(case.find("failure") is None for case in suites["tools"])
    names = [case.get("name") for case in suites["verdict"].iter("testcase")]
    assert names[:4] == ["verdict", "quality", "tools", "tools.valid"]
    assert names[-3:] == ["latency", "latency.ttft", "cost"]


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from inline(token.children or [])


MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")


@given(HOSTILE)
def test_in_markdown_any_text_stays_text(text: str) -> None:
    plain = list(inline(MARKDOWN.parse(as_markdown(report(), "D17"))))
    tokens = list(inline(MARKDOWN.parse(as_markdown(report(f"x{text}x"), "D17"))))
    kept = [token.type for token in tokens if token.type not in {"text", "softbreak", "text_special"}]
    assert kept == [token.type for token in plain if token.type not in {"text", "softbreak", "text_special"}]
    blocks = [token.content for token in tokens if token.type == "fence"]
    for place in ("PROMPT", "OLD-ANSWER", "NEW-ANSWER"):
        assert any(block.startswith(place) for block in blocks)
    for token in tokens:
        if token.type == "text":
            assert not re.search(r"@\w|://|www\.\w", token.content)


@pytest.mark.parametrize("text", ["`" * 5, "~~~\n```\nx", "# x\n\n    code\n- a", "line\n\n\nline"])
def test_answers_come_through_markdown_whole(text: str) -> None:
    blocks = [t.content for t in MARKDOWN.parse(as_markdown(report(text))) if t.type == "fence"]
    assert f"NEW-ANSWER {text}\n" in blocks


def test_markdown_says_what_the_page_says() -> None:
    told = as_markdown(report(), "D17")
    for said in ("# Comparison D17: worse", "| quality | ❌ worse |", "| – right arguments |", "NEW-ANSWER words"):
        assert said in told
    for said in ("judge/one words", "×1.12", "not asked yet", "80, 160, 240", "A note: words"):
        assert said in told


@pytest.mark.parametrize("form", [lambda r: as_html(r, cases()), as_markdown, lambda r: as_junit(r, cases())])
def test_a_private_suite_shows_no_prompts_and_no_answers(form: object) -> None:
    assert callable(form)
    told, open_one = form(report(private=True)), form(report())
    for secret in ("PROMPT", "OLD-ANSWER", "NEW-ANSWER"):
        assert secret in open_one
        assert secret not in told
    for shown in ("refund words", "contains"):
        assert shown in told
    assert "does not contain" in open_one
    assert "does not contain SECRET" not in form(report("SECRET", private=True))


def test_a_private_suite_in_json() -> None:
    told = json.dumps(as_json(report(private=True)))
    assert "refund words" in told
    assert not re.search("PROMPT|OLD-ANSWER|NEW-ANSWER", told)
    assert re.search("PROMPT", json.dumps(as_json(report())))


def test_json_has_the_parts_beside_the_dimensions() -> None:
    found = as_json(report())
    assert set(found["dimensions"]["tools"]["metrics"]) == {
        *("valid", "tool", "arguments", "count", "abstention", "recovery")
    }
    assert found["dimensions"]["latency"]["ttft"]["difference"] == 1.22
    assert found["dimensions"]["latency"]["p95_ratio"] == {"ratio": 1.12, "interval": [0.98, 1.31], "n": 240}
    assert found["dimensions"]["cost"]["per_success"] == {"current": 0.0023, "candidate": 0.0021}
    assert found["judge"]["wins"] == 20


def test_a_report_stored_before_these_fields_were_there_still_loads() -> None:
    bare = json.loads(report().model_dump_json())
    for field in ("judge", "overhead", "offers", "looks", "stopped_early", "best_gains"):
        del bare[field]
    del bare["dimensions"]["tools"]["metrics"], bare["dimensions"]["latency"]["ttft"]
    del bare["dimensions"]["latency"]["p95_ratio"], bare["worst_regressions"][0]["prompt"]
    for field in ("per_success", "billed_usd", "estimated_usd"):
        del bare["dimensions"]["cost"][field]
    old = Report.model_validate(bare)
    assert (old.judge, old.dimensions.tools.metrics, old.dimensions.cost.per_success) == (None, {}, None)
    for text in (as_html(old), as_markdown(old), as_junit(old)):
        assert "acme/old words" in text


def test_what_could_not_run_says_so_in_every_format() -> None:
    reason = "Could not run: <b>no</b> credit & more."
    assert reason in "".join(Page(could_not_run_html(reason)).texts)
    told = inline(MARKDOWN.parse(could_not_run_markdown(reason)))
    assert reason in "".join(token.content for token in told if token.type == "text")
    root = ET.fromstring(could_not_run_junit(reason))
    assert (root.get("tests"), root.get("errors"), root.find(".//error").text) == ("1", "1", reason)  # type: ignore[union-attr]


def verdict_of(found: DimensionReport) -> str:
    low, high = found.interval or (0, 0)
    return "pass" if low > -found.margin else "fail" if high < 0 else "inconclusive"


@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.3), st.sampled_from([0.02, 0.05, 0.1]))
def test_a_verdict_can_be_read_off_the_chart(difference: float, half: float, margin: float) -> None:
    quality = rate(PASS, difference, half=half, margin=margin)
    shown = report().model_copy(update={"dimensions": report().dimensions.model_copy(update={"quality": quality})})
    row = chart_of(shown).rows[0]
    assert row.low is not None
    assert row.high is not None
    drawn = "pass" if row.low > -1 else "fail" if row.high < 0 else "inconclusive"
    assert drawn == verdict_of(quality)


@pytest.mark.parametrize(("ratio", "side"), [(0.5, 1), (1.0, 0), (1.25, -1), (4.0, -1)])
def test_a_ratio_above_one_lies_left_of_zero(ratio: float, side: int) -> None:
    cost = report().dimensions.cost.model_copy(update={"difference": ratio, "interval": (ratio, ratio), "margin": 0.25})
    shown = report().model_copy(update={"dimensions": report().dimensions.model_copy(update={"cost": cost})})
    point = chart_of(shown).rows[-1].point
    assert point is not None
    assert (point > 0) - (point < 0) == side
    if ratio == 1.25:
        assert point == pytest.approx(-1)


def test_a_cost_of_nothing_is_drawn() -> None:
    cost = report().dimensions.cost.model_copy(update={"difference": 0.0, "interval": (0.0, 0.0)})
    shown = report().model_copy(update={"dimensions": report().dimensions.model_copy(update={"cost": cost})})
    assert size(picture(shown).png)[0] == 1080


@pytest.mark.parametrize("dark", [True, False])
def test_the_chart_names_both_models_and_every_figure(dark: bool) -> None:
    found = picture(report(), dark=dark)
    assert size(found.png)[0] == 1080
    for said in ("Worse", "acme/old words", "acme/new words", "quality: worse, −20.0 points", "90 % interval"):
        assert said in found.alt
    for said in ("recovery: not tested", "first content: can't tell yet, +22 %", "cost: fine, −15 %", "allowed +20 %"):
        assert said in found.alt
    verdicts = {OPEN: "can't tell yet", FAIL: "worse", PASS: "fine"}
    for metric in report().dimensions.tools.metrics.values():
        assert verdicts.get(metric.verdict, "not tested") in found.alt
