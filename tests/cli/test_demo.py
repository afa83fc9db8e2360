"""`rotate demo` given what cannot be: one sentence before anything is started."""

import socket
from pathlib import Path

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sabotage", "line"], "--sabotage goes with --play SCENARIO"),
        (["--jsonl", "rows.jsonl"], "--jsonl goes with --play SCENARIO"),
        (["--play", "quality", "--jsonl", "nosuch/rows.jsonl"], "--jsonl nosuch/rows.jsonl: there is no folder nosuch"),
        (["--play", "quality", "--jsonl", "."], "--jsonl .: is a folder"),
        (["--play", "nosuch"], "there is no scenario 'nosuch'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["demo", *words], log_file=tmp_path / "log") == ExitCode.USAGE
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        assert run(["demo", "--port", str(port)], log_file=tmp_path / "log") == ExitCode.COULD_NOT_RUN
    shown = capsys.readouterr().err
    assert shown == f"sandbox did not start: port {port} is taken by another program; --port 0 takes a free one\n"
