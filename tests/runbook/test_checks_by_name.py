"""Checks by name in a runbook: changes to those there are, one's own, and what is wrong with either at its line."""

from pathlib import Path

import pytest

from bot.cli.exits import Stop
from bot.cli.runbook import loaded_with_suites
from bot.monitor.queries import query_problems
from bot.monitor.words import own_words
from bot.runbook.models.plan import plan_for
from tests.runbook.conftest import Loads, Problems, edited

OWN = """\
checks:
  by_name:
    cost: {role: signal, min_samples: 200, warm_up: 500}
    truncated: {kind: ratio, dimension: quality, bad: truncated, margin: 0.01, role: signal}
    tokens: {kind: mean, sum: tokens, count: tool_calls, unit: tokens}
    first content: {kind: latency, histogram: first}
    bill: {kind: value, limit: 900, http: "http://127.0.0.1:9/usd", pointer: /usd}
    waiting: {kind: latency, quantile: waiting}
    gateway: {kind: health, command: [/bin/gateway]}
    fallbacks: {kind: attribution, bad: truncated, limit: 0.05}
slots:
"""
SERIES = """\
  tool_calls: calls_total
  counters: {truncated: truncated_total, tokens: tokens_total}
  histograms: {first: first_seconds}
  quantiles: {waiting: 'waiting_seconds{quantile="0.95"}'}
  prometheus:"""

WORDS = ("waiting", "gateway", "fallbacks")


def with_own(*changes: tuple[str, str]) -> str:
    text = edited(("  prometheus:", SERIES), ("slots:\n", OWN))
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_they_reach_the_plan_a_rotation_goes_by(loads: Loads) -> None:
    rules = plan_for(loads(with_own()).runbook, "chat").checks.by_name
    assert list(rules) == ["cost", "truncated", "tokens", "first content", "bill", *WORDS]
    assert rules["truncated"].figures == {"total": "requests", "bad": "truncated"}
    assert rules["tokens"].figures == {"sum": "tokens", "count": "tool_calls"}


