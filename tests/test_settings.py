"""Tokens are recognised by their shape, and nothing that is secret is shown."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, command_environment, load_settings, secret

BOT, APP = "xoxb-123456789012-abcdefABCDEF", "xapp-1-A012345-678901-abcdef"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)


def settings(tmp_path: Path, **values: str) -> Settings:
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return load_settings(file)


def test_good_tokens_and_defaults(tmp_path: Path) -> None:
    found = settings(tmp_path, SLACK_BOT_TOKEN=BOT, SLACK_APP_TOKEN=APP).checked()
    assert found.slack_api_url == "https://slack.com/api/"
    assert found.rotate_database == Path("rotate.db")
    assert found.slack_signing_secret is None
    assert sorted(found.secrets()) == sorted([BOT, APP])


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATE_DATABASE", "/srv/rotate.db")
    monkeypatch.setenv("SLACK_API_URL", "")
    assert settings(tmp_path, ROTATE_DATABASE="other.db").rotate_database == Path("/srv/rotate.db")
    assert settings(tmp_path).slack_api_url == "https://slack.com/api/"


@pytest.mark.parametrize(
    ("bot", "app", "says"),
    [
        ("", APP, ["SLACK_BOT_TOKEN is not set"]),
        ("", "", ["SLACK_BOT_TOKEN is not set", "SLACK_APP_TOKEN is not set"]),
        (APP, BOT, ["are swapped"]),
        (APP, APP, ["SLACK_BOT_TOKEN is an app-level token"]),
        (BOT, BOT, ["SLACK_APP_TOKEN is a bot token"]),
        ("xoxp-1234567890", APP, ["SLACK_BOT_TOKEN is a user token"]),
        ("xoxb-…", APP, ["is still the placeholder"]),
        ("xoxb-12 34567", APP, ["cut off or holds a stray character"]),
        ("hello-world", APP, ["SLACK_BOT_TOKEN does not look like a token"]),
    ],
)
def test_a_wrong_token_is_one_line_that_says_which_and_where(
    tmp_path: Path, bot: str, app: str, says: list[str]
) -> None:
    found = settings(tmp_path, SLACK_BOT_TOKEN=f"'{bot}'", SLACK_APP_TOKEN=f"'{app}'")
    problems = found.slack_problems()
    assert len(problems) == len(says)
    for problem, said in zip(problems, says, strict=True):
        assert said in problem
        assert "\n" not in problem
        assert "swapped" in problem or "https://api.slack.com/apps" in problem
        assert not bot or bot not in problem
    with pytest.raises(SettingsError):
        found.checked()


@pytest.mark.parametrize(
    "url", ["https://slack.com/api", "slack.com/api/", "https://u:p@slack.com/api/", "ftp://x/api/"]
)
def test_the_api_base_must_end_in_api(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="SLACK_API_URL: must be an http") as caught:
        settings(tmp_path, SLACK_API_URL=url)
    assert url not in str(caught.value)


def test_a_base_on_loopback_is_taken(tmp_path: Path) -> None:
    assert settings(tmp_path, SLACK_API_URL="http://127.0.0.1:8123/api/").slack_api_url == "http://127.0.0.1:8123/api/"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("127.0.0.1:9464", "127.0.0.1:9464"),
        (":9464", ":9464"),
        ("9464", ":9464"),
        ("metrics.internal:80", "metrics.internal:80"),
        ("[::1]:65535", "[::1]:65535"),
        (" localhost:09464 ", "localhost:9464"),
        ("", None),
    ],
)
def test_an_address_for_metrics(tmp_path: Path, written: str, read: str | None) -> None:
    assert settings(tmp_path, ROTATE_METRICS=f"'{written}'").rotate_metrics == read


@pytest.mark.parametrize(
    "written", ["on", "127.0.0.1", ":", "0", ":65536", "::1:9464", "http://127.0.0.1:9464", "a b:1", "127.0.0.1:9464/m"]
)
def test_what_is_no_address_for_metrics_is_one_sentence(tmp_path: Path, written: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, ROTATE_METRICS=f"'{written}'")
    assert caught.value.problems == (
        "ROTATE_METRICS: must be HOST:PORT, such as 127.0.0.1:9464, or :9464 for every interface",
    )


def test_tokens_are_never_shown(tmp_path: Path) -> None:
    found = settings(tmp_path, SLACK_BOT_TOKEN=BOT, SLACK_APP_TOKEN=APP)
    assert BOT not in repr(found) + str(found) + found.model_dump_json()


def test_a_secret_is_read_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    assert secret("OPENROUTER_API_KEY", file) is None
    file.write_text("OPENROUTER_API_KEY=' from-file '\nEMPTY=\n")
    found = secret("OPENROUTER_API_KEY", file)
    assert found is not None
    assert found.get_secret_value() == "from-file"
    assert "from-file" not in repr(found)
    assert secret("EMPTY", file) is None
    monkeypatch.setenv("OPENROUTER_API_KEY", "from-environment")
    again = secret("OPENROUTER_API_KEY", file)
    assert again is not None
    assert again.get_secret_value() == "from-environment"


def test_commands_get_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT)
    monkeypatch.setenv("OPENROUTER_API_KEY", "k")
    monkeypatch.setenv("PATH", "/usr/bin")
    found = command_environment()
    assert found["PATH"] == "/usr/bin"
    assert not {"SLACK_BOT_TOKEN", "OPENROUTER_API_KEY"} & set(found)


def test_an_env_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path / ".env")


def test_a_line_that_is_none_is_named_by_number_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("SLACK_BOT_TOKEN=xoxb-1-2-abcdefgh\nhunter2 is 'my secret\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"\.env:2: is no line of the form NAME=value") as caught:
        load_settings(env_file)
    assert "hunter2" not in str(caught.value) + caplog.text
    secret("SOME_KEY", env_file)
    assert caplog.text == ""
