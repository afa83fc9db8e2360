"""The cluster's API over HTTP, as far as this product and `kubectl` ask it: discovery, objects, patches, watches.

Wording, codes and reasons are those of a real API server.
"""

import asyncio
import copy
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from tests.adapters.kubernetes.cluster import GROUPS, KINDS, Cluster, Object, Refused, api_version, invalid, qualified
from tests.adapters.kubernetes.controller import Controller
from tests.adapters.kubernetes.kubelet import Kubelet
from tests.adapters.kubernetes.patches import PatchError, patched
from tests.adapters.kubernetes.selectors import chosen

TOKEN: Final = "letmein-4711"
USER: Final = "system:serviceaccount:ops:rotate"
PATCHES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
_BODY_ERROR: Final = "the server rejected our request due to an error in our request"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content_type: str


@dataclass
class ApiServer:
    """A cluster behind its API. `tokens` are who may ask, `denied` what nobody may: (verb, resource).

    `fault`, `says` and `moved` (another address) answer instead of everything; `admission` may refuse a write, as a
    webhook does; `invalid` is what is wrong with every write.
    """

    cluster: Cluster
    controller: Controller
    kubelet: Kubelet
    url: str = ""
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    certificates: bool = False
    denied: set[tuple[str, str]] = field(default_factory=set)
    fault: int = 0
    says: str = ""
    moved: str = ""
    admission: Callable[[Object], str] = lambda _object: ""
    invalid: str = ""
    asked: list[Asked] = field(default_factory=list)
    watching: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, resource: str, document: Object, namespace: str = "cruvero") -> Object:
        """Somebody makes an object."""
        return self.cluster.create(resource, namespace, document)

    def edit(self, resource: str, name: str, change: Callable[[Object], object], namespace: str = "cruvero") -> None:
        """Somebody changes one."""
        document = copy.deepcopy(self.cluster.get(resource, namespace, name))
        change(document)
        self.cluster.update(resource, namespace, document)

    def get(self, resource: str, name: str, namespace: str = "cruvero") -> Object:
        return self.cluster.get(resource, namespace, name)

    def writes(self) -> list[Asked]:
        """The requests that were to change something."""
        every = [one for one in self.asked if one.method in {"PATCH", "PUT", "POST", "DELETE"}]
        return [one for one in every if not one.path.endswith("reviews") and one.query.get("dryRun") != "All"]

    # ---- answering

    async def handle(self, request: web.Request) -> web.StreamResponse:
        sent, kind = await request.read(), request.headers.get("Content-Type", "")
        body = json.loads(sent) if sent and "json" in kind else None
        self.asked.append(Asked(request.method, request.path, dict(request.query), body, kind))
        if self.moved:
            return web.Response(status=307, headers={"Location": self.moved + request.path})
        if self.says:
            return web.Response(text=self.says, content_type="text/html")
        try:
            self._may_ask(request)
            if sent and body is None:
                raise _unknown_format("application/json", "application/yaml")
            return await self._answered(request, body)
        except Refused as refused:
            return _status(refused)

    def _may_ask(self, request: web.Request) -> None:
        if self.fault:
            raise Refused(self.fault, "InternalError", "etcdserver: request timed out")
        transport = request.transport
        shown = transport is not None and bool(transport.get_extra_info("peercert"))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens and not (self.certificates and shown):
            raise Refused(401, "Unauthorized", "Unauthorized")

    async def _answered(self, request: web.Request, body: Any) -> web.StreamResponse:  # noqa: ANN401 - any JSON
        path = request.path.strip("/").split("/")
        if (found := _discovered(path)) is not None:
            return web.json_response(found)
        if path[-1] == "selfsubjectaccessreviews" and request.method == "POST":
            return web.json_response(self._reviewed(body), status=201)
        rest = path[2:] if path[0] == "api" else path[3:]
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        if not rest or rest[0] not in GROUPS:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        resource, name = rest[0], rest[1] if len(rest) > 1 else ""
        watches = request.query.get("watch") in {"1", "true"}
        verb = {"GET": "get" if name else "watch" if watches else "list"}.get(request.method, request.method.lower())
        self._may(verb, resource, name, namespace)
        self.controller.catch_up()
        if watches and not name:
            return await self._watched(request, resource, namespace)
        if request.method == "GET":
            found = self.cluster.get(resource, namespace, name) if name else self._listed(request, resource, namespace)
            return web.json_response(found)
        if request.method == "PATCH":
            return web.json_response(self._patched(request, resource, namespace, name, body))
        if request.method == "PUT":
            return web.json_response(self.cluster.update(resource, namespace, body))
        raise Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    def _may(self, verb: str, resource: str, name: str, namespace: str) -> None:
        if (verb, resource) not in self.denied:
            return
        called = f'{qualified(resource)} "{name}"' if name else qualified(resource)
        what = f'cannot {verb} resource "{resource}" in API group "{GROUPS[resource]}" in the namespace "{namespace}"'
        raise Refused(403, "Forbidden", f'{called} is forbidden: User "{USER}" {what}')

    def _listed(self, request: web.Request, resource: str, namespace: str) -> Object:
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        found = [one for one in self.cluster.every(resource, namespace) if chosen(one, labels, fields)]
        kept = found[: int(request.query.get("limit", "0")) or None]
        meta = {"resourceVersion": str(self.cluster.version)}
        kind = f"{KINDS[resource]}List"
        return {"kind": kind, "apiVersion": api_version(resource), "metadata": meta, "items": kept}

    def _patched(self, request: web.Request, resource: str, namespace: str, name: str, body: Any) -> Object:  # noqa: ANN401 - any JSON
        kind = request.content_type
        if kind not in PATCHES[:3]:
            raise _unknown_format(*PATCHES)
        held = self.cluster.get(resource, namespace, name)
        try:
            changed = patched(held, body, kind)
        except (PatchError, KeyError, TypeError, ValueError):
            raise Refused(422, "Invalid", _BODY_ERROR) from None
        if refused := self.admission(changed):
            raise Refused(403, "Forbidden", f'admission webhook "policy.example" denied the request: {refused}')
        if self.invalid:
            raise invalid(resource, name, self.invalid)
        return self.cluster.update(resource, namespace, changed, dry=request.query.get("dryRun") == "All")

    def _reviewed(self, body: Object) -> Object:
        wanted = body["spec"]["resourceAttributes"]
        allowed = (wanted["verb"], wanted["resource"]) not in self.denied
        return {**body, "status": {"allowed": allowed}}

    async def _watched(self, request: web.Request, resource: str, namespace: str) -> web.StreamResponse:
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        version = int(request.query.get("resourceVersion") or 0)
        if request.query.get("sendInitialEvents") == "true" or not version:
            version = self.cluster.version
            for one in self.cluster.every(resource, namespace):
                if chosen(one, labels, fields):
                    await _tell(response, "ADDED", one)
            if request.query.get("sendInitialEvents") == "true":
                meta = {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"}}
                mark = {"kind": KINDS[resource], "apiVersion": api_version(resource), "metadata": meta}
                await _tell(response, "BOOKMARK", mark)
        self.watching.set()
        while True:
            arrived = self.cluster.arrived
            for change in self.cluster.since(version, resource):
                version = change.version
                here = namespace in {"", change.object["metadata"].get("namespace", "")}
                if here and chosen(change.object, labels, fields):
                    await _tell(response, change.type, change.object)
            await arrived.wait()


def _unknown_format(*known: str) -> Refused:
    what = "the body of the request was in an unknown format - accepted media types include"
    return Refused(415, "UnsupportedMediaType", f"{what}: {', '.join(known)}")


async def _tell(response: web.StreamResponse, type_: str, document: Object) -> None:
    await response.write(json.dumps({"type": type_, "object": document}).encode() + b"\n")


def _status(refused: Refused) -> web.Response:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": refused.message,
        "reason": refused.reason,
        "details": refused.details,
        "code": refused.code,
    }
    return web.json_response(status, status=refused.code)


