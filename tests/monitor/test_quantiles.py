"""Latency of which a source tells only a quantile: what it is held against, what is no reading, and how sure it is."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np  # noqa: TID253 (tests may be heavy)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.monitor.added import NOTHING, Added
from bot.monitor.arms import Arms, Design
from bot.monitor.comparison import Comparison
from bot.monitor.model import Series
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.quantiles import Readings, compare_readings
from bot.monitor.reading import Gauge, is_reading
from bot.monitor.repeated import scatter_of
from bot.monitor.sequential import Spending, level_of
from bot.monitor.table import SeriesTable
from bot.rotation.evidence import Verdict
from bot.runbook.models.plan import Plan
from tests.monitor.counting import added, places_of
from tests.monitor.recorded import Line, line, replayed
from tests.monitor.test_error_rates import at_least, at_most
from tests.monitor.test_verdict import Bake, check
from tests.monitor.world import GOOD, Platform, metrics, plan_of

Cells = Mapping[str, Gauge]
LATENCY = {"name": "latency", "kind": "latency", "margin": 0.25}


def series(seconds: float, *, tenant: str = "acme", model: str = "a", requests: float = 100) -> Series:
    quantiles = {"latency": seconds}
    return Series(stage="pilots", tenant=tenant, model=model, requests=requests, errors=0, quantiles=quantiles)


def windows(*looks: Sequence[float], requests: float = 500) -> list[Cells]:
    """A window for each look: the seconds of tenant 0, 1, ..."""
    return [{f"t{n}": Gauge(seconds, requests) for n, seconds in enumerate(look)} for look in looks]


def noisy(seconds: Sequence[float], looks: int, seed: int) -> list[Cells]:
    draw = random.Random(seed)
    return windows(*([one * math.exp(draw.gauss(0, 0.06)) for one in seconds] for _ in range(looks)))


def named(cells: Sequence[Cells], prefix: str) -> list[Cells]:
    return [{prefix + tenant: one for tenant, one in window.items()} for window in cells]


@dataclass(frozen=True)
class Sides:
    """What is held against what, as a test writes it down."""

    candidate: Sequence[Cells]
    current: Sequence[Cells] = ()
    candidate_past: Sequence[Cells] = ()
    current_past: Sequence[Cells] = ()
    same_hours: Sequence[Cells] = ()
    fair: bool = True
    split: bool = False

    def compared(self) -> Comparison | None:
        sides = (self.candidate, self.current, self.candidate_past, self.current_past, self.same_hours)
        places = places_of(*sides)
        ours, theirs, past, others_past, hours = (added(Readings(), side, places) for side in sides)
        tenants = tuple(places)
        return compare_readings(Arms(ours, theirs, past, others_past, self.fair, self.split, hours, tenants), 50)


def read(*every: Series) -> Added:
    """What the check counts in a window of these series."""
    table = SeriesTable.of(every)
    places = with_tenants({}, (one.tenant for one in every))
    return Placed(table, range(len(every)), places).readings("quantile.latency")


# ---------------------------------------------------------------------------------------------------- what is a reading


@pytest.mark.parametrize(("seconds", "told"), [(math.nan, False), (0.0, False), (math.inf, False), (0.2, True)])
def test_what_sources_show_of_no_requests_is_no_reading(seconds: float, *, told: bool) -> None:
    assert is_reading(seconds) is told
    assert bool(read(series(seconds)).there.any()) is told


def test_what_is_shown_of_a_model_without_requests_in_the_window_is_of_another_time() -> None:
    assert not read(series(0.5, requests=0)).there.any()


def test_a_few_answers_of_a_fallback_hardly_move_a_tenants_reading() -> None:
    value = Readings().value(read(series(1.0, requests=990), series(9.0, model="b", requests=10)))
    assert value is not None
    assert value.figure == pytest.approx(math.exp(0.01 * math.log(9)))


def test_a_windows_figure_lies_between_its_tenants_and_nearer_to_the_larger() -> None:
    cells = {"small": Gauge(8.0, 10), "large": Gauge(1.0, 990)}
    value = Readings().value(added(Readings(), [cells], places_of([cells])))
    assert value is not None
    assert value.figure == pytest.approx(math.exp(0.01 * math.log(8)))
    assert value.total == 1000
    assert Readings().value(added(Readings(), [{}], {"small": 0})) is None


# ---------------------------------------------------------------------------------------------------------- the designs

NOW, PAST = noisy([1, 2, 3], 6, 1), noisy([1, 2, 3], 6, 2)
OTHERS, OTHERS_PAST = (named(noisy([1, 2, 3, 1, 2, 3], 6, seed), "o") for seed in (3, 4))
ONE = [{"all": window["t0"]} for window in NOW]


@pytest.mark.parametrize(
    ("sides", "design"),
    [
        (Sides(NOW, OTHERS, PAST, OTHERS_PAST), Design.TENANT_DID),
        (Sides(NOW, named(PAST, "o"), PAST, named(NOW, "o")), Design.POOLED_DID),
        (Sides(NOW, OTHERS), Design.CONCURRENT_TENANTS),
        (Sides(ONE, ONE), Design.CONCURRENT),
        (Sides(NOW, PAST, split=True), Design.SPLIT),
        (Sides(NOW, candidate_past=PAST), Design.OWN_PAST),
        (Sides(NOW, OTHERS, PAST, OTHERS_PAST, fair=False), Design.OWN_PAST),
        (Sides(NOW, [{}] * 6, PAST, same_hours=PAST), Design.SAME_HOURS),
        (Sides(NOW, [{}] * 6, same_hours=PAST[:3]), Design.SAME_HOURS),
    ],
)
def test_it_is_held_against_what_there_is(sides: Sides, design: Design) -> None:
    found = sides.compared()
    assert found is not None
    assert found.design is design
    low, high = found.interval(1.645)
    assert low < found.harm() < high
    twice = replace(sides, candidate=[_slower(window, 2.0) for window in sides.candidate]).compared()
    assert twice is not None
    assert twice.harm() == pytest.approx(2 * (1 + found.harm()) - 1)


def _slower(window: Cells, factor: float) -> Cells:
    return {tenant: replace(one, seconds=one.seconds * factor) for tenant, one in window.items()}


@pytest.mark.parametrize(
    "sides", [Sides([{}], OTHERS), Sides(NOW), Sides(windows([1.0], requests=19), candidate_past=PAST)]
)
def test_with_nothing_to_hold_against_or_too_few_requests_for_a_quantile_there_is_none(sides: Sides) -> None:
    assert sides.compared() is None


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_few_looks_say_nothing_however_far_apart(looks: int) -> None:
    found = Sides(windows(*[[9.0]] * looks), windows(*[[1.0]] * looks), split=True).compared()
    assert found is not None
    assert found.harm() == pytest.approx(8.0)
    assert found.interval(2.5) == (-1.0, math.inf)


def _harm_and_interval(sides: Sides) -> tuple[float, float, float]:
    found = sides.compared()
    assert found is not None
    return (found.harm(), *found.interval(2.0))


@settings(max_examples=40, deadline=None)
@given(
    shared=st.lists(st.floats(-2, 2), min_size=12, max_size=12),
    usual=st.lists(st.floats(-1, 1), min_size=9, max_size=9),
    seed=st.integers(0, 1000),
)
def test_what_moves_everybody_and_how_tenants_differ_do_not_matter(
    shared: list[float], usual: list[float], seed: int
) -> None:
    """A look may be slow for all, a tenant slower than the next: the comparison and its bounds stay as they are."""
    tenants = [1.0] * 9
    plain = [noisy(tenants, 6, seed), noisy(tenants, 6, seed + 1)]
    moved: list[list[Cells]] = [
        [
            {
                tenant: replace(one, seconds=one.seconds * math.exp(shift + off))
                for (tenant, one), off in zip(window.items(), usual, strict=True)
            }
            for window, shift in zip(side, shifts, strict=True)
        ]
        for side, shifts in zip(plain, (shared[:6], shared[6:]), strict=True)
    ]
    assert _harm_and_interval(_three_moved(*moved)) == pytest.approx(_harm_and_interval(_three_moved(*plain)))


def _three_moved(now: list[Cells], past: list[Cells]) -> Sides:
    def some(side: list[Cells], *, pilots: bool) -> list[Cells]:
        return [{t: one for t, one in window.items() if (t in {"t0", "t1", "t2"}) is pilots} for window in side]

    sides = [some(side, pilots=pilots) for side in (now, past) for pilots in (True, False)]
    return Sides(sides[0], sides[1], sides[2], sides[3])


def test_readings_that_follow_each_other_closely_count_for_less() -> None:
    draw = random.Random(1)
    alone = [draw.gauss(0, 1) for _ in range(200)]
    alike = [0.0]
    for one in alone:
        alike.append(0.9 * alike[-1] + math.sqrt(1 - 0.81) * one)
    assert scatter_of([np.array(alone)]).of_mean(200) == pytest.approx(1 / 200, rel=0.4)
    true = 1 / 200 * (1 + 0.9) / (1 - 0.9)
    assert true * 0.6 < scatter_of([np.array(alike)]).of_mean(200) < true * 2.5
    assert scatter_of([np.array([1.0])]).freedoms == 0


# ------------------------------------------------------------------------------------------------------ whole bakes


@pytest.mark.parametrize(("slower", "verdict"), [(0.6, Verdict.PASS), (2.4, Verdict.FAIL)])
def test_a_stage_is_watched_by_a_quantile_alone(slower: float, verdict: Verdict) -> None:
    bake = Bake(
        "pilots", replace(GOOD, seconds=slower), platform=Platform(quantiles=True), plan=_plan(), past=12, planned=12
    )
    for _ in range(12):
        found = check(bake.look(), "latency")
        if found.verdict is Verdict.FAIL:
            break
    assert found.verdict is verdict
    assert found.rule.startswith("tenant_did pocock")
    assert found.candidate == pytest.approx(slower * math.exp(0.6 * 1.645), rel=0.1)
    assert found.n_candidate > 500


def _plan() -> Plan:
    return plan_of(series=metrics(latency=None, latency_quantile='llm_seconds{quantile="0.95"}'))


def test_a_quantile_that_stops_is_silence() -> None:
    bake = Bake("pilots", platform=Platform(quantiles=True), plan=_plan(), past=6, planned=6)
    for _ in range(5):
        bake.look()
    silent = bake.platform.seen()
    bare = [one.model_copy(update={"quantiles": {}}) for one in silent.series]
    found = check(bake.look(silent.model_copy(update={"series": tuple(bare)})), "latency")
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "silent")


# -------------------------------------------------------------------------------------------------- recorded history


def recorded(ratio: float, more: Line | None = None, *, looks: int = 24, seed: int = 1) -> list[Line]:
    """Two arms' p95 side by side, look by look."""
    draw = random.Random(seed)
    return [
        line(look, arm, "latency", quantile=0.95, value=1.6 * scale * math.exp(draw.gauss(0, 0.06)), **(more or {}))
        for look in range(1, looks + 1)
        for arm, scale in (("candidate", ratio), ("current", 1.0))
    ]


