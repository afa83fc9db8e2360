"""Who may talk to the world: programs of this machine and its own page, and no other page a person has open."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.compose import compose
from bot.sandbox.seed import Seed
from bot.sandbox.visitors import is_loopback
from bot.sandbox.world import World
from tests.sandbox.slackparts import Begin

SAID = {"user": "mia", "channel": "general", "text": "hello"}
PATHS = ("control/workspace", "control/", "", "page.css", "api/api.test", "archives/C1/p1")


async def asked(world: World, verb: str, path: str, **how: Any) -> tuple[int, str]:  # noqa: ANN401
    """Answers a call's status and the word of its refusal, empty when it was none."""
    url = f"{world.base_url}/{path}"
    async with aiohttp.ClientSession() as http, http.request(verb, url, allow_redirects=False, **how) as response:
        text = await response.text()
        refused = response.content_type == "application/json" and not json.loads(text).get("ok")
        return response.status, json.loads(text)["error"] if refused else ""


async def test_a_name_that_only_leads_here_is_refused_everywhere(begin: Begin) -> None:
    world, _ = await begin()
    for path in PATHS:
        headers = {"Host": f"rebound.example.com:{world.port}"}
        assert await asked(world, "GET", path, headers=headers) == (403, "foreign_host"), path


async def test_a_script_of_another_site_can_do_nothing(begin: Begin) -> None:
    world, control = await begin()
    for origin in ("https://example.com", "null", "http://localhost:3000", f"https://127.0.0.1:{world.port}"):
        told = await asked(world, "POST", "control/say", json=SAID, headers={"Origin": origin})
        assert told == (403, "foreign_origin"), origin
    assert (await control.messages("mia", "general")).messages == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_page_itself_is_answered(begin: Begin, host: str) -> None:
    world, _ = await begin()
    own = {"Host": f"{host}:{world.port}", "Origin": f"http://{host}:{world.port}"}
    assert await asked(world, "POST", "control/say", json=SAID, headers=own) == (200, "")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_a_body_that_is_not_said_to_be_json_is_refused(begin: Begin, kind: str | None) -> None:
    world, control = await begin()
    headers = {"Content-Type": kind} if kind else {}
    told = await asked(world, "POST", "control/say", data=json.dumps(SAID).encode(), headers=headers)
    assert told == (415, "not_json")
    assert (await control.messages("mia", "general")).messages == ()


async def test_provider_and_platform_take_json_only_too(tmp_path: Path) -> None:
    world = compose(Seed(), 0, tmp_path)
    await world.start()
    try:
        for part in ("provider/outage", "platform/traffic"):
            assert await asked(world, "POST", f"control/{part}", data="{}") == (415, "not_json"), part
    finally:
        await world.stop()


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        *((host, True) for host in ("127.0.0.1", "127.0.0.1:80", "localhost:8", "[::1]:8", "127.8.8.8", "LOCALHOST")),
        *((host, False) for host in ("", "example.com", "127.0.0.1.example.com", "10.0.0.1:8", "[::1", "0.0.0.0:80")),
    ],
)
def test_which_hosts_are_this_machine(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours
