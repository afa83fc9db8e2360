"""The world as a process: its facts, its page, its parts, its seed, its end."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox import restart
from bot.sandbox.client import Control
from bot.sandbox.seed import Seed, SeedError, load, slack_id
from bot.sandbox.world import World
from tests.sandbox.slackparts import Begin

FACTS = {
    *("page_url", "api_url", "bot_token", "app_token", "signing_secret"),
    *("provider_url", "provider_key", "platform_url", "control_url", "directory"),
}


class Part:
    """A provider or platform that answers its own name, and whether it runs."""

    key = "sk-sandbox"

    def __init__(self, name: str) -> None:
        self.name, self.running = name, False

    def _app(self, path: str, said: str) -> web.Application:
        async def answer(_request: web.Request) -> web.Response:
            return web.json_response({"ok": True, "said": said})

        app = web.Application()
        app.router.add_get(path, answer)
        return app

    def app(self) -> web.Application:
        return self._app("/v1/models", self.name)

    def control_app(self) -> web.Application:
        return self._app("/", f"control of {self.name}")

    def snapshot(self) -> dict[str, Any]:
        return {"running": self.running}

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.text()


async def test_facts_say_where_everything_is(begin: Begin) -> None:
    world, control = await begin()
    facts = world.facts()
    assert set(facts) == FACTS
    assert facts["api_url"].endswith("/api/")
    assert facts["control_url"].startswith("http://127.0.0.1:")
    assert facts["bot_token"].startswith("xoxb-")
    assert facts["app_token"].startswith("xapp-")
    assert (await control.workspace())["team"]["name"] == "Acme"


async def test_provider_and_platform_are_mounted_beside_slack(tmp_path: Path) -> None:
    provider, platform = Part("provider"), Part("platform")
    world = World(directory=tmp_path, provider=provider, platform=platform)
    await world.start()
    facts = world.facts()
    try:
        assert platform.running
        assert json.loads((await get(f"{facts['provider_url']}/models"))[1])["said"] == "provider"
        assert json.loads((await get(f"{facts['control_url']}provider/"))[1])["said"] == "control of provider"
        assert json.loads((await get(f"{facts['control_url']}platform/"))[1])["said"] == "control of platform"
        async with Control(facts["control_url"]) as control:
            assert (await control.call("GET", "platform/"))["said"] == "control of platform"
        assert (facts["directory"], facts["provider_key"]) == (str(tmp_path), "sk-sandbox")
    finally:
        await world.stop()
        await world.stop()
    assert not platform.running


async def test_a_port_that_is_taken_is_an_error(begin: Begin) -> None:
    world, _ = await begin()
    with pytest.raises(OSError, match="address already in use"):
        await World(port=world.port).start()


async def test_links_to_messages_lead_to_the_page(begin: Begin) -> None:
    world, control = await begin()
    said = (await control.say("mia", "ml-oncall", "x")).saw[0]
    link = f"{world.base_url}/archives/{said.channel}/p{said.ts.replace('.', '')}"
    async with aiohttp.ClientSession() as http, http.get(link, allow_redirects=False) as response:
        assert response.headers["Location"] == f"/#channel={said.channel}&ts={said.ts}"


async def test_nothing_but_the_page_is_served_from_its_folder(begin: Begin) -> None:
    world, _ = await begin()
    assert (await get(f"{world.base_url}/nothing.js"))[0] == 404
    assert (await get(f"{world.base_url}/..%2Fworld.py"))[0] == 404


# Seeds --------------------------------------------------------------------------------------------------------------


def test_ids_look_like_slacks_and_stay_the_same() -> None:
    assert slack_id("U", "mia") == slack_id("U", "mia") != slack_id("U", "max")
    assert slack_id("U", "mia").startswith("U0")
    assert len(slack_id("C", "general")) == 11


def test_a_seed_file_in_yaml_or_json(tmp_path: Path) -> None:
    yaml, js = tmp_path / "seed.yml", tmp_path / "seed.json"
    yaml.write_text("team: Beta\nrate_limit_scale: 5\nchannels: [{name: ops, members: [mia, rotate]}]\ngroups: []\n")
    js.write_text('{"team": "Beta", "app": {"bot_token": "xoxb-fixed"}}')
    assert (load(yaml).team, load(yaml).rate_limit_scale, len(load(yaml).channels)) == ("Beta", 5.0, 1)
    assert load(js).app.bot_token == "xoxb-fixed"
    assert load(None).team == "Acme"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("team: [", "not readable as YAML"),
        ("- a", "expected a mapping"),
        ("teem: x", "seed.yml: teem: Extra inputs are not permitted"),
        ("rate_limit_scale: 0", "rate_limit_scale"),
        ("users: [{name: eve, real_name: Eve}]", "channel model-rotation names fin, gil, max"),
        ("app: {commands: [{command: rotate}]}", "app.commands.0.command"),
    ],
)
def test_a_seed_file_that_cannot_be_used(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "seed.yml"
    path.write_text(written)
    with pytest.raises(SeedError) as caught:
        load(path)
    assert said in str(caught.value)
    with pytest.raises(SeedError, match="No such file"):
        load(tmp_path / "nowhere.yml")


# The process --------------------------------------------------------------------------------------------------------

SERVE = """
import asyncio, pathlib, sys
from bot.sandbox.world import serve
asyncio.run(serve(0, None, pathlib.Path(sys.argv[1]), lambda line: print(line, flush=True)))
"""


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_whole_world_serves_until_it_is_told_to_end(tmp_path: Path, name: signal.Signals) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(tmp_path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        facts = json.loads(await asyncio.wait_for(child.stdout.readline(), 30))
        assert set(facts) == FACTS
        for path in ("", "provider/", "platform/"):
            assert (await get(f"{facts['control_url']}{path}"))[0] == 200
        child.send_signal(name)
        _, said = await asyncio.wait_for(child.communicate(), 15)
        assert (child.returncode, said) == (0, b"")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


# Restarting something of the platform -------------------------------------------------------------------------------


async def ran(*argv: str) -> tuple[int | None, bytes]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox.restart", *argv, stderr=asyncio.subprocess.PIPE
    )
    _, said = await child.communicate()
    return child.returncode, said


async def test_restart_posts_and_tells_in_one_line_what_went_wrong() -> None:
    posted: list[str] = []

    async def take(request: web.Request) -> web.Response:
        posted.append(request.method)
        return web.Response(status=int(request.match_info["status"]), text="busy")

    app = web.Application()
    app.router.add_post("/{status}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        assert await ran(f"{base}/204") == (0, b"")
        assert await ran(f"{base}/503") == (1, b"restart refused: HTTP 503 busy\n")
        assert posted == ["POST", "POST"]
    finally:
        await runner.cleanup()
    code, said = await ran(f"{base}/200")
    assert (code, said.count(b"\n"), b"restart failed" in said) == (1, 1, True)


@pytest.mark.parametrize("argv", [[], ["http://example.com/"], ["file:///etc/passwd"], ["a", "b"]])
def test_restart_takes_one_loopback_url(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert restart.main(argv) == 1
    assert capsys.readouterr().err.startswith("usage: ")


async def test_restart_starts_fast_because_it_imports_next_to_nothing() -> None:
    code = "import bot.sandbox.restart, sys; print([m for m in sys.modules if m in ('aiohttp', 'pydantic', 'httpx')])"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    assert said.strip() == b"[]"


def test_the_default_seed_is_whole() -> None:
    assert Seed().channels[0].name == "model-rotation"
