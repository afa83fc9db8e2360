"""A bake's counts as they run: whatever happened, they come to what all windows at once come to, and so do verdicts.

Tenants come late and vanish, series lose counts and buckets, windows have no answer or are set aside, models are cold.
"""

import math
import operator
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.monitor.added import Added
from bot.monitor.arms import Arms
from bot.monitor.checks import Schedule, evaluate, worst_tenant
from bot.monitor.kept import BEFORE, RUNNING, hours_of, kept_bake, kept_before, kept_running, rules_of
from bot.monitor.membership import Membership, Window
from bot.monitor.model import Observation, Series
from bot.monitor.tallies import Shape, Tally, dispersion
from bot.monitor.verdict import Bake
from bot.monitor.watched import watched
from bot.rotation.evidence import CheckResult, LookResult
from bot.runbook.models.limits import Checks
from tests.monitor.at_once import READ, at_once, by_tenant
from tests.monitor.counting import spread
from tests.monitor.world import ILL, NEW, OLD, WELL, Behaviour, Platform, metrics, plan_of, stage_plan

ORDER = ("staging", "pilots", "global")
OWN: dict[str, dict[str, object]] = {
    "truncated": {"kind": "ratio", "bad": "cut", "margin": 0.01, "no_data": "fail"},
    "length": {"kind": "mean", "count": "answers", "sum": "length", "sum_squares": "squared", "dimension": "cost"},
    "first": {"kind": "latency", "histogram": "first"},
}


@dataclass
class Story:
    """One bake as it might go: its plan, the windows before it and in it, and the platform's word at each look."""

    seed: int
    draw: random.Random = field(init=False)
    stage: str = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.stage = self.draw.choice(ORDER)
        self.planned = self.draw.choice((3, 24))
        cold = self.draw.choice((0, 0, 3000))
        rules = {"truncated": {**OWN["truncated"], "warm_up": cold}, "length": OWN["length"], "first": OWN["first"]}
        named = metrics(
            counters={"cut": "a", "answers": "b", "length": "c", "squared": "d"},
            histograms={"first": "e"},
            tool_calls="f",
            invalid_tool_calls="g",
            retries="h",
        )
        stages = [stage_plan(name) for name in ORDER]
        plan = plan_of(*stages, checks=Checks.model_validate({"by_name": rules}), series=named)
        moved = ORDER[: ORDER.index(self.stage) + 1]
        at = ORDER.index(self.stage)
        self.membership = Membership(plan.stages[at], plan, NEW, OLD, frozenset(moved), operator.eq)
        worse = Behaviour(errors=self.draw.choice((0.005, 0.03)), seconds=self.draw.choice((0.6, 1.1)))
        self.platform = Platform(seed=self.seed, models={OLD: Behaviour(), NEW: worse})
        self.past = [self.seen() for _ in range(self.draw.choice((0, 3, 24)))]
        for name in moved:
            self.platform.carries[name] = NEW
        self.windows = [self.window(number) for number in range(self.draw.choice((2, 5, 9)))]
        self.health = [self.draw.choice((WELL,) * 8 + (ILL, None)) for _ in self.windows]

    def seen(self, outage: float = 0.0, fallback: float = 0.0) -> Observation:
        window = self.platform.seen(outage=outage, fallback=fallback)
        kept = [self.with_own(one) for one in window.series if self.draw.random() > 0.08]
        return window.model_copy(update={"series": tuple(kept)})

    def with_own(self, one: Series) -> Series:
        """The series with counts of the operator's own, some of all counts missing, some with nothing in them."""
        draw, changes = self.draw, dict[str, Any]()
        own = {"cut": float(draw.randint(0, 9)), "answers": one.requests, "length": one.requests * 300.0}
        own["squared"] = own["length"] * 300 * draw.uniform(1.0, 1.5)
        changes["own"] = {name: value for name, value in own.items() if draw.random() > 0.05}
        if one.latency is not None:
            bounds = [bound for bound in one.latency if bound == "+Inf" or draw.random() > 0.02]
            changes["own_latency"] = {"first": {bound: one.latency[bound] for bound in bounds}}
        lost = [name for name in ("latency", "cost_usd", "tool_calls", "retries") if draw.random() < 0.05]
        changes.update(dict.fromkeys(lost))
        if draw.random() < 0.05:
            changes.update(requests=0.0, errors=0.0, latency={}, cost_usd=0.01)
        return one.model_copy(update=changes)

    def window(self, number: int) -> Observation:
        draw = self.draw
        if number == 2 and draw.random() < 0.5:
            self.platform.tenants = {**self.platform.tenants, self.stage: [*self.platform.tenants[self.stage], "late"]}
        seen = self.seen(outage=draw.choice((0,) * 9 + (0.6,)), fallback=draw.choice((0,) * 9 + (0.2,)))
        trouble: list[dict[str, object]] = [{}] * 9
        trouble += [{"problem": "unreachable", "series": ()}, {"set_aside": "target_drifted"}, {"series": ()}]
        return seen.model_copy(update=draw.choice(trouble))

    def looks(self) -> list[tuple[LookResult, Bake]]:
        """Every look and the bake it leaves, each by what was kept from the look before and nothing else."""
        rules = rules_of(self.membership, past=True)
        bake = Bake.of(self.membership, self.past, (), self.planned)
        kept = {**kept_before(bake.before, rules), RUNNING: kept_running(bake.running, rules, 0)}
        found = []
        cycle = self.membership.plan.traffic_cycle.length
        for number, (window, health) in enumerate(zip(self.windows, self.health, strict=True), start=1):
            names = {BEFORE, RUNNING, *hours_of(kept, window.start, window.end, cycle)}
            some = {name: body for name, body in kept.items() if name in names}
            read = kept_bake(self.membership, self.planned, rules, some, number)
            assert read is not None
            looked = read.look(window, health, number)
            after = looked.bake(counted=looked.result.counted)
            kept[RUNNING] = kept_running(after.running, rules, number)
            aside = {} if looked.result.counted else {"set_aside": looked.result.reasons[0]}
            self.windows[number - 1] = looked.window.model_copy(update=aside)
            found.append((looked.result, after))
        return found


