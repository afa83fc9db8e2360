from datetime import timedelta

import pytest

from bot.monitor.counted import Count
from bot.monitor.queries import existence, grouping, length, problems, queries, selectors
from bot.runbook.models.sources import Labels
from tests.monitor.world import metrics

WINDOW = timedelta(minutes=10)


def test_there_is_one_query_for_each_count_that_is_named() -> None:
    assert [query.count for query in queries(metrics(), WINDOW)] == [
        Count.REQUESTS,
        Count.ERRORS,
        Count.LATENCY,
        Count.LATENCY_SUM,
        Count.COST,
    ]


@pytest.mark.parametrize(
    "labels",
    [Labels(), Labels(stage="env"), Labels(stage="env", tenant="tenant"), Labels(model="gen_ai_response_model")],
)
@pytest.mark.parametrize("window", [timedelta(milliseconds=650), timedelta(seconds=90), timedelta(hours=1)])
def test_every_query_is_one_prometheus_takes(labels: Labels, window: timedelta) -> None:
    named = metrics(
        labels=labels,
        tool_calls="calls_total",
        invalid_tool_calls='calls_total{valid="false"}',
        retries="retries_total",
    )
    import promql_parser

    for query in queries(named, window):
        promql_parser.parse(query.text)
        assert query.text.startswith(f"sum by ({', '.join(query.by)}) (")


def test_labels_of_a_selector_are_kept_wherever_it_counts() -> None:
    named = metrics(errors='bad_total{status="error"}')
    errors = next(query for query in queries(named, WINDOW) if query.count is Count.ERRORS)
    assert errors.by == ("env", "tenant", "model")
    # Bare names only where it is asked whether the target was there at all.
    assert errors.text.count("bad_total[") == errors.text.count("llm_requests_total[") == 1
    assert errors.text.count('bad_total{status="error"}[') > 8


@pytest.mark.parametrize(
    "written",
    ["seconds", "seconds_bucket", "seconds_sum", "seconds_count", 'seconds{op="chat"}', 'seconds_bucket{op="chat"}'],
)
def test_a_histogram_may_be_named_by_any_of_its_series(written: str) -> None:
    named = selectors(metrics(latency=written))
    assert named[Count.LATENCY].name == "seconds_bucket"
    assert named[Count.LATENCY_SUM].name == "seconds_sum"
    assert bool(named[Count.LATENCY].matchers) == ("op" in written)


def test_only_the_histogram_is_grouped_by_its_buckets() -> None:
    by = {query.count: query.by for query in queries(metrics(), WINDOW)}
    assert by[Count.LATENCY] == ("env", "tenant", "model", "le")
    assert by[Count.LATENCY_SUM] == ("env", "tenant", "model")


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (timedelta(hours=1), "3600s"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(seconds=2, microseconds=333_333), "2333ms"),
        (timedelta(microseconds=1), "1ms"),
    ],
)
def test_a_window_is_written_to_the_millisecond(window: timedelta, text: str) -> None:
    assert length(window) == text


def test_labels_that_are_not_named_are_not_grouped_by() -> None:
    assert grouping(metrics(labels=Labels())) == ("model",)


def test_a_series_is_looked_for_whatever_its_labels() -> None:
    assert existence(selectors(metrics())[Count.ERRORS]) == "count(last_over_time(llm_requests_total[1d]))"


def test_good_names_have_no_problems() -> None:
    assert problems(metrics()) == []


def test_every_bad_name_is_said_with_its_field() -> None:
    found = problems(metrics(errors="rate(x[5m])", latency='x{le="}', cost="5xx_total"))
    assert [line.split(":")[0] for line in found] == ["metrics.errors", "metrics.latency", "metrics.cost"]


def test_what_only_prometheus_would_refuse_is_found_too() -> None:
    # Go's regular expressions know no look-ahead, Python's do.
    assert problems(metrics(errors='x_total{status=~"(?!ok).*"}'))
