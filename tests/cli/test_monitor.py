"""`rotate monitor replay` in a terminal: its lines, its exit codes, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run
from tests.monitor.recorded import Line, Tenants, line, two_arms

CHECKS = """\
looks: 24
every: 1h
checks:
  - {name: errors, kind: ratio, dimension: errors, margin: 0.005}
"""
Captured = pytest.CaptureFixture[str]
EXAMPLE = Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml"


def written(folder: Path, rows: list[Line], checks: str = CHECKS) -> list[str]:
    (folder / "checks.yml").write_text(checks)
    (folder / "series.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return ["monitor", "replay", "--checks", str(folder / "checks.yml"), "--series", str(folder / "series.jsonl")]


def printed(capsys: Captured) -> list[dict[str, Any]]:
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def test_a_line_a_look_and_a_last_one(tmp_path: Path, capsys: Captured) -> None:
    assert run(written(tmp_path, two_arms(0.005, hourly=2000))) == ExitCode.PASS
    *looks, last = printed(capsys)
    assert [look["look"] for look in looks] == list(range(1, 25))
    assert (looks[0]["at"], looks[-1]["verdict"]) == ("2026-03-02T01:00:00+00:00", "pass")
    assert {"look", "at", "verdict", "counted", "incident", "reasons", "checks"} == set(looks[0])
    assert looks[-1]["checks"][0]["n_candidate"] == 48_000
    assert last == {"final": True, "verdict": "pass", "decided_at_look": 24, "reasons": []}


@pytest.mark.parametrize(
    ("rows", "code", "verdict"),
    [
        (two_arms(0.05, hourly=2000), ExitCode.FAIL, "fail"),
        (two_arms(0.005, hourly=2000, looks=3), ExitCode.INCONCLUSIVE, "inconclusive"),
    ],
)
def test_the_exit_code_is_the_verdicts(
    tmp_path: Path, capsys: Captured, rows: list[Line], code: ExitCode, verdict: str
) -> None:
    assert run(written(tmp_path, rows)) == code
    assert printed(capsys)[-1]["verdict"] == verdict


def test_a_runbooks_own_checks_are_taken(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "runbook.yml").write_text(EXAMPLE.read_text())
    (tmp_path / "chat.suite.yml").write_text((EXAMPLE.parent / "chat.suite.yml").read_text())
    rows = list(Tenants(looks=24).rows(1))
    rows += [
        line(look, "candidate", "attribution", tenant=f"t{number}", bad=0, total=800)
        for look in range(1, 25)
        for number in range(3)
    ]
    rows += [line(look, "candidate", "health", healthy=True) for look in range(1, 25)]
    (tmp_path / "series.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    options = ["--runbook", str(tmp_path / "runbook.yml"), "--slot", "chat", "--series", str(tmp_path / "series.jsonl")]
    assert run(["monitor", "replay", *options, "--stage", "pilots"]) == ExitCode.INCONCLUSIVE
    *looks, last = printed(capsys)
    by_name = {check["name"]: check["reason"] for check in looks[-1]["checks"]}
    (worst,) = [name for name in by_name if name.startswith("errors of t")]
    assert by_name.pop(worst) == ""
    assert by_name == {"errors": "", "latency": "no_series", "cost": "no_series", "attribution": "", "health": ""}
    assert (last["verdict"], last["reasons"]) == ("inconclusive", ["no_series"])
    assert run(["monitor", "replay", *options, "--stage", "pilot"]) == ExitCode.USAGE
    assert "did you mean pilots?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        ("[]", "checks.yml:1:1: expected a mapping with `looks`, `every` and a list of `checks`"),
        (
            "looks: 0\nevery: 1h\nchecks: [{name: a, kind: ratio}]",
            "checks.yml:1:8: looks: expected a number of at least 1",
        ),
        ("looks: 3\nevery: 1\nchecks: [{name: a, kind: ratio}]", "checks.yml:2:8: every: 1 needs a unit"),
        ("looks: 3\nevery: 1h\nchecks: []", "checks.yml:3:9: checks: is empty"),
        (
            "looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: rate}",
            "checks.yml:4:19: checks[1].kind: expected one of ratio",
        ),
        ("looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: ratio, margn: 1}", "did you mean `margin`?"),
        ("looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: ratio, margin: 5}", "0.005 is half a point"),
        ("looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: ratio, k: 4}", "k must not be larger than n"),
        ("looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: value}", "judged by its limit alone"),
        ("looks: 3\nevery: 1h\nchecks: [{name: a, kind: ratio}, {name: a, kind: mean}]", "names a twice"),
        ("looks: 3\nevery: 0h\nchecks: [{name: a, kind: ratio}]", "every: must be longer than nothing"),
        ("looks: 3\nevery: 1h\ncycle: 0h\nchecks: [{name: a, kind: ratio}]", "cycle: must be longer than nothing"),
        (
            "looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: ratio, limit: 8}",
            "checks.yml:4:3: checks[1]: the limit is a share",
        ),
        (
            "looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: attribution, limit: 2}",
            "from 0 to 1: 0.08 is 8 %, and 2 is none",
        ),
        ("looks: 3\nevery: 1h\nchecks:\n- {name: a, kind: latency, limit: 0}", "the limit is in seconds, more than 0"),
        (
            "looks: 3\nevery: 1h\nchecks:\n- {name: é, kind: ratio}",
            "a name of letters, digits, blanks, `-`, `_` and `.`",
        ),
    ],
)
def test_a_malformed_checks_file_is_told_with_its_place(
    tmp_path: Path, capsys: Captured, checks: str, told: str
) -> None:
    assert run(written(tmp_path, two_arms(0.005), checks)) == ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_wrong_rows_are_told_with_their_lines_and_only_so_many(tmp_path: Path, capsys: Captured) -> None:
    rows = [{**line(1, "candidate", bad=1, total=10), "arm": f"x{number}"} for number in range(30)]
    assert run(written(tmp_path, rows)) == ExitCode.USAGE
    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith("series.jsonl:1: arm: expected candidate or current, found 'x0'")
    assert told[-1] == "... and 10 more"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--series", "none.jsonl", "--checks", "checks.yml"], "none.jsonl: cannot be read: No such file"),
        (["--series", "series.jsonl", "--checks", "none.yml"], "none.yml: no such file"),
        (["--series", "series.jsonl"], "Give --checks FILE, or --runbook, --slot and --stage."),
        (["--series", "series.jsonl", "--checks", "checks.yml", "--slot", "chat"], "give it without --slot"),
        (["--series", "binary", "--checks", "checks.yml"], "binary: is not UTF-8 text (byte 0)"),
    ],
)
def test_what_cannot_be_read_or_was_not_said(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    written(tmp_path, two_arms(0.005))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    assert run(["monitor", "replay", *options]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


QUANTILES = CHECKS + "  - {name: latency, kind: latency, margin: 0.25}\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantile": 0.95, "value": 0}, "value: 0 seconds are no quantile; leave out looks without requests"),
        ({"quantile": 95, "value": 1.8}, "quantile: 95 is none; expected a share such as 0.95"),
        ({"value": 1.8}, "quantile is missing"),
        ({"quantile": 0.95}, "value is missing"),
        ({"quantile": 0.95, "value": "NaN"}, "value: a number is expected"),
        ({"quantile": 0.95, "value": 1.8, "count": 0}, "count: a quantile of no requests is none"),
        ({"quantile": 0.95, "value": 1.8, "buckets": {"+Inf": 3}}, "a histogram or one quantile of it"),
        ({"quantile": 0.99, "value": 1.8}, "the quantile 0.99 of latency, where line 1 has the quantile 0.95"),
        ({"buckets": {"1": 2, "+Inf": 3}}, "buckets of latency, where line 1 has the quantile 0.95"),
    ],
)
def test_rows_of_a_quantile_that_cannot_be_used(
    tmp_path: Path, capsys: Captured, changes: dict[str, Any], said: str
) -> None:
    rows = [line(1, "candidate", "latency", quantile=0.95, value=1.8), line(2, "candidate", "latency", **changes)]
    assert run(written(tmp_path, rows, QUANTILES)) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert ":2: " in told
    assert said in told


def test_a_runbook_s_latency_is_judged_by_what_the_rows_have(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "runbook.yml").write_text(EXAMPLE.read_text())
    (tmp_path / "chat.suite.yml").write_text((EXAMPLE.parent / "chat.suite.yml").read_text())
    rows = [
        line(look, arm, "latency", quantile=0.95, value=seconds * (1 + 0.01 * (look % 3)))
        for look in range(1, 25)
        for arm, seconds in (("candidate", 4.0), ("current", 1.5))
    ] + [line(look, "candidate", "attribution", bad=0, total=900) for look in range(1, 25)]
    (tmp_path / "series.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    named = ["--runbook", str(tmp_path / "runbook.yml"), "--slot", "chat", "--stage", "pilots"]
    assert run(["monitor", "replay", *named, "--series", str(tmp_path / "series.jsonl")]) == ExitCode.FAIL
    *_, looked, _ = printed(capsys)
    (found,) = [check for check in looked["checks"] if check["verdict"] == "fail"]
    assert (found["name"], found["rule"].split()[0]) == ("latency", "split")
