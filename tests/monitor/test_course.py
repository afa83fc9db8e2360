"""Each window's own figures: what the new model showed, and what the old one showed before and would have since."""

import operator
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from bot.monitor.course import Course, courses
from bot.monitor.membership import Membership
from bot.monitor.model import Observation
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.limits import Checks
from bot.runbook.models.plan import Plan
from tests.monitor.world import NEW, OLD, Behaviour, Platform, plan_of


def membership(stage: str, plan: Plan | None = None) -> Membership:
    plan = plan or plan_of()
    names = [one.name for one in plan.stages]
    at = names.index(stage)
    return Membership(plan.stages[at], plan, NEW, OLD, frozenset(names[: at + 1]), operator.eq)


def seen(
    platform: Platform, stage: str, before: int = 6, after: int = 4
) -> tuple[list[Observation], list[Observation]]:
    """Windows from before the stage carried the new model, and since."""
    past = [platform.seen() for _ in range(before)]
    platform.carries[stage] = NEW
    return [platform.seen() for _ in range(after)], past


def course(name: str, found: Sequence[Course]) -> Course:
    return next(one for one in found if one.check.name == name)


EVERY = [(name, "") for name in ("errors", "latency", "cost", "tools", "retries", "bill")]


def test_every_window_has_its_own_figures_and_only_the_new_models_are_the_new_models() -> None:
    platform = Platform(models={OLD: Behaviour(errors=0.01), NEW: Behaviour(errors=0.10)})
    windows, past = seen(platform, "pilots")
    found = course("errors", courses(membership("pilots"), windows, past, EVERY))
    for window, point in zip(windows, found.watched, strict=True):
        mine = [one for one in window.series if one.stage == "pilots"]
        assert point.candidate == pytest.approx(sum(s.errors for s in mine) / sum(s.requests for s in mine))
        assert (point.start, point.end) == (window.start, window.end)
        assert point.current == pytest.approx(0.01, abs=0.006)
    assert [point.end for point in found.before] == [window.end for window in past]
    assert all(point.candidate is None for point in found.before)
    assert all(point.current == pytest.approx(0.01, abs=0.008) for point in found.before)


@pytest.mark.parametrize("stage", ["staging", "pilots", "global"])
def test_the_old_line_is_about_the_stages_own_requests_whatever_others_show(stage: str) -> None:
    """It fails three times as often as the others, before and after: nothing has happened, and so it looks."""
    names = Platform().tenants
    factor = {name: 3.0 if where == stage else 1.0 for where, all_of in names.items() for name in all_of}
    windows, past = seen(Platform(factor=factor), stage)
    found = course("errors", courses(membership(stage), windows, past, EVERY))
    for point in found.watched:
        assert point.candidate == pytest.approx(0.015, abs=0.009)
        assert point.current == pytest.approx(0.015, abs=0.009)
    assert all(point.current == pytest.approx(0.015, abs=0.009) for point in found.before)


def test_windows_that_were_not_judged_have_no_figures() -> None:
    windows, past = seen(Platform(), "pilots", after=6)
    windows[1] = windows[1].model_copy(update={"set_aside": "no_requests"})
    windows[3] = windows[3].model_copy(update={"problem": "unreachable", "series": ()})
    windows[4] = windows[4].model_copy(update={"series": ()})
    past[2] = past[2].model_copy(update={"problem": "unreachable", "series": ()})
    found = course("latency", courses(membership("pilots"), windows, past, EVERY))
    assert [point.end for point in found.watched] == [windows[n].end for n in (0, 2, 5)]
    assert len(found.before) == len(past) - 1
    assert all(one.end < two.end for one, two in pairwise(found.before))


def test_without_a_past_and_a_control_nothing_says_what_to_expect() -> None:
    windows, _ = seen(Platform(), "staging")
    found = course("cost", courses(membership("staging"), windows, (), EVERY))
    assert found.before == ()
    assert all(point.candidate == pytest.approx(0.002, rel=0.2) for point in found.watched)
    assert all(point.current is None for point in found.watched)


def test_what_is_not_measured_has_no_course_and_nothing_is_no_zero() -> None:
    platform = Platform()
    past = [platform.seen(without=("latency", "retries")) for _ in range(4)]
    platform.carries["pilots"] = NEW
    windows = [platform.seen(without=("latency", "retries")) for _ in range(3)]
    idle = [one.model_copy(update={"tool_calls": 0.0, "invalid_tool_calls": 0.0}) for one in windows[1].series]
    windows[1] = windows[1].model_copy(update={"series": tuple(idle)})
    found = courses(membership("pilots"), windows, past, EVERY)
    assert [one.check.name for one in found] == ["errors", "cost", "tools"]
    assert courses(membership("pilots"), windows, past, [("latency", "")]) == ()
    assert [point.candidate is None for point in course("tools", found).watched] == [False, True, False]


def test_a_warm_up_is_left_out_and_a_number_asked_for_has_one_line() -> None:
    rules = {
        "errors": CheckRules(warm_up=3000),
        "bill": CheckRules(kind="value", dimension="cost", limit=50, command=("bill",), unit="USD"),
    }
    plan = plan_of(checks=Checks(by_name=rules))
    windows, past = seen(Platform(), "pilots")
    numbered = [
        one.model_copy(update={"numbers": {"bill": 10.0 + n} if n != 1 else {}}) for n, one in enumerate(windows)
    ]
    found = courses(membership("pilots", plan), numbered, past, EVERY)
    assert [point.end for point in course("errors", found).watched] == [one.end for one in windows[2:]]
    bill = course("bill", found)
    assert [(point.candidate, point.current) for point in bill.watched] == [
        (10, None),
        (None, None),
        (12, None),
        (13, None),
    ]


def test_the_worst_tenant_is_drawn_by_its_own_requests() -> None:
    platform = Platform(models={OLD: Behaviour(errors=0.01), NEW: Behaviour(errors=0.01)})
    past = [platform.seen() for _ in range(6)]
    platform.carries["pilots"] = NEW
    platform.factor["pilot1"] = 20.0
    windows = [platform.seen() for _ in range(3)]
    (found,) = courses(
        membership("pilots"), windows, past, [("errors", "pilot1"), ("errors", "nobody"), ("nothing", "it")]
    )
    assert (found.check.name, found.check.backstop) == ("errors of pilot1", None)
    for point in found.watched:
        assert point.candidate == pytest.approx(0.2, abs=0.06)
        assert point.current == pytest.approx(0.01, abs=0.01)
    assert all(point.current == pytest.approx(0.01, abs=0.014) for point in found.before)


def test_windows_kept_of_the_day_before_stand_in_the_order_of_time() -> None:
    windows, past = seen(Platform(), "global")
    shifted = partial(_earlier, by=timedelta(days=1))
    found = course("errors", courses(membership("global"), windows, [*map(shifted, windows), *past], EVERY))
    assert all(one.start < two.start for one, two in pairwise(found.before))


def _earlier(window: Observation, by: timedelta) -> Observation:
    series = tuple(one.model_copy(update={"model": OLD}) for one in window.series)
    return window.model_copy(update={"start": window.start - by, "end": window.end - by, "series": series})
