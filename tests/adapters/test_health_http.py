"""What a health endpoint must say to be believed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.health_http import HttpHealth, read_health
from bot.adapters.http import Answer, Http

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def said(text: str, status: int = 200) -> tuple[bool, str]:
    return read_health(Answer("http://platform/api/health", status, text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "OK\n",
        "Prometheus Server is Healthy.",
        '"ok"',
        '{"status":"ok"}',
        '{"status":"UP"}',
        '{"healthy":true}',
        '{"status":"pass","checks":{"provider":[{"status":"pass","output":""}]}}',
        '{"status":"healthy","provider":{"active":"healthy","name":"openrouter","model":"acme/down-hill-1"}}',
        '{"status":"ok","version":"1.2","uptime":"3 days","errors":[],"error":null,"failed":0}',
        '{"conditions":[{"type":"Ready","status":"True"}]}',
        '[{"component":"worker","state":"running"},{"component":"ui","state":"running"}]',
    ],
)
def test_plain_health_is_health(text: str) -> None:
    healthy, why = said(text)
    assert healthy, why
    assert why


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "empty"),
        ("{}", "nothing that says healthy"),
        ("[]", "nothing that says healthy"),
        ("true", "nothing that says healthy"),
        ("200", "nothing that says healthy"),
        ('{"status":200}', "status: 200"),
        ('{"status":null}', "status: None"),
        ('{"status":"frobnicating"}', "frobnicating"),
        ('{"status":"ok","database":{"status":"mauve"}}', "database.status: mauve"),
        ("<html><title>ok</title></html>", "nothing that says healthy"),
        ("unhealthy", "unhealthy"),
        ("not healthy", "not healthy"),
        ('{"healthy":false}', "healthy: false"),
        ('{"status":"degraded"}', "degraded"),
        ('{"status":"degraded primary, healthy active provider"}', "degraded primary"),
        ('{"status":"ok","detail":"degraded primary, healthy active provider"}', "degraded primary"),
        ('{"status":"healthy","provider":{"primary":"degraded","active":"healthy"}}', "provider.primary: degraded"),
        ('{"status":"UP","components":{"db":{"status":"DOWN"}}}', "components.db.status: DOWN"),
        ('{"status":"ok","failing":["provider"]}', "failing"),
        ('{"status":"ok","error":"no credit left"}', "no credit left"),
        ('{"status":"ok","degraded":true}', "degraded: true"),
        ('[{"state":"running"},{"state":"crashed"}]', "[1].state: crashed"),
        ('{"status":"warming up, failover to secondary"}', "failover"),
    ],
)
def test_anything_not_plainly_healthy_is_not(text: str, shown: str) -> None:
    healthy, why = said(text)
    assert not healthy
    assert shown in why


@pytest.mark.parametrize("status", [301, 401, 404, 429, 500, 503])
def test_a_bad_status_is_not_health_whatever_is_said(status: int) -> None:
    healthy, why = said('{"status":"ok"}', status)
    assert not healthy
    assert str(status) in why


@dataclass
class Endpoint:
    status: int = 200
    text: str = '{"status":"ok"}'
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.text == "hang":
            await self.hanging.wait()
        return web.Response(status=self.status, text=self.text)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@pytest.fixture
async def endpoint() -> AsyncIterator[tuple[Endpoint, str]]:
    behaviour = Endpoint()
    app = web.Application()
    app.router.add_get("/api/health", behaviour.answer)
    server = TestServer(app)
    await server.start_server()
    yield behaviour, str(server.make_url("/api/health"))
    behaviour.hanging.set()
    await server.close()


async def test_a_reading_is_taken_each_time(endpoint: tuple[Endpoint, str]) -> None:
    behaviour, url = endpoint
    async with Http() as client:
        health = HttpHealth(url, client, StoppedClock())
        first = await health.check()
        behaviour.text = '{"status":"degraded"}'
        second = await health.check()
    assert (first.healthy, first.at) == (True, NOW)
    assert (second.healthy, second.detail) == (False, "status: degraded")
    assert behaviour.asked == 2


async def test_silence_and_slowness_are_not_health(endpoint: tuple[Endpoint, str]) -> None:
    behaviour, url = endpoint
    behaviour.text = "hang"
    async with Http(timeout_s=0.1) as client:
        slow = await HttpHealth(url, client, StoppedClock()).check()
        away = await HttpHealth("http://user:hunter2@127.0.0.1:1/api/health", client, StoppedClock()).check()
    assert not slow.healthy
    assert "did not answer" in slow.detail
    assert not away.healthy
    assert "cannot be reached" in away.detail
    assert "hunter2" not in away.detail


async def test_a_token_in_the_answer_is_not_repeated(endpoint: tuple[Endpoint, str]) -> None:
    behaviour, url = endpoint
    behaviour.text = '{"status":"error","detail":"x"}'.replace("error", "failed for xoxb-1234567890-abcdef")
    async with Http() as client:
        report = await HttpHealth(url, client, StoppedClock()).check()
    assert not report.healthy
    assert "xoxb-1234567890" not in report.detail
