"""The root of `rotate`: what is loaded, what is said, and with which code it ends."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import VERBS, run, written_verbs
from bot.masking import MASK

ROOT = Path(__file__).parents[2]
NOT_VERBS = {"__init__", "exits", "interrupts", "main", "telling", "unexpected"}
NOT_VERBS |= {"diff_engine", "diff_given", "diff_output", "diff_progress", "diff_show", "diff_trial"}
NOT_VERBS |= {"asking", "logs", "monitor_month", "monitor_named", "monitor_try", "monitor_word", "stored"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "state" / "errors.log"


@pytest.fixture
def rotate(log: Path) -> Callable[..., int]:
    def call(*args: str) -> int:
        return run(args, package="tests.cli.verbs", log_file=log)

    return call


@pytest.mark.parametrize(
    ("end", "code"),
    [("quietly", 0), ("with-exit", 1), ("with-a-code", 3), ("with-a-sentence", 4), ("at-the-keyboard", 130)],
)
def test_every_end_has_its_code(rotate: Callable[..., int], end: str, code: int) -> None:
    assert rotate("status", end) == code


def test_a_sentence_is_printed_as_it_is_and_nothing_else(
    rotate: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    rotate("status", "with-a-sentence")
    assert capsys.readouterr() == ("", "rotate.db is locked: stop the other bot first\n")


def test_ctrl_c_is_quiet(rotate: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    rotate("status", "at-the-keyboard")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["statsu"], "Did you mean 'status'?"),
        (["status"], "Missing argument"),
        (["status", "quietly", "--times", "often"], "--times"),
        (["status", "quietly", "--tmies", "2"], "--times"),
        (["ledger", "verfy"], "verify"),
        (["--nope"], "--nope"),
    ],
)
def test_a_wrong_command_line_is_told_what_is_wrong(
    rotate: Callable[..., int], capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    assert rotate(*args) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_without_a_verb_the_verbs_are_shown(rotate: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate() == ExitCode.USAGE
    assert VERBS["status"] in capsys.readouterr().out


def test_help_loads_no_verb(rotate: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    sys.modules.pop("tests.cli.verbs.ledger", None)
    assert rotate("--help") == 0
    shown = capsys.readouterr().out
    assert VERBS["ledger"] in shown
    assert VERBS["serve"] not in shown
    assert rotate("status", "quietly") == 0
    assert capsys.readouterr().out == "1 times\n"
    assert rotate("ledger", "verify", "--full") == 0
    assert capsys.readouterr().out == "ledger is loaded\nfull: True\n"


def test_a_bug_is_answered_with_a_reference_that_is_in_the_log(
    rotate: Callable[..., int], capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    assert rotate("status", "with-a-bug") == ExitCode.COULD_NOT_RUN
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    reference = re.search(r"ValueError \(reference ([0-9a-f]{8})\)", said)
    assert reference
    logged = log.read_text(encoding="utf-8")
    assert f"reference={reference[1]}\n" in logged
    assert f"ValueError: refused for {MASK}" in logged
    assert "xoxb-" not in said + logged
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_debug_shows_the_traceback_instead(
    rotate: Callable[..., int], capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    assert rotate("--debug", "status", "with-a-bug") == ExitCode.COULD_NOT_RUN
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "xoxb-" not in said
    assert not log.exists()


def test_a_log_that_cannot_be_written_hides_nothing(
    rotate: Callable[..., int], capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    log.parent.write_text("a file where the folder should be")
    assert rotate("status", "with-a-bug") == ExitCode.COULD_NOT_RUN
    said = capsys.readouterr().err
    assert "ValueError (reference" in said
    assert "cannot be written" in said


def child(program: str, home: Path, stdin: int | None = None, stdout: int | None = None) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}  # noqa: TID251 (handed on to the child)
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    program = "import sys; from bot.cli.main import run; sys.exit(run(['status', 'never'], package='tests.cli.verbs'))"
    with child(program, tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"more\n"
        process.stdout.close()
        assert process.wait() == ExitCode.PIPE_CLOSED
        assert process.stderr.read() == b""


def test_a_prompt_nobody_answers_ends_it(tmp_path: Path) -> None:
    program = (
        "import sys; from bot.cli.main import run; sys.exit(run(['status', 'at-a-prompt'], package='tests.cli.verbs'))"
    )
    with child(program, tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        assert process.wait() == ExitCode.INTERRUPTED


def test_every_file_of_the_command_line_is_a_listed_verb() -> None:
    files = {path.stem for path in (ROOT / "bot" / "cli").glob("*.py")} - NOT_VERBS
    assert files == {verb.replace("-", "_") for verb in written_verbs()}
