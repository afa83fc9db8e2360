"""The looks a suite declares: their levels, which cases they see, and when a run may end at one of them."""

import math
import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from bot.difftest.early import _settled, stopping
from bot.difftest.looks import ALPHA, Schedule, blocks
from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.report import Report
from bot.difftest.model.sample import Sample
from bot.difftest.outcomes import Outcomes
from bot.difftest.plan import ComparisonPlan
from bot.difftest.power import forecast
from bot.difftest.stats.multiplicity import holm
from bot.difftest.stats.spending import nominal_levels, obrien_fleming
from bot.difftest.suite.model import Suite
from bot.difftest.verdict import RunFacts, judge
from bot.monitor.sequential import Spending, boundaries
from bot.student import normal_quantile
from tests.difftest.making import PLAN, case, failed, sample, suite
from tests.difftest.sequential import course

QUALITY = replace(PLAN, primary=("quality",))

# Levels


def bounds(*fractions: float, alpha: float = 0.05) -> list[float]:
    return [normal_quantile(1 - level) for level in nominal_levels(alpha, fractions)]


def test_published_bounds() -> None:
    # ldbounds and gsDesign (R), O'Brien-Fleming spending, one-sided 0.025, five equal looks.
    assert bounds(0.2, 0.4, 0.6, 0.8, 1.0, alpha=0.025) == pytest.approx(
        [4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4
    )


@pytest.mark.parametrize("looks", [2, 3, 4, 10])
def test_the_monitor_s_bounds_for_equal_looks_are_the_same(looks: int) -> None:
    equal = [(look + 1) / looks for look in range(looks)]
    assert bounds(*equal) == pytest.approx(boundaries(Spending.OBRIEN_FLEMING, 0.05, looks), abs=1e-4)


@pytest.mark.parametrize("fractions", [(0.5, 1.0), (1 / 3, 2 / 3, 1.0), (0.2, 0.7, 0.75, 1.0)])
def test_all_looks_together_err_with_alpha(fractions: tuple[float, ...]) -> None:
    covariance = [[math.sqrt(min(s, t) / max(s, t)) for s in fractions] for t in fractions]
    stays = multivariate_normal.cdf(bounds(*fractions), mean=[0.0] * len(fractions), cov=covariance)
    assert 1 - stays == pytest.approx(0.05, abs=2e-4)


@pytest.mark.parametrize("fractions", [(0.0, 0.5, 1.0), (0.4, 0.4, 1.0), (0.5, 0.9995, 1.0), (0.01, 1.0)])
def test_looks_without_news_spend_nothing(fractions: tuple[float, ...]) -> None:
    levels = nominal_levels(0.05, fractions)
    news = [now > before for before, now in zip((0.0, *fractions), fractions, strict=False)]
    assert [level > 0 for level in levels] == [
        new and obrien_fleming(0.05, at) > 1e-15 for new, at in zip(news, fractions, strict=True)
    ]
    assert max(levels) <= 0.05 + 1e-9


def test_one_look_has_all_of_alpha_and_plain_holm() -> None:
    schedule = Schedule.of(suite(60), 0)
    assert (schedule.cases, schedule.level(1), schedule.confidence(1)) == ((60,), ALPHA, 0.9)
    assert holm([0.01, 0.04, 0.03], schedule.factor(1)) == holm([0.01, 0.04, 0.03])


def test_holm_at_a_look_multiplies_to_the_level_it_may_spend() -> None:
    schedule = Schedule.of(suite(90, looks=3), 0)
    for look in (1, 2, 3):
        alone, three = schedule.level(look), schedule.level(look, ALPHA / 3)
        assert holm([alone], schedule.factor(look))[0] == pytest.approx(ALPHA)
        assert holm([three, 1.0, 1.0], schedule.factor(look))[0] == pytest.approx(ALPHA)
        assert three < alone / 3 or look == 3


def test_dimensions_that_see_their_cases_at_different_speed_take_the_strictest_level() -> None:
    cases = [case(f"case-{n:04d}", tools=n % 9 == 0) for n in range(90)]
    schedule = Schedule.of(suite(cases, looks=3), 3)
    assert len(schedule.shares) == 2
    for look in (1, 2, 3):
        assert schedule.level(look) == min(nominal_levels(ALPHA, row)[look - 1] for row in schedule.shares)


def test_a_forecast_with_looks_knows_their_level() -> None:
    one, three = (forecast(suite(60, looks=looks), PLAN, lambda *_: None) for looks in (1, 3))
    assert (one.fewest, three.fewest) == (52, 55)
    assert three.visible > one.visible


# Which cases


@given(st.integers(1, 60), st.integers(1, 10), st.integers(1, 3), st.integers(0, 99), st.integers(1, 40))
def test_looks_see_whole_cases_and_whole_clusters_of_one_order(
    cases: int, looks: int, repeats: int, seed: int, clusters: int
) -> None:
    rows = [case(f"case-{n:04d}", cluster=f"doc {n % clusters}" if n % 2 else None) for n in range(cases)]
    whole = suite(rows, looks=looks, repeats=repeats)
    plan = replace(PLAN, seed=seed)
    parts = plan.parts(whole)
    assert [key for part in parts for key in part] == plan.order(whole)
    assert sorted(plan.order(whole)) == sorted(replace(plan, seed=0).order(whole))
    assert tuple(len({key.case for key in part}) for part in parts) == tuple(map(len, blocks(whole, seed)))
    place = {key.case: number for number, part in enumerate(parts) for key in part}
    assert all(len(part) == 2 * repeats * len({key.case for key in part}) for part in parts)
    for one in rows:
        assert {place[other.id] for other in rows if other.group == one.group} == {place[one.id]}
    assert Schedule.of(whole, seed).cases[-1] == cases


def test_without_looks_the_order_is_what_it_always_was() -> None:
    assert PLAN.order(suite(3))[:4] == PLAN.parts(suite(3))[0][:4]
    assert suite(60).digest == suite(60, looks=1).digest != suite(60, looks=3).digest


# When a run ends


@dataclass(frozen=True)
class Drawn:
    """Samples of a suite where a case is a win or a loss so often; the same seed draws the same."""

    suite: Suite
    samples: list[Sample]

    @classmethod
    def of(cls, whole: Suite, seed: int, *, wins: float, losses: float, slower: float = 1.0) -> "Drawn":
        draw = random.Random(seed)
        found = []
        for one in whole.cases:
            luck, base = draw.random(), draw.lognormvariate(0.0, 0.4)
            for arm, right in (("current", luck >= wins), ("candidate", not wins <= luck < wins + losses)):
                time = base * draw.lognormvariate(0.0, 0.2) * (slower if arm == "candidate" else 1.0)
                found.append(sample(one.id, arm, right=right, latency_s=time))  # type: ignore[arg-type]
        return cls(whole, found)

    def until(self, look: int) -> list[Sample]:
        seen = {one.id for part in blocks(self.suite, PLAN.seed)[:look] for one in part}
        return [s for s in self.samples if s.key.case in seen]

    def ended(self, plan: ComparisonPlan = PLAN) -> tuple[Report, int]:
        """The report where the run ends, and how many cases it asked."""
        schedule = Schedule.of(self.suite, PLAN.seed)
        for look in range(1, schedule.last + 1):
            stop = stopping(self.suite, plan, self.until(look), look)
            if stop is not None or look == schedule.last:
                facts = RunFacts(calls=0) if stop is None else RunFacts(0, look=stop.look, stopped_early=stop.why)
                return judge(self.suite, plan, self.until(look), facts), schedule.cases[look - 1]
        raise AssertionError


def test_a_much_worse_candidate_ends_the_run_and_the_report_says_where_and_why() -> None:
    report, cases = Drawn.of(suite(150, looks=3), 1, wins=0.0, losses=0.4).ended()
    assert (report.verdict, cases, report.looks) == ("fail", 50, (50, 100, 150))
    assert "ended at look 1 of 3, after 50 of 150 cases" in report.stopped_early
    assert report.stopped_early[1:] in report.reason
    assert report.confidence == pytest.approx(0.9986, abs=1e-4)
    assert report.dimensions.quality.n == 50
    assert any("declares 3 looks" in note for note in report.notes)


def test_two_equal_models_of_many_cases_end_it_with_a_pass() -> None:
    report, cases = Drawn.of(suite(600, looks=3), 1, wins=0.02, losses=0.02).ended()
    assert (report.verdict, cases) == ("pass", 400)


def test_at_the_end_intervals_are_widened_to_the_level_that_is_left() -> None:
    drawn = Drawn.of(suite(90, looks=3), 5, wins=0.05, losses=0.05)
    with_looks = judge(drawn.suite, PLAN, drawn.samples, RunFacts(calls=0))
    one = Drawn.of(suite(90), 5, wins=0.05, losses=0.05)
    without = judge(one.suite, PLAN, one.samples, RunFacts(calls=0))
    assert without.confidence == 0.9
    assert with_looks.confidence == pytest.approx(0.9099, abs=1e-4)
    assert with_looks.dimensions.quality.interval is not None
    assert without.dimensions.quality.interval is not None
    assert with_looks.dimensions.quality.interval[0] < without.dimensions.quality.interval[0]
    assert (with_looks.looks, without.looks) == ((30, 60, 90), ())


def test_a_suite_without_looks_never_ends_early() -> None:
    drawn = Drawn.of(suite(150), 1, wins=0.0, losses=0.9)
    assert stopping(drawn.suite, PLAN, drawn.samples, 1) is None


def test_doubts_about_the_run_keep_it_going() -> None:
    drawn = Drawn.of(suite(150, looks=3), 1, wins=0.0, losses=0.4)
    other = [replace(s, served_model="acme/else") for s in drawn.until(1)]
    assert stopping(drawn.suite, PLAN, other, 1) is None
    gone = [failed(s.key.case, "current", ErrorKind.MODEL_NOT_FOUND) if s.key.arm == "current" else s for s in other]
    assert stopping(drawn.suite, PLAN, gone, 1) is None
    assert stopping(drawn.suite, PLAN, drawn.until(1), 1) is not None


@pytest.mark.parametrize(("lost", "ends"), [(40, False), (75, True)])
def test_a_small_loss_that_may_still_turn_out_within_the_margin_does_not_end_it(lost: int, ends: bool) -> None:
    whole = suite(1500, looks=3)
    seen = [one.id for part in blocks(whole, 0)[:2] for one in part]
    samples = [sample(name, "current") for name in seen]
    samples += [sample(name, "candidate", right=place >= lost) for place, name in enumerate(seen)]
    assert judge(whole, QUALITY, samples, RunFacts(calls=0, look=2)).verdict == "fail"
    assert (stopping(whole, QUALITY, samples, 2) is not None) is ends


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(30, 70), st.sampled_from([(0.1, 0.65), (0.25, 0.25), (0.2, 0.3), (0.0, 0.5)]))
def test_what_is_exact_no_answer_of_the_cases_left_could_change(
    seed: int, cases: int, rates: tuple[float, float]
) -> None:
    whole = suite(cases, looks=10)
    until = Drawn.of(whole, seed, wins=rates[0], losses=rates[1]).until(9)
    if not _settled(Outcomes(whole, {s.key: s for s in until}), QUALITY, Schedule.of(whole, 0)):
        return
    at_stop = judge(whole, QUALITY, until, RunFacts(calls=0))
    draw = random.Random(seed)
    left = {one.id for one in whole.cases} - {s.key.case for s in until}
    for wins in (0.0, 0.2, 0.5, 0.8, 1.0):
        rest: list[Sample] = []
        for name in left:
            win = draw.random() < wins
            rest += [sample(name, "current", right=not win), sample(name, "candidate", right=win)]
        assert judge(whole, QUALITY, until + rest, RunFacts(calls=0)).verdict == at_stop.verdict


