"""`rotate monitor try` in a terminal: figures out of a real Prometheus, numbers of one's own, and what it refuses."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.clock import SystemClock
from bot.cli.exits import ExitCode
from bot.cli.main import run
from tests.adapters.conftest import Line

Captured = pytest.CaptureFixture[str]
EXAMPLE = (
    (Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml")
    .read_text()
    .replace("localhost:8080", "127.0.0.1:9")
)
HOURS = 5
POD = {"job": "w", "instance": "a", "env": "pilots", "model": "acme/old"}
SERIES = """\
  counters: {cut: cut_total}
  quantiles: {waiting: 'waiting{quantile="0.95"}'}
"""
RULES = """\
checks:
  by_name:
    cut: {kind: ratio, dimension: quality, bad: cut, margin: 0.01, limit: 0.05}
    bill: {kind: value, limit: 900, unit: USD, COMMAND}
    gateway: {kind: health, k: 2, n: 3, command: [printf, WORD]}
    fallbacks: {kind: attribution, bad: cut, limit: 0.4}
    served: {kind: attribution, command: [printf, "0.9"], limit: 0.98, direction: decrease, role: signal}
    waiting: {kind: latency, quantile: waiting, limit: 8}
slots:
"""


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[Sequence[Line]], str]) -> str:
    """100 requests a minute by the old model at pilots, 2 of them errors, 30 cut short; until now."""
    now = SystemClock().now()
    times = [now - timedelta(hours=HOURS) + timedelta(seconds=30 * number) for number in range(120 * HOURS + 1)]

    def counter(name: str, each: float, **labels: str) -> Line:
        label = {**POD, **labels}
        return Line(name, label, [(at, 1000 + each * (at - times[0]) / timedelta(minutes=1)) for at in times])

    return prometheus_with(
        [
            counter("llm_requests_total", 98, status="ok"),
            counter("llm_requests_total", 2, status="error"),
            counter("cut_total", 30),
            counter("llm_cost_usd_total", 0.5),
            Line("waiting", {**POD, "quantile": "0.95"}, [(at, 1.75) for at in times]),
        ]
    )


def tried(folder: Path, prometheus: str, *arguments: str, command: str = "command: ['true']", word: str = "ok") -> int:
    text = EXAMPLE.replace("http://localhost:9090", prometheus)
    text = text.replace("  requests: llm", f"{SERIES}  requests: llm")
    rules = RULES.replace("COMMAND", command).replace("WORD", word)
    (folder / "runbook.yml").write_text(text.replace("slots:\n", rules))
    (folder / "chat.suite.yml").write_text("cases: []\n")
    return run(["monitor", "try", *arguments, "--runbook", str(folder / "runbook.yml")])


def test_what_a_check_sees_and_where_it_comes_from(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert tried(tmp_path, prometheus, "errors", "--stage", "pilots") == ExitCode.PASS
    said = capsys.readouterr().out
    assert "errors (guardrail), slot chat, stage pilots" in said
    assert "acme/old: 2.0 % of 6,0" in said
    assert "allowed +0.5 points; at least 50 samples; limit 8.0 %" in said
    assert 'last_over_time(llm_requests_total{status="error"}[3600s])' in said


def test_the_same_as_json(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert tried(tmp_path, prometheus, "cut", "--stage", "pilots", "--window", "10m", "--json") == ExitCode.FAIL
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    (model,) = told["models"]
    assert (model["model"], model["tenants"], model["beyond_limit"]) == ("acme/old", 1, True)
    assert model["figure"] == pytest.approx(0.30, rel=0.02)
    assert model["of"] == pytest.approx(1000, rel=0.05)
    assert (told["unit"], told["margin"], told["limit"]) == ("share", 0.01, 0.05)
    assert len(told["queries"]) == 2


def test_nothing_seen_is_no_figure(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert tried(tmp_path, prometheus, "errors", "--stage", "global") == ExitCode.INCONCLUSIVE
    assert "nothing: no request of this stage carries this figure" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("usd", "code", "said"),
    [("812.4", ExitCode.PASS, "now: $812.40\n"), ("1200", ExitCode.FAIL, "now: $1,200, beyond the limit\n")],
)
def test_a_number_of_one_s_own(
    tmp_path: Path, prometheus: str, capsys: Captured, usd: str, code: ExitCode, said: str
) -> None:
    command = f"command: [{sys.executable}, '-c', 'print({usd})']"
    assert tried(tmp_path, prometheus, "bill", command=command) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [("ok", ExitCode.PASS, "  healthy: ok\n"), ("degraded", ExitCode.FAIL, "  not healthy: degraded\n")],
)
def test_a_word_on_health(
    tmp_path: Path, prometheus: str, capsys: Captured, word: str, code: ExitCode, said: str
) -> None:
    assert tried(tmp_path, prometheus, "gateway", word=word) == code
    out = capsys.readouterr().out
    assert said in out
    assert "fails when it is bad at 2 of the last 3 looks" in out


def test_who_answered(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert tried(tmp_path, prometheus, "fallbacks", "--stage", "pilots") == ExitCode.PASS
    out = capsys.readouterr().out
    assert "30.0 % answered by another model, at most 40.0 %" in out
    assert "holds while it is bad, and never fails" in out
    assert "cut_total" in out
    assert tried(tmp_path, prometheus, "served", "--json") == ExitCode.FAIL
    told = json.loads(capsys.readouterr().out)
    assert (told["share"], told["limit"]) == (pytest.approx(0.1), pytest.approx(0.02))
    assert (told["well"], told["fails_at"], told["role"]) == (False, [2, 3], "signal")
    assert tried(tmp_path, prometheus, "fallbacks", "--stage", "global") == ExitCode.INCONCLUSIVE
    assert "nothing: no request of this stage says who answered it" in capsys.readouterr().out


def test_what_is_shipped_besides_figures_can_be_tried_too(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert tried(tmp_path, prometheus, "attribution", "--stage", "pilots") == ExitCode.PASS
    out = capsys.readouterr().out
    assert "0.0 % answered by another model, at most 2.0 % (acme/old should; answered: acme/old 100.0%)" in out
    assert "llm_requests_total" in out
    named = ("attribution", "--stage", "pilots", "--model", "acme/new", "--json")
    assert tried(tmp_path, prometheus, *named) == ExitCode.FAIL
    told = json.loads(capsys.readouterr().out)
    assert (told["share"], told["well"], told["limit"]) == (1.0, False, 0.02)
    assert tried(tmp_path, prometheus, "attribution", "--stage", "global") == ExitCode.INCONCLUSIVE
    assert tried(tmp_path, prometheus, "health") == ExitCode.FAIL
    assert "not healthy: http://127.0.0.1:9/api/health cannot be reached" in capsys.readouterr().out


def test_a_quantile_of_one_s_own(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert tried(tmp_path, prometheus, "waiting", "--stage", "pilots") == ExitCode.PASS
    out = capsys.readouterr().out
    assert "acme/old: 1.75 s of 6,0" in out
    assert 'avg_over_time(((waiting{quantile="0.95"} > 0) < Inf)[3600s:60s])' in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("eror",), ExitCode.USAGE, "did you mean errors?"),
        (("gatway",), ExitCode.USAGE, "did you mean gateway?"),
        (("tools",), ExitCode.USAGE, "its series is not named in `metrics`"),
        (("errors", "--stage", "pilot"), ExitCode.USAGE, "did you mean pilots?"),
        (("errors", "--slot", "chta"), ExitCode.USAGE, "did you mean chat?"),
        (("errors", "--window", "soon"), ExitCode.USAGE, "--window"),
        (("errors", "--window", "0s"), ExitCode.USAGE, "--window"),
        (("bill",), ExitCode.COULD_NOT_RUN, "answered nothing where a number should be"),
    ],
)
def test_what_it_refuses(
    tmp_path: Path, prometheus: str, capsys: Captured, arguments: tuple[str, ...], code: ExitCode, said: str
) -> None:
    assert tried(tmp_path, prometheus, *arguments) == code
    assert said in capsys.readouterr().err


def test_a_source_that_is_not_there_is_named(tmp_path: Path, free_port: Callable[[], int], capsys: Captured) -> None:
    assert tried(tmp_path, f"http://127.0.0.1:{free_port()}", "errors") == ExitCode.COULD_NOT_RUN
    assert "cannot be reached" in capsys.readouterr().err


def enveloped(folder: Path, prometheus: str, *arguments: str, usd: str = "100000") -> int:
    tried(folder, prometheus, "errors")
    path = folder / "runbook.yml"
    text = re.sub(r"envelope_usd_per_month: \d+", f"envelope_usd_per_month: {usd}", path.read_text())
    path.write_text(text if usd else re.sub(r".*envelope_usd_per_month.*\n", "", text))
    return run(["monitor", "try", "envelope", *arguments, "--runbook", str(path)])


def test_what_this_month_and_the_next_cost_as_it_is(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    # A few hours are no month: what was spent before is not known, and the next one is by the hours there are.
    assert enveloped(tmp_path, prometheus) == ExitCode.INCONCLUSIVE
    said = capsys.readouterr().out
    assert "this month, forecast: $" in said
    assert "next month, forecast: $" in said
    assert "envelope $100,000" in said
    assert "is not known" in said


def test_both_months_as_json(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert enveloped(tmp_path, prometheus, "--json", usd="1") == ExitCode.FAIL
    told: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["check"], told["limit"], told["basis"]) == ("envelope", 1, "looks")
    this, after = told["months"]
    assert (this["name"], this["verdict"], after["name"], after["verdict"]) == (
        "envelope",
        "fail",
        "next_month",
        "fail",
    )
    # 0.5 dollars a minute, in a month of 28 to 31 days.
    assert after["usd"] == pytest.approx(0.5 * 60 * 24 * 30, rel=0.1)
    assert this["interval"][0] <= this["usd"] <= this["interval"][1]
    assert told["unknown_s"] > 0 or told["spent"] > 0


def test_a_source_that_is_away_forecasts_nothing(
    tmp_path: Path, free_port: Callable[[], int], capsys: Captured
) -> None:
    assert enveloped(tmp_path, f"http://127.0.0.1:{free_port()}") == ExitCode.COULD_NOT_RUN
    assert "cannot be reached" in capsys.readouterr().err


def test_without_an_envelope_there_is_nothing_to_forecast(tmp_path: Path, prometheus: str, capsys: Captured) -> None:
    assert enveloped(tmp_path, prometheus, usd="") == ExitCode.USAGE
    assert "slot chat names no envelope_usd_per_month" in capsys.readouterr().err
