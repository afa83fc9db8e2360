"""The provider's control API: edit or swap a model's persona at run time, outage, latency, credit, key, counters."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, get_args

from aiohttp import web

from bot.sandbox.provider.asking import Refused, done, flag, json_object, number, one_of, only, refusals
from bot.sandbox.provider.personas import FaultShape, Judging, Persona
from bot.sandbox.visitors import json_only

if TYPE_CHECKING:
    from bot.sandbox.provider.server import Provider

NAMES = tuple(each.name for each in fields(Persona))
EDITABLE = tuple(name for name in NAMES if name != "id")
STATUSES = range(400, 600)
RATES = ("quality_error", "tools_error", "recovery_error", "failure_rate")
WHOLE = ("verbosity_knee", "retry_after", "context_length", "max_completion_tokens")


def app(provider: "Provider") -> web.Application:
    """The control endpoints of this provider."""
    control = web.Application(middlewares=[json_only, refusals])
    add_models(control.router, provider)
    add_faults(control.router, provider)
    return control


def add_models(router: web.UrlDispatcher, provider: "Provider") -> None:
    """Endpoints about single models: show, edit, add, swap."""

    def model_of(name: object) -> str:
        return one_of("model", name, provider.personas, web.HTTPNotFound.status_code)

    async def show(request: web.Request) -> web.Response:
        return done(provider.model_snapshot(model_of(request.match_info["model"])))

    async def edit(request: web.Request) -> web.Response:
        model = model_of(request.match_info["model"])
        provider.configure(model, edited(provider.personas[model], await json_object(request)))
        return done(provider.model_snapshot(model))

    async def add(request: web.Request) -> web.Response:
        model = request.match_info["model"]
        provider.configure(model, edited(Persona(model), await json_object(request)))
        return done(provider.model_snapshot(model))

    async def swap(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "model", "persona")
        model, persona = model_of(body.get("model")), model_of(body.get("persona"))
        provider.configure(model, provider.personas[persona])
        return done(provider.model_snapshot(model))

    router.add_get("/models/{model:.+}", show)
    router.add_patch("/models/{model:.+}", edit)
    router.add_put("/models/{model:.+}", add)
    router.add_post("/swap", swap)


def add_faults(router: web.UrlDispatcher, provider: "Provider") -> None:
    """Endpoints about the whole provider: show, outage, latency, credit, key, reset."""

    async def show(_request: web.Request) -> web.Response:
        return done(provider.snapshot())

    async def outage(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "rate", "status")
        rate = number(body, "rate", 0, 1, default=1.0)
        status = int(number(body, "status", STATUSES.start, STATUSES.stop - 1, default=503))
        provider.faults = replace(provider.faults, outage_rate=rate, outage_status=status)
        return await show(request)

    async def latency(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "seconds")
        provider.faults = replace(provider.faults, extra_seconds=number(body, "seconds", 0, 3600))
        return await show(request)

    async def credit(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "out")
        provider.faults = replace(provider.faults, out_of_credit=flag(body, "out"))
        return await show(request)

    async def key(request: web.Request) -> web.Response:
        body = await json_object(request)
        only(body, "revoked")
        provider.faults = replace(provider.faults, key_revoked=flag(body, "revoked"))
        return await show(request)

    async def reset(request: web.Request) -> web.Response:
        provider.reset()
        return await show(request)

    router.add_get("", show)
    router.add_get("/", show)
    router.add_post("/outage", outage)
    router.add_post("/latency", latency)
    router.add_post("/credit", credit)
    router.add_post("/key", key)
    router.add_post("/reset", reset)


def persona_row(persona: Persona) -> dict[str, object]:
    """A persona as JSON: prices as strings, the day of retirement as an ISO date."""
    row = {name: getattr(persona, name) for name in NAMES}
    return {
        **row,
        "price_in": str(persona.price_in),
        "price_out": str(persona.price_out),
        "failure_status": list(persona.failure_status),
        "retired": None if persona.retired is None else persona.retired.isoformat(),
    }


def edited(persona: Persona, changes: Mapping[str, Any]) -> Persona:
    """The persona with these fields changed.

    Raises:
        Refused: for an unknown field (naming the known ones) or a value of another kind.
    """
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise Refused("unknown_field", f"a persona has no {', '.join(unknown)}", EDITABLE)
    checked: dict[str, Any] = {name: _value(name, value, changes) for name, value in changes.items()}
    return replace(persona, **checked)


def _value(name: str, value: object, changes: Mapping[str, Any]) -> object:
    match name:
        case "retired":
            return None if value is None else _date(value)
        case "price_in" | "price_out":
            return _price(name, value)
        case "served_as" | "hosted_by":
            return _text(name, value)
        case "failure_shape":
            return one_of(name, value, get_args(FaultShape))
        case "judging":
            return one_of(name, value, get_args(Judging))
        case "failure_status":
            return _statuses(value)
        case "tools":
            return flag(changes, name)
        case _ if name in WHOLE:
            return int(number(changes, name, 0, 10**9))
        case _:
            return number(changes, name, 0, 1 if name in RATES else 10**6)


def _text(name: str, value: object) -> str | None:
    if value is None and name == "served_as":
        return None
    if not isinstance(value, str):
        raise Refused("invalid_value", f"{name}: a text is expected, not {value!r}")
    return value


def _date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Refused("invalid_value", f"retired: a date such as 2026-12-31 is expected, not {value!r}") from error


def _price(name: str, value: object) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation as error:
        raise Refused("invalid_value", f"{name}: US dollars per million tokens are expected, not {value!r}") from error
    if not price.is_finite() or price < 0:
        raise Refused("invalid_value", f"{name}: a price of zero or more is expected, not {value!r}")
    return price


def _statuses(value: object) -> tuple[int, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, int) and each in STATUSES for each in listed):
        raise Refused("invalid_value", f"failure_status: HTTP statuses from 400 to 599 are expected, not {value!r}")
    return tuple(listed)
