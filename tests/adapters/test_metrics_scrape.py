"""Counts read straight from processes: workers that count and restart, under a clock that is told the time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.http import HttpError
from bot.adapters.metrics_scrape import MemoryHistory, ScrapeSource, read_exposition
from bot.monitor.counted import Count
from bot.monitor.model import Observation, Snapshot
from bot.monitor.queries import selectors
from bot.monitor.reasons import Reason
from bot.runbook.models.sources import Labels, Metrics

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
URLS = ("http://127.0.0.1:1/metrics", "http://127.0.0.1:2/metrics")
METRICS = Metrics(
    scrape=URLS,
    requests="llm_requests_total",
    errors='llm_requests_total{status="error"}',
    latency="llm_seconds",
    cost="llm_cost_usd_total",
    labels=Labels(model="model", stage="env", tenant="tenant"),
)
LABELS = ("env", "tenant", "model")


class Worker:
    """A process that counts as prometheus_client counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("llm_requests", "Requests.", [*LABELS, "status"], registry=self.registry)
        self.seconds = Histogram("llm_seconds", "Seconds.", LABELS, buckets=(0.5, 1, 5), registry=self.registry)
        self.cost = Counter("llm_cost_usd", "Dollars.", LABELS, registry=self.registry)
        Counter("somebody_elses", "Nothing of ours.", ["a"], registry=self.registry).labels("}{").inc(3)

    def serve(self, model: str, *, ok: int = 0, errors: int = 0, tenant: str = "acme") -> None:
        labels = ("pilots", tenant, model)
        self.requests.labels(*labels, "ok").inc(ok)
        self.requests.labels(*labels, "error").inc(errors)
        for _ in range(ok + errors):
            self.seconds.labels(*labels).observe(0.7)
        self.cost.labels(*labels).inc(0.01 * ok)


@dataclass
class Platform:
    """Two workers and a clock; `failing` workers answer with that error."""

    now: datetime = T0
    workers: dict[str, Worker] = field(default_factory=lambda: {url: Worker() for url in URLS})
    failing: dict[str, HttpError] = field(default_factory=dict)
    fetched: int = 0

    async def fetch(self, url: str) -> str:
        self.fetched += 1
        if url in self.failing:
            raise self.failing[url]
        return generate_latest(self.workers[url].registry).decode()

    def clock_now(self) -> datetime:
        return self.now


@dataclass
class ToldClock:
    platform: Platform

    def now(self) -> datetime:
        return self.platform.now

    async def sleep(self, seconds: float) -> None:
        self.platform.now += timedelta(seconds=seconds)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def history() -> MemoryHistory:
    return MemoryHistory()


@pytest.fixture
def source(platform: Platform, history: MemoryHistory) -> ScrapeSource:
    return ScrapeSource(METRICS, platform.fetch, history, ToldClock(platform))


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


async def scrape(source: ScrapeSource, platform: Platform, minute: float) -> None:
    platform.now = at(minute)
    await source.scrape_once(platform.now)


async def window(source: ScrapeSource, first: float, last: float) -> Observation:
    return await source.observe(at(first), at(last))


async def test_what_happens_between_two_scrapes_is_counted(source: ScrapeSource, platform: Platform) -> None:
    platform.workers[URLS[0]].serve("m", ok=1000)
    await scrape(source, platform, 0)
    platform.workers[URLS[0]].serve("m", ok=90, errors=10)
    platform.workers[URLS[1]].serve("m", ok=50)
    await scrape(source, platform, 10)
    platform.now = at(30)
    seen = await window(source, 0, 10)
    assert seen.answered
    (series,) = seen.series
    assert (series.stage, series.tenant, series.model) == ("pilots", "acme", "m")
    assert (series.requests, series.errors) == (150, 10)
    assert series.latency == {"0.5": 0, "1.0": 150, "5.0": 150, "+Inf": 150}
    assert series.cost_usd == pytest.approx(1.4)
    assert series.latency_sum_s == pytest.approx(105)


