"""A day of a real Prometheus, judged afterwards: the bot was away, takes all 24 looks, and says what replay says."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.adapters.http import Http
from bot.adapters.metrics_prometheus import PrometheusSource
from bot.engine.perform.watching import PAST, membership_of, part
from bot.engine.spending import owned_by
from bot.monitor.membership import Membership, Window
from bot.monitor.model import Observation, Series
from bot.monitor.recorded_row import Arm, Row
from bot.monitor.replay import Bake, Replay
from bot.monitor.tallies import Tally
from bot.monitor.watched import Watched, measured, watched
from bot.monitor.written import ATTRIBUTION, HEALTH, bake_of_stage
from bot.rotation.evidence import LookResult, Verdict
from bot.rotation.model.rotation import Phase, Rotation
from bot.runbook.models.sources import Labels, Metrics
from tests.adapters.conftest import Line
from tests.engine.day import ERRORS, PILOTS, SET, USD, a_day
from tests.engine.world import NEW, RUNBOOK, World, world
from tests.monitor.at_once import READ, by_tenant

DAY: Final = timedelta(hours=24)
PILOTS_STAGE: Final = 1
_LABELS: Final = "labels: {model: model, stage: env"
_BAKE: Final = "restart: [reload, pilots],  bake: {length: 1h, looks: 3}"
_WHOLE: Final = f"restart: [reload, pilots], tenants: [{', '.join(PILOTS)}], bake: {{length: 24h, looks: 24}}"
DAY_RUNBOOK: Final = RUNBOOK.replace(_LABELS, f"{_LABELS}, tenant: tenant").replace(_BAKE, _WHOLE)


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[Sequence[Line]], str]) -> str:
    """Two clusters: in one both models are alike, in the other the new one gets worse in the seventh hour."""
    return prometheus_with([*a_day("alike"), *a_day("worse", worse_from=timedelta(hours=6))])


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(timeout_s=30) as client:
        yield client


def source(url: str, http: Http, cluster: str) -> PrometheusSource:
    metrics = Metrics(
        prometheus=url,
        requests=f'llm_requests_total{{cluster="{cluster}"}}',
        errors=f'llm_requests_total{{cluster="{cluster}",status="error"}}',
        latency=f'llm_request_duration_seconds{{cluster="{cluster}"}}',
        cost=f'llm_cost_usd_total{{cluster="{cluster}"}}',
        labels=Labels(model="model", stage="env", tenant="tenant"),
        timeout=timedelta(seconds=30),
    )
    return PrometheusSource(metrics, http)


async def watched_from_afar(w: World) -> None:
    """The pilots are set and their watch has begun; then the bot dies."""
    await w.to_pilots_question()
    assert w.clock.at == SET
    assert await w.answer("approve") == "accepted"
    await w.later(minutes=5)
    assert await w.phase() is Phase.BAKING
    await w.store.remember("alive_at", w.clock.at.isoformat())


async def looks_taken(w: World) -> list[LookResult]:
    rows = [row for row in await w.store.ledger_rows("R1") if row.name == "look_taken"]
    events = [row.data["event"] for row in rows]
    return [LookResult.model_validate(one["result"]) for one in events if one["stage"] == PILOTS_STAGE]  # type: ignore[call-overload, index]


# -------------------------------------------------------------------------------------------------- what replay says


def _rows(check: Watched, at: Observation, arm: Arm, series: Sequence[Series]) -> Iterator[Row]:
    for tenant, counted in by_tenant(series, READ[check.check.name]).items():
        yield Row(0, at.end, check.check.name, arm, tenant, counted)


def _series(window: Window) -> tuple[list[Series], list[Series]]:
    """The candidate's and the current model's."""
    return [window.table[row] for row in window.candidate], [window.table[row] for row in window.current]


def recorded(membership: Membership, past: Sequence[Observation], windows: Sequence[Observation]) -> Iterator[Row]:
    """The windows the product kept, as rows a person would have recorded."""
    plan = membership.plan
    have = measured(plan.metrics, plan.checks)
    checks = [one for one in watched(plan.checks, plan.metrics) if one.check.name in have]
    for window in membership.past(past):
        mine, theirs = _series(window)
        for check in checks:
            yield from _rows(check, window.observation, "current", (*mine, *theirs))
    for seen in windows:
        window = membership.window(seen)
        mine, theirs = _series(window)
        for check in checks:
            yield from _rows(check, seen, "candidate", mine)
            yield from _rows(check, seen, "current", theirs)
        others = sum(one.requests for one in mine if one.model != NEW)
        yield Row(0, seen.end, ATTRIBUTION, "candidate", "all", Tally(others, window.requests))
        yield Row(0, seen.end, HEALTH, "candidate", "all", counted=True)


def bake_as_watched(rotation: Rotation) -> Bake:
    """The stage's bake with its checks as counters tell them: of a cost they know the sum, not the squares."""
    plan = rotation.plan
    bake, _ = bake_of_stage(plan, plan.stages[PILOTS_STAGE])
    kinds = {one.check.name: one.check for one in watched(plan.checks, plan.metrics)}
    return replace(bake, compared=tuple(kinds[check.name] for check in bake.compared))


