"""The platform's control API: look at the stages, change their traffic, break restarts, metrics and health."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from aiohttp import web

from bot.sandbox.platform.settings import STAGES, settings_from
from bot.sandbox.platform.site import stage_of
from bot.sandbox.platform.worker import Fleet, MetricsMode, RestartMode, Word
from bot.sandbox.provider.asking import Refused, done, flag, json_object, number, one_of, only, refusals
from bot.sandbox.visitors import json_only

if TYPE_CHECKING:
    from bot.sandbox.platform.fleet import Platform

EVERY = "all"
FIXED = (
    "model",
    "variable",
    "pilots",
    "tenants",
    "rate",
    "pilot_rate",
    "staging_rate",
    "staging_prompt_tokens",
    "size_spread",
    "tenant_spread",
    "tick_seconds",
)
MAX_SECONDS = 3600.0


def app(platform: "Platform") -> web.Application:
    """The control endpoints of this platform."""
    control = web.Application(middlewares=[json_only, refusals])
    add_views(control.router, platform)
    add_changes(control.router, platform)
    add_breaks(control.router, platform)
    return control


def add_views(router: web.UrlDispatcher, platform: "Platform") -> None:
    """What can be looked at: everything, one stage, the log."""

    async def show(_request: web.Request) -> web.Response:
        return done(platform.snapshot())

    async def show_stage(request: web.Request) -> web.Response:
        return done(platform.stage_snapshot(stage_of(request)))

    async def log(request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise Refused("invalid_value", f"after: the number of an entry is expected, not {after!r}")
        return done({"log": platform.journal.after(int(after))})

    router.add_get("", show)
    router.add_get("/", show)
    router.add_get("/log", log)
    router.add_get("/stages/{stage}", show_stage)


def add_changes(router: web.UrlDispatcher, platform: "Platform") -> None:
    """Traffic and settings."""

    async def traffic(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "stage", "on", "scale")
        for fleet in fleets_of(platform, body):
            if "on" in body:
                fleet.traffic = flag(body, "on")
            if "scale" in body:
                fleet.scale = number(body, "scale", 0, 1000)
        return done(platform.snapshot())

    async def settings(request: web.Request) -> web.Response:
        body = await json_object(request)
        fixed = sorted(set(body) & set(FIXED))
        if fixed:
            raise Refused("fixed", f"{', '.join(fixed)}: given at the start, by the seed file")
        platform.configure(changed(platform, body))
        return done(platform.snapshot())

    router.add_post("/traffic", traffic)
    router.add_post("/settings", settings)


def changed(platform: "Platform", body: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The platform's settings with these changed.

    Raises:
        Refused: for an unknown field or a value of another kind.
    """
    try:
        wanted = settings_from(body)
    except ValueError as error:
        raise Refused("invalid_value", str(error)) from error
    return replace(platform.settings, **{name: getattr(wanted, name) for name in body})


def add_breaks(router: web.UrlDispatcher, platform: "Platform") -> None:
    """What can be broken: restarts, metrics, health; and all of it mended."""

    async def restart(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "stage", "mode", "seconds")
        for fleet in fleets_of(platform, body):
            fleet.restart_mode = one_of("mode", body.get("mode", fleet.restart_mode), get_args(RestartMode))  # type: ignore[assignment]
            if "seconds" in body:
                fleet.restart_seconds = number(body, "seconds", 0, MAX_SECONDS)
            fleet.released.set()
        return done(platform.snapshot())

    async def metrics(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "stage", "mode")
        for fleet in fleets_of(platform, body):
            fleet.metrics_mode = one_of("mode", body.get("mode"), get_args(MetricsMode))  # type: ignore[assignment]
            fleet.released.set()
        return done(platform.snapshot())

    async def health(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "stage", "status")
        for fleet in fleets_of(platform, body):
            wanted = body.get("status")
            fleet.forced_health = None if wanted is None else one_of("status", wanted, get_args(Word))  # type: ignore[assignment]
        return done(platform.snapshot())

    async def reset(_request: web.Request) -> web.Response:
        for fleet in platform.fleets.values():
            mend(fleet)
        return done(platform.snapshot())

    router.add_post("/restarts", restart)
    router.add_post("/metrics", metrics)
    router.add_post("/health", health)
    router.add_post("/reset", reset)


def mend(fleet: Fleet) -> None:
    """Undo what the control API did to a fleet; its file and its model stay."""
    fleet.traffic, fleet.scale = True, 1.0
    fleet.restart_mode, fleet.restart_seconds = "ok", None
    fleet.metrics_mode, fleet.forced_health = "ok", None
    fleet.released.set()


def fleets_of(platform: "Platform", body: Mapping[str, Any]) -> list[Fleet]:
    """The fleets a body's `stage` names; `all`, or none named, are all three.

    Raises:
        Refused: naming the stages.
    """
    stage = body.get("stage", EVERY)
    if stage == EVERY:
        return list(platform.fleets.values())
    return [platform.fleets[one_of("stage", stage, (*STAGES, EVERY))]]