async def test_counters_of_one_s_own_are_counted_from_when_they_are_named(
    platform: Platform, history: MemoryHistory
) -> None:
    before = ScrapeSource(METRICS, platform.fetch, history, ToldClock(platform))
    platform.workers[URLS[0]].serve("m", ok=1000, errors=500)
    await scrape(before, platform, 0)
    named = METRICS.model_copy(
        update={"counters": {"failed": 'llm_requests_total{status="error"}'}, "histograms": {"times": "llm_seconds"}}
    )
    source = ScrapeSource(named, platform.fetch, history, ToldClock(platform))
    for minute, errors in ((10, 3), (20, 4)):
        platform.workers[URLS[0]].serve("m", ok=90, errors=errors)
        await scrape(source, platform, minute)
    # What they had counted when they were named is nobody's window; from then on they count as ours do.
    (series,) = (await window(source, 0, 10)).series
    assert (series.errors, series.own, series.own_latency) == (3, {}, {})
    (series,) = (await window(source, 10, 20)).series
    assert (series.errors, series.own) == (4, {"failed": 4})
    assert series.own_latency["times"] == series.latency


async def test_windows_that_touch_add_up(source: ScrapeSource, platform: Platform) -> None:
    for minute in range(0, 41, 10):
        await scrape(source, platform, minute)
        platform.workers[URLS[0]].serve("m", ok=minute + 1)
    whole = await window(source, 0, 40)
    parts = [await window(source, minute, minute + 10) for minute in range(0, 40, 10)]
    assert [part.series[0].requests for part in parts] == [1, 11, 21, 31]
    assert whole.series[0].requests == 64


async def test_a_model_that_begins_to_answer_is_counted_from_its_first_answer(
    source: ScrapeSource, platform: Platform
) -> None:
    platform.workers[URLS[0]].serve("old", ok=100)
    await scrape(source, platform, 0)
    platform.workers[URLS[0]].serve("new", ok=7)
    await scrape(source, platform, 10)
    assert {series.model: series.requests for series in (await window(source, 0, 10)).series} == {"new": 7}


async def test_a_restarted_worker_is_counted_on_both_sides(source: ScrapeSource, platform: Platform) -> None:
    platform.workers[URLS[0]].serve("m", ok=100)
    await scrape(source, platform, 0)
    platform.workers[URLS[0]].serve("m", ok=30)
    await scrape(source, platform, 5)
    platform.workers[URLS[0]] = Worker()
    platform.workers[URLS[0]].serve("m", ok=20)
    await scrape(source, platform, 10)
    assert (await window(source, 0, 10)).series[0].requests == 50


async def test_a_window_that_ends_now_is_scraped_now(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 0)
    platform.workers[URLS[0]].serve("m", ok=5)
    platform.now = at(10.02)
    assert (await window(source, 0, 10)).series[0].requests == 5


async def test_a_scrape_that_is_nearer_than_now_is_good_enough(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 0)
    await scrape(source, platform, 10)
    platform.now = at(11)
    before = platform.fetched
    await window(source, 0, 10)
    assert platform.fetched == before


async def test_a_window_nobody_scraped_is_unmonitored(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 0)
    await scrape(source, platform, 60)
    for first, last in ((0, 30), (30, 60), (20, 40)):
        seen = await window(source, first, last)
        assert (seen.problem, seen.series) == (Reason.NOT_SCRAPED, ())
    assert (await window(source, 0, 60)).answered


async def test_one_scrape_is_no_window(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 10)
    for first, last in ((10, 14), (6, 10), (8, 12)):
        assert (await window(source, first, last)).problem == Reason.NOT_SCRAPED


async def test_a_worker_that_does_not_answer_at_an_end_is_a_problem(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 0)
    platform.failing[URLS[1]] = HttpError("unreachable", "http://127.0.0.1:2/metrics cannot be reached")
    await scrape(source, platform, 10)
    platform.now = at(30)
    seen = await window(source, 0, 10)
    assert (seen.problem, seen.detail) == ("unreachable", "http://127.0.0.1:2/metrics cannot be reached")


