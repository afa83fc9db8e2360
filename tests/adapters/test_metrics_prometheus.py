"""Counts out of Prometheus: a real one for what the queries mean, a scripted one for what goes wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.clock import SystemClock
from bot.adapters.http import Answer, Http
from bot.adapters.metrics_prometheus import PrometheusSource
from bot.monitor.model import Observation, Series
from bot.monitor.reasons import Reason
from bot.runbook.models.sources import Labels, Metrics
from tests.adapters.conftest import Line

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = T0 + timedelta(minutes=10)
SCRAPE = timedelta(seconds=15)
POD = {"job": "worker", "instance": "a:9090", "env": "pilots", "tenant": "acme"}


def scraped(
    name: str,
    labels: dict[str, str],
    value: Callable[[float], float],
    *,
    first: timedelta = timedelta(minutes=-30),
    last: timedelta = timedelta(minutes=20),
) -> Line:
    """A series scraped every 15 s from `first` to `last` around T0; `value` is given the minutes since T0."""
    count = int((last - first) / SCRAPE) + 1
    times = [T0 + first + SCRAPE * number for number in range(count)]
    return Line(name, labels, [(at, value((at - T0) / timedelta(minutes=1))) for at in times])


def labelled(**labels: str) -> dict[str, str]:
    return POD | labels


def requests(model: str, value: Callable[[float], float], *, status: str = "ok", **times: timedelta) -> Line:
    return scraped("llm_requests_total", labelled(model=model, status=status), value, **times)


HISTORY = [
    # 100 requests a minute, 2 errors a minute, from long before the window.
    requests("steady", lambda minute: 10_000 + 100 * minute),
    requests("steady", lambda minute: 500 + 2 * minute, status="error"),
    scraped("llm_seconds_bucket", labelled(model="steady", le="0.5"), lambda minute: 9000 + 40 * minute),
    scraped("llm_seconds_bucket", labelled(model="steady", le="1"), lambda minute: 9000 + 80 * minute),
    scraped("llm_seconds_bucket", labelled(model="steady", le="+Inf"), lambda minute: 9000 + 102 * minute),
    scraped("llm_seconds_sum", labelled(model="steady"), lambda minute: 5000 + 51 * minute),
    scraped("llm_cost_usd_total", labelled(model="steady"), lambda minute: 20 + 0.25 * minute),
    # First answers 4 minutes into the window, on a process that was there: its counter begins with what it counts.
    requests("newcomer", lambda minute: 7 + 10 * (minute - 4), first=timedelta(minutes=4)),
    # One answer in the window, and never another.
    requests("single", lambda _: 1, first=timedelta(minutes=6)),
    # The process restarts 5 minutes in: 50 a minute up to there, 20 a minute from zero after it.
    scraped(
        "llm_requests_total",
        labelled(model="restarted", status="ok", instance="b:9090"),
        lambda minute: 4000 + 50 * minute if minute < 5 else 20 * (minute - 5),
    ),
    # Restarts and has counted more than before by the end of the window.
    scraped(
        "llm_requests_total",
        labelled(model="overtook", status="ok", instance="c:9090"),
        lambda minute: 100 + 1 * minute if minute < 5 else 200 * (minute - 5),
    ),
    # Restarts between the last scrape before the window and the first one in it.
    scraped(
        "llm_requests_total",
        labelled(model="edge", status="ok", instance="f:9090"),
        lambda minute: 4000 if minute < 0 else 20 * minute,
        first=timedelta(minutes=-30, seconds=10),
    ),
    # An old process that is scraped for the first time in the window: its million requests are not this window's.
    scraped(
        "llm_requests_total",
        labelled(model="discovered", status="ok", instance="d:9090"),
        lambda minute: 1_000_000 + 60 * minute,
        first=timedelta(minutes=5),
    ),
    # Gone since two hours before.
    requests("gone", lambda _: 77, first=timedelta(hours=-3), last=timedelta(hours=-2)),
    # Stops being scraped half-way.
    requests("vanished", lambda minute: 900 + 30 * minute, last=timedelta(minutes=5)),
    # Two processes of one tenant add up; another stage and tenant do not.
    requests("twice", lambda minute: 300 + 5 * minute),
    scraped(
        "llm_requests_total", labelled(model="twice", status="ok", instance="e:9090"), lambda minute: 800 + 15 * minute
    ),
    scraped(
        "llm_requests_total",
        labelled(model="twice", status="ok", env="global", tenant="other"),
        lambda minute: 100 + 1 * minute,
    ),
    # A counter of errors of its own, which nothing has ever been counted by but one old error.
    scraped("bad_total", labelled(model="steady"), lambda _: 1),
    scraped("quiet_total", labelled(model="steady"), lambda _: 3, first=timedelta(hours=-6), last=timedelta(hours=-5)),
]


def named(url: str, **changes: object) -> Metrics:
    written: dict[str, object] = {
        "prometheus": url,
        "requests": "llm_requests_total",
        "errors": 'llm_requests_total{status="error"}',
        "latency": "llm_seconds",
        "cost": "llm_cost_usd_total",
        "labels": Labels(model="model", stage="env", tenant="tenant"),
    }
    return Metrics.model_validate(written | changes)


@pytest.fixture(scope="session")
def prometheus(prometheus_with: Callable[[Sequence[Line]], str]) -> str:
    return prometheus_with(HISTORY)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as client:
        yield client


async def observed(
    url: str, http: Http, start: datetime = T0, end: datetime = END, **changes: object
) -> dict[tuple[str, str, str], Series]:
    seen = await PrometheusSource(named(url, **changes), http).observe(start, end)
    assert seen.problem == "", seen.detail
    assert (seen.start, seen.end) == (start, end)
    return {(one.stage, one.tenant, one.model): one for one in seen.series}


async def test_a_counter_is_counted_over_exactly_its_window(prometheus: str, http: Http) -> None:
    steady = (await observed(prometheus, http))["pilots", "acme", "steady"]
    assert steady.requests == pytest.approx(1020)
    assert steady.errors == pytest.approx(20)
    assert steady.latency == pytest.approx({"0.5": 400, "1": 800, "+Inf": 1020})
    assert steady.latency_sum_s == pytest.approx(510)
    assert steady.cost_usd == pytest.approx(2.5)
    assert (steady.tool_calls, steady.invalid_tool_calls, steady.retries) == (None, None, None)


async def test_windows_that_touch_add_up_to_the_whole(prometheus: str, http: Http) -> None:
    whole = await observed(prometheus, http)
    parts = [
        await observed(prometheus, http, T0 + timedelta(minutes=start), T0 + timedelta(minutes=start + 2.5))
        for start in (0, 2.5, 5, 7.5)
    ]
    for key in (("pilots", "acme", "steady"), ("pilots", "acme", "newcomer"), ("pilots", "acme", "twice")):
        assert sum(part[key].requests for part in parts if key in part) == pytest.approx(whole[key].requests)


async def test_a_model_that_begins_to_answer_is_counted_from_its_first_answer(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http)
    assert seen["pilots", "acme", "newcomer"].requests == pytest.approx(67)
    assert seen["pilots", "acme", "newcomer"].errors == 0
    assert seen["pilots", "acme", "single"].requests == 1


async def test_a_restarted_process_is_counted_on_both_sides_of_its_restart(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http)
    # What was counted between the last scrape and the restart nobody has seen: at most one scrape's worth.
    assert seen["pilots", "acme", "restarted"].requests == pytest.approx(50 * 5 + 20 * 5, rel=0.06)
    assert seen["pilots", "acme", "overtook"].requests == pytest.approx(5 + 200 * 5, rel=0.06)


async def test_a_restart_right_at_the_edge_is_counted_from_nothing(prometheus: str, http: Http) -> None:
    assert (await observed(prometheus, http))["pilots", "acme", "edge"].requests == pytest.approx(200, rel=0.03)


async def test_an_old_process_met_for_the_first_time_does_not_bring_its_past(prometheus: str, http: Http) -> None:
    assert (await observed(prometheus, http))["pilots", "acme", "discovered"].requests == pytest.approx(300, rel=0.06)


async def test_what_is_gone_is_not_counted_and_what_vanishes_is_until_then(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http)
    assert ("pilots", "acme", "gone") not in seen
    assert seen["pilots", "acme", "vanished"].requests == pytest.approx(150)


async def test_processes_add_up_and_tenants_and_stages_stay_apart(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http)
    assert seen["pilots", "acme", "twice"].requests == pytest.approx(200)
    assert seen["global", "other", "twice"].requests == pytest.approx(10)


async def test_without_stage_and_tenant_labels_everything_is_one(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http, labels=Labels())
    assert seen["all", "all", "twice"].requests == pytest.approx(210)


async def test_a_window_nobody_scraped_is_an_answer_without_series(prometheus: str, http: Http) -> None:
    assert await observed(prometheus, http, T0 + timedelta(hours=5), END + timedelta(hours=5)) == {}


async def test_counters_and_histograms_of_one_s_own_are_counted_as_ours_are(prometheus: str, http: Http) -> None:
    query = 'sum by (env, tenant, model) (increase(llm_cost_usd_total{env="pilots"}[$window]))'
    seen = await observed(
        prometheus,
        http,
        counters={
            "failed": 'llm_requests_total{status="error"}',
            "dollars": query,
            "quiet": "quiet_total",
            "never": "never_total",
        },
        histograms={"seconds": "llm_seconds"},
    )
    steady = seen["pilots", "acme", "steady"]
    assert steady.own["failed"] == steady.errors
    assert steady.own["dollars"] == pytest.approx(2.5, rel=0.1)
    assert steady.own_latency["seconds"] == steady.latency
    # What was seen in the last day counts none now; what nobody ever counted is not known.
    assert steady.own["quiet"] == 0
    assert "never" not in steady.own
    assert seen["pilots", "acme", "newcomer"].own["failed"] == 0


async def test_an_optional_series_that_is_not_there_is_no_zero(prometheus: str, http: Http) -> None:
    seen = await observed(prometheus, http, cost="nowhere_total", latency="nowhere_seconds")
    steady = seen["pilots", "acme", "steady"]
    assert (steady.cost_usd, steady.latency, steady.latency_sum_s) == (None, None, None)


async def test_errors_counted_apart_are_none_when_they_were_ever_seen(prometheus: str, http: Http) -> None:
    for name in ("bad_total", "quiet_total"):
        seen = await observed(prometheus, http, errors=name)
        assert seen["pilots", "acme", "steady"].errors == 0


async def test_errors_nobody_ever_counted_are_not_none(prometheus: str, http: Http) -> None:
    seen = await PrometheusSource(named(prometheus, errors="llm_erorrs_total"), http).observe(T0, END)
    assert seen.problem == Reason.NO_SERIES
    assert "llm_erorrs_total" in seen.detail


async def test_a_name_that_is_none_is_a_problem_and_not_an_exception(http: Http) -> None:
    seen = await PrometheusSource(named("http://127.0.0.1:1", errors="sum("), http).observe(T0, END)
    assert seen.problem == Reason.NO_SERIES


# -------------------------------------------------------------------------------------------------- what goes wrong


@dataclass
class Scripted:
    """A server that answers every query as it was told to, and remembers what it was asked."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    delay: float = 0.0
    date: datetime | None = None
    queries: list[str] = field(default_factory=list)

    def says(self, result: Sequence[object], **more: object) -> None:
        self.body = json.dumps(
            {"status": "success", "data": {"resultType": "vector", "result": list(result)}, **more}
        ).encode()

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.queries.append(str(form["query"]))
        await asyncio.sleep(self.delay)
        headers = {} if self.date is None else {"Date": format_datetime(self.date, usegmt=True)}
        return web.Response(status=self.status, body=self.body, content_type=self.content_type, headers=headers)