@pytest.mark.parametrize(
    ("rates", "verdict", "why"),
    [
        ((0.1, 0.65), "fail", "quality is worse however"),
        ((0.25, 0.25), "inconclusive", "neither pass nor fail any more"),
    ],
)
def test_a_run_ends_where_nothing_can_change_any_more(rates: tuple[float, float], verdict: str, why: str) -> None:
    whole = suite(40, looks=10)
    until = Drawn.of(whole, 4, wins=rates[0], losses=rates[1]).until(9)
    strict = replace(QUALITY, margins={"quality": 0.001}) if verdict == "inconclusive" else QUALITY
    found = _settled(Outcomes(whole, {s.key: s for s in until}), strict, Schedule.of(whole, 0))
    assert why in found
    assert judge(whole, strict, until, RunFacts(calls=0)).verdict == verdict


@pytest.mark.parametrize("unfit", ["repeats", "clusters", "latency"])
def test_what_has_no_worst_case_is_never_exact(unfit: str) -> None:
    plan = QUALITY if unfit != "latency" else PLAN
    rows = [case(f"case-{n:04d}", cluster=f"doc {n // 2}" if unfit == "clusters" else None) for n in range(40)]
    whole = suite(rows, looks=10, repeats=2 if unfit == "repeats" else 1)
    until = Drawn.of(whole, 4, wins=0.25, losses=0.25).until(9)
    strict = replace(plan, margins={"quality": 0.001})
    assert _settled(Outcomes(whole, {s.key: s for s in until}), strict, Schedule.of(whole, 0)) == ""


