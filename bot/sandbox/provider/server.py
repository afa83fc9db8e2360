"""The provider over HTTP: `/v1/models`, `/v1/models/{id}/endpoints`, `/v1/key`, `/v1/chat/completions`.

State lives here and is small: which persona answers under which id, faults in force, counters, requests in flight.
What these are stands in `standing`; what an answer is, is decided in `completion`; how it is written, in `wire`; how
the world is changed, in `control`.
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

from aiohttp import web

from bot.sandbox.provider import completion, control, wire
from bot.sandbox.provider.completion import Completion
from bot.sandbox.provider.faults import Fault
from bot.sandbox.provider.personas import CATALOGUE, Persona
from bot.sandbox.provider.request import ChatRequest, parse
from bot.sandbox.provider.standing import Calls, Faults, Outlook

PATH = "/v1/chat/completions"
MAX_BODY = 8 * 2**20
BAD_REQUEST, UNAUTHORIZED, NO_CREDIT, NOT_FOUND = 400, 401, 402, 404
REMEMBERED_ATTEMPTS = 20_000


def _today() -> date:
    return datetime.fromtimestamp(time.time(), UTC).date()


class Provider:
    """An OpenAI-compatible provider with the given models (the default catalogue unless given).

    `key` is the one API key it accepts; `today` decides which models are retired.
    """

    def __init__(
        self,
        models: Mapping[str, Persona] | None = None,
        seed: int = 7,
        *,
        key: str | None = None,
        today: Callable[[], date] = _today,
    ) -> None:
        self.seed = seed
        self.key = key or f"sk-sandbox-{hashlib.sha256(f'rotate {seed}'.encode()).hexdigest()[:32]}"
        self.today = today
        self.faults = Faults()
        self._first = dict(CATALOGUE if models is None else models)
        self.personas = dict(self._first)
        self.calls: dict[str, Calls] = {}
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._loads: dict[tuple[str, str], float] = {}

    # What the rest of the world may do with it

    def persona(self, model: str) -> Persona:
        """The persona that answers under this id.

        Raises:
            Fault: 404 when there is no such model, or it is retired.
        """
        known = self.personas.get(model)
        if known is None:
            raise Fault(NOT_FOUND, f"{model} is not a valid model ID", kind="model_not_found")
        if known.is_retired(self.today()):
            gone = f"{model} was retired on {known.retired} and answers no more; choose another model"
            raise Fault(NOT_FOUND, gone, kind="model_retired", host=known.host)
        return known if known.served_as is None else self.persona(known.served_as)

    def load(self, model: str) -> float:
        """Requests this model is answering at once: those in flight here and what platforms report."""
        reported = sum(load for (_, name), load in self._loads.items() if name == model)
        return reported + self._calls(model).in_flight

    def report_load(self, source: str, model: str | None, in_flight: float = 0.0) -> None:
        """Take note that `source` keeps so many requests of `model` in flight; None: that it keeps none of any."""
        self._loads = {key: load for key, load in self._loads.items() if key[0] != source}
        if model is not None:
            self._loads[source, model] = in_flight

    def outlook(self, model: str) -> Outlook:
        """What requests for this model meet now, without asking: for platforms that simulate their traffic."""
        extra = self.faults.extra_seconds
        if self.faults.key_revoked or self.faults.out_of_credit:
            return Outlook(None, 1.0, (UNAUTHORIZED if self.faults.key_revoked else NO_CREDIT,), extra)
        try:
            persona = self.persona(model)
        except Fault as fault:
            return Outlook(None, 1.0, (fault.status,), extra)
        if self.faults.outage_rate == 0:
            return Outlook(persona, persona.failure_rate, persona.failure_status, extra)
        rate = 1 - (1 - persona.failure_rate) * (1 - self.faults.outage_rate)
        return Outlook(persona, rate, (self.faults.outage_status,), extra)

    async def complete(self, body: object, key: str | None = None) -> Completion:
        """The completion for a request body, after the time it takes: the code path of the HTTP endpoint.

        Raises:
            Fault: as the HTTP endpoint would answer.
        """
        request, persona = self._admit(body, self.key if key is None else key)
        with self._counted(request.model, persona.id):
            fault = self._failure(request, persona)
            done = self._complete(request, persona)
            await asyncio.sleep(done.seconds if fault is None else done.seconds / 2)
            if fault is not None:
                raise fault
            self._book(request.model, done)
            return done

    def configure(self, model: str, persona: Persona) -> None:
        """Let this persona answer under the id from now on."""
        self.personas[model] = replace(persona, id=model)

    def reset(self) -> None:
        """Back to the models and the health of the start; counters stay."""
        self.personas = dict(self._first)
        self.faults = Faults()

    def app(self) -> web.Application:
        """The provider's own endpoints; a client's base URL is the mount point plus `/v1`."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/models/{author}/{name}/endpoints", self._endpoints)
        app.router.add_get("/v1/key", self._key)
        app.router.add_post(PATH, self._chat)
        return app

    def control_app(self) -> web.Application:
        """The control API: see docs/sandbox-provider.md."""
        return control.app(self)

    def snapshot(self) -> dict[str, object]:
        """Models with their personas and counters, faults in force, the key."""
        return {
            "key": self.key,
            "seed": self.seed,
            "faults": asdict(self.faults),
            "models": {model: self.model_snapshot(model) for model in self.personas},
            "unknown_models": {
                model: {"requests": calls.requests} for model, calls in self.calls.items() if model not in self.personas
            },
        }

    def model_snapshot(self, model: str) -> dict[str, object]:
        """One model: its persona, whether it is retired, its load and what it was asked."""
        persona = self.personas[model]
        calls = self._calls(model)
        return {
            "persona": control.persona_row(persona),
            "is_retired": persona.is_retired(self.today()),
            "load": self.load(model),
            "calls": {**asdict(calls), "failures": dict(calls.failures)},
        }

    # One request

    def _calls(self, model: str) -> Calls:
        return self.calls.setdefault(model, Calls())

    def _admit(self, body: object, key: str | None) -> tuple[ChatRequest, Persona]:
        self._authorise(key)
        request = parse(body)
        calls = self._calls(request.model)
        calls.requests += 1
        try:
            return request, self._persona_for(request)
        except Fault as fault:
            calls.failures[str(fault.status)] += 1
            raise

    def _persona_for(self, request: ChatRequest) -> Persona:
        if self.faults.out_of_credit:
            raise Fault(NO_CREDIT, "Insufficient credits. Add more credits to continue.")
        persona = self.persona(request.model)
        if request.tools and not persona.tools:
            raise Fault(NOT_FOUND, "No endpoints found that support tool use", host=persona.host)
        if request.prompt_tokens > persona.context_length:
            words = f"maximum context length is {persona.context_length} tokens, {request.prompt_tokens} were given"
            raise Fault(BAD_REQUEST, words, kind="context_length_exceeded", host=persona.host)
        return persona

    def _authorise(self, key: str | None) -> None:
        if not key:
            raise Fault(UNAUTHORIZED, "No auth credentials found")
        if key != self.key or self.faults.key_revoked:
            raise Fault(UNAUTHORIZED, "User not found: the API key is wrong or was revoked")

    def _failure(self, request: ChatRequest, persona: Persona) -> Fault | None:
        if len(self._attempts) > REMEMBERED_ATTEMPTS:
            self._attempts.clear()
        self._attempts[request.model, request.digest] += 1
        attempt = self._attempts[request.model, request.digest]
        fault = completion.failure(request, persona, self.seed, attempt)
        if self.faults.outage_rate > 0:
            out = replace(persona, failure_rate=self.faults.outage_rate, failure_status=(self.faults.outage_status,))
            fault = completion.failure(request, out, self.seed + 1, attempt) or fault
        if fault is not None:
            self._calls(request.model).failures[str(fault.status)] += 1
        return fault

    def _complete(self, request: ChatRequest, persona: Persona) -> Completion:
        done = completion.complete(request, persona, self.seed, self.load(persona.id))
        return replace(done, seconds=done.seconds + self.faults.extra_seconds)

    def _book(self, model: str, done: Completion) -> None:
        calls = self._calls(model)
        calls.answered += 1
        calls.prompt_tokens += done.prompt_tokens
        calls.completion_tokens += done.completion_tokens
        calls.cost_usd += done.cost

    @contextmanager
    def _counted(self, *models: str) -> Iterator[None]:
        asked = [self._calls(model) for model in dict.fromkeys(models)]
        for calls in asked:
            calls.in_flight += 1
        try:
            yield
        finally:
            for calls in asked:
                calls.in_flight -= 1

    # HTTP

    async def _models(self, _request: web.Request) -> web.Response:
        today = self.today()
        rows = [wire.model_row(each, today) for each in self.personas.values() if not each.is_retired(today)]
        return web.json_response({"data": rows})

    async def _endpoints(self, request: web.Request) -> web.Response:
        model = f"{request.match_info['author']}/{request.match_info['name']}"
        persona = self.personas.get(model)
        if persona is None or persona.is_retired(self.today()):
            return _refuse(Fault(NOT_FOUND, f"{model} is not a valid model ID", kind="model_not_found"))
        return web.json_response({"data": wire.endpoints(persona, self.today())})

    async def _key(self, request: web.Request) -> web.Response:
        try:
            self._authorise(_bearer(request))
        except Fault as fault:
            return _refuse(fault)
        usage = sum(calls.cost_usd for calls in self.calls.values())
        remaining = 0.0 if self.faults.out_of_credit else None
        limit = usage if self.faults.out_of_credit else None
        data = {"label": "sandbox", "usage": usage, "limit": limit, "limit_remaining": remaining, "is_free_tier": False}
        return web.json_response({"data": data})

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        try:
            key = _bearer(http)
            self._authorise(key)
            body = await _json(http)
            request, persona = self._admit(body, key)
        except Fault as refused:
            return _refuse(refused)
        with self._counted(request.model, persona.id):
            fault = self._failure(request, persona)
            if fault is not None and fault.shape == "status":
                await asyncio.sleep(persona.base_seconds / 2)
                return _refuse(fault)
            done = self._complete(request, persona)
            if request.stream:
                return await self._stream(http, request, done, fault)
            await asyncio.sleep(done.seconds)
            if fault is not None:
                return web.json_response(fault.body(), headers={"X-Generation-Id": done.id})
            self._book(request.model, done)
            return web.json_response(wire.response(done, int(time.time())), headers={"X-Generation-Id": done.id})

    async def _stream(
        self, http: web.Request, request: ChatRequest, done: Completion, fault: Fault | None
    ) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Generation-Id": done.id}
        out = web.StreamResponse(headers=headers)
        created = int(time.time())
        await out.prepare(http)
        try:
            await self._write(out, done, fault, created)
        except ConnectionResetError:
            return out  # who asked has gone: there is nobody to tell, and nothing to bill
        if fault is None:
            self._book(request.model, done)
        return out

    async def _write(self, out: web.StreamResponse, done: Completion, fault: Fault | None, created: int) -> None:
        await out.write(wire.COMMENT)
        await asyncio.sleep(done.seconds * completion.FIRST_SHARE)
        await out.write(wire.opening(done, created))
        chunks = list(wire.contents(done, created))
        if fault is not None:
            early = chunks[:1] if fault.shape == "stream" else []
            await out.write(b"".join([*early, wire.broken(done, created, fault)]))
            return
        await out.write(chunks[0] if chunks else b"")
        await asyncio.sleep(done.seconds * (1 - completion.FIRST_SHARE))
        await out.write(b"".join([*chunks[1:], wire.closing(done, created)]))


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _json(request: web.Request) -> object:
    try:
        return await request.json()
    except json.JSONDecodeError as error:
        raise Fault(BAD_REQUEST, f"the body is not JSON: {error}") from error


def _refuse(fault: Fault) -> web.Response:
    return web.json_response(fault.body(), status=fault.status, headers=fault.headers())