async def test_a_complete_scrape_near_the_end_is_preferred(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 0)
    platform.workers[URLS[0]].serve("m", ok=5)
    await scrape(source, platform, 9)
    platform.failing[URLS[1]] = HttpError("timeout", "too slow")
    await scrape(source, platform, 10)
    platform.now = at(30)
    assert (await window(source, 0, 10)).series[0].requests == 5


async def test_what_is_no_metrics_page_is_a_bad_answer(platform: Platform, history: MemoryHistory) -> None:
    async def fetch(_: str) -> str:
        return "<!doctype html><title>Sign in</title>"

    source = ScrapeSource(METRICS, fetch, history, ToldClock(platform))
    await scrape(source, platform, 0)
    await scrape(source, platform, 10)
    seen = await window(source, 0, 10)
    assert seen.problem == Reason.BAD_ANSWER
    assert "doctype" in seen.detail


async def test_a_worker_that_hangs_is_a_timeout(platform: Platform, history: MemoryHistory) -> None:
    async def fetch(_: str) -> str:
        await asyncio.Event().wait()
        return ""

    quick = METRICS.model_copy(update={"timeout": timedelta(milliseconds=20)})
    source = ScrapeSource(quick, fetch, history, ToldClock(platform))
    await scrape(source, platform, 0)
    await scrape(source, platform, 10)
    assert (await window(source, 0, 10)).problem == Reason.TIMEOUT


async def test_a_new_process_of_the_bot_goes_on_from_the_history(
    source: ScrapeSource, platform: Platform, history: MemoryHistory
) -> None:
    platform.workers[URLS[0]].serve("m", ok=100)
    await scrape(source, platform, 0)
    platform.workers[URLS[0]].serve("m", ok=8)
    again = ScrapeSource(METRICS, platform.fetch, history, ToldClock(platform))
    await scrape(again, platform, 10)
    assert (await window(again, 0, 10)).series[0].requests == 8


async def test_after_a_long_absence_counting_begins_anew_and_the_gap_is_unmonitored(
    source: ScrapeSource, platform: Platform, history: MemoryHistory
) -> None:
    await scrape(source, platform, 0)
    again = ScrapeSource(METRICS, platform.fetch, history, ToldClock(platform))
    await scrape(again, platform, 24 * 60)
    seen = await window(again, 0, 24 * 60)
    assert seen.problem == Reason.NOT_SCRAPED
    assert "anew" in seen.detail


async def test_scrapes_of_one_instant_are_one(source: ScrapeSource, platform: Platform) -> None:
    await scrape(source, platform, 0)
    fetched = platform.fetched
    await scrape(source, platform, 0)
    assert platform.fetched == fetched


async def test_a_memory_history_forgets(history: MemoryHistory, platform: Platform) -> None:
    short = MemoryHistory(kept=timedelta(minutes=15))
    source = ScrapeSource(METRICS, platform.fetch, short, ToldClock(platform))
    for minute in (0, 10, 20):
        await scrape(source, platform, minute)
    kept = await short.load(T0, at(60))
    assert [snapshot.at for snapshot in kept] == [at(10), at(20)]
    assert [bool(snapshot.raw) for snapshot in kept] == [False, True]
    assert await history.load(T0, at(60)) == []


# -------------------------------------------------------------------------------------------------- reading the text


def read(text: str, metrics: Metrics = METRICS) -> dict[str, float]:
    endpoint = read_exposition(URLS[0], text, metrics, selectors(metrics))
    sums: dict[str, float] = {}
    for reading in endpoint.readings:
        sums[reading.count] = sums.get(reading.count, 0) + reading.value
    return sums