# How often it errs, and what it saves


@pytest.mark.parametrize(
    "cases", [60, 150, 300, *(pytest.param(cases, marks=pytest.mark.slow) for cases in (100, 200, 400, 500, 1000))]
)
def test_three_looks_err_no_more_than_one_and_save_cases(cases: int) -> None:
    for wins, losses in ((0.0, 0.05), (0.02, 0.07), (0.05, 0.10)):
        assert course(cases, 3, wins, losses).passed < 0.057
    for rate in (0.02, 0.05):
        assert course(cases, 3, rate, rate).failed < 0.055
    bad = course(cases, 3, 0.02, 0.22)
    assert bad.failed > course(cases, 1, 0.02, 0.22).failed - 0.01
    assert bad.cases < 0.8 * cases


@pytest.mark.parametrize("losses", [0.04, 0.05, 0.06])
def test_a_candidate_within_the_margin_is_not_failed_by_being_looked_at(losses: float) -> None:
    one, three = course(600, 1, 0.03, losses), course(600, 3, 0.03, losses)
    assert three.passed > one.passed - 0.03
    assert three.failed < one.failed + 0.03


def simulated(runs: int, cases: int, **truth: float) -> dict[str, float]:
    """Shares of verdicts of whole comparisons with three looks, all dimensions primary, and of the cases asked."""
    whole = suite(cases, looks=3)
    ended = [Drawn.of(whole, seed, **truth).ended() for seed in range(runs)]
    shares = {verdict: sum(report.verdict == verdict for report, _ in ended) / runs for verdict in ("pass", "fail")}
    return {**shares, "asked": sum(asked for _, asked in ended) / (runs * cases)}


