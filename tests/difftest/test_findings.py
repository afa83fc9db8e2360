"""What a report tells beside the verdict: metrics of tools, first content, tails, money, examples, what can be done."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.difftest.dimensions import tools
from bot.difftest.examples import bare_reason
from bot.difftest.findings import Terms
from bot.difftest.marking.mark import Mark, Marks
from bot.difftest.model.chat import ErrorKind, ToolCall
from bot.difftest.model.report import DimensionReport, Dimensions, DimensionVerdict, Report, ToolsReport
from bot.difftest.model.sample import Arm, Sample, SampleKey
from bot.difftest.outcomes import Outcomes
from bot.difftest.report.cases import case_outcomes
from bot.difftest.suite.model import Suite
from bot.difftest.verdict import RunFacts, judge
from tests.difftest.making import PLAN, case, failed, sample, samples_of_table, suite, weather, with_sample

FACTS = RunFacts(calls=7)


def report_of(whole: Suite, samples: Sequence[Sample], **facts: object) -> Report:
    return judge(whole, PLAN, samples, replace(FACTS, **facts))  # type: ignore[arg-type]


# Tools, one side at a time


def metrics_of(current: Sequence[bool | None], candidate: Sequence[bool | None], *lost: int) -> ToolsReport:
    """Tools over as many cases: whether each meets the metric `arguments`; None does not exercise it."""
    whole = suite([case(f"tool-{n:04d}", tools=True) for n in range(len(current))])
    samples: list[Sample] = []
    marks: dict[SampleKey, Marks] = {}
    arms: tuple[tuple[Arm, Sequence[bool | None]], ...] = (("current", current), ("candidate", candidate))
    for arm, met in arms:
        for number, one in enumerate(met):
            gone = arm == "candidate" and number in lost
            made = failed(f"tool-{number:04d}", arm, ErrorKind.TIMEOUT) if gone else sample(f"tool-{number:04d}", arm)
            samples.append(made)
            told = {} if one is None or gone else {"arguments": one}
            marks[made.key] = Marks() if gone else Marks(Mark(), Mark(), told)  # type: ignore[arg-type]
    return tools(Outcomes(whole, {s.key: s for s in samples}, marks), Terms(PLAN), alone=False)


def test_a_metric_is_a_dimension_of_its_own_that_is_only_reported() -> None:
    found = metrics_of([True] * 60, [True] * 48 + [False] * 12)
    assert list(found.metrics) == ["arguments"]
    metric = found.metrics["arguments"]
    assert (metric.verdict, metric.primary, metric.n) == (DimensionVerdict.FAIL, False, 60)
    assert metric.difference == pytest.approx(-0.2)
    assert metric.margin == found.margin
    assert found.verdict is DimensionVerdict.PASS


def test_only_cases_that_exercise_a_metric_on_both_sides_are_in_it() -> None:
    assert metrics_of([True] * 40 + [None] * 20, [None] * 10 + [True] * 50).metrics["arguments"].n == 30


def test_an_answer_that_was_lost_is_bounded_in_a_metric_too() -> None:
    found = metrics_of([True] * 53, [True] * 53, 0, 1).metrics["arguments"]
    assert (found.verdict, found.n) == (DimensionVerdict.INCONCLUSIVE, 51)


def test_a_metric_that_no_case_tells_of_both_is_said_to_be_so() -> None:
    found = metrics_of([True] * 5 + [None] * 5, [None] * 5 + [True] * 5).metrics["arguments"]
    assert (found.verdict, found.reason) == (DimensionVerdict.INCONCLUSIVE, "no case tells it of both models")


def test_a_suite_without_metrics_has_none_and_an_old_report_still_loads() -> None:
    report = report_of(suite(60), samples_of_table(60, 0, 0, 0))
    assert report.dimensions.tools.metrics == {}
    plain = DimensionReport(verdict=DimensionVerdict.PASS, margin=0.05)
    old = json.loads(report.model_dump_json())
    for name, added in (("tools", "metrics"), ("latency", "ttft"), ("latency", "p95_ratio")):
        del old["dimensions"][name][added]
    old["dimensions"]["cost"] = json.loads(plain.model_dump_json())
    for field in ("best_gains", "offers", "looks", "stopped_early"):
        del old[field]
    assert Report.model_validate_json(json.dumps(old)).dimensions.cost.per_success is None
    assert isinstance(Dimensions(**{**dict(report.dimensions), "tools": plain}).tools, ToolsReport)


# Times


def timed(n: int, *, first: float | None, tail: float = 1.0, repeats: int = 1, cluster: bool = False) -> Report:
    """Answers whose times differ a little; the candidate's first content and slowest tenth are that much later."""
    rows = [case(f"case-{index:04d}", cluster=f"doc {index // 2}" if cluster else None) for index in range(n)]
    samples = []
    for index in range(n):
        for repeat in range(repeats):
            old = 1 + 0.01 * (index % 7) + 0.003 * repeat
            new = old * (1 + 0.001 * (index % 3)) * (tail if index % 10 == 0 else 1.0)
            ttft = None if first is None else 0.2 * first * (1 + 0.01 * (index % 3))
            key = {"case_id": f"case-{index:04d}", "repeat": repeat}
            samples.append(sample(**key, arm="current", latency_s=old))  # type: ignore[arg-type]
            samples.append(sample(**key, arm="candidate", latency_s=new, ttft_s=ttft))  # type: ignore[arg-type]
    return report_of(suite(rows, repeats=repeats), samples)


