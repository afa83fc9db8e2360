"""`rotate serve` where it cannot: one sentence and an exit code."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from bot.cli.exits import ExitCode
from bot.sandbox.client import Control
from bot.sandbox.slack.sockets import NotConnected
from bot.sandbox.world import World

MINIMAL = Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml"


def test_a_database_in_a_folder_that_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "missing" / "rotate.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")
    monkeypatch.setenv("ROTATE_DATABASE", str(database))
    assert _serve(tmp_path) == ExitCode.COULD_NOT_RUN
    assert f"{database} cannot be used as a database: No such file or directory" in capsys.readouterr().err


def test_a_provider_without_a_key_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    assert _serve(tmp_path) == ExitCode.USAGE
    assert "OPENROUTER_API_KEY is not set" in capsys.readouterr().err
    assert not (tmp_path / "rotate.db").exists()


def test_a_key_that_no_provider_takes_is_said_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789\nsk-or-9876543210")
    assert _serve(tmp_path) == ExitCode.USAGE
    shown = capsys.readouterr().err
    assert "OPENROUTER_API_KEY holds a space, a line break or another character that no key has" in shown
    assert "0123456789" not in shown


def test_a_suite_that_cannot_be_used_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")
    runbook = tmp_path / "runbook.yml"
    runbook.write_text(MINIMAL.read_text())
    (tmp_path / "chat.suite.yml").write_text("cases: [{id: a}]\n")
    assert _serve(tmp_path, runbook) == ExitCode.USAGE
    assert "chat.suite.yml:1: cases[0].messages: is missing" in capsys.readouterr().err
    assert not (tmp_path / "rotate.db").exists()


async def test_a_refused_app_token_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    await world.start()
    facts = world.facts()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", str(facts["bot_token"]))
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("SLACK_API_URL", str(facts["api_url"]))
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")
    try:
        code = await asyncio.to_thread(_serve, tmp_path)
    finally:
        await world.stop()
    assert code == ExitCode.COULD_NOT_RUN
    assert "Slack refuses SLACK_APP_TOKEN" in capsys.readouterr().err


async def test_a_rate_limit_is_said_at_once_and_one_connection_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    await world.start()
    facts = world.facts()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", str(facts["bot_token"]))
    monkeypatch.setenv("SLACK_APP_TOKEN", str(facts["app_token"]))
    monkeypatch.setenv("SLACK_API_URL", str(facts["api_url"]))
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")
    bot = None
    try:
        async with Control(str(facts["control_url"])) as control:
            await control.fault("api_rate_limit", method="apps.connections.open", retry_after=5)
            argv = [sys.executable, "-c", "from bot.cli.main import main; main()", "serve", "--runbook", str(MINIMAL)]
            pipe = asyncio.subprocess.PIPE
            bot = await asyncio.create_subprocess_exec(*argv, cwd=tmp_path, stdout=pipe, stderr=pipe)
            assert bot.stdout is not None
            assert bot.stderr is not None
            told = (await asyncio.wait_for(bot.stderr.readline(), 40)).decode()
            assert "Slack asks to wait 5 s before apps.connections.open" in told
            assert b"rotate is connected" in await asyncio.wait_for(bot.stdout.readline(), 40)
            calls = await control.calls("apps.connections.open")
            assert [call["status"] for call in calls] == [429, 200]
    finally:
        if bot is not None:
            bot.terminate()
            await bot.communicate()
        await world.stop()


@pytest.mark.parametrize(
    ("written", "code", "told"),
    [
        ("here", ExitCode.USAGE, "ROTATE_METRICS: must be HOST:PORT, such as 127.0.0.1:9464"),
        ("127.0.0.1:{taken}", ExitCode.COULD_NOT_RUN, "ROTATE_METRICS: cannot listen on 127.0.0.1:{taken}: Address"),
    ],
)
def test_an_address_for_metrics_that_cannot_be_had_is_one_sentence_and_nothing_is_started(
    written: str,
    code: ExitCode,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setenv("ROTATE_METRICS", written.format(taken=taken))
        assert _serve(tmp_path) == code
    shown = capsys.readouterr().err
    assert told.format(taken=taken) in shown
    assert len(shown.strip().splitlines()) == 1
    assert not (tmp_path / "rotate.db").exists()


async def test_a_running_bot_tells_a_scraper_of_itself_and_stops_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]
) -> None:
    world = World()
    await world.start()
    _in_a_sandbox(world, tmp_path, monkeypatch)
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("ROTATE_METRICS", address)
    argv = [sys.executable, "-c", "from bot.cli.main import main; main()", "serve", "--runbook", str(MINIMAL)]
    pipe = asyncio.subprocess.PIPE
    bot = await asyncio.create_subprocess_exec(*argv, cwd=tmp_path, stdout=pipe, stderr=pipe)
    try:
        assert bot.stdout is not None
        assert b"rotate is connected" in await asyncio.wait_for(bot.stdout.readline(), 40)
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as scraper:
            text = (await scraper.get("/metrics")).text
            assert f'rotate_build_info{{version="{version("rotate")}"}} 1.0' in text
            assert "rotate_slack_connected 1.0" in text
            assert 'rotate_read_success{part="rotations"} 1.0' in text
            assert "rotate_look_overdue_seconds" not in text  # nothing is watched
            assert (await scraper.get("/healthz")).text == "ok\n"
            bot.terminate()  # while the scraper's connection is open
            await asyncio.wait_for(bot.communicate(), 20)
        assert bot.returncode == 0
    finally:
        if bot.returncode is None:
            bot.kill()
            await bot.communicate()
        await world.stop()


def _in_a_sandbox(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = world.facts()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SLACK_BOT_TOKEN", str(facts["bot_token"]))
    monkeypatch.setenv("SLACK_APP_TOKEN", str(facts["app_token"]))
    monkeypatch.setenv("SLACK_API_URL", str(facts["api_url"]))
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")


async def test_a_broken_connection_is_said_and_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await world.start()
    _in_a_sandbox(world, tmp_path, monkeypatch)
    argv = [sys.executable, "-c", "from bot.cli.main import main; main()", "serve", "--runbook", str(MINIMAL)]
    pipe = asyncio.subprocess.PIPE
    bot = await asyncio.create_subprocess_exec(*argv, cwd=tmp_path, stdout=pipe, stderr=pipe)
    try:
        assert bot.stdout is not None
        assert bot.stderr is not None
        assert b"rotate is connected" in await asyncio.wait_for(bot.stdout.readline(), 40)
        [first] = world.slack.sockets.open
        with world.slack.changes.listen() as bell:
            too_long = {"envelope_id": "1", "type": "slash_commands", "payload": {"text": "x" * 5_000_000}}
            with pytest.raises((TimeoutError, NotConnected)):  # it may break off while it is being sent
                await world.slack.sockets.send(too_long, 0.1)
            told = ""
            while "the connection to Slack broke and is opened anew" not in told:
                told = (await asyncio.wait_for(bot.stderr.readline(), 9)).decode()
            assert "exceeds limit" in told
            while not [each for each in world.slack.sockets.open if each is not first]:
                await asyncio.wait_for(bell.get(), 9)  # Socket Mode by itself would look again after ten seconds
    finally:
        bot.terminate()
        await bot.communicate()
        await world.stop()


async def test_a_scope_it_cannot_work_without_is_one_line_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    await world.start()
    _in_a_sandbox(world, tmp_path, monkeypatch)
    try:
        async with Control(str(world.facts()["control_url"])) as control:
            await control.fault("missing_scope", scope="chat:write")
            code = await asyncio.to_thread(_serve, tmp_path)
    finally:
        await world.stop()
    shown = capsys.readouterr().err
    assert code == ExitCode.COULD_NOT_RUN
    assert "the scope chat:write, without which I can post nothing" in shown
    assert "Reinstall to Workspace" in shown
    assert len(shown.strip().splitlines()) == 1


async def test_an_optional_scope_is_missed_aloud_once_at_the_start_and_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    await world.start()
    _in_a_sandbox(world, tmp_path, monkeypatch)
    argv = [sys.executable, "-c", "from bot.cli.main import main; main()", "serve", "--runbook", str(MINIMAL)]
    pipe = asyncio.subprocess.PIPE
    bot = None
    try:
        async with Control(str(world.facts()["control_url"])) as control:
            await control.fault("missing_scope", scope="files:write")
            for start in range(2):
                bot = await asyncio.create_subprocess_exec(*argv, cwd=tmp_path, stdout=pipe, stderr=pipe)
                assert bot.stdout is not None
                assert b"rotate is connected" in await asyncio.wait_for(bot.stdout.readline(), 40)
                assert b"does not grant me files:write" in await asyncio.wait_for(bot.stdout.readline(), 40)
                assert b"without files:write: comparisons and stages come without" in await bot.stdout.readline()
                assert await control.wait("mia", contains="files:write", channel="model-rotation", timeout=20)
                if start == 0:
                    bot.terminate()
                    await bot.communicate()
            await control.fault("missing_scope", scope="usergroups:read")
            await control.home("mia")  # any call of the bot will do: Slack says it with each answer
            assert await control.wait("mia", contains="usergroups:read", channel="model-rotation", timeout=20)
            said = [message.text for message in (await control.messages("mia", "model-rotation")).messages]
            (first,) = [text for text in said if "files:write" in text]
            assert "Reinstall to Workspace" in first
            (second,) = [text for text in said if "usergroups:read" in text]
            assert "@ml-oncall and @sre-oncall cannot be read" in second
    finally:
        if bot is not None:
            bot.terminate()
            await bot.communicate()
        await world.stop()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("{api}nowhere/api/", "does not answer as Slack does"),
        ("http://127.0.0.1:9/api/", "/api/: the connection was refused; nothing listens there"),
    ],
)
async def test_an_address_that_is_not_slack_s_is_one_sentence(
    url: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    await world.start()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-abcdefgh")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-2-abcdefgh")
    monkeypatch.setenv("SLACK_API_URL", url.format(api=world.facts()["api_url"]))
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-0123456789")
    try:
        code = await asyncio.to_thread(_serve, tmp_path)
    finally:
        await world.stop()
    shown = capsys.readouterr().err
    assert (code, told in shown) == (ExitCode.COULD_NOT_RUN, True), shown
    assert "Unexpected" not in shown


def _serve(folder: Path, runbook: Path = MINIMAL) -> int:
    # A process of its own: serving decides where the whole process logs.
    argv = [sys.executable, "-c", "from bot.cli.main import main; main()", "serve", "--runbook", str(runbook)]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=50, check=False)
    sys.stderr.write(done.stderr)
    return done.returncode