@pytest.mark.parametrize(
    ("old", "new", "field", "what"),
    [
        (
            "{role: signal, min",
            "{role: siren, min",
            "checks.by_name.cost.role",
            "one of guardrail, signal or report",
        ),
        ("cost: {role", "cost: {kind: mean, sum: tokens, role", "checks.by_name", "is there already"),
        ("    cost:", "    costs:", "checks.by_name", "costs: is none of the checks there are"),
        ("    cost: {role", "    health: {role", "checks.by_name", "watched by itself"),
        ("bad: truncated,", "bad: truncatd,", "checks.by_name.truncated.bad", "did you mean truncated?"),
        ("bad: truncated,", "bad: nothing,", "checks.by_name.truncated.bad", "name it there: counters: {nothing: ...}"),
        ("bad: truncated,", "", "checks.by_name.truncated", "a check of kind ratio needs `bad`"),
        ("bad: truncated,", "bad: truncated, sum: x,", "checks.by_name.truncated", "`sum` says nothing of a check of"),
        ("margin: 0.01", "margin: 1", "checks.by_name.truncated", "0.005 is half a point"),
        ("role: signal}", "k: 4, n: 3}", "checks.by_name.truncated", "k must not be larger than n"),
        ("count: tool_calls", "count: tool_call", "checks.by_name.tokens.count", "did you mean tool_calls?"),
        ("  tool_calls: calls_total\n", "", "checks.by_name.tokens.count", "`metrics.tool_calls` is not named"),
        ("histogram: first", "histogram: truncated", "checks.by_name.first content.histogram", "`metrics.histograms`"),
        (", http:", ", query: x, http:", "checks.by_name.bill", "one of `query`, `command` and `http`"),
        ("limit: 900, ", "", "checks.by_name.bill", "judged by its limit alone"),
        ("pointer: /usd", "pointer: usd", "checks.by_name.bill", "is a JSON pointer such as /data/usd"),
        ("truncated: truncated_total", "truncated: 'rate(x[5m])'", "metrics.counters.truncated", "$window in it"),
        ("first: first_seconds", "first: first_seconds_bucket", "metrics.histograms.first", "without `_bucket`"),
        ('limit: 900, http: "http:', 'limit: 900, http: "ftp:', "checks.by_name.bill.http", "an address such as"),
        ("//127.0.0.1:9/usd", "//u:p@127.0.0.1:9/usd", "checks.by_name.bill.http", "without a name and password"),
        ('http: "http://127.0.0.1:9/usd"', "command: [~/bill]", "checks.by_name.bill.command", "`~` is not expanded"),
        ("pointer: /usd", "pointer: /usd, timeout: 0s", "checks.by_name.bill.timeout", "longer than nothing"),
        ("cost: {role: signal, min", "errors: {margin: 2, min", "checks.by_name", "is a share: 0.005 is half a point"),
        ("cost: {role: signal, min", "errors: {k: 5, min", "checks.by_name", "k must not be larger than n"),
        ("truncated: {kind", "errors of a: {kind", "checks.by_name", "reads like one tenant's part"),
        (
            "kind: ratio",
            "kind: attribution",
            "checks.by_name.truncated",
            "`dimension` says nothing of a check of kind a",
        ),
        ("quantile: waiting}", "}", "checks.by_name.waiting", "needs one of `histogram` and `quantile`"),
        ("quantile: waiting}", "quantile: waiting, histogram: first}", "checks.by_name.waiting", "needs one of"),
        ("quantile: waiting}", "quantile: waitin}", "checks.by_name.waiting.quantile", "did you mean waiting?"),
        ("quantile: waiting}", "quantile: first}", "checks.by_name.waiting.quantile", "`metrics.quantiles` has no"),
        ("'waiting_seconds{quantile=\"0.95\"}'", "waiting_seconds_sum", "metrics.quantiles.waiting", "no quantile"),
        ("'waiting_seconds{quantile=\"0.95\"}'", "'rate(x[5m])'", "metrics.quantiles.waiting", "$window in it"),
        ("quantiles: {waiting:", "quantiles: {latency: x, waiting:", "metrics", "choose another name"),
        ("  prometheus:", "  latency_quantile: x\n  prometheus:", "metrics", "one of the two"),
        ("[/bin/gateway]}", "[/bin/gateway], query: up}", "checks.by_name.gateway", "needs one of `query`, `command`"),
        ("command: [/bin/gateway]", "role: signal", "checks.by_name.gateway", "needs one of `query`, `command` and"),
        ("[/bin/gateway]", "[/bin/gateway], bad: truncated", "checks.by_name.gateway", "`bad` says nothing of a check"),
        ("[/bin/gateway]", "[/bin/gateway], no_data: skip", "checks.by_name.gateway", "`no_data` says nothing of a"),
        ("[/bin/gateway]", "[/bin/gateway], margin: 0.1", "checks.by_name.gateway", "`margin` says nothing of a check"),
        ("[/bin/gateway]", "[/bin/gateway], direction: decrease", "checks.by_name.gateway", "for health its `limit`"),
        ("[/bin/gateway]", "[/bin/gateway], k: 4", "checks.by_name.gateway", "k must not be larger than n"),
        ("[/bin/gateway]", "[~/gateway]", "checks.by_name.gateway.command", "`~` is not expanded"),
        ("limit: 0.05}", "limit: 5}", "checks.by_name.fallbacks", "is a share of requests, from 0 to 1: 5 is none"),
        ("limit: 0.05}", "min_samples: 5}", "checks.by_name.fallbacks", "`min_samples` says nothing of a check"),
        ("limit: 0.05}", "direction: decrease}", "checks.by_name.fallbacks", "needs a number that is asked for"),
        ("limit: 0.05}", "query: x}", "checks.by_name.fallbacks", "needs one of `bad`, `query`, `command` and `http`"),
        ("bad: truncated, limit: 0.05", "total: tokens, query: x", "checks.by_name.fallbacks", "stands beside `bad`"),
        ("bad: truncated, limit", "bad: trunc, limit", "checks.by_name.fallbacks.bad", "`metrics.counters` has no"),
        ("    gateway:", "    attribution:", "checks.by_name", "attribution: is watched by itself"),
        ("margin: 0.01", "limit: 8", "checks.by_name.truncated.limit", "0.08 is 8 %, and 8 is none"),
        (
            "histogram: first",
            "histogram: first, limit: 0",
            "checks.by_name.first content.limit",
            "in seconds, more than 0",
        ),
        (
            "cost: {role: signal, min",
            "errors: {limit: 8, min",
            "checks.by_name.errors.limit",
            "0.08 is 8 %, and 8 is none",
        ),
        ("checks:\n", "checks:\n  errors_backstop: {limit: 8}\n", "checks.errors_backstop.limit", "0.08 is 8 %"),
        ("checks:\n", "checks:\n  latency_backstop_s: {limit: -1}\n", "checks.latency_backstop_s.limit", "in seconds"),
    ],
)
def test_what_is_wrong_with_one_stands_at_its_line(
    problems: Problems, old: str, new: str, field: str, what: str
) -> None:
    found = problems(with_own((old, new)))
    assert [one for one in found if one[1].startswith(field) and what in one[2]], found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tokens_total", '"sum by (env, model) (increase(x_total[$window])"', "metrics.counters.tokens"),
        ("tokens_total", '"increase(x_total[$window])"', "has to be a sum by (env, model)"),
        ("tokens_total", '"sum by (tenant) (increase(x_total[$window]))"', "has to group by (env, model)"),
        ("tokens_total", '"sum without (pod) (increase(x_total[$window]))"', "has to group by (env, model)"),
        ('http: "http://127.0.0.1:9/usd", pointer: /usd', "query: sum(", "checks.by_name.bill.query"),
        ("command: [/bin/gateway]", "query: min(", "checks.by_name.gateway.query"),
        ("'waiting_seconds{quantile=\"0.95\"}'", "'max(x[$window])'", "metrics.quantiles.waiting"),
        ("'waiting_seconds{quantile=\"0.95\"}'", "'max(max_over_time(x[$window]))'", "an avg by (env, model)"),
    ],
)
def test_queries_of_one_s_own_are_read_before_anything_starts(
    tmp_path: Path, loads: Loads, old: str, new: str, said: str
) -> None:
    loads(with_own())  # writes the suite beside it
    file = tmp_path / "runbook.yml"
    file.write_text(with_own((old, new)), encoding="utf-8")
    with pytest.raises(Stop) as stopped:
        loaded_with_suites(file)
    assert said in str(stopped.value)


def test_the_shipped_latency_is_about_the_95th_percentile(loads: Loads) -> None:
    text = with_own(("  latency: llm_request_duration_seconds", "  latency_quantile: 'x{quantile=\"0.99\"}'"))
    (problem,) = query_problems(loads(text).runbook)
    assert "metrics.latency_quantile" in problem
    assert "is another quantile than the 95th; name it in `quantiles`" in problem


def test_a_query_of_one_s_own_that_tells_models_apart_is_taken(loads: Loads) -> None:
    query = '"sum by (env, model) (increase(x_total[$window]))"'
    assert query_problems(loads(with_own(("tokens_total", query))).runbook) == []


def test_a_plan_that_was_kept_has_the_same_checks_again(loads: Loads) -> None:
    """A rotation carries its runbook with it: what was not written must not be read as written then."""
    plan = plan_for(loads(with_own()).runbook, "chat")
    again = type(plan).model_validate_json(plan.model_dump_json())
    assert again.checks == plan.checks
    assert [one.fails for one in own_words(again.checks)] == [one.fails for one in own_words(plan.checks)] == [None] * 2
