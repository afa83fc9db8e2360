"""`rotate doctor` in a terminal: a line a finding, the remedy below it, the exit code."""

from pathlib import Path

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.doctor.model import Finding, fails, not_checked, ok
from bot.settings import SettingsError


def examined(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> list[tuple[Path, str | None]]:
    asked: list[tuple[Path, str | None]] = []

    async def examine(runbook: Path, *, candidate: str | None) -> list[Finding]:
        asked.append((runbook, candidate))
        return list(findings)

    monkeypatch.setattr("bot.app.examination.examine_installation", examine, raising=False)
    return asked


def test_all_well_is_exit_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = examined(monkeypatch, ok("bot token", "rotate in workspace Acme"), not_checked("health", "none named"))
    assert run(["doctor"]) == ExitCode.PASS
    assert asked == [(Path("runbook.yml"), None)]
    assert capsys.readouterr().out.splitlines() == [
        "ok           bot token: rotate in workspace Acme",
        "not checked  health: none named",
        "1 ok, 0 fails, 1 not checked.",
    ]


@pytest.mark.parametrize("check", ["runbook", "suite"])
def test_what_serve_would_not_start_with_is_exit_2(monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    examined(monkeypatch, fails(check, "nosuch.yml: no such file", "write one with `rotate init`"))
    assert run(["doctor"]) == ExitCode.USAGE


def test_a_failure_is_exit_1_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = examined(monkeypatch, fails("channel #ops", "the bot is not in it", "type `/invite @rotate` in #ops"))
    assert run(["doctor", "--runbook", "other.yml", "--candidate", "new/m"]) == ExitCode.FAIL
    assert asked == [(Path("other.yml"), "new/m")]
    assert capsys.readouterr().out.splitlines()[:2] == [
        "FAILS        channel #ops: the bot is not in it",
        "             -> type `/invite @rotate` in #ops",
    ]


def test_settings_that_cannot_be_read_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def examine(*_: object, **__: object) -> list[Finding]:
        raise SettingsError(("SLACK_API_URL: must be an http(s) address that ends in /api/",))

    monkeypatch.setattr("bot.app.examination.examine_installation", examine, raising=False)
    assert run(["doctor"]) == ExitCode.USAGE
    assert capsys.readouterr().err == "SLACK_API_URL: must be an http(s) address that ends in /api/\n"
