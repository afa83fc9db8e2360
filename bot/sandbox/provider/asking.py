"""How control endpoints read what they are asked and refuse it: shared by the provider's and the platform's."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web


class Refused(Exception):
    """A request that names something unknown or gives a value of the wrong kind; nothing was done.

    `code` is a word for programs, the text a sentence for people, `known` what would have been accepted.
    """

    def __init__(self, code: str, detail: str, known: Iterable[str] | None = None, status: int = 400) -> None:
        self.known = None if known is None else list(known)
        super().__init__(detail if self.known is None else f"{detail}; known: {', '.join(self.known)}")
        self.code = code
        self.status = status

    def answer(self) -> web.Response:
        """The refusal as JSON: `ok` false, `error`, `detail`, and `known` where that helps."""
        body: dict[str, object] = {"ok": False, "error": self.code, "detail": str(self)}
        if self.known is not None:
            body["known"] = self.known
        return web.json_response(body, status=self.status)


@web.middleware
async def refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer refusals as JSON, a path or method that is none included."""
    try:
        return await handler(request)
    except Refused as refused:
        return refused.answer()
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as missing:
        detail = f"{request.method} {request.path} is no endpoint here"
        code = "unknown_call" if missing.status == web.HTTPNotFound.status_code else "method_not_allowed"
        return Refused(code, detail, status=missing.status).answer()


def done(body: Mapping[str, object]) -> web.Response:
    """The answer to a request that was carried out: `ok` true beside what it shows."""
    return web.json_response({"ok": True, **body})


async def json_object(request: web.Request) -> Mapping[str, Any]:
    """The JSON object in the body; an empty body is an empty object.

    Raises:
        Refused: when it is no JSON object.
    """
    raw = await request.text()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except json.JSONDecodeError as error:
        raise Refused("invalid_json", f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused("invalid_json", "the body must be a JSON object")
    return body


def number(body: Mapping[str, Any], name: str, low: float, high: float, default: float | None = None) -> float:
    """A number of the body within [low, high].

    Raises:
        Refused: naming the field and its range.
    """
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise Refused("invalid_value", f"{name}: a number from {low:g} to {high:g} is expected, not {value!r}")
    return float(value)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A true or false of the body; true when left out.

    Raises:
        Refused: when it is anything else.
    """
    value = body.get(name, True)
    if not isinstance(value, bool):
        raise Refused("invalid_value", f"{name}: true or false is expected, not {value!r}")
    return value


def one_of(what: str, value: object, known: Iterable[str], status: int = 400) -> str:
    """The value, when it is one of the known.

    Raises:
        Refused: naming them.
    """
    listed = list(known)
    if not isinstance(value, str) or value not in listed:
        raise Refused(f"unknown_{what}", f"no {what} {value!r} here", listed, status)
    return value


def only(body: Mapping[str, Any], *known: str) -> None:
    """Refuse a field that the endpoint does not know.

    Raises:
        Refused: naming the known ones.
    """
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise Refused("unknown_field", f"unknown field {', '.join(unknown)}", known)
