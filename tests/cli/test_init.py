"""`rotate init`: six questions at most, files that work, nothing overwritten, nothing readable by others."""

import io
import shutil
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.cli.exits import ExitCode
from bot.cli.init import FEWEST_CASES
from bot.cli.main import run
from bot.difftest.stats.planning import fewest_n
from bot.difftest.suite.load import load_suite
from bot.doctor.model import Finding, not_checked
from bot.runbook.load import checked, load
from bot.runbook.starter import (
    AnswerError,
    Answers,
    app_link,
    missing_from_env,
    model_variables,
    parse_address,
    parse_channel,
    parse_env_files,
    parse_owners,
    parse_provider,
    parse_variable,
    runbook_text,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    monkeypatch.chdir(tmp_path)
    asked: list[tuple[Path, Path]] = []

    async def examine(runbook: Path, *, env_file: Path) -> list[Finding]:
        asked.append((runbook, env_file))
        return [not_checked("tokens", "placeholders")]

    monkeypatch.setattr("bot.app.examination.examine_installation", examine, raising=False)
    return asked


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_defaults_give_a_runbook_that_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], examined: list[tuple[Path, Path]]
) -> None:
    assert run(["init", "--yes"]) == ExitCode.PASS
    runbook = load(tmp_path / "runbook.yml").runbook
    assert runbook.channel == "model-rotation"
    assert list(runbook.slots["chat"].stages) == ["staging", "pilots", "global"]
    assert len(load_suite(tmp_path / "chat.suite.yml").cases) == 10
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    shown = capsys.readouterr().out
    assert "can open staging; a `pass` within 5 points takes at least 52 cases" in shown
    assert "not checked  tokens: placeholders" in shown
    assert examined == [(Path("runbook.yml"), Path(".env"))]


def test_the_fewest_cases_are_what_the_statistics_say() -> None:
    assert fewest_n(0.05, alpha=0.05) == FEWEST_CASES


def test_at_most_six_questions_are_asked_each_with_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, *[""] * 6)
    assert run(["init"]) == ExitCode.PASS
    shown = capsys.readouterr().out
    assert [f"{n}/6" in shown for n in range(1, 8)] == [True] * 6 + [False]
    assert (tmp_path / "runbook.yml").exists()


def test_an_answer_that_cannot_be_used_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.env").write_text("MODEL_TIMEOUT=3\nCHAT_MODEL=x\n")
    answer(monkeypatch, "#ops", "ml, sre", "U024BE7LH+U024BE7LJ, sre, fin", "foo", "https://h/v1/", "a.env", "", "none")
    assert run(["init"]) == ExitCode.PASS
    shown = capsys.readouterr().out
    assert "expected three owners" in shown
    assert "'foo' is neither openai nor openrouter" in shown
    runbook = load(tmp_path / "runbook.yml").runbook
    assert runbook.channel == "ops"
    assert runbook.groups.ml.people == ("U024BE7LH", "U024BE7LJ")
    assert (runbook.groups.ml.channel, runbook.groups.sre.channel) == ("ops", "sre")
    assert runbook.provider.url == "https://h/v1"
    assert runbook.slots["chat"].variable == "CHAT_MODEL"
    assert list(runbook.slots["chat"].stages) == ["global"]
    assert runbook.metrics is None
    assert "PROVIDER_API_KEY=\n" in (tmp_path / ".env").read_text()


def test_answers_that_end_early_are_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "ops")
    assert run(["init"]) == ExitCode.USAGE
    assert "give --yes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_option_that_cannot_be_used_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--yes", "--metrics", "localhost"]) == ExitCode.USAGE
    assert "'localhost' is not an address" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_existing_files_are_kept_without_a_word_from_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "bot" / "examples" / "minimal.yml", tmp_path / "runbook.yml")
    (tmp_path / "chat.suite.yml").write_text("cases: mine\n")
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-mine\n")
    (tmp_path / ".env").chmod(0o644)
    assert run(["init", "--yes"]) == ExitCode.PASS
    assert (tmp_path / "runbook.yml").read_text() == (ROOT / "bot" / "examples" / "minimal.yml").read_text()
    assert (tmp_path / "chat.suite.yml").read_text() == "cases: mine\n"
    assert (tmp_path / ".env").read_text() == "SLACK_BOT_TOKEN=xoxb-mine\n"
    shown = capsys.readouterr().out
    assert "kept; it lacks SLACK_APP_TOKEN, OPENROUTER_API_KEY" in shown
    assert "chmod 600 .env" in shown
    assert "xoxb-mine" not in shown


