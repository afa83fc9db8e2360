"""A report in a terminal: nothing is cut off in 80 columns, and figures read as people write them."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.report import Report
from bot.difftest.outcomes import Outcomes
from bot.difftest.report.cases import case_outcomes
from bot.difftest.report.html import as_html
from bot.difftest.report.markdown import as_markdown
from bot.difftest.report.terminal import lines, table
from bot.difftest.sentences import count, money, seconds
from bot.difftest.verdict import RunFacts, judge
from tests.difftest.making import PLAN, failed, sample, samples_of_table, suite


def printed(report: Report) -> str:
    out = StringIO()
    console = Console(file=out, width=80)
    console.print(table(report))
    for line in lines(report):
        console.print(line, markup=False)
    return out.getvalue()


def test_a_report_with_the_longest_of_everything() -> None:
    costs = {"current": 0.0000821, "candidate": 0.0000421}
    samples = [
        replace(s, cost_usd=costs[s.key.arm], latency_s=(s.latency_s or 0) * 0.0123)
        for s in samples_of_table(9500, 200, 300, 0)
    ]
    told = printed(judge(suite(10_000), PLAN, samples, RunFacts(calls=20_000, repeated_calls=3)))
    assert "…" not in told
    assert "0.0082 ¢" in told
    assert "12 ms" in told
    assert "20,000 calls, 3 repeated after an interruption" in told


def test_what_cannot_be_told_is_a_dash() -> None:
    samples = [failed(f"case-{n:04d}", "current", ErrorKind.MODEL_NOT_FOUND) for n in range(10)]
    samples += [sample(f"case-{n:04d}", "candidate", cost_usd=None) for n in range(10)]
    told = printed(judge(suite(10), PLAN, samples, RunFacts(calls=20)))
    assert "not tested" in told
    assert "cost unknown" in told
    assert "–" in told


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (money(0.0), "$0.00"),
        (money(1234.5), "$1,234.50"),
        (money(0.25), "$0.250"),
        (money(0.00123), "0.12 ¢"),
        (seconds(0.0123), "12 ms"),
        (seconds(2), "2.00 s"),
        (count(1, "case"), "1 case"),
        (count(1200, "reply", "replies"), "1,200 replies"),
    ],
)
def test_figures(said: str, text: str) -> None:
    assert said == text


def test_a_case_that_got_better_says_that_the_old_model_failed() -> None:
    report = judge(suite(60), PLAN, samples_of_table(59, 1, 0, 0), RunFacts(calls=120))
    told = "the old model failed: contains: the answer does not contain"
    assert f"better: case-0059: {told}" in "\n".join(lines(report))
    samples = {s.key: s for s in samples_of_table(59, 1, 0, 0)}
    assert told in as_html(report, tuple(case_outcomes(Outcomes(suite(60), samples), alone=False)))
    for form in (as_html(report), as_markdown(report)):
        assert "Cases that got better, and what the old model failed in" in form
