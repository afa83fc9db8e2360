"""`/api/METHOD`: token, scope, rate and fault before the method, the log and Slack's headers after it."""

import asyncio
import json
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.slack import faults
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.methods import chat, conversations, files, people, views
from bot.sandbox.slack.methods.call import Call, Method
from bot.sandbox.slack.rates import Rates
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.workspace import Workspace

_log = logging.getLogger(__name__)

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **views.METHODS,
    **conversations.METHODS,
    **people.METHODS,
    **files.METHODS,
}


@dataclass(frozen=True)
class Logged:
    """One call as it ended. `status` is 0 where no answer was given."""

    n: int
    at: float
    method: str
    ok: bool
    error: str | None
    status: int
    channel: str | None
    ts: str | None
    user: str | None


class WebApi:
    """Slack's Web API for one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        changes: Changes,
        placed: faults.Faults,
        triggers: Triggers,
        rates: Rates,
        sockets: Sockets,
    ) -> None:
        self._workspace, self._changes, self._faults = workspace, changes, placed
        self._triggers, self._rates, self._sockets = triggers, rates, sockets
        self.log: list[Logged] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers one request."""
        method = request.match_info["method"]
        args = await _arguments(request)
        if args is None:
            return web.json_response({"ok": False, "error": "invalid_json"})
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        fault = self._faults.on_call(method, self._names_of(args))
        early = await self._early(request, method, args, fault)
        if early is not None:
            return early
        answer, status, headers = self._answer(method, args, bearer or str(args.get("token") or ""), fault)
        if isinstance(fault, faults.ApiSlow):
            await asyncio.sleep(fault.seconds)
        self._write(method, args, answer, 0 if isinstance(fault, faults.ApiAnswerLost) else status)
        if isinstance(fault, faults.ApiAnswerLost):
            return _cut(request)
        return web.json_response(answer, status=status, headers=headers)

    async def _early(
        self, request: web.Request, method: str, args: Json, fault: faults.ApiFault | None
    ) -> web.StreamResponse | None:
        if isinstance(fault, faults.ApiTimeout):
            self._write(method, args, {"ok": False, "error": "timeout"}, 0)
            await asyncio.sleep(fault.seconds)
            return _cut(request)
        if isinstance(fault, faults.ApiStatus):
            self._write(method, args, {"ok": False, "error": f"http_{fault.status}"}, fault.status)
            return web.Response(status=fault.status, text="<html><body>Server Error</body></html>")
        return None

    def _answer(
        self, method: str, args: Json, token: str, fault: faults.ApiFault | None
    ) -> tuple[Json, int, dict[str, str]]:
        headers = {"x-slack-req-id": secrets.token_hex(16)}
        known = METHODS.get(method)
        if known is None:
            return {"ok": False, "error": "unknown_method", "req_method": method}, 200, headers
        try:
            scopes: frozenset[str] = frozenset()
            if method != "api.test":  # it takes no token, so nothing is said of what one may
                scopes = self._authorized(known, method, token)
                headers |= {"x-oauth-scopes": ",".join(sorted(scopes))}
                headers |= {"x-accepted-oauth-scopes": ",".join(known.scopes)}
            wait = self._wait(known, method, args, fault)
            if wait is not None:
                return {"ok": False, "error": "ratelimited"}, 429, headers | {"Retry-After": str(wait)}
            if isinstance(fault, faults.ApiError):
                raise Refused(fault.error)  # noqa: TRY301 - told like any other refusal
            return {"ok": True, **known.run(self._call(args, scopes))}, 200, headers
        except Refused as refused:
            return {"ok": False, "error": refused.code, **refused.extra}, 200, headers
        except Exception:  # noqa: BLE001 - Slack's own word for its own failure; ours is in the log
            _log.exception("%s failed", method)
            return {"ok": False, "error": "fatal_error"}, 500, headers

    def _call(self, args: Json, scopes: frozenset[str]) -> Call:
        return Call(self._workspace, self._triggers, self._sockets.ticket, args, scopes)

    def _wait(self, known: Method, method: str, args: Json, fault: faults.ApiFault | None) -> int | None:
        if isinstance(fault, faults.ApiRateLimit):
            return fault.retry_after
        channel = args.get("channel")
        return self._rates.take(method, known.tier, str(channel) if channel else None)

    def _authorized(self, known: Method, method: str, token: str) -> frozenset[str]:
        app, standing = self._workspace.seed.app, self._faults.standing()
        if not token:
            raise Refused("not_authed")
        if token not in {app.bot_token, app.app_token}:
            raise Refused("invalid_auth")
        kind = "app" if token == app.app_token else "bot"
        if any(isinstance(f, faults.RevokeToken) and f.token == kind for f in standing):
            raise Refused("token_revoked")
        if (kind == "app") != known.app and method != "auth.test":
            raise Refused("not_allowed_token_type")
        taken = {f.scope for f in standing if isinstance(f, faults.MissingScope)}
        scopes = frozenset(app.app_scopes if kind == "app" else app.bot_scopes) - taken
        if known.scopes and not scopes & set(known.scopes):
            raise Refused("missing_scope", needed=known.scopes[0], provided=",".join(sorted(scopes)))
        return scopes

    def _names_of(self, args: Json) -> set[str]:
        named = str(args.get("channel") or args.get("channel_id") or "")
        channel = self._workspace.find_channel(named)
        return {named} if channel is None else {named, channel.id, channel.name}

    def _write(self, method: str, args: Json, answer: Json, status: int) -> None:
        ts = answer.get("ts") or answer.get("message_ts") or args.get("ts")
        channel = answer.get("channel") or args.get("channel")
        if isinstance(channel, dict):
            channel = channel.get("id")
        user = args.get("user") or args.get("user_id")
        n = self._changes.tell("call", channel=str(channel) if channel else None)
        self.log.append(
            Logged(
                n,
                self._workspace.clock(),
                method,
                bool(answer["ok"]),
                answer.get("error"),
                status,
                str(channel) if channel else None,
                str(ts) if ts else None,
                str(user) if user else None,
            )
        )


async def _arguments(request: web.Request) -> Json | None:
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            return None
        if not isinstance(body, dict):
            return None
        args |= body
    elif request.can_read_body:
        args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return args


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