@pytest.mark.parametrize(("ratio", "verdict"), [(1.0, "pass"), (1.8, "fail")])
@pytest.mark.parametrize("more", [{}, {"count": 400}])
def test_recorded_quantiles_are_judged_by_how_they_scatter(ratio: float, verdict: str, more: Line) -> None:
    looks, ended = replayed(recorded(ratio, more), LATENCY)
    assert ended.verdict == verdict
    (found,) = looks[-1].checks
    assert found.rule.startswith("split pocock")
    assert found.n_candidate == found.n_current == (len(looks) * more["count"] if more else len(looks))


def test_the_absolute_limit_holds_from_the_first_looks() -> None:
    _, ended = replayed(recorded(6.0), {**LATENCY, "limit": 8.0, "k": 2, "n": 3})
    assert (ended.verdict, ended.decided_at_look, ended.reasons) == ("fail", 2, ("beyond_limit",))


# ------------------------------------------------------------------------------------------------ how often it is wrong


def walk(draw: random.Random, looks: int, noise: float, alike: float) -> list[float]:
    """Readings' errors, each like the one before it."""
    steps = [draw.gauss(0, noise)]
    while len(steps) < looks:
        steps.append(alike * steps[-1] + draw.gauss(0, noise * math.sqrt(1 - alike * alike)))
    return steps