@pytest.mark.parametrize(("said", "overwritten"), [("n", False), ("", False), ("y", True)])
def test_overwriting_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, overwritten: bool
) -> None:
    (tmp_path / "runbook.yml").write_text("mine\n")
    answer(monkeypatch, *[""] * 6, said)
    assert run(["init"]) == ExitCode.PASS
    assert ((tmp_path / "runbook.yml").read_text() != "mine\n") is overwritten


def test_force_overwrites_all_but_the_secrets(tmp_path: Path) -> None:
    for name in ("runbook.yml", "chat.suite.yml", ".env"):
        (tmp_path / name).write_text("mine\n")
    assert run(["init", "--yes", "--force"]) == ExitCode.PASS
    kept = [name for name in ("runbook.yml", "chat.suite.yml", ".env") if (tmp_path / name).read_text() == "mine\n"]
    assert kept == [".env"]


def test_the_link_carries_the_manifest_and_is_short_enough_for_a_browser() -> None:
    text = (ROOT / "manifest.yml").read_text()
    link = app_link(text)
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "api.slack.com", "/apps")
    query = parse_qs(parts.query)
    assert query["new_app"] == ["1"]
    yaml = YAML(typ="safe", pure=True)
    assert yaml.load(query["manifest_yaml"][0]) == yaml.load(text)
    assert len(link) < 8000


def test_another_folder(tmp_path: Path, examined: list[tuple[Path, Path]]) -> None:
    assert run(["init", "--yes", "--folder", "deploy/rotate"]) == ExitCode.PASS
    assert load(tmp_path / "deploy" / "rotate" / "runbook.yml").runbook.channel == "model-rotation"
    assert examined == [(Path("deploy/rotate/runbook.yml"), Path("deploy/rotate/.env"))]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["init", "--yes", "--folder", "file/below"]) == ExitCode.COULD_NOT_RUN
    assert "Traceback" not in capsys.readouterr().err


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.parametrize("address", ["https://host/v1?x=1", "https://host/v1#y", "https://me:topsecret@host/v1", "://"])
def test_an_address_with_more_than_an_address_in_it_is_refused(address: str) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_provider(address)
    assert "topsecret" not in str(caught.value)


@given(words, words, words, words)
def test_whatever_is_answered_is_refused_or_makes_a_runbook(channel: str, owner: str, path: str, address: str) -> None:
    try:
        name = parse_channel(channel)
        answers = Answers(
            channel=name,
            owners=parse_owners(f"{owner}, sre, fin", name),
            provider=parse_provider(f"https://{address}/v1"),
            variable=parse_variable("M"),
            env_files=parse_env_files(f"{path}, /b.env"),
            metrics=parse_address(f"http://{address}"),
        )
    except AnswerError:
        return
    runbook = checked(runbook_text(answers), "runbook.yml", Path("/x"))
    assert runbook.channel == name
    assert runbook.slots["chat"].stages["staging"].env_file == answers.env_files["staging"]
    assert runbook.provider.url == answers.provider


def test_what_an_env_file_says_of_models() -> None:
    text = "export CRUVERO_OPENROUTER_MODEL=x\nMODEL_TIMEOUT=3\n#OLD_MODEL=y\nA=1\n"
    assert model_variables(text) == ("CRUVERO_OPENROUTER_MODEL", "MODEL_TIMEOUT")
    assert missing_from_env("export SLACK_BOT_TOKEN=x\n# SLACK_APP_TOKEN=y\n", "openai") == (
        "SLACK_APP_TOKEN",
        "OPENAI_API_KEY",
    )
