"""What holds of every verdict: models swapped, samples in any order, answers lost.

Swapping the models mirrors a report, exactly so: differences of rates and their intervals change sign, [L, U] becomes
[-U, -L]; ratios and their intervals are inverted, [L, U] becomes [1/U, 1/L]; figures of the two models change places.
The verdict is the rule's answer to the mirrored interval. As the rule is not symmetric (a loss within the margin
passes), a dimension that fails passes when swapped, while one that passes may do anything.
"""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.difftest.estimates import decide
from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.report import DimensionReport, DimensionVerdict, Report
from bot.difftest.model.sample import Arm, Sample, SampleKey
from bot.difftest.suite.model import Suite
from bot.difftest.verdict import RunFacts, judge
from tests.difftest.making import PLAN, case, failed, sample, suite

FACTS = RunFacts(calls=7)
slowly = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Drawn:
    """A suite with the samples of both models, of any kind the seed draws."""

    def __init__(self, seed: int, cases: int, repeats: int, clusters: int) -> None:
        draw = random.Random(seed)
        wrong = {"current": draw.choice([0.02, 0.1, 0.3]), "candidate": draw.choice([0.02, 0.1, 0.3, 0.6])}
        rows = [case(f"case-{n:04d}", cluster=f"doc {n % clusters}" if clusters else None) for n in range(cases)]
        self.suite = suite(rows, repeats=repeats)
        self.samples: list[Sample] = []
        for row in rows:
            base = draw.lognormvariate(0, 0.4)
            hard = draw.random() < 0.3
            for repeat in range(repeats):
                for arm in ("current", "candidate"):
                    right = draw.random() >= wrong[arm] * (2 if hard else 0.5)
                    times = {"latency_s": base * draw.lognormvariate(0, 0.3), "ttft_s": draw.lognormvariate(-2, 0.2)}
                    cost = 0.01 * draw.lognormvariate(0, 0.1)
                    made = sample(row.id, arm, right=right, repeat=repeat, cost_usd=cost, listed_usd=0.01, **times)
                    self.samples.append(made)

    def report(self) -> Report:
        return judge(self.suite, PLAN, self.samples, FACTS)

    def swapped(self) -> Report:
        other: dict[Arm, Arm] = {"current": "candidate", "candidate": "current"}
        mirrored = []
        for one in self.samples:
            arm = other["current" if one.key.arm == "current" else "candidate"]
            mirrored.append(_of(one, arm))
        return judge(self.suite, PLAN, mirrored, FACTS)


def _of(one: Sample, arm: Arm) -> Sample:
    return replace(one, key=SampleKey(one.key.case, arm, one.key.repeat), served_model=PLAN.model(arm))


drawn = st.builds(
    Drawn, st.integers(0, 10**6), st.integers(12, 130), st.sampled_from([1, 1, 3]), st.sampled_from([0, 0, 11])
)


def mirrors(name: str, mine: DimensionReport, theirs: DimensionReport) -> None:
    if mine.interval is None or theirs.interval is None or mine.difference is None or theirs.difference is None:
        assert (mine.interval, mine.difference) == (theirs.interval, theirs.difference)
        return
    (low, high), back = mine.interval, theirs.interval
    rates = name in {"quality", "tools"}
    assert theirs.difference == pytest.approx(-mine.difference if rates else 1 / mine.difference, abs=1e-9)
    assert back == pytest.approx((-high, -low) if rates else (1 / high, 1 / low), abs=1e-9)
    assert (mine.n, mine.method) == (theirs.n, theirs.method)
    if not theirs.reason or theirs.more_cases is not None:
        rule = (
            decide(-high, -low, mine.margin)
            if rates
            else decide(math.log(low), math.log(high), math.log1p(mine.margin))
        )
        assert theirs.verdict.value == rule.value
    assert not (mine.verdict is DimensionVerdict.FAIL and theirs.verdict is not DimensionVerdict.PASS)


@slowly
@given(drawn)
def test_swapping_the_models_mirrors_the_report(it: Drawn) -> None:
    one, other = it.report(), it.swapped()
    for (name, mine), (_, theirs) in zip(one.dimensions.items(), other.dimensions.items(), strict=True):
        mirrors(name, mine, theirs)
    latency, back = one.dimensions.latency, other.dimensions.latency
    assert latency.ttft is not None
    assert back.ttft is not None
    mirrors("ttft", latency.ttft, back.ttft)
    assert (latency.p50_s.current, latency.p95_s.candidate) == (back.p50_s.candidate, back.p95_s.current)
    if latency.p95_ratio is not None and back.p95_ratio is not None:
        low, high = latency.p95_ratio.interval
        assert back.p95_ratio.interval == pytest.approx((1 / high, 1 / low), rel=0.01)
    assert {r.case for r in one.best_gains} <= {r.case for r in other.worst_regressions} or len(one.best_gains) == 3
    assert not (one.verdict == "fail" and other.verdict == "fail") or len(_failing(one) & _failing(other)) == 0


def _failing(report: Report) -> set[str]:
    return {name for name, d in report.dimensions.items() if d.verdict is DimensionVerdict.FAIL}


@slowly
@given(drawn, st.integers(0, 99))
def test_the_order_in_which_samples_came_changes_nothing(it: Drawn, seed: int) -> None:
    before = it.report()
    random.Random(seed).shuffle(it.samples)
    assert it.report().digest() == before.digest()


def without(whole: Suite, samples: list[Sample], lost: set[SampleKey], fill: bool | None) -> Report:
    """The report when these answers were lost (None), or had been right or wrong after all."""

    def one(kept: Sample) -> Sample:
        if kept.key not in lost:
            return kept
        arm: Arm = "current" if kept.key.arm == "current" else "candidate"
        if fill is None:
            return failed(kept.key.case, arm, ErrorKind.TIMEOUT, repeat=kept.key.repeat)
        return sample(kept.key.case, arm, right=fill == (arm == "candidate"), repeat=kept.key.repeat)

    return judge(whole, PLAN, [one(kept) for kept in samples], FACTS)


@slowly
@given(drawn, st.integers(0, 10**6))
def test_a_verdict_with_lost_answers_is_the_same_whatever_they_were(it: Drawn, seed: int) -> None:
    draw = random.Random(seed)
    keys = [one.key for one in it.samples]
    lost = set(draw.sample(keys, max(1, len(keys) // 45)))
    with_losses = without(it.suite, it.samples, lost, None).dimensions.quality
    worst, best = (without(it.suite, it.samples, lost, fill).dimensions.quality for fill in (False, True))
    if with_losses.verdict is not DimensionVerdict.INCONCLUSIVE:
        assert {worst.verdict, best.verdict} == {with_losses.verdict}
    elif worst.verdict is not best.verdict:
        assert "lost" in with_losses.reason


def test_losing_what_a_candidate_got_wrong_earns_it_no_pass() -> None:
    passed = {True: 0, False: 0}
    for seed in range(40):
        draw = random.Random(seed)
        whole, samples, lost = suite(96), list[Sample](), set[SampleKey]()
        for row in whole.cases:
            luck = draw.random()
            samples += [sample(row.id, "current", right=luck >= 0.02), sample(row.id, "candidate", right=luck < 0.93)]
            if luck >= 0.93 and len(lost) < 4:
                lost.add(samples[-1].key)
        for hidden in (True, False):
            report = without(whole, samples, lost if hidden else set(), None)
            passed[hidden] += report.dimensions.quality.verdict is DimensionVerdict.PASS
    assert passed[True] <= passed[False] <= 40 * 0.15