async def replayed(w: World) -> list[LookResult]:
    rotation = await w.rotation()
    stage = rotation.plan.stages[PILOTS_STAGE]
    past = await w.store.observations(rotation.id, part(stage, 1, PAST))
    windows = await w.store.observations(rotation.id, part(stage, 1, "look"))
    rows = sorted(recorded(membership_of(rotation, PILOTS_STAGE), past, windows), key=lambda row: row.at)
    return list(Replay.of(bake_as_watched(rotation), rows).looks())


def same(taken: LookResult, replay: LookResult) -> None:
    assert (taken.number, taken.window_end, taken.counted, taken.verdict) == (
        *(replay.number, replay.window_end, replay.counted, replay.verdict),
    )
    mine = {check.name: check for check in taken.checks}
    for check in replay.checks:
        found = mine[check.name]
        assert (found.verdict, found.reason, found.rule) == (check.verdict, check.reason, check.rule), check.name
        for figure in ("candidate", "current", "difference", "n_candidate", "n_current"):
            assert getattr(found, figure) == pytest.approx(getattr(check, figure)), (check.name, figure)
        assert found.interval == (None if check.interval is None else pytest.approx(check.interval)), check.name


# -------------------------------------------------------------------------------------------------- the day


async def test_a_bot_that_was_away_all_day_takes_every_look_and_passes_what_is_alike(
    tmp_path: Path, prometheus: str, http: Http
) -> None:
    async with world(tmp_path, runbook=DAY_RUNBOOK) as w:
        w.traffic.instead = source(prometheus, http, "alike")
        await watched_from_afar(w)
    w.clock.at += DAY
    async with world(tmp_path, runbook=DAY_RUNBOOK, outside=w) as again:
        await again.settle()
        looks = await looks_taken(again)
        began = (await again.rotation()).watched.started_at
        hours = [(began + timedelta(hours=n), began + timedelta(hours=n + 1)) for n in range(24)]
        assert [(look.window_start, look.window_end) for look in looks] == hours
        assert all(look.counted for look in looks)
        assert [look.late for look in looks] == [True] * 23 + [False]
        assert looks[-1].verdict is Verdict.PASS
        assert await again.phase() is Phase.AWAITING_APPROVAL
        for taken, replay in zip(looks, await replayed(again), strict=True):
            same(taken, replay)
        last = {check.name: check for check in looks[-1].checks}
        assert last["errors"].candidate == pytest.approx(ERRORS, rel=0.25)
        assert last["cost"].candidate == pytest.approx(USD, rel=1e-3)
        assert last["errors"].rule.startswith("tenant_did")
        month = looks[-1].month
        assert month is not None
        assert {one.tenant for one in month.tenants} <= {*PILOTS, *(f"tenant-{n}" for n in range(8))}
        # What it knows nothing of has cost nobody knows what.
        assert owned_by(await again.rotation()).cost(await w.traffic.observe(SET - 3 * DAY, SET - 2 * DAY)) is None


async def test_and_goes_back_at_the_look_at_which_it_would_have_gone_back(
    tmp_path: Path, prometheus: str, http: Http
) -> None:
    async with world(tmp_path, runbook=DAY_RUNBOOK) as w:
        w.traffic.instead = source(prometheus, http, "worse")
        await watched_from_afar(w)
    w.clock.at += DAY
    async with world(tmp_path, runbook=DAY_RUNBOOK, outside=w) as again:
        await again.settle()
        looks, replay = await looks_taken(again), await replayed(again)
        assert [look.verdict is Verdict.FAIL for look in looks] == [False] * (len(looks) - 1) + [True]
        assert 7 <= len(looks) < 24
        for taken, found in zip(looks, replay, strict=True):
            same(taken, found)
        assert {check.name for check in looks[-1].failed} & {"errors"}
        assert ("sre", "guardrail_failed") in await again.pages()
