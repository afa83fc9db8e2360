"""`rotate serve` where it cannot: one sentence and an exit code."""

from pathlib import Path

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run

MINIMAL = Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml"


def test_a_database_in_a_folder_that_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "missing" / "rotate.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    monkeypatch.setenv("ROTATE_DATABASE", str(database))
    log = tmp_path / "errors.log"
    assert run(["serve", "--runbook", str(MINIMAL)], log_file=log) == ExitCode.COULD_NOT_RUN
    assert f"{database} cannot be used as a database: No such file or directory" in capsys.readouterr().err
    assert not log.exists()
