"""From a judge's replies to outcomes, marks, a verdict on quality, and what is said of the judge."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.difftest.judge.family import same_family
from bot.difftest.judge.summary import first_slot_p
from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.report import JudgeReport, Report
from bot.difftest.model.sample import ARMS, AnyArm, Arm, Sample
from bot.difftest.plan import ComparisonPlan
from bot.difftest.report.contract import as_json
from bot.difftest.stats.binary import mcnemar_exact, tango_interval
from bot.difftest.suite.model import Suite
from bot.difftest.verdict import RunFacts, judge
from tests.difftest.judge.making import JUDGE, judged_pair, judged_table, reply, rubric_case, rubric_suite
from tests.difftest.judge.probed import controls
from tests.difftest.making import PLAN, failed, sample

FACTS = RunFacts(calls=7)
QUALITY: ComparisonPlan = replace(PLAN, primary=("quality",))


@cache
def reference() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "data" / "stats_cases.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def report_of(samples: list[Sample], suite: Suite | None = None, plan: ComparisonPlan = QUALITY) -> Report:
    cases = len({s.key.case for s in samples})
    return judge(suite or rubric_suite(cases), plan, samples, FACTS)


def judge_in(report: Report) -> JudgeReport:
    assert report.judge is not None
    return report.judge


def same_answer(case_id: str) -> list[Sample]:
    return [sample(case_id, arm, text="the same words") for arm in ARMS]


@pytest.mark.parametrize("row", reference()["judge_ties"]["cases"], ids=lambda row: f"{row['wins']}-{row['losses']}")
def test_wins_losses_and_ties_of_the_reference(row: dict[str, Any]) -> None:
    report = report_of(judged_table(row["wins"], row["losses"], row["ties"]))
    found, quality = judge_in(report), report.dimensions.quality
    assert (found.wins, found.losses, found.ties) == (row["wins"], row["losses"], row["ties"])
    assert (found.judged, found.unjudged, quality.n) == (row["n"], 0, row["n"])
    assert quality.difference == pytest.approx(row["net_win_rate"])
    assert tango_interval(found.wins, found.losses, row["n"], 0.95) == pytest.approx(
        row["net_win_tango_ci95"], abs=1e-6
    )
    narrow = tango_interval(found.wins, found.losses, row["n"], 0.9)
    assert quality.interval is not None
    if row["ties"]:
        assert quality.interval == pytest.approx(narrow)
    else:  # where all cases differ the interval is wider than Tango's
        assert quality.interval[0] < narrow[0] < narrow[1] < quality.interval[1]
    assert mcnemar_exact(found.wins, found.losses) == pytest.approx(row["sign_test_p"])


def test_first_slot_of_the_reference() -> None:
    row = reference()["judge_ties"]["position_bias"]
    assert first_slot_p(row["k"], row["m"]) == pytest.approx(row["p"])
    assert first_slot_p(row["m"] - row["k"], row["m"]) == pytest.approx(row["p"])
    assert first_slot_p(0, 0) == 1


@pytest.mark.parametrize(
    ("current_first", "candidate_first", "outcome"),
    [
        ("second", "first", "win"),
        ("first", "second", "loss"),
        ("tie", "tie", "tie"),
        ("first", "first", "tie"),
        ("second", "second", "tie"),
        ("second", "tie", "tie"),
        ("tie", "second", "tie"),
        ("second", "no idea", "unjudged"),
        ("no idea", "first", "unjudged"),
    ],
)
def test_only_both_orders_together_win(current_first: str, candidate_first: str, outcome: str) -> None:
    found = judge_in(report_of(judged_pair("case-0000", current_first, candidate_first)))
    counts = {"win": found.wins, "loss": found.losses, "tie": found.ties, "unjudged": found.unjudged}
    assert counts == {name: int(name == outcome) for name in counts}


def test_a_judge_that_always_takes_the_first_gives_ties_and_is_told_on() -> None:
    report = report_of([one for n in range(60) for one in judged_pair(f"case-{n:04d}", "first", "first")])
    found = judge_in(report)
    assert (found.ties, found.flip_rate, found.first_slot_rate) == (60, 1.0, 1.0)
    assert found.first_slot_p == pytest.approx(2 * 0.5**120)
    assert report.dimensions.quality.difference == 0
    notes = " ".join(report.notes)
    assert "contradicted itself in 100% of 60 pairs" in notes
    assert "favours the answer it reads first (100% of its choices" in notes


@pytest.mark.parametrize(
    ("by_place", "of", "verdict"), [(120, 240, "pass"), (121, 240, "inconclusive"), (9, 9, "pass")]
)
def test_a_judge_that_tells_places_more_often_than_a_coin_decides_nothing(by_place: int, of: int, verdict: str) -> None:
    said = [("second", "second")] * by_place + [("tie", "tie")] * (of - by_place)
    same = [one for n in range(of, 300) for one in same_answer(f"case-{n:04d}")]
    told = [one for n, orders in enumerate(said) for one in judged_pair(f"case-{n:04d}", *orders)]
    assert report_of([*told, *same]).verdict == verdict


def test_orders_of_which_one_is_a_tie_are_no_choice_by_place() -> None:
    report = report_of([one for n in range(60) for one in judged_pair(f"case-{n:04d}", "first", "tie")])
    assert (judge_in(report).flip_rate, report.verdict) == (1.0, "pass")


def test_a_judge_that_is_consistent_is_not_told_on() -> None:
    report = report_of([*judged_table(20, 10, 30), *controls(0, 3, 9)], rubric_suite(60))
    found = judge_in(report)
    assert (found.flip_rate, found.first_slot_rate, found.first_slot_p) == (0, 0.5, 1.0)
    assert (found.same_family, found.relatives, found.served_models) == (False, (), (JUDGE,))
    assert len(report.notes) == 2
    assert report.notes[0].startswith(f"Rubrics were judged by {JUDGE}, in both orders: better in 20, worse in 10")


def test_what_it_costs_is_in_the_whole_and_apart() -> None:
    report = report_of(judged_table(0, 0, 60))
    found = judge_in(report)
    assert found.calls == 120
    assert found.cost_usd == pytest.approx(0.12)
    assert report.cost_usd == pytest.approx(0.12 + 120 * 0.01)
    assert report.dimensions.cost.candidate == pytest.approx(0.01)
    free = [replace(s, cost_usd=None) if s.key.arm.startswith("judge") else s for s in judged_table(0, 0, 60)]
    assert judge_in(report_of(free)).cost_usd is None
    assert report_of(free).cost_usd is None


def test_other_assertions_of_a_case_count_as_before() -> None:
    case = rubric_case("case-0000", {"type": "contains", "value": "old"})
    report = report_of(judged_pair("case-0000", "second", "first"), rubric_suite([case]))
    quality = report.dimensions.quality
    assert (quality.current, quality.candidate) == (0, 0)
    tied = report_of(judged_pair("case-0000", "tie", "tie"), rubric_suite([case])).dimensions.quality
    assert (tied.current, tied.candidate) == (1, 0)


# What is not judged


def unjudged(pairs: int, of: int, *, losing: int = 0) -> list[Sample]:
    said = [("no idea", "first")] * pairs + [("first", "second")] * losing + [("tie", "tie")] * (of - pairs - losing)
    return [one for n, orders in enumerate(said) for one in judged_pair(f"case-{n:04d}", *orders)]


def test_unjudged_pairs_are_missing_and_counted_apart() -> None:
    report = report_of(unjudged(2, 200))
    assert (report.verdict, report.dimensions.quality.n, report.pairs_lost) == ("pass", 198, 0)
    assert (judge_in(report).judged, judge_in(report).unjudged) == (198, 2)
    assert any("2 judgements of 200 could not be had" in note for note in report.notes)


def test_unjudged_pairs_that_could_change_the_verdict_make_it_inconclusive() -> None:
    assert report_of(unjudged(0, 60)).verdict == "pass"
    report = report_of(unjudged(3, 60))
    assert report.verdict == "inconclusive"
    assert "lost or not judged could change the verdict" in report.reason


def test_more_than_five_percent_unjudged_forbid_a_verdict_on_quality() -> None:
    report = report_of(unjudged(6, 100, losing=90))
    assert (report.verdict, report.dimensions.quality.verdict) == ("inconclusive", "inconclusive")
    assert "6 pairs of 100 (6%) got no usable judgement" in report.reason
    assert report_of(unjudged(5, 100, losing=90)).verdict == "fail"


def test_a_judge_nobody_understands_leaves_nothing_to_judge() -> None:
    report = report_of(unjudged(60, 60))
    assert report.verdict == "inconclusive"
    assert "60 pairs of 60 (100%) got no usable judgement" in report.reason
    assert report.dimensions.quality.difference is None


def test_a_judge_call_that_was_lost_or_refused_is_no_judgement() -> None:
    for kind in (ErrorKind.TIMEOUT, ErrorKind.CONTEXT_LENGTH, ErrorKind.CONTENT_FILTER):
        samples = judged_pair("case-0000", "second", "first")
        samples[-1] = replace(failed("case-0000", "current", kind), key=samples[-1].key)
        assert judge_in(report_of(samples)).unjudged == 1


def test_an_answer_known_to_be_wrong_stays_so_without_a_judgement() -> None:
    case = rubric_case("case-0000", {"type": "contains", "value": "new"})
    report = report_of(judged_pair("case-0000", "what?", "what?"), rubric_suite([case]))
    assert report.dimensions.quality.n == 0  # the other side is not known
    both = rubric_case("case-0000", {"type": "contains", "value": "neither"})
    report = report_of(judged_pair("case-0000", "what?", "what?"), rubric_suite([both]))
    assert (report.dimensions.quality.n, report.dimensions.quality.current) == (1, 0)


# Pairs nobody has to be asked about


def test_the_same_answer_twice_is_a_tie() -> None:
    report = report_of([sample(f"case-{n:04d}", arm) for n in range(60) for arm in ("current", "candidate")])
    found = judge_in(report)
    assert (report.verdict, found.calls, found.judged, found.identical, found.ties) == ("pass", 0, 60, 60, 60)
    assert (found.flip_rate, found.first_slot_p) == (None, None)


@pytest.mark.parametrize(("arm", "rates"), [("current", (0, 1)), ("candidate", (1, 0))])
def test_an_error_of_a_model_is_its_failure_without_a_judge(arm: Arm, rates: tuple[int, int]) -> None:
    other: Arm = "candidate" if arm == "current" else "current"
    samples = [failed("case-0000", arm, ErrorKind.CONTENT_FILTER), sample("case-0000", other)]
    report = report_of(samples)
    assert (report.dimensions.quality.current, report.dimensions.quality.candidate) == rates
    assert (judge_in(report).judged, judge_in(report).unjudged) == (0, 0)


def test_a_lost_answer_leaves_open_what_the_judge_would_have_said() -> None:
    lost = [failed("case-0059", "current", ErrorKind.TIMEOUT), sample("case-0059", "candidate")]
    report = report_of(judged_table(0, 0, 59) + lost)
    assert (report.pairs_lost, report.dimensions.quality.n) == (1, 59)
    assert "lost or not judged could change" in report.dimensions.quality.reason


# The candidate alone


def alone(meeting: int, of: int, said: str = "") -> list[Sample]:
    found: list[Sample] = []
    for n in range(of):
        found.append(failed(f"case-{n:04d}", "current", ErrorKind.MODEL_NOT_FOUND))
        found.append(sample(f"case-{n:04d}", "candidate"))
        found.append(reply(f"case-{n:04d}", "judge_alone", said or json.dumps({"meets": n < meeting})))
    return found


@pytest.mark.parametrize(("meeting", "verdict"), [(60, "pass"), (52, "inconclusive"), (40, "fail")])
def test_the_candidate_alone_is_judged_by_the_rubric_itself(meeting: int, verdict: str) -> None:
    report = report_of(alone(meeting, 60))
    assert (report.mode, report.verdict) == ("candidate_alone", verdict)
    assert (judge_in(report).met, judge_in(report).judged, judge_in(report).wins) == (meeting, 60, 0)
    assert any(f"{meeting} of 60 answers meet them" in note for note in report.notes)


def test_the_candidate_alone_without_a_judgement_cannot_be_told() -> None:
    report = report_of(alone(60, 60, said="well"))
    assert (report.verdict, judge_in(report).unjudged) == ("inconclusive", 60)
    assert "60 answers of 60 (100%) got no usable judgement" in report.reason


# What else is said


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("openai/gpt-5", "openai/o3", True),
        ("openai/gpt-5", "gpt-4.1-mini", True),
        ("azure/gpt-4o", "openai/gpt-4.1", True),
        ("router/acme/sable-4", "acme/other-1", True),
        ("meta-llama/llama-3.1-70b:nitro", "groq/Llama-3.3", True),
        ("acme/sable-4", "neutral/umpire-1", False),
        ("gpt-4o", "claude-sonnet-4", False),
        ("o3", "o1", True),
    ],
)
def test_families_by_name(one: str, other: str, same: bool) -> None:
    assert same_family(one, other) is same_family(other, one) is same


def test_a_relative_of_a_contestant_is_named() -> None:
    suite = rubric_suite(60, judge={"model": "acme/arbiter"})
    report = report_of(judged_table(0, 0, 60), suite)
    assert judge_in(report).relatives == ("current", "candidate")
    assert any("same family as the current model acme/old and the candidate model acme/new" in n for n in report.notes)
    other = report_of(judged_table(0, 0, 60), suite, replace(QUALITY, candidate="elsewhere/new"))
    assert judge_in(other).relatives == ("current",)


def test_length_and_another_model_judging_are_told() -> None:
    samples = [replace(s, text="new words " * 20) if s.key.arm == "candidate" else s for s in judged_table(0, 0, 60)]
    assert any("candidate's answers are 22.2 times as long" in note for note in report_of(samples).notes)
    served = [
        replace(s, served_model="other/x") if s.key.arm.startswith("judge") else s for s in judged_table(0, 0, 60)
    ]
    assert any(f"judge model {JUDGE} was asked, but other/x answered" in note for note in report_of(served).notes)


def test_the_judges_reason_is_shown_but_not_of_a_private_suite() -> None:
    samples = judged_table(0, 20, 40)
    assert "current model's answer better: because" in report_of(samples).worst_regressions[0].why
    private = report_of(samples, rubric_suite(60, private=True))
    assert private.worst_regressions[0].why == "llm-rubric"


def test_the_contract_has_the_judge_or_null() -> None:
    report = report_of(judged_table(3, 2, 55))
    assert as_json(report)["judge"]["wins"] == 3
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert as_json(judge(rubric_suite(1), PLAN, [], FACTS))["judge"]["judged"] == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(*[st.sampled_from(["first", "second", "tie", "?"])] * 2), min_size=1, max_size=60), st.randoms()
)
def test_swapping_the_models_mirrors_what_the_judge_says(said: list[tuple[str, str]], draw: Any) -> None:  # noqa: ANN401
    samples = [one for n, orders in enumerate(said) for one in judged_pair(f"case-{n:04d}", *orders)]
    mirror: dict[AnyArm, AnyArm] = {
        "current": "candidate",
        "candidate": "current",
        "judge_current_first": "judge_candidate_first",
        "judge_candidate_first": "judge_current_first",
    }
    turned = [replace(s, key=s.key._replace(arm=mirror[s.key.arm])) for s in samples]
    draw.shuffle(turned)
    suite = rubric_suite(len(said))
    one, other = judge_in(report_of(samples, suite)), judge_in(report_of(turned, suite))
    assert (one.wins, one.losses, one.ties, one.unjudged) == (other.losses, other.wins, other.ties, other.unjudged)
    assert (one.flip_rate, one.first_slot_rate, one.first_slot_p) == (
        other.flip_rate,
        other.first_slot_rate,
        other.first_slot_p,
    )