@pytest.fixture
async def scripted() -> AsyncIterator[tuple[Scripted, str]]:
    behaviour = Scripted()
    app = web.Application()
    app.router.add_post("/api/v1/query", behaviour.answer)
    server = TestServer(app)
    await server.start_server()
    yield behaviour, str(server.make_url("")).rstrip("/")
    await server.close()


def row(value: object, **labels: str) -> dict[str, object]:
    return {"metric": {"env": "pilots", "tenant": "acme", "model": "m", **labels}, "value": [0, value]}


async def looked(url: str, http: Http, **changes: object) -> Observation:
    return await PrometheusSource(named(url, latency=None, cost=None, **changes), http).observe(T0, END)


@pytest.mark.parametrize(
    ("status", "body", "problem", "said"),
    [
        (401, b"", "unauthorised", "401"),
        (403, b'{"status":"error","error":"tenant"}', "unauthorised", "403"),
        (400, b'{"status":"error","errorType":"bad_data","error":"parse error at char 3"}', "bad_status", "char 3"),
        (404, b"nothing here", "bad_status", "404"),
        (500, b"", "bad_status", "500"),
        (503, b"upstream is away", "bad_status", "upstream is away"),
        (503, b"{away}", "bad_status", "answered 503: {away}"),
        (401, b"{who?}", "unauthorised", "401"),
        (200, b'{"a":' * 100_000, "bad_answer", "no JSON"),
        (200, b"", "bad_answer", "no JSON"),
        (200, b"<html>login</html>", "bad_answer", "no JSON"),
        (200, b"{}", "bad_answer", "no query result"),
        (200, b"[]", "bad_answer", "no query result"),
        (200, b'{"status":"error","error":"overloaded"}', "bad_answer", "overloaded"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "bad_answer", "no query result"),
        (200, b'{"status":"success","data":{"resultType":"vector","result":[7]}}', "bad_answer", "row without"),
    ],
)
async def test_whatever_a_store_answers_wrongly_is_a_problem_with_a_reason(
    scripted: tuple[Scripted, str], http: Http, status: int, body: bytes, problem: str, said: str
) -> None:
    behaviour, url = scripted
    behaviour.status, behaviour.body = status, body
    behaviour.content_type = "application/json" if body.startswith(b"{") else "text/plain"
    seen = await looked(url, http)
    assert seen.problem == problem
    assert said in seen.detail
    assert seen.series == ()


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1", "many"])
async def test_a_value_that_counts_nothing_is_no_answer(scripted: tuple[Scripted, str], http: Http, value: str) -> None:
    behaviour, url = scripted
    behaviour.says([row(value)])
    seen = await looked(url, http)
    assert seen.problem == Reason.BAD_ANSWER
    assert value in seen.detail