def test_first_content_is_a_ratio_with_its_interval_and_no_say_in_the_verdict() -> None:
    report = timed(60, first=2.0)
    ttft = report.dimensions.latency.ttft
    assert ttft is not None
    assert ttft.interval is not None
    assert ttft.difference is not None
    assert ttft.difference == pytest.approx(2.02, abs=0.01)
    assert ttft.interval[0] < ttft.difference < ttft.interval[1]
    assert (ttft.verdict, ttft.primary, ttft.holm_p) == (DimensionVerdict.FAIL, False, None)
    assert report.verdict == "pass"
    assert timed(60, first=None).dimensions.latency.ttft is None


def test_the_tail_is_compared_from_a_hundred_cases_on() -> None:
    assert timed(99, first=1.0).dimensions.latency.p95_ratio is None
    report = timed(200, first=1.0, tail=3.0)
    ratio = report.dimensions.latency.p95_ratio
    p95 = report.dimensions.latency.p95_s
    assert ratio is not None
    assert p95.current is not None
    assert p95.candidate is not None
    assert ratio.ratio == pytest.approx(p95.candidate / p95.current)
    assert ratio.interval[0] <= ratio.ratio <= ratio.interval[1]
    assert (ratio.ratio > 2.5, ratio.n) == (True, 200)
    assert report.dimensions.latency.verdict is DimensionVerdict.PASS


def test_the_tail_counts_cases_not_answers_and_leaves_clusters_alone() -> None:
    repeated = timed(100, first=1.0, repeats=3).dimensions.latency.p95_ratio
    assert repeated is not None
    assert repeated.n == 100
    assert timed(50, first=1.0, repeats=3).dimensions.latency.p95_ratio is None
    assert timed(120, first=1.0, cluster=True).dimensions.latency.p95_ratio is None


# Money


def test_cost_of_a_success_counts_what_failures_cost() -> None:
    samples = samples_of_table(40, 0, 20, 0)
    cost = report_of(suite(60), samples).dimensions.cost
    assert cost.per_success is not None
    assert cost.per_success.current == pytest.approx(0.01)
    assert cost.per_success.candidate == pytest.approx(0.6 / 40)


def test_cost_of_a_success_is_unknown_where_a_cost_is_or_nothing_passes() -> None:
    samples = samples_of_table(0, 0, 60, 0)
    cost = report_of(suite(60), samples).dimensions.cost
    assert cost.per_success is not None
    assert cost.per_success.current == pytest.approx(0.01)
    assert cost.per_success.candidate is None
    unknown = with_sample(samples, replace(samples[0], cost_usd=None, cost_source="unknown"))
    per_success = report_of(suite(60), unknown).dimensions.cost.per_success
    assert per_success is None


