"""A platform's API on loopback that holds tenants' preferences: versions, ETags, conditional writes, lists, faults."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TOKEN = "letmein-4711"


class PlatformApi:
    """Objects by path, each with its version; `log` has every request that changed something.

    A write is refused with 412 or 409 where its condition does not hold. `fault` answers instead of everything.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, int] = {}
        self.lists: dict[str, Any] = {}
        self.log: list[tuple[str, str]] = []
        self.reloads: list[str] = []
        self.seen: list[dict[str, str]] = []
        self.fault: int = 0
        self.moved = ""
        self.moved_by = 302
        self.etags = True
        self.slow_reads: list[dict[str, Any]] = []
        self.url = ""

    def put(self, path: str, document: dict[str, Any] | None) -> None:
        """Somebody else's edit."""
        self.versions[path] = self.versions.get(path, 0) + 1
        if document is None:
            self.objects.pop(path, None)
        else:
            self.objects[path] = document

    async def _handle(self, request: web.Request) -> web.Response:
        path = request.raw_path.partition("?")[0]
        self.seen.append({"path": path, "authorization": request.headers.get("Authorization", ""), **request.headers})
        if self.moved and path == "/elsewhere":
            return web.json_response({"model": "stolen/model"})
        if self.fault:
            return web.json_response({"detail": f"as told; token {TOKEN}"}, status=self.fault)
        if self.moved:
            return web.Response(status=self.moved_by, headers={"Location": self.moved})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized"}, status=401)
        if path.endswith("/reload"):
            self.reloads.append(path)
            return web.json_response({}, status=202)
        if path in self.lists:
            return web.json_response(self.lists[path])
        return self._get(path) if request.method == "GET" else await self._change(request, path)

    def _get(self, path: str) -> web.Response:
        if self.slow_reads:
            return web.json_response(self.slow_reads.pop(0), headers=self._etag(path))
        if path not in self.objects:
            return web.json_response({"title": "Not Found"}, status=404)
        document = {**self.objects[path], "version": self.versions[path]}
        return web.json_response(document, headers=self._etag(path))

    def _etag(self, path: str) -> dict[str, str]:
        return {"ETag": f'"{self.versions.get(path, 0)}"'} if self.etags else {}

    async def _change(self, request: web.Request, path: str) -> web.Response:
        wanted, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if (wanted is not None and wanted != f'"{self.versions.get(path, 0)}"') or (
            none == "*" and path in self.objects
        ):
            return web.json_response({"title": "Precondition Failed"}, status=412)
        body = json.loads(await request.read() or b"{}")
        if isinstance(body, dict) and body.pop("if_version", self.versions.get(path)) != self.versions.get(path):
            return web.json_response({"title": "Conflict"}, status=409)
        self.log.append((request.method, path))
        body.pop("version", None)
        match request.method:
            case "DELETE":
                self.put(path, None)
            case "PATCH":
                self.put(path, {**self.objects.get(path, {}), **body})
            case _:
                self.put(path, body)
        return web.json_response({}, headers=self._etag(path))


@asynccontextmanager
async def platform_api() -> AsyncIterator[PlatformApi]:
    """The API, listening on loopback for as long as the block lasts."""
    api = PlatformApi()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api._handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
