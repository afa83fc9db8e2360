"""The platform over HTTP as operators see it: metrics, health, costs, restart."""

from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.platform.exposition import CONTENT_TYPE, PROVIDER_NAME, exposition
from bot.sandbox.platform.journal import rfc3339
from bot.sandbox.platform.settings import STAGES
from bot.sandbox.platform.worker import Fleet, RestartFailed
from bot.sandbox.provider.asking import Refused, done, one_of, refusals

if TYPE_CHECKING:
    from bot.sandbox.platform.fleet import Platform

UNAVAILABLE = web.HTTPServiceUnavailable.status_code
BROKEN = web.HTTPInternalServerError.status_code
WORST_FIRST = ("unhealthy", "degraded", "healthy")
PAGE = 50


def app(platform: "Platform") -> web.Application:
    """The platform's own endpoints."""
    site = web.Application(middlewares=[refusals])
    add_metrics(site.router, platform)
    add_health(site.router, platform)
    add_operations(site.router, platform)
    return site


def stage_of(request: web.Request) -> str:
    """The stage in the path.

    Raises:
        Refused: naming the stages.
    """
    return one_of("stage", request.match_info["stage"], STAGES, web.HTTPNotFound.status_code)


def add_metrics(router: web.UrlDispatcher, platform: "Platform") -> None:
    """`/metrics` of all stages together and `/{stage}/metrics`; both show what the control API broke."""

    async def answer(request: web.Request, fleets: list[Fleet]) -> web.Response:
        for fleet in fleets:
            while fleet.metrics_mode == "hang":
                fleet.released.clear()
                await fleet.released.wait()
        if any(fleet.metrics_mode == "error" for fleet in fleets):
            return web.Response(status=BROKEN, text="internal error: the registry cannot be read\n")
        seen = [fleet for fleet in fleets if fleet.metrics_mode != "empty"]
        tallies = {key: tally for fleet in seen for key, tally in fleet.tallies.items()}
        text = exposition(tallies, request.query.getall("name[]", [])) if seen else ""
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    async def every(request: web.Request) -> web.Response:
        return await answer(request, list(platform.fleets.values()))

    async def one(request: web.Request) -> web.Response:
        return await answer(request, [platform.fleets[stage_of(request)]])

    router.add_get("/metrics", every)
    router.add_get("/{stage}/metrics", one)


def add_health(router: web.UrlDispatcher, platform: "Platform") -> None:
    """`/api/health` and `/api/health/detail`; 503 when unhealthy. `?stage=` narrows both to one stage."""

    def components(request: web.Request) -> dict[str, dict[str, object]]:
        wanted = request.query.get("stage")
        stages = STAGES if wanted is None else (one_of("stage", wanted, STAGES),)
        rows: dict[str, dict[str, object]] = {}
        for stage in stages:
            fleet = platform.fleets[stage]
            word, why = fleet.health()
            outlook = fleet.answering()[1]
            rows[f"worker-{stage}"] = {
                "status": word,
                "detail": why,
                "configured_model": fleet.running,
                "active_model": None if outlook.served is None else outlook.served.id,
            }
        rows["llm-provider"] = provider_row(stages)
        return rows

    def provider_row(stages: tuple[str, ...]) -> dict[str, object]:
        down = [stage for stage in stages if platform.fleets[stage].answering()[1].served is None]
        away = [stage for stage in stages if platform.fleets[stage].answering()[0] != platform.fleets[stage].running]
        word = "unhealthy" if down else "degraded" if away else "healthy"
        return {
            "status": word,
            "primary": {"provider": PROVIDER_NAME, "status": "degraded" if down or away else "healthy"},
            "active": {"provider": PROVIDER_NAME, "status": "unhealthy" if down else "healthy"},
        }

    def worst(rows: dict[str, dict[str, object]]) -> str:
        said = {row["status"] for row in rows.values()}
        return next(word for word in WORST_FIRST if word in said)

    def respond(word: str, body: dict[str, object]) -> web.Response:
        status = UNAVAILABLE if word == "unhealthy" else web.HTTPOk.status_code
        return web.json_response({"status": word, **body}, status=status)

    async def short(request: web.Request) -> web.Response:
        return respond(worst(components(request)), {})

    async def detail(request: web.Request) -> web.Response:
        rows = components(request)
        return respond(worst(rows), {"active_provider": PROVIDER_NAME, "components": rows})

    router.add_get("/api/health", short)
    router.add_get("/api/health/detail", detail)


def add_operations(router: web.UrlDispatcher, platform: "Platform") -> None:
    """`/api/costs` and `/restart/{stage}`."""

    async def costs(request: web.Request) -> web.Response:
        start = instant(request, "from", 0.0)
        end = instant(request, "to", platform.clock() + 1)
        group = one_of("group", request.query.get("group", "model"), ("model", "day"))
        rows = platform.costs.between(start, end, "model" if group == "model" else "day")
        total = sum(float(str(row["cost_usd"])) for row in rows)
        return web.json_response(
            {"from": rfc3339(start), "to": rfc3339(end), "group": group, "items": rows, "total_usd": round(total, 9)}
        )

    async def restart(request: web.Request) -> web.Response:
        try:
            return done(await platform.restart(stage_of(request)))
        except RestartFailed as failed:
            return Refused("restart_failed", str(failed), status=BROKEN).answer()

    router.add_get("/api/costs", costs)
    router.add_post("/restart/{stage}", restart)


def instant(request: web.Request, name: str, default: float) -> float:
    """An RFC 3339 instant of the query as epoch seconds.

    Raises:
        Refused: when it is none.
    """
    raw = request.query.get(name)
    if raw is None:
        return default
    try:
        found = datetime.fromisoformat(raw.replace(" ", "+"))
    except ValueError as error:
        raise Refused(
            "invalid_value", f"{name}: an instant such as 2026-11-23T10:00:00Z is expected, not {raw!r}"
        ) from error
    if found.tzinfo is None:
        raise Refused("invalid_value", f"{name}: {raw} has no time zone; write {raw}Z for UTC")
    return found.timestamp()