STORIES = [pytest.param(seed, id=f"story {seed}") for seed in range(14)]


@pytest.mark.parametrize("seed", STORIES)
def test_what_is_kept_from_look_to_look_is_what_the_windows_come_to(seed: int) -> None:
    """Drawn up anew from the windows as they were kept, at any look, it is the same to the last bit."""
    story = Story(seed)
    for number, (_, after) in enumerate(story.looks(), start=1):
        anew = Bake.of(story.membership, story.past, story.windows[:number], story.planned)
        assert kept_running(anew.running, "", number) == kept_running(after.running, "", number)
        for one, other in (
            (after.before.candidate, anew.before.candidate),
            (after.before.current, anew.before.current),
        ):
            kept, drawn = ({name: sums.rows.tobytes() for name, sums in side.items()} for side in (one, other))
            assert kept == drawn


@pytest.mark.parametrize("seed", STORIES)
def test_every_check_says_what_all_windows_at_once_say(seed: int) -> None:
    story = Story(seed)
    compared = 0
    for number, (result, _) in enumerate(story.looks(), start=1):
        if not result.counted:
            continue
        for expected in judged_at_once(story, number):
            (told,) = (one for one in result.checks if one.name == expected.name)
            assert_alike(told, expected)
            compared += 1
    assert compared or not any(not window.set_aside and not window.problem for window in story.windows)


def judged_at_once(story: Story, number: int) -> list[CheckResult]:
    """What each check says of all windows of the first `number` looks that counted, and its worst tenant beside it."""
    membership, limits = story.membership, story.membership.plan.checks
    clean = [window for window in story.windows[:number] if not window.set_aside and not window.problem]
    windows, past = [membership.window(one) for one in clean], membership.past(story.past)
    fair = membership.concurrent and all(one.control == "steady" for one in clean)
    names = dict.fromkeys(key[1] for window in (*past, *windows) for key in window.table.keys)
    places = {name: place for place, name in enumerate(names)}
    every = [one.check for one in watched(limits, None)]
    plan = Schedule(len(windows), story.planned, limits.alpha, sum(check.role == "guardrail" for check in every))
    found, worst = [], []
    for check in every:
        warm, cold = 0, 0.0
        ours, theirs, before, others = (
            [by_tenant(_series(window, arm), READ[check.name]) for window in some]
            for some, arm in ((windows, 0), (windows, 1), (past, 0), (past, 1))
        )
        figures = [check.kind.value(at_once(check.kind, [window], places)) for window in ours]
        while warm < len(figures) and cold < check.warm_up:
            value = figures[warm]
            cold += value.total if value is not None else 0.0
            warm += 1
        hours = _hours(membership, windows, past, before)
        arms = Arms(
            at_once(check.kind, ours[warm:], places, squares=False),
            at_once(check.kind, theirs[warm:], places),
            at_once(check.kind, before, places),
            at_once(check.kind, others, places),
            fair=fair,
            same_hours=at_once(check.kind, [cells for hour in hours[warm:] for cells in hour], places, squares=False),
            tenants=tuple(places),
        )
        found.append((check, figures[warm:], arms))
        if (one := worst_tenant(check, arms, plan)) is not None:
            worst.append(one)
    rest = plan.beside_worst() if worst else plan
    return [evaluate(check, figures, arms, rest) for check, figures, arms in found]


def _series(window: Window, arm: int) -> list[Series]:
    return [window.table[row] for row in (window.candidate, window.current)[arm]]


