"""From samples to verdict: the rule, errors, lost pairs, served models, costs, repeats, clusters, a retired model."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.difftest.dimensions import Seen, filled
from bot.difftest.model.chat import ErrorKind, ToolCall
from bot.difftest.model.report import DimensionVerdict, OverheadReport, Report
from bot.difftest.model.sample import AnyArm, Arm, Sample
from bot.difftest.plan import ComparisonPlan, ProviderPin
from bot.difftest.suite.model import Case, Suite
from bot.difftest.verdict import RunFacts, judge
from bot.wording.errors import errors_line
from tests.difftest.making import PLAN, case, failed, sample, samples_of_table, suite, weather, with_sample

FACTS = RunFacts(calls=7)


def report_of(a: int, b: int, c: int, d: int, **changes: object) -> Report:
    return judge(suite(a + b + c + d), replace(PLAN, **changes), samples_of_table(a, b, c, d), FACTS)  # type: ignore[arg-type]


def swapped(samples: list[Sample]) -> list[Sample]:
    other: dict[AnyArm, Arm] = {"current": "candidate", "candidate": "current"}
    served = {PLAN.current: PLAN.candidate, PLAN.candidate: PLAN.current, None: None}
    return [replace(s, key=s.key._replace(arm=other[s.key.arm]), served_model=served[s.served_model]) for s in samples]


def test_equal_models_on_enough_cases_pass() -> None:
    report = report_of(50, 0, 0, 10)
    assert report.verdict == "pass"
    quality = report.dimensions.quality
    assert (quality.current, quality.candidate, quality.difference, quality.n) == (50 / 60, 50 / 60, 0, 60)
    assert report.dimensions.tools.verdict is DimensionVerdict.NOT_TESTED
    assert report.cost_usd == pytest.approx(1.2)
    assert report.served_models == {"current": ("acme/old",), "candidate": ("acme/new",)}


def test_ten_equal_cases_prove_nothing_and_say_how_many_would() -> None:
    report = report_of(10, 0, 0, 0)
    assert report.verdict == "inconclusive"
    assert report.dimensions.quality.more_cases == 42
    assert "42 more cases would settle it" in report.reason


@pytest.mark.parametrize(
    ("table", "verdict", "told"),
    [
        ((0, 0, 0, 60), "inconclusive", "the current model passes no case: this suite can show nothing"),
        ((0, 0, 0, 10), "inconclusive", "the current model passes no case: this suite can show nothing"),
        ((0, 1, 0, 1000), "inconclusive", "the current model passes no case: this suite can show nothing"),
        ((2, 0, 0, 200), "inconclusive", "the current model passes only 2 of 202 cases: this suite can show nothing"),
        ((4, 0, 0, 56), "pass", ""),
        ((0, 60, 0, 0), "pass", ""),
    ],
)
def test_a_suite_on_which_no_candidate_could_fail_gives_no_pass(
    table: tuple[int, int, int, int], verdict: str, told: str
) -> None:
    report = judge(suite(sum(table)), PLAN, samples_of_table(*table), RunFacts(calls=0))
    assert report.dimensions.quality.verdict == verdict
    assert report.dimensions.quality.reason == told
    assert (report.verdict, told in report.reason) == (verdict, True)


def test_a_clearly_worse_candidate_fails_and_its_worst_cases_are_named() -> None:
    report = report_of(45, 0, 15, 0)
    assert report.verdict == "fail"
    assert report.reason.startswith("The candidate is worse: quality −25.0 points")
    assert len(report.worst_regressions) == 5
    worst = report.worst_regressions[0]
    assert (worst.current_answer, worst.candidate_answer) == ("right", "wrong")
    assert "does not contain" in worst.why


def test_the_interval_decides_as_the_reference_tables_say() -> None:
    tables = json.loads(Path("tests/data/stats_cases.json").read_text(encoding="utf-8"))["paired_binary"]
    for table in tables:
        for row in table["noninferiority"]:
            report = report_of(*(table[key] for key in "abcd"), margins={"quality": row["margin"]})
            quality = report.dimensions.quality
            assert quality.interval == pytest.approx(tuple(table["tango_ci90"]), abs=1e-4)
            assert quality.verdict.value == row["verdict_ci90"].replace("regress", "fail")
            assert quality.margin == row["margin"]


def test_one_of_several_dimensions_worse_by_chance_is_no_fail() -> None:
    report = report_of(85, 2, 8, 5)  # p 0.029 alone, 0.087 among three
    assert report.dimensions.quality.verdict is DimensionVerdict.FAIL
    assert report.dimensions.quality.holm_p == pytest.approx(3 * 0.02889, abs=1e-3)
    assert report.verdict == "inconclusive"
    assert "may be chance" in report.reason
    assert report_of(85, 2, 8, 5, primary=("quality",)).verdict == "fail"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*[st.integers(0, 25)] * 4, st.integers(0, 10**6))
def test_swapping_the_models_mirrors_the_report_and_order_does_not_matter(
    a: int, b: int, c: int, d: int, seed: int
) -> None:
    if a + b + c + d < 2:
        return
    whole, samples = suite(a + b + c + d), samples_of_table(a, b, c, d)
    one, other = judge(whole, PLAN, samples, FACTS), judge(whole, PLAN, swapped(samples), FACTS)
    for mine, theirs in ((one.dimensions.quality, other.dimensions.quality),):
        assert mine.interval is not None
        assert theirs.interval is not None
        assert mine.interval == pytest.approx((-theirs.interval[1], -theirs.interval[0]), abs=1e-9)
        assert mine.difference == pytest.approx(-(theirs.difference or 0.0))
        assert not (mine.verdict is DimensionVerdict.FAIL and theirs.verdict is DimensionVerdict.FAIL)
    mine, theirs = one.dimensions.latency, other.dimensions.latency
    assert mine.interval is not None
    assert theirs.interval is not None
    assert mine.interval == pytest.approx((1 / theirs.interval[1], 1 / theirs.interval[0]))
    assert (mine.p50_s.current, mine.p50_s.candidate) == (theirs.p50_s.candidate, theirs.p50_s.current)
    random.Random(seed).shuffle(samples)
    assert judge(whole, PLAN, samples, FACTS).digest() == one.digest()


def test_a_report_is_the_same_after_json_and_its_digest_moves_with_its_content() -> None:
    report = report_of(45, 0, 15, 0)
    again = Report.model_validate_json(report.model_dump_json())
    assert again == report
    assert again.digest() == report.digest()
    assert report_of(46, 0, 14, 0).digest() != report.digest()


# Errors


def test_an_error_of_the_model_is_its_failure() -> None:
    samples = samples_of_table(60, 0, 0, 0)
    for index in range(20):
        samples = with_sample(samples, failed(f"case-{index:04d}", "candidate", ErrorKind.CONTENT_FILTER))
    report = judge(suite(60), PLAN, samples, FACTS)
    assert report.dimensions.quality.candidate == pytest.approx(40 / 60)
    assert report.verdict == "fail"
    assert report.pairs_lost == 0
    assert report.errors["candidate"].kinds == {"content_filter": 20}


def test_an_answer_cut_off_at_its_length_fails_even_when_its_text_would_do() -> None:
    samples = samples_of_table(60, 0, 0, 0)
    cut = replace(sample("case-0000", "candidate"), error=failed("x", "candidate", ErrorKind.LENGTH).error)
    report = judge(suite(60), PLAN, with_sample(samples, cut), FACTS)
    assert report.dimensions.quality.candidate == pytest.approx(59 / 60)


def test_lost_pairs_leave_the_rates_alone_and_are_counted() -> None:
    samples = with_sample(samples_of_table(100, 0, 0, 0), failed("case-0003", "candidate", ErrorKind.TIMEOUT))
    report = judge(suite(100), PLAN, samples, FACTS)
    assert (report.dimensions.quality.n, report.pairs_lost, report.dimensions.quality.candidate) == (99, 1, 1.0)
    assert report.verdict == "pass"
    assert report.errors["candidate"].lost == 1


def test_lost_pairs_that_could_change_the_verdict_make_it_inconclusive() -> None:
    samples = samples_of_table(60, 0, 0, 0)
    for index in range(2):
        samples = with_sample(samples, failed(f"case-{index:04d}", "candidate", ErrorKind.SERVER_ERROR))
    report = judge(suite(60), PLAN, samples, FACTS)
    assert report.pairs_lost == 2
    assert report.dimensions.quality.verdict is DimensionVerdict.INCONCLUSIVE
    assert "could change the verdict" in report.reason


def test_bounds_of_the_reference_case() -> None:
    data = json.loads(Path("tests/data/stats_cases.json").read_text(encoding="utf-8"))["provider_errors"][0]
    rows: list[Seen] = []
    for pair, key in (((1.0, 1.0), "a"), ((0.0, 1.0), "b"), ((1.0, 0.0), "c"), ((0.0, 0.0), "d")):
        rows += [pair] * data[key]
    rows += [(None, 1.0)] * data["cur_missing"]["cand_pass"] + [(None, 0.0)] * data["cur_missing"]["cand_fail"]
    rows += [(1.0, None)] * data["cand_missing"]["cur_pass"] + [(0.0, None)] * data["cand_missing"]["cur_fail"]
    rows += [(None, None)] * data["both_missing"]
    seen: dict[str, Sequence[Seen]] = {str(index): [pair] for index, pair in enumerate(rows)}

    def difference(current: float | None, candidate: float | None) -> float:
        table = filled(seen, current, candidate)
        return sum(pairs[0][1] - pairs[0][0] for pairs in table.values()) / len(table)

    expected = data["expected"]
    assert len(rows) == expected["n_total"]
    assert difference(None, None) == pytest.approx(expected["delta_complete_case"])
    assert difference(1.0, 0.0) == pytest.approx(expected["delta_worst"])
    assert difference(0.0, 1.0) == pytest.approx(expected["delta_best"])


def test_more_than_five_percent_lost_forbids_a_verdict_also_a_fail() -> None:
    samples = samples_of_table(30, 0, 70, 0)
    for index in range(6):
        samples = with_sample(samples, failed(f"case-{index:04d}", "current", ErrorKind.RATE_LIMITED))
    report = judge(suite(100), PLAN, samples, FACTS)
    assert report.verdict == "inconclusive"
    assert "6 pairs of 100 (6%) were lost" in report.reason
    assert "rate_limited 6" in report.reason


def test_what_counts_against_a_model_is_not_told_among_the_losses() -> None:
    samples = samples_of_table(100, 0, 0, 0)
    for index in range(10):
        samples = with_sample(samples, failed(f"case-{index:04d}", "current", ErrorKind.OVERLOADED))
        samples = with_sample(samples, failed(f"case-{index:04d}", "candidate", ErrorKind.STREAM_CUT))
        samples = with_sample(samples, failed(f"case-{index + 20:04d}", "candidate", ErrorKind.BAD_REQUEST))
    report = judge(suite(100), PLAN, samples, FACTS)
    assert "10 pairs of 100 (10%) were lost to errors of network or provider" in report.reason
    assert "(current: overloaded 10; candidate: stream_cut 10)." in report.reason
    assert errors_line(report).startswith(
        "Errors: old: 10 lost to infrastructure (10 overloaded), most often “said the server”"
        " (10 times); new: 10 failed answers (10 bad request), 10 lost to infrastructure (10 stream cut), most often"
    )


def test_an_answer_of_a_model_taken_away_during_the_run_is_told_among_the_losses() -> None:
    samples = samples_of_table(100, 0, 0, 0)
    for index in range(10):
        samples = with_sample(samples, failed(f"case-{index:04d}", "current", ErrorKind.MODEL_NOT_FOUND))
    assert "(current: model_not_found 10)" in judge(suite(100), PLAN, samples, FACTS).reason


def test_one_side_lost_more_often_than_the_other_forbids_a_verdict() -> None:
    samples = samples_of_table(300, 0, 0, 0)
    for index in range(8):
        samples = with_sample(samples, failed(f"case-{index:04d}", "candidate", ErrorKind.OVERLOADED))
    report = judge(suite(300), PLAN, samples, FACTS)
    assert report.verdict == "inconclusive"
    assert "lost more often" in report.reason


def test_an_early_stop_forbids_a_verdict() -> None:
    facts = RunFacts(calls=1, stopped="the run stopped at its budget of $5.00")
    report = judge(suite(60), PLAN, samples_of_table(60, 0, 0, 0), facts)
    assert report.verdict == "inconclusive"
    assert "budget" in report.reason


# Served models


@pytest.mark.parametrize(
    ("served", "fine"),
    [
        ("acme/new", True),
        ("new", True),
        ("new-2026-08-01", True),
        ("other/new:nitro", True),
        ("acme/newer", False),
        ("acme/old", False),
    ],
)
def test_another_model_answering_forbids_a_verdict(served: str, fine: bool) -> None:
    samples = [
        replace(s, served_model=served) if s.key.arm == "candidate" else s for s in samples_of_table(60, 0, 0, 0)
    ]
    report = judge(suite(60), PLAN, samples, FACTS)
    assert (report.verdict == "pass") is fine
    assert fine or served in report.reason


PINNED = replace(PLAN, pin=ProviderPin(("google-vertex/us-east5",)))


@pytest.mark.parametrize(
    ("served", "told"),
    [
        (["Google"], ""),
        (["Google Vertex", None], ""),
        (["Azure"], "google-vertex/us-east5 was pinned, but Azure answered for the candidate model"),
        (["Google", "Azure"], "but Azure answered"),
        (["Google", "Google Vertex"], "answered by more than one of the pinned providers"),
    ],
)
def test_a_pinned_provider_that_did_not_answer_alone_forbids_a_verdict(served: list[str | None], told: str) -> None:
    found = [
        replace(s, served_provider=served[n // 2 % len(served)] if s.key.arm == "candidate" else "Google")
        for n, s in enumerate(samples_of_table(60, 0, 0, 0))
    ]
    report = judge(suite(60), PINNED, found, FACTS)
    assert (report.verdict, told in report.reason) == ("inconclusive" if told else "pass", True)
    unpinned = judge(suite(60), PLAN, found, FACTS)
    several = len(set(served) - {None}) > 1
    assert (unpinned.verdict, "answered by several providers" in unpinned.reason) == (
        "inconclusive" if several else "pass",
        several,
    )


def test_a_pin_that_nobody_confirms_is_told() -> None:
    report = judge(suite(60), PINNED, samples_of_table(60, 0, 0, 0), FACTS)
    assert report.verdict == "pass"
    assert (
        "google-vertex/us-east5 was pinned, but nobody said which provider answered for the current model."
        in report.notes
    )


def test_two_versions_answering_forbid_a_verdict() -> None:
    samples = samples_of_table(60, 0, 0, 0)
    versions = ["new-2026-08-01", "new-2026-09-01"]
    mixed = [
        replace(s, served_model=versions[index % 4 // 2]) if s.key.arm == "candidate" else s
        for index, s in enumerate(samples)
    ]
    report = judge(suite(60), PLAN, mixed, FACTS)
    assert report.verdict == "inconclusive"
    assert "more than one version" in report.reason


# Latency and cost


def timed(n: int, factor: float, **fields: object) -> list[Sample]:
    found = []
    for index in range(n):
        wobble = 1 + 0.05 * (index % 7 - 3)
        found.append(sample(f"case-{index:04d}", "current", latency_s=wobble))
        candidate = sample(f"case-{index:04d}", "candidate", latency_s=factor)
        found.append(replace(candidate, **fields))  # type: ignore[arg-type]
    return found


def test_a_slow_candidate_fails_on_latency_alone() -> None:
    report = judge(suite(60), PLAN, timed(60, 1.6), FACTS)
    latency = report.dimensions.latency
    assert (report.verdict, latency.verdict) == ("fail", DimensionVerdict.FAIL)
    assert latency.difference == pytest.approx(1.6, rel=0.02)
    assert latency.p50_s.candidate == 1.6
    assert latency.ttft_p50_s.current == 0.2


def test_a_margin_is_told_as_in_the_table() -> None:
    report = judge(suite(60), PLAN, timed(60, 1.6), FACTS)
    assert "latency ×1.62 [1.58, 1.65], margin +25 %, 60 cases" in report.reason


@pytest.mark.parametrize(
    ("adds_ms", "said"),
    [
        (0.03, "less than 0.1 ms to each time, 10% of a usual answer: answers this fast cannot be timed more exactly."),
        (0.34, "about 0.3 ms to each time, 113% of a usual answer: answers this fast cannot be timed more exactly."),
        (1.4, "about 1 ms to each time, 467% of a usual answer: with a lower concurrency it would add less."),
    ],
)
def test_what_the_client_adds_is_never_told_as_nothing(adds_ms: float, said: str) -> None:
    fast = [replace(s, latency_s=0.0003) for s in samples_of_table(60, 0, 0, 0)]
    facts = replace(FACTS, overhead=OverheadReport(p50_ms=adds_ms, p95_ms=2 * adds_ms))
    assert f"This machine itself adds {said}" in judge(suite(60), PLAN, fast, facts).notes


def test_one_pair_was_lost() -> None:
    samples = with_sample(samples_of_table(10, 0, 0, 0), failed("case-0003", "candidate", ErrorKind.TIMEOUT))
    assert "1 pair of 10 (10%) was lost" in judge(suite(10), PLAN, samples, FACTS).reason


def test_a_little_slower_is_within_the_margin() -> None:
    latency = judge(suite(60), PLAN, timed(60, 1.1), FACTS).dimensions.latency
    assert latency.interval is not None
    assert latency.interval[0] > 1
    assert latency.verdict is DimensionVerdict.PASS


def test_a_dear_candidate_fails_on_cost_alone_unless_cost_is_not_primary() -> None:
    dear = timed(60, 1.0, cost_usd=0.02)
    report = judge(suite(60), PLAN, dear, FACTS)
    cost = report.dimensions.cost
    assert (report.verdict, cost.verdict) == ("fail", DimensionVerdict.FAIL)
    assert cost.difference == pytest.approx(2.0)
    assert (cost.current, cost.candidate) == (0.01, 0.02)
    relaxed = judge(suite(60, primary=["quality", "latency"]), PLAN, dear, FACTS)
    assert (relaxed.verdict, relaxed.dimensions.cost.verdict) == ("pass", DimensionVerdict.FAIL)


def test_an_unknown_price_is_inconclusive_and_never_nothing() -> None:
    report = judge(suite(60), PLAN, timed(60, 1.0, cost_usd=None, cost_source="unknown"), FACTS)
    assert report.dimensions.cost.verdict is DimensionVerdict.INCONCLUSIVE
    assert report.cost_usd is None
    assert report.verdict == "inconclusive"
    assert "what acme/new costs is unknown: the provider bills no cost, and no price of it is listed" in report.reason
    neither = [replace(s, cost_usd=None, cost_source="unknown") for s in samples_of_table(60, 0, 0, 0)]
    told = judge(suite(60), PLAN, neither, FACTS).reason
    assert (
        "what acme/old and acme/new cost is unknown: the provider bills no cost, and no price of them is listed" in told
    )


def test_bills_and_list_prices_are_not_compared_with_each_other() -> None:
    report = judge(suite(60), PLAN, timed(60, 1.0, cost_source="prices"), FACTS)
    assert report.dimensions.cost.verdict is DimensionVerdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("current", "candidate", "verdict"),
    [(0.0, 0.0, "pass"), (0.01, 0.0, "pass"), (0.0, 0.01, "fail")],
)
def test_free_models(current: float, candidate: float, verdict: str) -> None:
    samples = [
        replace(s, cost_usd=current if s.key.arm == "current" else candidate) for s in samples_of_table(60, 0, 0, 0)
    ]
    report = judge(suite(60), PLAN, samples, FACTS)
    assert report.dimensions.cost.verdict.value == verdict
    assert report.verdict == verdict


# Tools


def tool_samples(calls: dict[Arm, tuple[ToolCall, ...]], n: int = 60) -> list[Sample]:
    return [
        sample(f"tool-{index:04d}", arm, tool_calls=made, latency_s=1 + 0.01 * (index % (3 if arm == "current" else 4)))
        for index in range(n)
        for arm, made in calls.items()
    ]


def tool_suite(n: int = 60, *, text: bool = True) -> Suite:
    return suite([case(f"tool-{index:04d}", tools=True, text=text) for index in range(n)])


@pytest.mark.parametrize(
    "made",
    [
        (),
        (weather("Rome"),),
        (ToolCall("get_wether", '{"city": "Paris"}'),),
        (ToolCall("get_weather", '{"city": "Par'),),
        (weather(), ToolCall("get_weather", '{"city": 3}')),
    ],
    ids=["none", "wrong argument", "unknown tool", "malformed", "one against the schema"],
)
def test_bad_tool_behaviour_fails_tools_and_leaves_quality_alone(made: tuple[ToolCall, ...]) -> None:
    report = judge(tool_suite(), PLAN, tool_samples({"current": (weather(),), "candidate": made}), FACTS)
    assert report.dimensions.tools.verdict is DimensionVerdict.FAIL
    assert report.dimensions.quality.verdict is DimensionVerdict.PASS
    assert report.verdict == "fail"
    assert report.worst_regressions[0].dimension == "tools"


def test_a_suite_of_tool_cases_only_does_not_test_quality() -> None:
    samples = tool_samples({"current": (weather(),), "candidate": (weather(),)})
    report = judge(tool_suite(text=False), PLAN, samples, FACTS)
    assert report.dimensions.quality.verdict is DimensionVerdict.NOT_TESTED
    assert (report.dimensions.tools.verdict, report.verdict) == (DimensionVerdict.PASS, "pass")


# Repeats and clusters


def repeated(n: int, losing: int) -> list[Sample]:
    """Three repeats a case; in the first `losing` cases the candidate fails one of them."""
    return [
        sample(
            f"case-{index:04d}",
            arm,
            repeat=repeat,
            right=not (arm == "candidate" and index < losing and repeat == 0),
            latency_s=1 + 0.01 * ((index + repeat) % (4 if arm == "current" else 5)),
        )
        for index in range(n)
        for repeat in range(3)
        for arm in ("current", "candidate")
    ]


def test_repeats_count_by_case_not_by_sample() -> None:
    report = judge(suite(60, repeats=3), PLAN, repeated(60, 0), FACTS)
    assert (report.dimensions.quality.n, report.verdict) == (60, "pass")
    few = judge(suite(18, repeats=3), PLAN, repeated(18, 0), FACTS)
    assert few.dimensions.quality.verdict is DimensionVerdict.INCONCLUSIVE


def test_repeats_use_the_spread_between_cases() -> None:
    quality = judge(suite(60, repeats=3), PLAN, repeated(60, 30), FACTS).dimensions.quality
    assert quality.difference == pytest.approx(-1 / 6)
    assert quality.method == "paired t over case means"
    assert quality.verdict is DimensionVerdict.FAIL


def clustered_cases(groups: int) -> list[Case]:
    return [case(f"case-{index:04d}", cluster=f"doc {index * groups // 60}") for index in range(60)]


def test_clusters_widen_the_interval_and_too_few_of_them_cannot_tell() -> None:
    def clustered(groups: int) -> Report:
        return judge(suite(clustered_cases(groups)), PLAN, samples_of_table(40, 0, 20, 0), FACTS)

    plain = report_of(40, 0, 20, 0).dimensions.quality
    twelve = clustered(12).dimensions.quality
    assert plain.interval is not None
    assert twelve.interval is not None
    assert twelve.interval[0] < plain.interval[0]
    assert "by cluster" in twelve.method
    assert report_of(60, 0, 0, 0).verdict == "pass"
    alike = judge(suite(clustered_cases(12)), PLAN, samples_of_table(60, 0, 0, 0), FACTS)
    assert alike.verdict == "inconclusive"  # sixty cases that agree in twelves are no more than twelve
    few = clustered(4).dimensions.quality
    assert few.verdict is DimensionVerdict.INCONCLUSIVE
    assert "4 clusters" in few.reason


# A current model that is gone


def test_without_a_current_model_the_candidate_is_judged_alone_and_it_is_said() -> None:
    samples = [
        failed(s.key.case, "current", ErrorKind.MODEL_NOT_FOUND) if s.key.arm == "current" else s
        for s in samples_of_table(60, 0, 0, 0)
    ]
    report = judge(suite(60), PLAN, samples, FACTS)
    assert (report.mode, report.verdict) == ("candidate_alone", "pass")
    assert "has no current model acme/old to compare with" in report.reason
    assert "stated pass rate of 90%" in report.reason
    assert report.dimensions.quality.current is None
    assert report.dimensions.quality.difference == pytest.approx(0.1)
    assert report.dimensions.latency.verdict is DimensionVerdict.NOT_TESTED


@pytest.mark.parametrize(("right", "verdict"), [(60, "pass"), (52, "inconclusive"), (40, "fail")])
def test_the_candidate_alone_against_the_stated_pass_rate(right: int, verdict: str) -> None:
    samples = [failed(f"case-{n:04d}", "current", ErrorKind.MODEL_NOT_FOUND) for n in range(60)]
    samples += [sample(f"case-{n:04d}", "candidate", right=n < right) for n in range(60)]
    report = judge(suite(60), PLAN, samples, FACTS)
    assert report.verdict == verdict
    if right < 60:
        assert report.worst_regressions


def test_a_model_taken_away_during_the_run_loses_pairs_rather_than_points() -> None:
    samples = samples_of_table(100, 0, 0, 0)
    for index in range(10):
        samples = with_sample(samples, failed(f"case-{index:04d}", "current", ErrorKind.MODEL_NOT_FOUND))
    report = judge(suite(100), PLAN, samples, FACTS)
    assert (report.mode, report.verdict, report.pairs_lost) == ("paired", "inconclusive", 10)


def test_nothing_answered_is_no_pass() -> None:
    samples = [failed(f"case-{n:04d}", arm, ErrorKind.TIMEOUT) for n in range(60) for arm in ("current", "candidate")]
    assert judge(suite(60), PLAN, samples, FACTS).verdict == "inconclusive"
    assert judge(suite(60), PLAN, [], FACTS).verdict == "inconclusive"


def test_the_plan_keeps_its_identity_whatever_the_margins() -> None:
    whole = suite(3)
    assert PLAN.identity(whole).id == replace(PLAN, margins={"quality": 0.1}, concurrency=99).identity(whole).id
    for other in (replace(PLAN, seed=1), replace(PLAN, candidate="x"), replace(PLAN, parameters={"temperature": 0})):
        assert other.identity(whole).id != PLAN.identity(whole).id
    assert isinstance(PLAN, ComparisonPlan)
