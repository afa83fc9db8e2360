"""The routes of the control API: reading a call, answering it, and describing themselves."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.sandbox.control import people, requests, sight, trouble
from bot.sandbox.slack import faults
from bot.sandbox.slack.acts.outcome import Impossible
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack
from bot.sandbox.visitors import json_only

_log = logging.getLogger(__name__)
_QUIET_SECONDS = 15


@dataclass(frozen=True)
class Route:
    """One call: what it takes and what carries it out. With `hands` a user's acts are done one after another."""

    verb: str
    path: str
    takes: type[BaseModel]
    run: Callable[[Slack, Any], Awaitable[Json]]
    hands: bool = False


ROUTES = (
    Route("GET", "workspace", requests.Asked, sight.workspace),
    Route("GET", "messages", requests.Messages, sight.messages),
    Route("GET", "views", requests.OfUser, sight.views),
    Route("GET", "options", requests.Options, people.options),
    Route("GET", "wait", requests.Wait, sight.wait),
    Route("GET", "calls", requests.Calls, sight.calls),
    Route("GET", "deliveries", requests.Asked, sight.deliveries),
    Route("GET", "connections", requests.Asked, sight.connections),
    Route("POST", "command", requests.Command, people.command),
    Route("POST", "say", requests.Say, people.say),
    Route("POST", "click", requests.Click, people.click),
    Route("POST", "submit", requests.Submit, people.submit, hands=True),
    Route("POST", "close", requests.Close, people.close, hands=True),
    Route("POST", "shortcut", requests.Shortcut, people.shortcut),
    Route("POST", "home", requests.OfUser, people.home),
    Route("POST", "react", requests.React, people.react),
    Route("POST", "delete", requests.OnMessage, people.delete),
    Route("POST", "reload", requests.OfUser, people.reload),
    Route("POST", "deliver_again", requests.Again, trouble.deliver_again),
    Route("POST", "disconnect", requests.Disconnect, trouble.disconnect),
    Route("POST", "delivery", requests.DeliveryMode, trouble.delivery),
    Route("POST", "groups", requests.SetGroup, trouble.set_group),
    Route("POST", "memberships", requests.SetMember, trouble.set_member),
)


def control_app(slack: Slack) -> web.Application:
    """Answers the application to be mounted at `/control`."""
    app = web.Application(middlewares=[json_only, _plainly])
    troubles = trouble.Trouble(slack)

    async def describe(_request: web.Request) -> web.StreamResponse:
        return _said(_description())

    async def stream(request: web.Request) -> web.StreamResponse:
        return await _stream(slack, request)

    async def file(request: web.Request) -> web.StreamResponse:
        found = slack.workspace.files.get(request.match_info["id"])
        if found is None or found.content is None:
            raise Impossible("file_not_found", f"there is no file {request.match_info['id']!r}")
        return web.Response(body=found.content, content_type=found.mimetype)

    async def place(request: web.Request) -> web.StreamResponse:
        return _said(await troubles.place(_read_fault(await _body(request))))

    async def listed(_request: web.Request) -> web.StreamResponse:
        return _said(troubles.listed())

    async def end(request: web.Request) -> web.StreamResponse:
        return _said(troubles.end(request.match_info.get("id")))

    app.router.add_get("/", describe)
    app.router.add_get("/stream", stream)
    app.router.add_get("/files/{id}", file)
    app.router.add_get("/faults", listed)
    app.router.add_post("/faults", place)
    app.router.add_delete("/faults", end)
    app.router.add_delete("/faults/{id}", end)
    for route in ROUTES:
        app.router.add_route(route.verb, f"/{route.path}", _handler(slack, route))
    return app


def _handler(slack: Slack, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        given = dict(request.query) if route.verb == "GET" else await _body(request)
        asked = _read(route.takes, given)
        if not route.hands:
            return _said(await route.run(slack, asked))
        async with slack.hands.setdefault(getattr(asked, "user", ""), asyncio.Lock()):
            return _said(await route.run(slack, asked))

    return handle


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise Impossible("bad_json", f"the body is no JSON: {error}", 400) from None
    if not isinstance(body, dict):
        raise Impossible("bad_json", "the body is no JSON object", 400)
    return body


def _read(takes: type[BaseModel], given: Json) -> BaseModel:
    try:
        return takes.model_validate(given)
    except ValidationError as error:
        raise _malformed(error) from None


def _read_fault(given: Json) -> BaseModel:
    try:
        return faults.FAULT.validate_python(given)
    except ValidationError as error:
        raise _malformed(error) from None


def _malformed(error: ValidationError) -> Impossible:
    found = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors()]
    return Impossible("bad_request", "; ".join(found), 400)


def _said(answer: Json) -> web.Response:
    return web.json_response({"ok": True, **answer})


@web.middleware
async def _plainly(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Impossible as error:
        answer = {"ok": False, "error": error.code, "detail": error.detail}
        return web.json_response(answer, status=error.status)
    except web.HTTPException as error:
        detail = f"{request.method} {request.path}: {error.reason}; GET /control/ lists the calls there are"
        return web.json_response({"ok": False, "error": "no_such_call", "detail": detail}, status=error.status)
    except Exception:  # noqa: BLE001 - logged with its trace; whoever drives the world gets an answer, not a hang
        _log.exception("control call failed: %s %s", request.method, request.path)
        detail = "the sandbox itself failed; its log says where"
        return web.json_response({"ok": False, "error": "internal", "detail": detail}, status=500)


def _description() -> Json:
    calls = [
        {
            "call": f"{route.verb} /control/{route.path}",
            "does": (route.run.__doc__ or "").strip(),
            "takes": route.takes.model_json_schema(),
        }
        for route in ROUTES
    ]
    others = ("GET stream", "GET files/ID", "GET faults", "POST faults", "DELETE faults", "DELETE faults/ID")
    calls += [{"call": call.replace(" ", " /control/")} for call in others]
    return {"calls": calls, "faults": faults.FAULT.json_schema()}


async def _stream(slack: Slack, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    with slack.changes.listen() as bell:  # before the line is open: whoever hears that it is has missed nothing since
        await response.prepare(request)
        await response.write(b": hello\n\n")
        while True:
            try:
                async with asyncio.timeout(_QUIET_SECONDS):
                    change = await bell.get()
                if change is None:
                    return response
                line = f"data: {json.dumps(asdict(change))}\n\n"
            except TimeoutError:
                line = ": still here\n\n"
            try:
                await response.write(line.encode())
            except (ConnectionError, RuntimeError):
                return response