def test_bills_stand_beside_list_prices_and_a_difference_is_said() -> None:
    samples = [replace(s, listed_usd=0.01 if s.key.arm == "current" else 0.02) for s in samples_of_table(60, 0, 0, 0)]
    report = report_of(suite(60), samples)
    cost = report.dimensions.cost
    assert cost.billed_usd is not None
    assert cost.estimated_usd is not None
    assert cost.billed_usd.candidate == pytest.approx(0.01)
    assert cost.estimated_usd.candidate == pytest.approx(0.02)
    (note,) = [note for note in report.notes if "billed" in note]
    assert "candidate" in note
    assert "−50 %" in note


def test_without_both_numbers_there_is_nothing_to_put_side_by_side() -> None:
    cost = report_of(suite(60), samples_of_table(60, 0, 0, 0)).dimensions.cost
    assert (cost.billed_usd, cost.estimated_usd) == (None, None)
    listed = [replace(s, cost_source="prices", listed_usd=s.cost_usd) for s in samples_of_table(60, 0, 0, 0)]
    assert report_of(suite(60), listed).dimensions.cost.billed_usd is None


# Examples


def test_gains_stand_beside_regressions_with_what_was_asked() -> None:
    report = report_of(suite(60), samples_of_table(40, 8, 12, 0))
    assert [one.case for one in report.best_gains] == ["case-0040", "case-0041", "case-0042"]
    gain = report.best_gains[0]
    assert (gain.prompt, gain.current_answer, gain.candidate_answer) == ("case-0040", "wrong", "right")
    assert "does not contain" in gain.why
    assert len(report.worst_regressions) == 5
    assert report.worst_regressions[0].prompt == "case-0048"


def test_nothing_that_was_asked_or_answered_leaves_a_private_suite() -> None:
    secret = "sesame"
    row = {
        "id": "vault",
        "messages": [{"role": "user", "content": f"say {secret}"}],
        "assert": [
            {"type": "contains", "value": secret},
            {"type": "tool-args", "value": {"name": "get_weather", "arguments": {"city": secret}}},
        ],
        "tools": [case("x", tools=True).tools[0].model_dump()],
        "tags": ["locks"],
    }
    calls = (
        weather("cellar"),
        ToolCall(f"it's: {secret}", "{}"),
        ToolCall("get_weather", f'{{"city": 3, "{secret}": 1}}'),
    )
    good = sample("vault", "current", text=secret, tool_calls=(weather(secret),))
    bad = sample("vault", "candidate", text="cellar", tool_calls=calls)
    for private in (True, False):
        whole = suite([type(case("x")).model_validate(row)], private=private)
        for samples in ((good, bad), (replace(bad, key=good.key), replace(good, key=bad.key))):
            report = report_of(whole, samples)
            (shown,) = report.worst_regressions or report.best_gains
            told = report.model_dump_json()
            assert (secret in told or "cellar" in told) is not private
            listed = list(case_outcomes(Outcomes(whole, {each.key: each for each in samples}), alone=False))
            assert [(each.case, each.dimension) for each in listed] == [("vault", "quality"), ("vault", "tools")]
            assert all(each.why for each in listed)
            assert any(secret in each.why or "cellar" in each.why for each in listed) is not private
            assert (shown.case, shown.tags) == ("vault", ("locks",))
            assert "contains" in shown.why
            assert "tool-args" in shown.why


@pytest.mark.parametrize("reason", ["contains 'sesame'", "contains 'sesa", 'contains "sesame', "contains: sesame"])
def test_a_private_reason_keeps_no_quoted_word_even_where_its_quote_was_cut_off(reason: str) -> None:
    told = bare_reason(reason)
    assert told.startswith("contains")
    assert "sesa" not in told


def test_an_error_of_the_model_is_told_by_its_kind_only_where_private() -> None:
    samples = [sample("case-0000", "current"), failed("case-0000", "candidate", ErrorKind.CONTENT_FILTER)]
    assert report_of(suite(1, private=True), samples).worst_regressions[0].why == "content_filter"


