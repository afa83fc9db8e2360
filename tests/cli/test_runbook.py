"""`rotate runbook` in a terminal: every problem on its line, what is lost, the whole file, the schema."""

import json
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.cli.exits import ExitCode
from bot.cli.main import run
from bot.doctor.model import Finding, fails, ok

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "minimal.yml", tmp_path / "runbook.yml")
    shutil.copy(EXAMPLES / "chat.suite.yml", tmp_path)
    return tmp_path


def test_check_names_what_is_lost(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbook", "check"]) == ExitCode.PASS
    shown = capsys.readouterr().out
    assert shown.startswith("runbook.yml can be used: 1 slot, digest ")
    assert "`metrics.tool_calls` is not named: tool-call validity is not watched" in shown
    assert (here / "runbook.yml").exists()


def test_the_file_is_named_by_itself_or_as_in_other_verbs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "runbook.yml").rename(here / "other.yml")
    for named in (["other.yml"], ["--runbook", "other.yml"], ["other.yml", "--runbook", "other.yml"]):
        assert run(["runbook", "check", *named]) == ExitCode.PASS
        assert run(["runbook", "show", *named]) == ExitCode.PASS
    capsys.readouterr()
    assert run(["runbook", "check", "other.yml", "--runbook", "mine.yml"]) == ExitCode.USAGE
    assert capsys.readouterr().err == "other.yml and --runbook mine.yml name two files; name one\n"


def test_check_of_a_malformed_file_is_exit_2_with_every_problem(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "runbook.yml"
    file.write_text(file.read_text().replace("suite:", "suit:").replace("6000", "many"))
    assert run(["runbook", "check", "runbook.yml"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "runbook.yml:17:5: slots.chat.suit: is not a key here; did you mean `suite`?",
        "runbook.yml:18:29: slots.chat.envelope_usd_per_month: expected a number, found 'many'",
        "2 problems; nothing was started.",
    ]


def test_check_reads_the_suites_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "chat.suite.yml").write_text("cases:\n  - id: a\n    messages: hi\n  - id: a\n")
    assert run(["runbook", "check"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"{here}/chat.suite.yml:3: cases[0].messages: a list is expected" in shown.err
    assert f"{here}/chat.suite.yml:4: cases[1].id: 'a' is already the id" in shown.err
    assert shown.err.splitlines()[-1].endswith("problems; nothing was started.")


def test_check_of_what_can_never_pass_is_exit_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "runbook.yml"
    text = file.read_text().replace("group: ml-oncall", "people: [U024BE7LH]")
    file.write_text(text.replace("      global:  {", "      global:  {approval: {count: 2}, "))
    assert run(["runbook", "check"]) == ExitCode.FAIL
    assert "can never pass: slot chat, stage global: it needs 2 approvals" in capsys.readouterr().out


def test_check_names_a_group_that_is_asked_too_late_at_its_place(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = here / "runbook.yml"
    rule = "approval: {fallback: [{group: sre, after: 2d}, {group: finance, after: 1d}]}"
    file.write_text(file.read_text().replace("      global:  {", f"      global:  {{{rule}, "))
    assert run(["runbook", "check"]) == ExitCode.PASS
    lines = enumerate(file.read_text().splitlines(), start=1)
    place = next(f"{number}:{text.index('1d') + 1}" for number, text in lines if rule in text)
    told = f"- runbook.yml:{place}: slots.chat.stages.global.approval.fallback[2].after: finance is never asked: "
    assert told in capsys.readouterr().out


def test_check_names_an_authority_nobody_could_act_by(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "runbook.yml"
    file.write_text(f"{file.read_text()}authority: {{break_glass: {{groups: [finance], count: 2}}}}\n")
    assert run(["runbook", "check"]) == ExitCode.FAIL
    told = "can never pass: slot chat, authority.break_glass: going on against a comparison's fail takes 2 people"
    assert told in capsys.readouterr().out


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("finding", "code"), [(fails("traffic", "too thin", "wait"), 1), (ok("traffic", "enough"), 0)])
def test_check_live_asks_the_installation(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    finding: Finding,
    code: int,
) -> None:
    async def examine(runbook: Path, *, limits_only: bool) -> list[Finding]:
        assert (runbook, limits_only) == (Path("runbook.yml"), True)
        return [finding]

    monkeypatch.setattr("bot.app.examination.examine_installation", examine, raising=False)
    assert run(["runbook", "check", "--live"]) == code
    assert f"traffic: {finding.what}" in capsys.readouterr().out


def test_show_prints_every_default(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbook", "show", str(here / "runbook.yml")]) == ExitCode.PASS
    shown = YAML(typ="safe", pure=True).load(capsys.readouterr().out)
    assert shown["checks"]["errors_margin"] == 0.005
    stages = shown["slots"]["chat"]["stages"]
    assert [(stage["name"], stage["bake"]["length"]) for stage in stages] == [
        ("staging", "15m"),
        ("pilots", "4h"),
        ("global", "1d"),
    ]
    assert shown["slots"]["chat"]["suite"] == str(here / "chat.suite.yml")
    assert shown["authority"] == shown["slots"]["chat"]["authority"]
    assert shown["authority"]["steer"] == ["channel", "ml", "sre", "finance"]
    assert shown["authority"]["break_glass"] == {"groups": [], "count": 2, "each": False}
    assert (shown["fallback_group"], shown["slots"]["chat"]["fallback_group"]) == ("sre", "sre")
    assert shown["slots"]["chat"]["stages"][1]["approval"]["fallback"] == []


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbook", "schema"]) == ExitCode.PASS
    made = json.loads(capsys.readouterr().out)
    assert made["properties"]["channel"]["description"].startswith("the Slack channel")
