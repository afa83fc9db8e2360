"""`rotate suite` in a terminal: its four commands, their exit codes, and what they refuse."""

import json
import math
from pathlib import Path
from typing import Final

import pytest

from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.difftest.suite.load import load_suite

DATA: Final = Path(__file__).parents[1] / "data"
EXAMPLES: Final = Path(__file__).parents[2] / "bot" / "examples"
CLEAN: Final = "prompts: ['{{q}}']\ntests: [{vars: {q: hi}, assert: [{type: equals, value: x}]}]\n"
Captured = pytest.CaptureFixture[str]


def test_check_says_what_a_suite_can_see(capsys: Captured) -> None:
    assert run(["suite", "check", str(EXAMPLES / "sandbox.suite.yml")]) == ExitCode.PASS
    shown = capsys.readouterr().out
    assert "can be used: 240 cases." in shown
    assert "- quality: 130 cases, can see a difference of ±6.9 points; the margin is 5" in shown
    assert "- tools: 120 cases" in shown
    assert "- digest " in shown


def test_check_says_what_is_wrong_at_which_line(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.yml"
    path.write_text(
        "cases:\n- id: a\n  messages: [{role: user, content: x}]\n  assert:\n  - {type: contain, value: x}\n"
    )
    assert run(["suite", "check", str(path)]) == ExitCode.USAGE
    shown = capsys.readouterr().err
    assert f"{path}:5: cases[0].assert[0].type: 'contain' is no type of assertion; did you mean contains?" in shown
    assert shown.endswith("1 problem.\n")


def test_check_says_which_format_nobody_looks_at(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.yml"
    path.write_text(
        "cases:\n- id: a\n  messages: [{role: user, content: x}]\n  tools:\n  - name: f\n    parameters:\n"
        "      properties: {n: {format: int64}}\n  assert: [{type: tool-called, value: f}]\n"
    )
    assert run(["suite", "check", str(path)]) == ExitCode.PASS
    assert "- no call is held to the format 'int64' of a tool's parameters (line 7)\n" in capsys.readouterr().out


def test_nothing_in_a_suite_steers_the_terminal(tmp_path: Path, capsys: Captured) -> None:
    case = {"id": "a", "messages": [{"role": "user", "content": "x"}], "assert": [{"type": "is-json"}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"cases": [{**case, "tags": ["\x1b[31mred\u202e"]}]}))
    assert run(["suite", "check", str(path)]) == ExitCode.PASS
    path.write_text(json.dumps({"cases": [{**case, "\x1b[31mred\u202e": 1, "assert": [{"type": "\x9b\u2066"}]}]}))
    assert run(["suite", "check", str(path)]) == ExitCode.USAGE
    shown = capsys.readouterr()
    for sign in "\x1b\x9b\u202e\u2066":
        assert sign not in shown.out + shown.err


def test_schema_is_json(capsys: Captured) -> None:
    assert run(["suite", "schema"]) == ExitCode.PASS
    assert json.loads(capsys.readouterr().out)["title"] == "Suite of rotate"


def test_import_of_what_needs_nothing_else_is_0(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(CLEAN)
    out = tmp_path / "chat.yml"
    assert run(["suite", "import", str(tmp_path / "promptfooconfig.yaml"), "-o", str(out)]) == ExitCode.PASS
    assert "1 case, nothing left behind." in capsys.readouterr().err
    assert load_suite(out).cases[0].messages[0].content == "hi"


def test_import_that_leaves_something_behind_is_3_and_lists_it(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "chat.json"
    config = DATA / "promptfoo" / "promptfooconfig.yaml"
    assert run(["suite", "import", str(config), "-o", str(out)]) == ExitCode.INCONCLUSIVE
    shown = capsys.readouterr().err
    assert f"left behind: {config}:41: tests[0].assert[1]: javascript needs code to run" in shown
    assert f"note: {config}:10: providers[0]: the provider openai:gpt-4.1-mini is not carried over" in shown
    assert len(load_suite(out).cases) > 10


def test_import_prints_the_suite_where_no_file_is_named(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(CLEAN)
    assert run(["suite", "import", str(tmp_path / "promptfooconfig.yaml")]) == ExitCode.PASS
    (tmp_path / "again.yml").write_text(capsys.readouterr().out)
    assert len(load_suite(tmp_path / "again.yml").cases) == 1


def test_import_with_no_case_left_is_1_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text("prompts: [hi]\ntests: [{assert: [{type: python, value: x}]}]\n")
    out = tmp_path / "chat.yml"
    assert run(["suite", "import", str(tmp_path / "promptfooconfig.yaml"), "-o", str(out)]) == ExitCode.FAIL
    assert not out.exists()


@pytest.mark.parametrize("command", ["import", "from-traces"])
def test_files_that_cannot_be_read_are_2(tmp_path: Path, command: str, capsys: Captured) -> None:
    assert run(["suite", command, str(tmp_path / "none")]) == ExitCode.USAGE
    assert "cannot be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "why"),
    [("x.jsonl", "a suite with settings is"), ("there.yml", "--force overwrites it"), ("no/x.yml", "no folder")],
)
def test_where_a_suite_cannot_be_put(tmp_path: Path, name: str, why: str, capsys: Captured) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(CLEAN)
    (tmp_path / "there.yml").write_text("mine")
    arguments = ["suite", "import", str(tmp_path / "promptfooconfig.yaml"), "-o", str(tmp_path / name)]
    assert run(arguments) == ExitCode.USAGE
    assert why in capsys.readouterr().err
    assert (tmp_path / "there.yml").read_text() == "mine"


def test_force_overwrites(tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(CLEAN)
    out = tmp_path / "there.yml"
    out.write_text("mine")
    assert run(["suite", "import", str(tmp_path / "promptfooconfig.yaml"), "-o", str(out), "--force"]) == ExitCode.PASS
    assert len(load_suite(out).cases) == 1


def test_from_traces_draws_masks_and_says_so(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "drawn.yml"
    traces = DATA / "traces" / "chat-logs.jsonl"
    assert run(["suite", "from-traces", str(traces), "--size", "42", "-o", str(out)]) == ExitCode.INCONCLUSIVE
    shown = capsys.readouterr().err
    assert "50 lines, 42 requests with an answer, 1 of them asked before" in shown
    assert "3 malformed lines, the first:\n  line 46: is not JSON" in shown
    assert "masked: 2 CARD, 2 EMAIL, 1 IBAN, 3 NAME, 1 PHONE, 2 SECRET" in shown
    assert "41 cases; 42 were wanted, but the traffic has no more that differ" in shown
    assert load_suite(out).private
    assert out.stat().st_mode & 0o077 == 0


def test_from_traces_takes_its_size_from_what_is_to_be_seen(tmp_path: Path, capsys: Captured) -> None:
    traces = DATA / "traces" / "chat-logs.jsonl"
    out = tmp_path / "drawn.yml"
    assert run(["suite", "from-traces", str(traces), "--see", "12.5", "-o", str(out)]) == ExitCode.PASS
    told = capsys.readouterr().err
    assert "To see a difference of ±12.5 points at 80 % power: 40 cases." in told
    cases = load_suite(out).cases
    assert len(cases) == 40
    for dimension, about in (("quality", "about_quality"), ("tools", "about_tools")):
        number = sum(bool(getattr(case, about)) for case in cases)
        enough = math.ceil(40 * 40 / number)
        line = (
            f"{dimension}: {number} of the 40 cases are about it; --size {enough:,} would see ±12.5 points there, too."
        )
        assert (line in told) == (2 <= number < 40)
    assert run(["suite", "from-traces", str(traces), "-o", str(out), "--force"]) == ExitCode.INCONCLUSIVE
    assert "±5 points at 80 % power: 248 cases." in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--size", "5", "--see", "5"], ["--judge", "acme/j", "--no-judge"], ["--size", "0"]]
)
def test_options_that_contradict_each_other_are_2(options: list[str]) -> None:
    assert run(["suite", "from-traces", str(DATA / "traces" / "chat-logs.jsonl"), *options]) == ExitCode.USAGE


def test_from_traces_with_nothing_in_it_is_1(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "x.jsonl").write_text("\n{}\n")
    assert run(["suite", "from-traces", str(tmp_path / "x.jsonl"), "-o", str(tmp_path / "x.yml")]) == ExitCode.FAIL
    assert "No case could be made; nothing was written." in capsys.readouterr().err
    assert not (tmp_path / "x.yml").exists()


def test_tools_may_stand_in_a_file_of_their_own(tmp_path: Path, capsys: Captured) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "book", "arguments": '{"hour": 7}'}}
    row = {"messages": [{"role": "user", "content": "At 7"}], "response": {"role": "assistant", "tool_calls": [call]}}
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    (tmp_path / "tools.yml").write_text("- {name: book, parameters: {type: object}}\n")
    (tmp_path / "none.yml").write_text("- nothing\n")
    arguments = ["suite", "from-traces", str(tmp_path / "x.jsonl"), "--size", "1", "-o", str(tmp_path / "x.yml")]
    assert run([*arguments, "--tools", str(tmp_path / "tools.yml")]) == ExitCode.PASS
    assert run([*arguments, "--force", "--tools", str(tmp_path / "none.yml")]) == ExitCode.USAGE
    assert "a list of tools with their names and schemas is expected" in capsys.readouterr().err
