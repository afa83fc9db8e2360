"""Whom the world answers: programs of this machine, and its own page. Pages of the web are shown the door.

Loopback keeps other machines out, but not a page a person has open meanwhile: its script can send requests here, and
with a name that resolves to 127.0.0.1 it could read the answers too. A browser says both: where a request goes (Host)
and whose script sends it (Origin).
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

_FORBIDDEN = 403
_UNSUPPORTED = 415
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@web.middleware
async def ours(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses what goes to another name than this machine's own, and what another site's script sends."""
    host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
    if not is_loopback(host):
        return _refused("foreign_host", f"the sandbox answers to this machine's own names only, not to {host!r}")
    if origin is not None and origin != f"http://{host}":
        return _refused("foreign_origin", f"the sandbox answers to its own page only, not to one of {origin}")
    return await handler(request)


@web.middleware
async def json_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses a body that is not said to be JSON: other kinds a foreign page may send without asking first."""
    if request.method in _WRITES and request.body_exists and request.content_type != "application/json":
        detail = f"a body is sent as application/json, not as {request.content_type}"
        return _refused("not_json", detail, _UNSUPPORTED)
    return await handler(request)


def is_loopback(host: str) -> bool:
    """Answers whether a Host header (with or without a port) names this machine and nothing else."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _refused(code: str, detail: str, status: int = _FORBIDDEN) -> web.Response:
    return web.json_response({"ok": False, "error": code, "detail": detail}, status=status)