def test_a_conversation_is_shown_with_its_roles() -> None:
    talk = [
        {"role": "system", "content": "be short"},
        {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {}}]},
    ]
    one = type(case("x")).model_validate(
        {"id": "case-0000", "messages": talk, "assert": [{"type": "contains", "value": "right"}]}
    )
    samples = [sample("case-0000", "current"), sample("case-0000", "candidate", right=False)]
    assert report_of(suite([one]), samples).worst_regressions[0].prompt == "system: be short\nuser: look (image_url)"


# What can be done


def test_more_cases_from_traffic_are_offered_for_want_of_cases() -> None:
    report = report_of(suite(40), samples_of_table(40, 0, 0, 0))
    assert report.verdict == "inconclusive"
    assert report.offers == ("more_traffic:12", "owner_decision")


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        (40, "about 12 more cases would settle it (rotate suite from-traces draws them)"),
        (47, "the suite has 7 that were not asked, and rotate suite from-traces draws the others"),
        (52, "about 12 more cases would settle it; the suite has 12 that were not asked"),
    ],
)
def test_cases_the_suite_has_already_are_counted_before_new_ones_are_advised(cases: int, told: str) -> None:
    report = report_of(suite(cases), samples_of_table(40, 0, 0, 0), stopped_early="the run ended at look 1")
    assert told in report.reason
    assert "`" not in report.reason
    assert (report.cases, report.asked_cases) == (cases, 40)
    assert report.offers[0] == f"more_traffic:{max(1, 52 - cases)}"


def test_the_largest_want_is_offered() -> None:
    report = report_of(suite(60), samples_of_table(52, 4, 4, 0))
    assert report.offers == (f"more_traffic:{report.dimensions.quality.more_cases}", "owner_decision")


def test_a_loss_that_may_be_chance_is_settled_by_more_cases() -> None:
    report = report_of(suite(100), samples_of_table(85, 2, 8, 5))
    assert (report.verdict, report.offers) == ("inconclusive", ("more_traffic:26", "owner_decision"))
    assert report_of(suite(126), samples_of_table(107, 2, 10, 7)).verdict == "fail"  # the same rates, rounded


def test_cases_that_were_not_asked_yet_come_first() -> None:
    report = report_of(suite(100), samples_of_table(40, 0, 0, 0), stopped="the run stopped at its budget of $5.00")
    assert report.offers == ("unused_cases", "owner_decision")


def test_where_cases_settle_nothing_only_the_owner_can_decide() -> None:
    samples = samples_of_table(40, 0, 0, 0)
    unpriced = [replace(s, cost_usd=None, cost_source="unknown") for s in samples]
    assert report_of(suite(40), unpriced).offers == ("owner_decision",)
    other = [replace(s, served_model="acme/else") for s in samples]
    assert report_of(suite(50), other, stopped="the budget of $5.00").offers == ("owner_decision",)
    assert report_of(suite(40), other).offers == ("owner_decision",)


@pytest.mark.parametrize("table", [(60, 0, 0, 0), (30, 0, 30, 0)])
def test_a_verdict_that_stands_needs_no_offer(table: tuple[int, int, int, int]) -> None:
    assert report_of(suite(60), samples_of_table(*table)).offers == ()


def test_what_has_the_shape_of_a_secret_is_masked_where_people_read_it() -> None:
    key, token = "sk-ant-api03-" + "a1B2" * 8, "xoxb-123456789-abcdefgh"
    whole = suite(60)
    first = whole.cases[0]
    message = first.messages[0].model_copy(update={"content": f"use {key}, password: hunter2"})
    whole = whole.model_copy(update={"cases": (first.model_copy(update={"messages": (message,)}), *whole.cases[1:])})
    samples = [
        replace(one, text=f"wrong, {token}") if one.key[:2] == (first.id, "candidate") else one
        for one in samples_of_table(60, 0, 0, 0)
    ]
    report = report_of(whole, samples)
    told = report.model_dump_json()
    assert report.worst_regressions[0].case == first.id
    assert "wrong, •••" in report.worst_regressions[0].candidate_answer
    assert not [secret for secret in (key, token, "hunter2") if secret in told]
    cases = case_outcomes(Outcomes(whole, {one.key: one for one in samples}), alone=False)
    assert not [case for case in cases if token in case.why or key in case.why]