def _discovered(path: list[str]) -> Object | None:
    """What discovery answers at a path, None where it is none."""
    match path:
        case ["version"]:
            return {"major": "1", "minor": "34", "gitVersion": "v1.34.0", "platform": "linux/amd64"}
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            groups = [_group(name) for name in ("apps", "authorization.k8s.io")]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        case ["api", "v1"]:
            return _resources("v1", [name for name, group in GROUPS.items() if not group])
        case ["apis", "apps", "v1"]:
            return _resources("apps/v1", [name for name, group in GROUPS.items() if group == "apps"])
        case ["apis", "authorization.k8s.io", "v1"]:
            kind = {"name": "selfsubjectaccessreviews", "namespaced": False, "kind": "SelfSubjectAccessReview"}
            entry = {**kind, "singularName": "selfsubjectaccessreview", "verbs": ["create"]}
            version = "authorization.k8s.io/v1"
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [entry]}
        case _:
            return None


def _group(name: str) -> Object:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(version: str, names: list[str]) -> Object:
    verbs = ["get", "list", "patch", "update", "watch"]
    shorts = {"deployments": ["deploy"], "replicasets": ["rs"], "pods": ["po"], "configmaps": ["cm"]}
    resources = [
        {
            "name": name,
            "singularName": name.removesuffix("s"),
            "namespaced": name != "namespaces",
            "kind": KINDS[name],
            "verbs": verbs,
            "shortNames": shorts.get(name, []),
        }
        for name in names
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


@asynccontextmanager
async def api_server(
    now: Callable[[], datetime], *, variable: str = "M", tls: ssl.SSLContext | None = None
) -> AsyncIterator[ApiServer]:
    """A cluster on loopback, by HTTP or, with `tls`, by HTTPS. `variable` is what pods read their model from."""
    cluster = Cluster(now)
    cluster.create("namespaces", "", {"metadata": {"name": "cruvero"}})
    kubelet = Kubelet(cluster, variable)
    server = ApiServer(cluster, Controller(cluster, kubelet), kubelet)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
