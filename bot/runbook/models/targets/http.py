"""The kind `http`: an API of the platform or a gateway holds the setting, such as a tenant's model preferences.

What is written here says what is asked and where the answer has the value; asking is an adapter's work.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, JsonValue, model_validator

from bot.masking import mask
from bot.runbook.models.durations import Duration
from bot.runbook.models.targets.address import Address
from bot.runbook.models.targets.place import Place
from bot.runbook.models.targets.templates import PREFIX, Pointer, Template, Tenant, VariableName, filled_in, named_in
from bot.runbook.models.targets.workers import Workers, refuse_unfit, workers_of
from bot.runbook.models.written import Resolved, Written, WrongAtKey

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_LATER: Final = {name: f"{{{name}}}" for name in ("value", "expected", "version")}
"""What is only known when it is written: left as it stands while the tenant is filled in."""


class Auth(Written):
    """The secret an API wants to see: held in a variable or a file, sent as one header. One of `env` and `file`."""

    env: VariableName | None = None
    file: str | None = Field(default=None, min_length=1)
    header: str = Field(default="Authorization", pattern=_HEADER.pattern)
    prefix: str = "Bearer "

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.env is None) == (self.file is None):
            message = "name either `env` (a variable that holds the secret) or `file`, one of the two"
            raise ValueError(message)
        return self


class Request(Written):
    """One request. `url` is the target's own unless named; `body` is sent as JSON, placeholders filled in."""

    method: Method
    url: Address | None = None
    body: JsonValue = None


class Allowed(Written):
    """Where the models are listed that the place may be set to. Nothing there, or null, restricts nothing."""

    url: Address | None = None
    pointer: Pointer


class RequestPlan(Resolved):
    """One request, complete but for what is known when it is made."""

    method: Method
    url: str
    body: JsonValue = None


class AllowedPlan(Resolved):
    """Where the list of allowed models stands."""

    url: str
    pointer: str


class HttpPlan(Place):
    """A setting that an API holds, the tenant filled in. `pointer` says where it stands in what a GET of `url` answers.

    `version` makes a write conditional: `etag` sends the answer's ETag as If-Match, a pointer names what `{version}`
    stands for, `none` only looks before it writes. Without a body of its own a write sends the document it read, the
    value put in. `missing`: whether 404 says that nothing is set.
    """

    kind: Literal["http"] = "http"
    name: str
    of: str = ""
    prefix: str = ""
    url: str
    pointer: str
    headers: dict[str, str] = Field(default_factory=dict)
    auth: Auth | None = None
    version: str = "etag"
    missing: Literal["error", "unset"] = "error"
    write: RequestPlan
    unset: RequestPlan | None = None
    restart: RequestPlan | None = None
    allowed: AllowedPlan | None = None
    time_limit: Duration
    confirm_within: Duration

    @property
    def place(self) -> str:
        """Its name."""
        return self.name

    @property
    def key(self) -> str:
        """The same for the same place."""
        return f"http:{self.url}:{self.pointer}"

    @property
    def shares(self) -> frozenset[str]:
        """What a change of it touches beside the setting."""
        mine = frozenset({f"object {self.url}"})
        return mine if self.restart is None else mine | {f"restart {self.restart.method} {self.restart.url}"}

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.of

    @property
    def unguarded(self) -> tuple[str, ...]:
        """`version`, where the API has none and is not told what it should find either."""
        sent = [request for request in (self.write, self.unset) if request is not None]
        told = all("expected" in named_in([request.url, *texts_in(request.body)]) for request in sent)
        return ("version",) if self.version == "none" and not told else ()

    @property
    def reading(self) -> timedelta:
        """How long one look at it may take."""
        return self.time_limit

    @property
    def taking(self) -> timedelta:
        """How long changing it may take until it is taken up."""
        # Read, written and read back, once more where an edit came in between, and the restart.
        return 6 * self.time_limit + self.confirm_within


class Http(Written):
    """A setting that an API holds. `write`, `unset` and `restart` are requests, at the same address unless named."""

    kind: Literal["http"]
    name: str | None = Field(default=None, min_length=1, max_length=120)
    url: Address
    pointer: Pointer
    headers: dict[str, Template] = Field(default_factory=dict)
    auth: Auth | None = None
    version: str = "etag"
    missing: Literal["error", "unset"] = "error"
    write: Request = Request(method="PUT")
    unset: Request | None = None
    restart: Request | None = None
    allowed: Allowed | None = None
    time_limit: Duration = timedelta(seconds=10)
    confirm_within: Duration = timedelta(seconds=30)
    tenants: tuple[Tenant, ...] = ()
    prefix: str = Field(default="", max_length=60, pattern=PREFIX)
    inherits: bool = False
    workers: Workers | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.version not in {"etag", "none"} and not self.version.startswith("/"):
            raise WrongAtKey("version", "expected etag, none, or a JSON pointer to the version, such as /version")
        for name, text in self.headers.items():
            if not _HEADER.fullmatch(name) or not text.isprintable():
                raise WrongAtKey("headers", f"{mask(name)!r} is no header that can be sent")
            if mask(text) != text or (self.auth is not None and name.lower() == self.auth.header.lower()):
                raise WrongAtKey("headers", f"{name} holds a secret, or stands for one; `auth` says where it is kept")
        self._placeholders()
        if self.tenants and not self.by_tenant:
            raise WrongAtKey("url", "has no {tenant}, so every tenant would be the same place")
        if self.write.method == "GET":
            raise WrongAtKey("write", "GET changes nothing; expected PUT, PATCH or POST")
        own = self.write.url is not None and self.write.url != self.url
        if self.write.body is None and (own or self.write.method != "PUT"):
            raise WrongAtKey("write", "needs a `body` such as {model: '{value}'}: only a PUT sends back what was read")
        for line in ("time_limit", "confirm_within"):
            if getattr(self, line) <= timedelta():
                raise WrongAtKey(line, "must be longer than nothing")
        refuse_unfit(self.workers, by_tenant=self.by_tenant)
        return self

    def _placeholders(self) -> None:
        """Raise WrongAtKey where something stands that is not known there, or the value is missing."""
        pointed = self.version.startswith("/")
        late = {"tenant", "version"} if pointed else {"tenant"}
        read: list[tuple[str, list[str], set[str]]] = [
            ("url", [self.url], {"tenant"}),
            ("headers", list(self.headers.values()), {"tenant"}),
            ("allowed", [self.allowed.url] if self.allowed is not None and self.allowed.url else [], {"tenant"}),
        ]
        written = [(line, getattr(self, line)) for line in ("write", "unset", "restart")]
        sent = {"write": late | {"value", "expected"}, "unset": late | {"expected"}, "restart": {"tenant"}}
        read += [(line, list(_texts(request)), sent[line]) for line, request in written if request is not None]
        for line, texts, known in read:
            if foreign := named_in(texts) - known:
                raise WrongAtKey(line, f"{{{min(foreign)}}} has no value here")
        if self.write.body is not None and "value" not in named_in(_texts(self.write)):
            raise WrongAtKey("write", "has no {value}, so the API would not hear what to set")
        if pointed and self.write.body is not None and "version" not in named_in(_texts(self.write)):
            raise WrongAtKey("write", "has no {version}, so what `version` points to would guard nothing")

    @property
    def by_tenant(self) -> bool:
        """Whether it stands for one place a tenant."""
        return "tenant" in named_in([self.url, *self.headers.values()])

    def within(self, inside: Callable[[str], str]) -> Self:
        """The same with the path of its secret made absolute."""
        if self.auth is None or self.auth.file is None:
            return self
        auth = self.auth.model_copy(update={"file": inside(self.auth.file)})
        return self.model_copy(update={"auth": auth})

    def plans(self, name: str, *, variable: str | None, tenants: tuple[str, ...]) -> tuple[HttpPlan, ...]:
        """The place it names, or one for each of its tenants (else the stage's)."""
        del variable
        if not self.by_tenant:
            return (self._plan(name, ""),)
        return tuple(self._plan(f"{name}.{tenant}", tenant) for tenant in self.tenants or tenants)

    def _plan(self, name: str, tenant: str) -> HttpPlan:
        values = {"tenant": tenant, **_LATER}
        url = _of_address(self.url, tenant)

        def said(request: Request | None) -> RequestPlan | None:
            if request is None:
                return None
            address = url if request.url is None else _of_address(request.url, tenant)
            return RequestPlan(method=request.method, url=address, body=body_with(request.body, values))

        allowed = self.allowed
        listed = url if allowed is None or allowed.url is None else _of_address(allowed.url, tenant)
        parts = urlsplit(url)
        called = self.name or f"{parts.hostname}{parts.path}"
        write = said(self.write)
        assert write is not None  # noqa: S101 - `write` always has a request; mypy cannot see it through `said`
        return HttpPlan(
            id=name,
            name=f"{tenant}: {called}" if tenant and (self.name or tenant not in called) else called,
            of=tenant,
            url=url,
            pointer=self.pointer,
            headers={header: filled_in(text, values) for header, text in self.headers.items()},
            auth=self.auth,
            version=self.version,
            missing=self.missing,
            write=write,
            unset=said(self.unset),
            restart=said(self.restart),
            allowed=AllowedPlan(url=listed, pointer=allowed.pointer) if allowed is not None else None,
            time_limit=self.time_limit,
            confirm_within=self.confirm_within,
            prefix=self.prefix,
            inherits=self.inherits,
            workers=workers_of(self.workers, tenant),
        )


def _of_address(url: str, tenant: str) -> str:
    return filled_in(url, {"tenant": quote(tenant, safe=""), **_LATER})


def _texts(request: Request) -> Iterator[str]:
    if request.url is not None:
        yield request.url
    yield from texts_in(request.body)


def texts_in(body: JsonValue) -> Iterator[str]:
    """Every text of a JSON document that is no key."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from texts_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from texts_in(value)


def body_with(body: JsonValue, values: Mapping[str, JsonValue]) -> JsonValue:
    """A JSON document with its placeholders filled in: a text that is one alone becomes the value itself."""
    fill: Callable[[JsonValue], JsonValue] = lambda part: body_with(part, values)  # noqa: E731 - said twice below
    if isinstance(body, dict):
        return {name: fill(value) for name, value in body.items()}
    if isinstance(body, list):
        return [fill(value) for value in body]
    if not isinstance(body, str):
        return body
    alone = body[1:-1] if body.startswith("{") and body.endswith("}") else ""
    if alone in values:
        return values[alone]
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return filled_in(body, texts)