def first_alarm(
    seed: int, ratio: float, margin: float, *, alike: float = 0.0, drift: float | None = None
) -> int | None:
    """The first of 24 looks to say that the candidate is slower by more than the margin; None where none does.

    Without `drift` both arms serve the same requests, 500 a look; with it three tenants of thirty moved, and each has
    drifted by so much. Everybody is slower at some hours than at others.
    """
    draw = random.Random(seed)
    split, looks = drift is None, range(-24, 24)
    names = ["all"] if split else [f"t{n}" for n in range(30)]
    ours = set(names[:3])
    daily = [0.3 * math.sin(2 * math.pi * look / 24) for look in looks]
    sides: dict[bool, list[Cells]] = {}
    for moved in (True, False):
        mine = names if split else [name for name in names if (name in ours) is moved]
        cells: list[dict[str, Gauge]] = [{} for _ in looks]
        for name in mine:
            usual, off = (0.0, 0.0) if split else (draw.gauss(0, 0.5), draw.gauss(0, drift or 0))
            for at, error in enumerate(walk(draw, 48, 0.06, alike)):
                changed = off + (math.log(ratio) if moved else 0.0) if looks[at] >= 0 else 0.0
                cells[at][name] = Gauge(math.exp(usual + daily[at] + error + changed), 500)
        sides[moved] = list(cells)
    kind, places = Readings(), {name: place for place, name in enumerate(names)}
    ours_past, others_past = (NOTHING if split else added(kind, sides[moved][:24], places) for moved in (True, False))
    ours_now = theirs_now = NOTHING
    for look in range(1, 25):
        ours_now = ours_now + kind.gathered(sides[True][23 + look], places)
        theirs_now = theirs_now + kind.gathered(sides[False][23 + look], places)
        arms = Arms(ours_now, theirs_now, ours_past, others_past, split=split, tenants=tuple(names))
        found = compare_readings(arms, 50)
        assert found is not None
        if found.interval(level_of(Spending.POCOCK, alpha=0.05, guardrails=1, look=look, planned=24).z)[0] > margin:
            return look
    return None


def alarms(runs: int, ratio: float, margin: float, **how: float) -> float:
    return sum(first_alarm(seed, ratio, margin, **how) is not None for seed in range(runs)) / runs


CASES: list[dict[str, float]] = [{}, {"alike": 0.6}, {"drift": 0.15}, {"drift": 0.02}, {"drift": 0.02, "alike": 0.6}]


@pytest.mark.parametrize("how", CASES, ids=str)
def test_equal_arms_hardly_ever_alarm_over_24_looks(how: dict[str, float]) -> None:
    assert alarms(60, 1.0, 0.0, **how) <= at_most(0.05, 60)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", CASES, ids=str)
def test_equal_arms_hardly_ever_alarm_over_24_looks_at_length(how: dict[str, float]) -> None:
    runs = 250 if "drift" in how else 1200
    assert alarms(runs, 1.0, 0.0, **how) <= at_most(0.05, runs)


def test_half_as_slow_again_is_found() -> None:
    assert alarms(40, 1.5, 0.25) >= 0.85


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_found_at_length() -> None:
    assert alarms(600, 1.5, 0.25) >= at_least(0.95, 600)
    assert alarms(200, 1.5, 0.25, drift=0.02) >= at_least(0.95, 200)