def _hours(
    membership: Membership, windows: Sequence[Window], past: Sequence[Window], cells: Sequence[Mapping[str, Any]]
) -> list[list[Mapping[str, Any]]]:
    """For each window the candidate's a cycle before; none at all where one has none."""
    cycle, found = membership.plan.traffic_cycle.length, []
    for window in windows:
        seen = window.observation
        near = [abs(one.observation.end - seen.end + cycle) < (seen.end - seen.start) / 2 for one in past]
        found.append([one for one, is_near in zip(cells, near, strict=True) if is_near])
    return found if all(found) else [[] for _ in windows]


def assert_alike(told: CheckResult, expected: CheckResult) -> None:
    """The same verdict, reason and rule; figures alike but for the order in which they were added up."""
    figures = {"candidate", "current", "difference", "interval", "n_candidate", "n_current"}
    assert told.model_dump(exclude=figures) == expected.model_dump(exclude=figures)
    for name in figures:
        one, other = getattr(told, name), getattr(expected, name)
        pairs = zip(one, other, strict=True) if isinstance(other, tuple) else ((one, other),)
        for ours, theirs in pairs:
            assert ours == (None if theirs is None else pytest.approx(theirs, rel=1e-6, abs=1e-9)), name


# ---------------------------------------------------------------------------------------------------------- the sums


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcdefgh"),
            st.builds(Tally, st.integers(0, 30).map(float), st.sampled_from((0.0, 40.0, 400.0))),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(Shape),
)
@settings(max_examples=200, deadline=None)
def test_scatter_is_pearsons_chi_square_over_its_degrees_of_freedom(
    windows: list[dict[str, Tally]], shape: Shape
) -> None:
    squares, freedoms = 0.0, 0
    for tenant in {tenant for window in windows for tenant in window}:
        seen = [window[tenant] for window in windows if tenant in window]
        whole = sum(seen, Tally())
        if whole.bad <= 0 or whole.total <= 0:
            continue
        with_total = [one for one in seen if one.total > 0]
        for one in with_total:
            mean = whole.rate * one.total
            variance = mean * mean / one.total if shape is Shape.MEAN else mean
            squares += (one.bad - mean) ** 2 / variance
        freedoms += len(with_total) - 1
    expected = shape.scatter
    if freedoms >= 10:
        expected += max(0.0, squares / freedoms - expected) * freedoms / (freedoms + 10)
    assert dispersion(shape, [spread(windows)]) == pytest.approx(expected, rel=1e-9)


# -------------------------------------------------------------------------------------------------- what may be gone by


def kept_parts(story: Story) -> tuple[dict[str, bytes], str]:
    rules = rules_of(story.membership, past=True)
    bake = Bake.of(story.membership, story.past, story.windows[:2], story.planned)
    return {**kept_before(bake.before, rules), RUNNING: kept_running(bake.running, rules, 2)}, rules


def test_what_was_kept_of_other_rules_of_another_look_or_in_part_is_not_gone_by() -> None:
    story = Story(3)
    kept, rules = kept_parts(story)
    assert kept_bake(story.membership, 3, rules, kept, 3) is not None
    for look in (2, 4):  # its own window is in it already; a window is missing from it
        assert kept_bake(story.membership, 3, rules, kept, look) is None
    stricter = story.membership.plan.model_copy(update={"checks": Checks(errors_margin=0.001)})
    others = Membership(story.membership.stage, stricter, NEW, OLD, story.membership.moved)
    assert kept_bake(others, 3, rules_of(others, past=True), kept, 3) is None
    assert kept_bake(story.membership, 3, rules_of(story.membership, past=False), kept, 3) is None
    for name in (BEFORE, RUNNING):
        assert kept_bake(story.membership, 3, rules, {**kept, name: kept[name][:-9]}, 3) is None
        assert kept_bake(story.membership, 3, rules, {**kept, name: b"what is this"}, 3) is None
        assert kept_bake(story.membership, 3, rules, {key: kept[key] for key in kept if key != name}, 3) is None


def test_only_the_hour_of_a_look_is_read() -> None:
    story = Story(next(seed for seed in range(99) if len(Story(seed).past) == 24))
    kept, _ = kept_parts(story)
    cycle, first = timedelta(hours=24), story.windows[0]
    (name,) = hours_of(kept, first.start, first.end, cycle)
    assert name in kept
    assert hours_of(kept, first.start + cycle, first.end + cycle, cycle) == []
    assert hours_of({}, first.start, first.end, cycle) == []


def test_a_tenant_that_comes_late_has_its_place_after_the_others() -> None:
    assert (Added(np.ones((2, 3))) + Added(np.ones((2, 5)))).rows.tolist() == [[2, 2, 2, 1, 1]] * 2
    assert math.isclose(Added(np.ones((2, 3))).only(7).rows.sum(), 0)
