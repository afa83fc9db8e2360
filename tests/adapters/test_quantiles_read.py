"""Quantiles that are read ready-made: out of a real Prometheus, and straight from a process that shows a summary."""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.http import Http
from bot.adapters.metrics_prometheus import PrometheusSource
from bot.adapters.metrics_scrape import MemoryHistory, ScrapeSource
from bot.monitor.model import Observation
from bot.runbook.models.sources import Labels, Metrics
from tests.adapters.conftest import Line

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = T0 + timedelta(minutes=10)
SUMMARY = 'llm_seconds{quantile="0.95"}'
NAMED = {
    "requests": "llm_requests_total",
    "errors": 'llm_requests_total{status="error"}',
    "labels": Labels(model="model", stage="env", tenant="tenant"),
}
KEYS = {"env": "pilots", "tenant": "acme", "model": "m"}


def shown(name: str, value: Callable[[float], float], **labels: str) -> Line:
    """A series scraped every 15 s, from half an hour before T0 to twenty minutes after; `value` by minutes since T0."""
    times = [T0 + timedelta(seconds=15 * number) for number in range(-120, 81)]
    label = {"job": "w", "instance": "a", **KEYS, **labels}
    return Line(name, label, [(at, value((at - T0) / timedelta(minutes=1))) for at in times])


HISTORY = [
    *(
        shown("llm_requests_total", lambda minute: 5000 + 100 * minute, status=status, model=model)
        for status in ("ok", "error")
        for model in ("m", "quiet", "zero")
    ),
    # Two processes, 2 s and 4 s; the second one has had no requests, and shows NaN, for the first half of the window.
    shown("llm_seconds", lambda _: 2.0, quantile="0.95"),
    shown("llm_seconds", lambda minute: math.nan if minute < 5 else 4.0, quantile="0.95", instance="b"),
    shown("llm_seconds", lambda _: 0.5, quantile="0.5"),
    shown("llm_seconds", lambda _: math.nan, quantile="0.95", model="quiet"),
    shown("llm_seconds", lambda _: 0.0, quantile="0.95", model="zero"),
    shown("llm_seconds", lambda _: 9.0, quantile="0.95", model="gone"),
    shown("job:llm_seconds:p95", lambda minute: 1.0 + 0.1 * minute),
]


@pytest.fixture(scope="session")
def prometheus(prometheus_with: Callable[[Sequence[Line]], str]) -> str:
    return prometheus_with(HISTORY)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as client:
        yield client


async def observed(prometheus: str, http: Http, **changes: object) -> Observation:
    metrics = Metrics.model_validate({"prometheus": prometheus, **NAMED, **changes})
    return await PrometheusSource(metrics, http).observe(T0, END)


def quantiles(seen: Observation) -> dict[str, dict[str, float]]:
    assert seen.problem == "", seen.detail
    return {one.model: one.quantiles for one in seen.series}


async def test_a_summary_is_averaged_over_the_window_and_its_processes(prometheus: str, http: Http) -> None:
    found = quantiles(await observed(prometheus, http, latency_quantile=SUMMARY))
    assert found["m"]["latency"] == pytest.approx(3.0)


async def test_a_quantile_of_no_requests_is_none(prometheus: str, http: Http) -> None:
    found = quantiles(await observed(prometheus, http, latency_quantile=SUMMARY))
    assert (found["quiet"], found["zero"]) == ({}, {})
    assert "gone" not in found  # shown still, and without a request in the window


async def test_a_recording_rule_and_a_query_of_one_s_own_are_read_as_they_are(prometheus: str, http: Http) -> None:
    own = "max by (env, tenant, model) (max_over_time(llm_seconds{quantile='0.5'}[$window]))"
    found = quantiles(await observed(prometheus, http, quantiles={"rule": "job:llm_seconds:p95", "half": own}))
    assert found["m"]["rule"] == pytest.approx(1.5, abs=0.06)
    assert found["m"]["half"] == 0.5


async def test_several_quantiles_under_one_name_are_no_answer(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http, latency_quantile="llm_seconds")
    assert (seen.problem, 'such as {quantile="0.95"}' in seen.detail) == ("bad_answer", True)


async def test_a_summary_nobody_exposes_is_no_figure_and_no_problem(prometheus: str, http: Http) -> None:
    assert quantiles(await observed(prometheus, http, latency_quantile="nowhere"))["m"] == {}


# ------------------------------------------------------------------------------------------------------------ scraped


class Clock:
    """A clock that is told the time."""

    def __init__(self) -> None:
        self.at = T0

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError(seconds)


URLS = ("http://127.0.0.1:1/metrics", "http://127.0.0.1:2/metrics")
PAGE = """\
llm_requests_total{{env="pilots",tenant="acme",model="m",status="ok"}} {ok}
llm_requests_total{{env="pilots",tenant="acme",model="m",status="error"}} 0
llm_seconds{{env="pilots",tenant="acme",model="m",quantile="0.5"}} 0.1
llm_seconds{{env="pilots",tenant="acme",model="m",quantile="0.95"}} {p95}
"""


async def scraped(latency: str, *pages: dict[str, tuple[int, str]]) -> Observation:
    """What is seen between the first scrape and the last: each page is requests and p95 by address."""
    clock = Clock()
    shown_now: dict[str, tuple[int, str]] = {}

    async def fetch(url: str) -> str:
        ok, p95 = shown_now[url]
        return PAGE.format(ok=ok, p95=p95)

    metrics = Metrics.model_validate({"scrape": URLS, **NAMED, "latency_quantile": latency})
    source = ScrapeSource(metrics, fetch, MemoryHistory(), clock)
    for number, page in enumerate(pages):
        shown_now |= page
        clock.at = T0 + number * timedelta(minutes=10)
        await source.scrape_once(clock.at)
    return await source.observe(T0, clock.at)


async def test_what_processes_show_at_the_windows_end_is_its_quantile() -> None:
    first = {URLS[0]: (100, "9"), URLS[1]: (100, "9")}
    seen = await scraped(SUMMARY, first, {URLS[0]: (300, "1.5"), URLS[1]: (200, "2.5")})
    assert quantiles(seen) == {"m": {"latency": 2.0}}
    assert seen.series[0].requests == 300


async def test_a_process_that_had_no_requests_says_nothing() -> None:
    first = {URLS[0]: (100, "9"), URLS[1]: (100, "9")}
    assert quantiles(await scraped(SUMMARY, first, {URLS[0]: (300, "1.5"), URLS[1]: (100, "NaN")}))["m"] == {
        "latency": 1.5
    }
    assert quantiles(await scraped(SUMMARY, first, {URLS[0]: (300, "NaN"), URLS[1]: (100, "NaN")}))["m"] == {}


async def test_a_page_with_several_of_its_quantiles_is_no_answer() -> None:
    pages = [dict.fromkeys(URLS, (number, "1")) for number in (1, 9)]
    seen = await scraped("llm_seconds", *pages)
    assert (seen.problem, 'such as {quantile="0.95"}' in seen.detail) == ("bad_answer", True)
