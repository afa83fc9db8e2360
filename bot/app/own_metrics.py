"""`/metrics` and `/healthz` of the bot itself, for the operator's Prometheus and whatever keeps the process running.

A thin edge: what is stored is read when somebody asks, `bot.engine.own_metrics` makes figures of it. What cannot be
read is left out, logged, and said by `rotate_read_success`: no figure is no news, and must not look like good news.
"""

import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version

import structlog
from aiohttp import web

from bot.engine.outside import Outside
from bot.engine.own_metrics import BUILD, READ, SLACK, Metric, Sample, of_effects, of_rotations
from bot.engine.run import NOTICED_ABSENCE

log = structlog.get_logger()

GOODBYE_S = 0.5
"""An answer under way is not waited for longer when the bot is told to stop."""

Connected = Callable[[], Awaitable[bool]]
Part = Callable[[], Awaitable[Iterable[Sample]]]


class CannotListenError(Exception):
    """The address of ROTATE_METRICS cannot be listened on; the message says why and what to do."""


def listening(address: str) -> socket.socket:
    """A socket that listens on `HOST:PORT`; nobody answers on it yet. Raises CannotListenError.

    Without a host it listens on every interface, also those of IPv6 where the machine has it.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        if not host and socket.has_dualstack_ipv6():
            with contextlib.suppress(OSError):  # IPv6 may be switched off though it is built in
                return socket.create_server(("", int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        why = str(error.strerror or error).partition(" (while")[0]
        todo = "stop what listens there, or name another address; without the variable there are no metrics"
        message = f"ROTATE_METRICS: cannot listen on {address}: {why}; {todo}"
        raise CannotListenError(message) from None


@asynccontextmanager
async def exposed(listener: socket.socket, outside: Outside, connected: Connected) -> AsyncIterator[None]:
    """Answer on `listener`, which is closed afterwards, for as long as the block lasts.

    `connected` says whether Slack's connection is open.
    """

    async def metrics(_request: web.Request) -> web.Response:
        body, content_type = rendered(await gathered(outside, connected))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(_request: web.Request) -> web.Response:
        trouble = await _trouble(outside)
        return web.Response(text=f"{trouble or 'ok'}\n", status=503 if trouble else 200)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GOODBYE_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        log.info("metrics_exposed", address=listener.getsockname()[:2])
        yield
    finally:
        await runner.cleanup()
        listener.close()


async def gathered(outside: Outside, connected: Connected) -> list[Sample]:
    """Every sample there is now. Never raises: a part that cannot be read is left out, which `READ` says."""
    store, now = outside.store, outside.clock.now()

    async def rotations() -> Iterable[Sample]:
        return of_rotations(await store.rotations(running=True), now)

    async def effects() -> Iterable[Sample]:
        return of_effects(await store.backlog(now), now)

    async def slack() -> Iterable[Sample]:
        return [SLACK.sample(await connected())]

    parts: dict[str, Part] = {"rotations": rotations, "effects": effects, "slack": slack}
    found = [BUILD.sample(1, version("rotate"))]
    for name, part in parts.items():
        found += await _read(name, part)
    return found


async def _read(name: str, part: Part) -> list[Sample]:
    try:
        return [*await part(), READ.sample(1, name)]
    except Exception:  # what the others say is worth having all the same
        log.exception("own_metrics_unread", part=name)
        return [READ.sample(0, name)]


def rendered(samples: Iterable[Sample]) -> tuple[bytes, str]:
    """Prometheus' text format, and its content type."""
    # Imported by the first who asks: a bot without the setting needs none of it.
    from prometheus_client import CollectorRegistry, Gauge  # noqa: PLC0415
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest  # noqa: PLC0415

    registry = CollectorRegistry()
    gauges: dict[Metric, Gauge] = {}
    for sample in samples:
        metric = sample.metric
        if metric not in gauges:
            gauges[metric] = Gauge(metric.name, metric.says, metric.labels, registry=registry)
        gauge = gauges[metric]
        (gauge.labels(*sample.labels) if metric.labels else gauge).set(sample.value)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


async def _trouble(outside: Outside) -> str:
    """Empty while the engine writes that it is alive; else why a restart might help. Never raises."""
    try:
        last = await outside.store.fact("alive_at")
    except Exception:
        log.exception("alive_at_unread")
        return "the database cannot be read"
    if last and outside.clock.now() - datetime.fromisoformat(last) <= NOTICED_ABSENCE:
        return ""
    return f"the engine last said that it is alive at {last or 'no time'}"