@pytest.mark.parametrize("written", [generate_latest, openmetrics])
def test_both_formats_read_as_their_own_parser_reads_them(written: object) -> None:
    worker = Worker()
    worker.serve('odd"model\\ {x="y"} # , é\nnew', ok=3, errors=2, tenant="a b,c}")
    worker.serve("m", ok=5)
    text = (generate_latest if written is generate_latest else openmetrics)(worker.registry).decode()
    named = selectors(METRICS)
    ours = {
        (reading.count, reading.key, reading.bound, reading.value)
        for reading in read_exposition(URLS[0], text, METRICS, named).readings
    }
    theirs = set()
    for family in text_string_to_metric_families(generate_latest(worker.registry).decode()):
        for sample in family.samples:
            for count, selector in named.items():
                if selector.name == sample.name and selector.matches(sample.labels):
                    key = (sample.labels["env"], sample.labels["tenant"], sample.labels["model"])
                    theirs.add((count, key, sample.labels.get("le", ""), sample.value))
    assert ours == theirs
    assert len(ours) > 10


def test_timestamps_exemplars_and_blank_lines_are_passed_over() -> None:
    text = (
        "\n# a comment\n# TYPE llm_requests_total counter\n"
        'llm_requests_total{env="pilots",tenant="a",model="m",status="ok",} 5 1700000000000\n'
        'llm_requests_total{env="pilots",tenant="a",model="m",status="error"} 2 # {trace_id="x"} 1 1700000000.5\n'
        '{"utf8.name",a="b"} 3\n'
    )
    assert read(text) == {Count.REQUESTS: 7, Count.ERRORS: 2}


def test_families_without_samples_are_counted_and_those_not_declared_are_not() -> None:
    declared = "# TYPE llm_requests_total counter\n# TYPE llm_cost_usd_total counter\n"
    counted = read_exposition(URLS[0], declared, METRICS, selectors(METRICS)).counted
    assert counted == {Count.REQUESTS, Count.ERRORS, Count.COST}


def test_requests_without_a_count_of_errors_are_a_problem() -> None:
    apart = METRICS.model_copy(update={"errors": "llm_erorrs_total"})
    with pytest.raises(HttpError) as caught:
        read("# TYPE llm_requests_total counter\n", apart)
    assert caught.value.code == Reason.NO_SERIES
    assert "llm_erorrs_total" in caught.value.what


def test_a_process_says_when_it_began() -> None:
    text = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.75e+09\n"
    assert read_exposition(URLS[0], text, METRICS, selectors(METRICS)).started == 1.75e9


@pytest.mark.parametrize(
    "text",
    [
        '{"status": "ok"}',
        "<html>",
        "llm_requests_total\n",
        'llm_requests_total{env="a"} many\n',
        'llm_requests_total{env="a"} NaN\n',
        'llm_requests_total{env="a"} -3\n',
        'llm_requests_total{env="a} 3\n',
    ],
)
def test_text_that_is_no_exposition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_labels_that_are_not_named_are_not_told_apart() -> None:
    bare = METRICS.model_copy(update={"labels": Labels()})
    worker = Worker()
    worker.serve("m", ok=3, tenant="a")
    worker.serve("m", ok=4, tenant="b")
    endpoint = read_exposition(URLS[0], generate_latest(worker.registry).decode(), bare, selectors(bare))
    assert {reading.key for reading in endpoint.readings} == {("all", "all", "m")}


async def test_of_many_snapshots_only_those_that_are_nearest_are_read(platform: Platform) -> None:
    class Counted(MemoryHistory):
        read = 0

        async def load(self, start: datetime, end: datetime) -> Sequence[Snapshot]:
            found = await super().load(start, end)
            self.read += len(found)
            return found

    history = Counted(timedelta(days=40))
    source = ScrapeSource(METRICS, platform.fetch, history, ToldClock(platform))
    for minute in range(0, 60 * 24, 10):
        platform.now = at(minute)
        await source.scrape_once(at(minute))
    history.read = 0
    observed = await source.observe(at(0), at(60 * 20))
    assert observed.problem == ""
    assert history.read <= 4
