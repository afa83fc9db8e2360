"""Why answers were lost is told wherever a report is read: in its errors, and at each case."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.difftest.losses import losses
from bot.difftest.model.cases import CaseOutcome
from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.report import Loss, Report
from bot.difftest.model.sample import AnyArm, Sample, SampleError, SampleKey
from bot.difftest.outcomes import Outcomes
from bot.difftest.report.cases import case_outcomes
from bot.difftest.report.contract import as_json
from bot.difftest.report.html import as_html
from bot.difftest.report.junit import as_junit
from bot.difftest.report.markdown import as_markdown
from bot.difftest.report.terminal import lines
from bot.difftest.verdict import RunFacts, judge
from tests.difftest.making import PLAN, failed, samples_of_table, suite, with_sample
from tests.difftest.test_cli import ENGINE, Diff, diff, engine_runbook, surroundings

__all__ = ["diff", "surroundings"]  # fixtures

CUT, BUSY = ErrorKind.STREAM_CUT, ErrorKind.OVERLOADED


def lost(number: int, said: str, kind: ErrorKind = BUSY, arm: AnyArm = "candidate") -> Sample:
    return Sample(SampleKey(f"case-{number:04d}", arm, 0), error=SampleError(kind, said))


def test_the_most_frequent_first_and_numbers_and_ids_aside() -> None:
    found = losses(
        [
            lost(0, "the stream ended", CUT),
            *(lost(n, f"503: request req-{n}a is one of {n} too many") for n in range(1, 4)),
            *(lost(n, "529: overloaded") for n in range(4, 6)),
            lost(6, "something else"),
            lost(7, "something else", ErrorKind.SERVER_ERROR),
        ],
        private=False,
    )
    assert found[:2] == (
        Loss(kind="overloaded", said="503: request req-1a is one of 1 too many", times=3),
        Loss(kind="overloaded", said="529: overloaded", times=2),
    )
    assert len(found) == 3


def test_they_are_short_and_on_one_line() -> None:
    (found,) = losses([lost(0, "a\nb\n" + "c" * 10_000)], private=False)
    assert found.said.startswith("a b ccc")
    assert len(found.said) < 200


def made(*more: Sample, private: bool = False) -> tuple[Report, tuple[CaseOutcome, ...]]:
    samples = samples_of_table(60, 0, 0, 0)
    for one in more:
        samples = with_sample(samples, one)
    whole = suite(60, private=private)
    report = judge(whole, PLAN, samples, RunFacts(calls=120))
    return report, tuple(case_outcomes(Outcomes(whole, {s.key: s for s in samples}), alone=False))


def test_a_case_says_whose_answer_is_missing_and_why() -> None:
    _, cases = made(
        lost(0, "no room"),
        lost(1, "no room", arm="current"),
        lost(2, "no room"),
        lost(2, "no room", arm="current"),
        lost(3, "no room"),
        lost(3, "cut", CUT, arm="current"),
        failed("case-0004", "candidate", ErrorKind.BAD_REQUEST),
    )
    told = {case.case: case.why for case in cases if case.why}
    assert told == {
        "case-0000": "overloaded (new model): no room",
        "case-0001": "overloaded (old model): no room",
        "case-0002": "overloaded (both models): no room",
        "case-0003": "stream_cut (old model): cut; overloaded (new model): no room",
        "case-0004": "bad_request: said the server",
    }


def test_a_case_with_another_repeat_is_judged_by_that() -> None:
    whole = suite(1, repeats=2)
    base = samples_of_table(1, 0, 0, 0)
    again = [replace(s, key=s.key._replace(repeat=1)) for s in base]
    first = [s if s.key.arm == "current" else lost(0, "no room") for s in base]
    (found,) = case_outcomes(Outcomes(whole, {s.key: s for s in [*first, *again]}), alone=False)
    assert (found.outcome, found.why) == ("both_pass", "")


@pytest.mark.parametrize("private", [True, False])
def test_every_form_of_the_report_tells(private: bool) -> None:
    report, cases = made(lost(0, "forced 503"), private=private)
    forms = [
        json.dumps(as_json(report)),
        as_markdown(report),
        as_html(report, cases),
        as_junit(report, cases),
        "\n".join(lines(report)),
    ]
    assert ["forced 503" in form for form in forms] == [not private] * len(forms)
    assert all("overloaded" in form for form in forms)
    skipped = [
        case.find("skipped") for case in ET.fromstring(forms[3]).iter("testcase") if case.get("name") == "case-0000"
    ]
    told = "an answer was lost to network or provider: overloaded (new model)"
    assert [found.get("message") for found in skipped if found is not None] == [
        told + ("" if private else ": forced 503")
    ]


def test_what_an_older_run_kept_of_a_private_suite_is_not_told_either() -> None:
    report, cases = made(lost(0, "the prompt was: sesame"), private=True)
    assert "sesame" not in report.model_dump_json() + repr(cases)


async def test_an_engine_that_fails_at_times_says_why(tmp_path: Path, diff: Diff) -> None:
    args = engine_runbook(tmp_path, mapped=True)
    program = ENGINE.replace("time.sleep(0.05)", "sys.exit('boom in ' + sys.argv[1]) if prompt.endswith('7') else None")
    (tmp_path / "engine.py").write_text(program, encoding="utf-8")
    files = [part for form in ("html", "markdown", "junit") for part in (f"--{form}", f"out.{form}")]
    ended = await diff(*args, *files)
    assert ended.code == 3, ended.err
    errors = ended.report["errors"]["candidate"]
    assert (errors["lost"], errors["losses"][0]["times"]) == (3, 3)
    assert errors["losses"][0]["said"].endswith("ended with status 1: boom in say 7")
    assert "boom in say 7" in ended.err.replace("\n", " ")
    for form in ("html", "markdown", "junit"):
        assert "boom in say 7" in (tmp_path / f"out.{form}").read_text("utf-8")
    assert "boom in say 27" in (tmp_path / "out.html").read_text("utf-8")
    assert "boom in say 27" in (tmp_path / "out.junit").read_text("utf-8")
