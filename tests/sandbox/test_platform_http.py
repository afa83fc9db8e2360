"""The platform over HTTP: metrics, health, costs, restarts, and the control API that breaks them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot.sandbox.platform.fleet import Platform
from bot.sandbox.platform.settings import STAGES, Settings
from bot.sandbox.provider.server import Provider


@dataclass(frozen=True)
class World:
    platform: Platform
    http: ClientSession
    root: str

    async def text(self, path: str) -> tuple[int, str]:
        async with self.http.get(f"{self.root}/platform{path}") as response:
            return response.status, await response.text()

    async def json(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        async with self.http.request(method, f"{self.root}{path}", json=body) as response:
            return response.status, await response.json()

    async def control(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        return await self.json("POST", f"/control/platform{path}", body)

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.platform.tick(0.05)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    platform = Platform(tmp_path, Provider(), settings=Settings(restart_seconds=0.0))
    await platform.open()
    root = web.Application()
    root.add_subapp("/platform", platform.app())
    root.add_subapp("/control/platform", platform.control_app())
    server = TestServer(root)
    await server.start_server()
    async with ClientSession() as http:
        yield World(platform, http, str(server.make_url("")).rstrip("/"))
        await platform.stop()
    await server.close()


async def test_metrics_of_one_stage_and_of_all(world: World) -> None:
    world.play(0.2)
    for path, stages in (("/metrics", set(STAGES)), ("/pilots/metrics", {"pilots"})):
        async with world.http.get(f"{world.root}/platform{path}") as response:
            assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            families = list(text_string_to_metric_families(await response.text()))
        assert {sample.labels["env"] for family in families for sample in family.samples} == stages
    status, text = await world.text("/metrics?name[]=llm_cost_usd_total")
    assert (status, [family.name for family in text_string_to_metric_families(text)]) == (200, ["llm_cost_usd"])


async def test_metrics_can_be_broken_and_mended(world: World) -> None:
    world.play(0.1)
    await world.control("/metrics", stage="pilots", mode="error")
    assert [(await world.text(path))[0] for path in ("/pilots/metrics", "/metrics", "/global/metrics")] == [
        500,
        500,
        200,
    ]
    await world.control("/metrics", stage="pilots", mode="empty")
    assert await world.text("/pilots/metrics") == (200, "")
    assert 'env="pilots"' not in (await world.text("/metrics"))[1]
    await world.control("/metrics", stage="pilots", mode="hang")
    hanging = asyncio.create_task(world.text("/pilots/metrics"))
    assert (await world.text("/staging/metrics"))[0] == 200
    assert not hanging.done()
    await world.control("/metrics", mode="ok")
    status, text = await hanging
    assert (status, 'env="pilots"' in text) == (200, True)


async def test_restart_takes_up_the_file_and_fails_visibly(world: World) -> None:
    path = world.platform.fleets["staging"].path
    path.write_text("CRUVERO_OPENROUTER_MODEL=acme/sable-5\n")
    status, done = await world.json("POST", "/platform/restart/staging")
    assert (status, done["ok"], done["model"], done["health"]) == (200, True, "acme/sable-5", "healthy")
    await world.control("/restarts", stage="staging", mode="fail")
    status, failed = await world.json("POST", "/platform/restart/staging")
    assert (status, failed["ok"], failed["error"]) == (500, False, "restart_failed")
    status, unknown = await world.json("POST", "/platform/restart/moon")
    assert (status, unknown["known"]) == (404, list(STAGES))


async def test_a_hanging_restart_ends_when_it_is_mended(world: World) -> None:
    await world.control("/restarts", stage="global", mode="hang")
    restart = asyncio.create_task(world.json("POST", "/platform/restart/global"))
    for _ in range(1000):
        if world.platform.fleets["global"].starting:
            break
        await asyncio.sleep(0)
    assert (await world.json("GET", "/platform/api/health?stage=global"))[1] == {"status": "degraded"}
    await world.control("/restarts", stage="global", mode="ok")
    assert (await restart)[0] == 200


async def test_the_restart_command_tells_by_its_exit_code(world: World) -> None:
    async def run(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.sandbox.restart", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    code, out = await run(f"{world.root}/platform/restart/pilots")
    assert (code, out) == (0, "")
    await world.control("/restarts", stage="pilots", mode="fail")
    code, out = await run(f"{world.root}/platform/restart/pilots")
    assert (code, "worker-pilots: job failed" in out) == (1, True)
    assert world.platform.fleets["pilots"].restarts == 1


async def test_health_says_healthy_then_unhealthy_and_where(world: World) -> None:
    status, body = await world.json("GET", "/platform/api/health")
    assert (status, body) == (200, {"status": "healthy"})
    world.platform.fleets["pilots"].path.write_text("CRUVERO_OPENROUTER_MODEL=acme/sable-2\n")
    await world.json("POST", "/platform/restart/pilots")
    status, body = await world.json("GET", "/platform/api/health/detail")
    assert (status, body["status"], body["active_provider"]) == (503, "unhealthy", "openrouter")
    assert body["components"]["worker-pilots"]["status"] == "unhealthy"
    assert "retired" in body["components"]["worker-pilots"]["detail"]
    assert body["components"]["worker-global"]["status"] == "healthy"
    assert (await world.json("GET", "/platform/api/health?stage=global"))[0] == 200
    assert (await world.json("GET", "/platform/api/health?stage=moon"))[0] == 400


async def test_after_a_failover_the_primary_is_degraded_and_the_active_one_healthy(world: World) -> None:
    await world.control("/settings", failover=["acme/sable-3"])
    world.platform.fleets["pilots"].path.write_text("CRUVERO_OPENROUTER_MODEL=acme/sable-2\n")
    await world.json("POST", "/platform/restart/pilots")
    status, body = await world.json("GET", "/platform/api/health/detail")
    provider = body["components"]["llm-provider"]
    assert (status, body["status"]) == (200, "degraded")
    assert (provider["primary"]["status"], provider["active"]["status"]) == ("degraded", "healthy")
    assert body["components"]["worker-pilots"]["active_model"] == "acme/sable-3"


async def test_health_can_be_broken(world: World) -> None:
    await world.control("/health", stage="global", status="degraded")
    assert await world.json("GET", "/platform/api/health") == (200, {"status": "degraded"})
    await world.control("/health", stage="global", status="unhealthy")
    assert (await world.json("GET", "/platform/api/health"))[0] == 503
    await world.control("/health", stage="global", status=None)
    assert await world.json("GET", "/platform/api/health") == (200, {"status": "healthy"})


async def test_costs_between_two_instants(world: World) -> None:
    world.play(0.2)
    status, body = await world.json("GET", "/platform/api/costs?group=model")
    assert (status, [row["model"] for row in body["items"]]) == (200, ["acme/sable-4"])
    assert body["total_usd"] == pytest.approx(body["items"][0]["cost_usd"]) != 0
    _, past = await world.json("GET", "/platform/api/costs?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z&group=day")
    assert (past["items"], past["total_usd"]) == ([], 0)
    for query in ("from=yesterday", "from=2020-01-01T00:00:00", "group=tenant"):
        assert (await world.json("GET", f"/platform/api/costs?{query}"))[0] == 400


async def test_the_snapshot_shows_what_a_panel_needs(world: World) -> None:
    world.play(1.0)
    status, shown = await world.json("GET", "/control/platform/")
    pilots = shown["stages"]["pilots"]
    assert (status, shown["ok"], pilots["configured"], pilots["running"]) == (200, True, "acme/sable-4", "acme/sable-4")
    assert pilots["requests_per_second"] > 1000
    assert 0 <= pilots["error_rate"] < 0.02
    assert 0.01 < pilots["p95_seconds"] < 0.1
    assert 0.5 < pilots["cost_per_1k_usd"] < 2
    assert pilots["health"] == "healthy"
    assert [row["tenant"] for row in pilots["tenants"]] == ["northwind", "globex", "initech"]
    assert all(row["requests"] > 0 for row in pilots["tenants"])
    assert (await world.json("GET", "/control/platform/stages/pilots"))[1]["tenants"] == pilots["tenants"]


async def test_the_log_over_http(world: World) -> None:
    world.platform.fleets["pilots"].path.write_text("CRUVERO_OPENROUTER_MODEL=acme/sable-5\n")
    await world.json("POST", "/platform/restart/pilots")
    _, body = await world.json("GET", "/control/platform/log")
    assert [(row["stage"], row["kind"]) for row in body["log"]] == [("pilots", "file"), ("pilots", "restart")]
    assert body["log"][0]["mode"] == "0640"
    assert (await world.json("GET", "/control/platform/log?after=1"))[1]["log"] == body["log"][1:]


async def test_traffic_is_switched_and_scaled_by_stage(world: World) -> None:
    _, shown = await world.control("/traffic", stage="staging", on=False)
    assert [shown["stages"][stage]["traffic"] for stage in STAGES] == [False, True, True]
    _, shown = await world.control("/traffic", scale=0.5)
    assert [shown["stages"][stage]["scale"] for stage in STAGES] == [0.5, 0.5, 0.5]
    _, shown = await world.control("/reset")
    assert all(shown["stages"][stage]["traffic"] and shown["stages"][stage]["scale"] == 1 for stage in STAGES)


@pytest.mark.parametrize(
    ("path", "body", "known"),
    [
        ("/traffic", {"stage": "moon"}, "pilots"),
        ("/traffic", {"onn": True}, "scale"),
        ("/traffic", {"scale": -1}, None),
        ("/metrics", {"mode": "odd"}, "hang"),
        ("/restarts", {"mode": "odd"}, "fail"),
        ("/health", {"status": "fine"}, "degraded"),
        ("/settings", {"rate": 5}, None),
        ("/settings", {"error_rate": 5}, None),
        ("/nothing", {}, None),
    ],
)
async def test_control_refuses_and_names_what_is_known(
    world: World, path: str, body: dict[str, object], known: str | None
) -> None:
    status, answer = await world.control(path, **body)
    assert status in {400, 404}
    assert answer["ok"] is False
    assert known is None or known in answer["known"]


async def test_time_passes_by_itself_once_started(tmp_path: Path) -> None:
    platform = Platform(tmp_path, Provider(), settings=Settings(tick_seconds=0.001))
    await platform.start()
    for _ in range(2000):
        if platform.fleets["global"].rates().requests_per_second > 0:
            break
        await asyncio.sleep(0.001)
    assert platform.fleets["global"].rates().requests_per_second > 0
    await platform.stop()
    assert platform.provider.load("acme/sable-4") == 0