def within(runs: int, rate: float) -> float:
    """The most that so many runs show of a rate, but for one time in a thousand."""
    return rate + 3.1 * math.sqrt(rate * (1 - rate) / runs) + 0.5 / runs


def errs_and_saves(runs: int, cases: int) -> None:
    at_margin = simulated(runs, cases, wins=0.02, losses=0.07)
    slow = simulated(runs, cases, wins=0.02, losses=0.02, slower=1.25)
    equal = simulated(runs, cases, wins=0.03, losses=0.03)
    bad = simulated(runs, cases, wins=0.02, losses=0.30)
    assert at_margin["pass"] <= within(runs, 0.055)
    assert slow["pass"] <= within(runs, 0.05)
    assert equal["fail"] <= within(runs, 0.05)
    assert bad["fail"] > 0.9
    assert bad["asked"] < 0.7


def test_whole_comparisons_with_looks() -> None:
    errs_and_saves(20, 96)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whole_comparisons_with_looks_many_times() -> None:
    errs_and_saves(250, 150)


def test_the_order_in_which_samples_came_does_not_move_where_it_ends() -> None:
    drawn = Drawn.of(suite(150, looks=3), 1, wins=0.0, losses=0.4)
    mixed = drawn.until(1)
    random.Random(3).shuffle(mixed)
    stop = stopping(drawn.suite, PLAN, mixed, 1)
    assert stop is not None
    assert stop == stopping(drawn.suite, PLAN, drawn.until(1), 1)