async def test_the_same_labels_twice_are_no_answer(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.says([row("1"), row("2")])
    seen = await looked(url, http)
    assert seen.problem == Reason.BAD_ANSWER
    assert "twice" in seen.detail


async def test_an_empty_answer_is_no_data_and_no_problem(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.says([])
    seen = await looked(url, http)
    assert seen.answered
    assert seen.series == ()


async def test_series_without_a_tenant_belong_to_all(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.says([row("5", tenant="")])
    assert [one.tenant for one in (await looked(url, http)).series] == ["all"]


async def test_a_slow_store_is_a_timeout(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.delay = 5
    seen = await looked(url, http, timeout=timedelta(milliseconds=100))
    assert seen.problem == Reason.TIMEOUT


async def test_an_answer_without_end_is_refused(scripted: tuple[Scripted, str]) -> None:
    behaviour, url = scripted
    behaviour.says([row("1", model="m" * 5000)])
    async with Http(largest=1000) as small:
        seen = await looked(url, small)
    assert seen.problem == Reason.BAD_ANSWER
    assert "1000 bytes" in seen.detail


@pytest.mark.parametrize(
    ("behind", "window", "problem"),
    [
        (timedelta(), timedelta(minutes=10), ""),
        (timedelta(seconds=11), timedelta(minutes=10), ""),
        (timedelta(seconds=13), timedelta(minutes=10), Reason.CLOCK_SKEW),
        (timedelta(seconds=5), timedelta(seconds=10), ""),
        (timedelta(seconds=6), timedelta(seconds=10), Reason.CLOCK_SKEW),
        (timedelta(seconds=60), timedelta(hours=1), ""),
        (timedelta(minutes=10), timedelta(hours=1), Reason.CLOCK_SKEW),
        (timedelta(hours=-5), timedelta(hours=1), ""),  # a window that is long over, or a clock of ours that is slow
    ],
)
async def test_a_clock_that_is_behind_the_window_is_no_quiet_end_of_it(
    scripted: tuple[Scripted, str], http: Http, behind: timedelta, window: timedelta, problem: str
) -> None:
    behaviour, url = scripted
    behaviour.says([row("5")])
    behaviour.date = END - behind
    seen = await PrometheusSource(named(url, latency=None, cost=None), http).observe(END - window, END)
    assert seen.problem == problem
    if problem:
        assert f"{behind.total_seconds():.0f} s before the window's end" in seen.detail
        assert seen.series == ()


async def test_a_real_store_asked_about_the_time_to_come_says_so(prometheus: str, http: Http) -> None:
    end = SystemClock().now() + timedelta(minutes=10)
    seen = await PrometheusSource(named(prometheus), http).observe(end - timedelta(hours=1), end)
    assert seen.problem == Reason.CLOCK_SKEW


async def test_a_store_that_says_no_time_is_believed(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.says([row("5")])
    assert Answer(url, 200, b"").sent is None
    assert (await looked(url, http)).answered


async def test_ten_thousand_series_are_read_and_none_is_lost(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.says([row(str(number), tenant=f"t{number}", model=model) for number in range(5000) for model in "ab"])
    seen = await looked(url, http)
    assert seen.answered
    assert len(seen.series) == 10_000
    assert sum(one.requests for one in seen.series) == 2 * sum(range(5000))


async def test_a_store_that_is_not_there_is_unreachable_and_its_password_stays_unsaid(http: Http) -> None:
    seen = await looked("http://reader:hunter2@127.0.0.1:1", http)
    assert seen.problem == Reason.UNREACHABLE
    assert "127.0.0.1:1" in seen.detail
    assert "hunter2" not in seen.detail
    assert "reader" not in seen.detail


async def test_each_named_series_is_asked_for_once(scripted: tuple[Scripted, str], http: Http) -> None:
    behaviour, url = scripted
    behaviour.says([row("5", le="+Inf")])
    await PrometheusSource(named(url), http).observe(T0, END)
    assert len(behaviour.queries) == len(set(behaviour.queries)) == 5


def test_a_runbook_without_a_prometheus_is_a_mistake_of_the_caller() -> None:
    scraped_only = Metrics(scrape=("http://127.0.0.1/metrics",), requests="a_total", errors="b_total")
    with pytest.raises(ValueError, match="no Prometheus"):
        PrometheusSource(scraped_only, Http())
