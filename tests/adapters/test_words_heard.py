"""Words on health that a runbook's own checks ask for: numbers, words, documents, and everything that is no health."""

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.http import Http
from bot.adapters.numbers import NumberSource
from bot.monitor.model import HealthReport
from bot.runbook.models.checks import CheckRules

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = T0 + timedelta(minutes=10)
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as client:
        yield client


async def heard(client: Http, **rules: object) -> HealthReport:
    source = NumberSource(client, prometheus=None, environment={"PATH": "/usr/bin:/bin"}, secrets=lambda: (KEY,))
    asked = CheckRules.model_validate({"kind": "health", **rules})
    return await source.word(asked, T0, END, stage="pilots", model="acme/new")


def printing(text: str, status: int = 0) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({status})"]


@pytest.mark.parametrize(
    ("text", "rules", "healthy"),
    [
        ("ok\n", {}, True),
        ("ready: nothing wrong", {}, True),
        ("degraded", {}, False),
        ("sideways", {}, False),
        ("", {}, False),
        ("1", {}, True),
        ("0", {}, False),
        ("0.5", {}, False),
        ("nan", {}, False),
        ("true", {}, True),
        ("false", {}, False),
        ("30", {"limit": 50}, True),
        ("80", {"limit": 50}, False),
        ("80", {"limit": 50, "direction": "decrease"}, True),
        ("ok", {"limit": 50}, False),
        ('{"status": "ok"}', {}, True),
        ('{"status": "ok", "cache": {"state": "failed"}}', {}, False),
        ('{"status": "ok", "cache": {"state": "failed"}}', {"pointer": "/status"}, True),
        ('{"up": true}', {"pointer": "/up"}, True),
        ('{"up": 1}', {"pointer": "/up"}, True),
        ('{"up": null}', {"pointer": "/up"}, False),
        ('{"a": {"status": "ok"}}', {"pointer": "/a"}, True),
        ('{"up": 1}', {"pointer": "/down"}, False),
        ("[" * 60_000, {}, False),
        ("ok " * 40_000, {}, False),
    ],
)
async def test_a_commands_word(http: Http, text: str, rules: dict[str, object], *, healthy: bool) -> None:
    found = await heard(http, command=printing(text), **rules)
    assert (found.healthy, found.at) == (healthy, END), found.detail
    assert found.detail or not text


async def test_a_command_that_fails_is_not_healthy_whatever_it_prints(http: Http) -> None:
    found = await heard(http, command=printing("ok", status=1))
    assert (found.healthy, "status 1" in found.detail) == (False, True)


async def test_a_secret_in_what_was_said_stays_unsaid(http: Http) -> None:
    assert KEY not in (await heard(http, command=printing(f"status: failed with {KEY}"))).detail


@pytest.mark.parametrize(("status", "body", "healthy"), [(200, "ok", True), (503, "ok", False), (200, "<p>ok", False)])
async def test_an_addresss_word(http: Http, status: int, body: str, *, healthy: bool) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_get("/readyz", answer)
    async with TestServer(app) as server:
        assert (await heard(http, http=str(server.make_url("/readyz")))).healthy is healthy


async def test_nobody_there_is_not_healthy(http: Http) -> None:
    found = await heard(http, http="http://127.0.0.1:9/readyz")
    assert (found.healthy, "cannot be reached" in found.detail) == (False, True)


async def test_a_share_that_is_none_is_no_number(http: Http) -> None:
    source = NumberSource(http, prometheus=None, environment={"PATH": "/usr/bin:/bin"})
    asked = CheckRules.model_validate({"kind": "attribution", "command": printing("98")})
    found = await source.read(asked, T0, END, stage="pilots", model="acme/new")
    assert (found.value, found.problem) == (None, "answered 98, which is no share of requests from 0 to 1")
