"""A cluster's API: objects read and patched, rights asked for, and its refusals in words that say whose they are."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from bot.adapters.http import Answer, Http, HttpError, place
from bot.adapters.kubernetes.access import ACCOUNT, Access, Secret, Tls, by_address, in_cluster
from bot.adapters.kubernetes.kubeconfig import of_context
from bot.adapters.kubernetes.tls import verified
from bot.masking import mask
from bot.ports import OutsideError
from bot.runbook.models.targets.cluster import Cluster
from bot.runbook.models.targets.kubernetes import KubernetesPlan

Document = dict[str, Any]
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
LARGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer that are read at most: an object is at most 1.5 MB, and of pods only so many are asked for."""
_APPS: Final = dict.fromkeys(("deployments", "statefulsets", "daemonsets", "replicasets"), "apps")
_GROUPS: Final = {**_APPS, "pods": "", "configmaps": ""}
_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_MANY, _SERVER = 401, 403, 404, 409, 429, 500
_SHOWN: Final = 300
_MOST_LISTED: Final = 50


class Api:
    """Asks clusters; open it by `async with`. Connections are kept as long as what they are made with stays the same.

    `secret` is what a variable holds; `secrets`, and what a cluster is shown, stand in no error.
    """

    def __init__(
        self, *, secret: Secret, secrets: Callable[[], Iterable[str]] = tuple, account: Path = ACCOUNT
    ) -> None:
        self._secret = secret
        self._secrets = secrets
        self._account = account
        self._clients: dict[Tls, Http] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def get(self, plan: KubernetesPlan, resource: str, name: str) -> Document:
        """An object. Raises OutsideError."""
        return self._accepted(plan, await self._ask(plan, "GET", _path(plan, resource, name)))

    async def listed(self, plan: KubernetesPlan, resource: str, selector: str) -> list[Document]:
        """The objects that a label selector chooses, the first so many. Raises OutsideError."""
        query = urlencode({"labelSelector": selector, "limit": _MOST_LISTED})
        found = self._accepted(plan, await self._ask(plan, "GET", f"{_path(plan, resource)}?{query}"))
        items = found.get("items")
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    async def patch(self, plan: KubernetesPlan, resource: str, name: str, body: object, kind: str) -> Answer:
        """Patch an object; whatever the API answers is an answer. Raises OutsideError where it does not."""
        path = f"{_path(plan, resource, name)}?fieldManager=rotate"
        return await self._ask(plan, "PATCH", path, body=body, headers={"Content-Type": kind})

    async def may(self, plan: KubernetesPlan, verb: str, resource: str, name: str) -> bool:
        """Whether the cluster would let us. Raises OutsideError."""
        wanted = {"verb": verb, "group": _GROUPS[resource], "resource": resource, "name": name}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {**wanted, "namespace": plan.namespace}},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        status = self._accepted(plan, await self._ask(plan, "POST", path, body=review)).get("status")
        return isinstance(status, dict) and status.get("allowed") is True

    def failure(self, plan: KubernetesPlan, answer: Answer) -> OutsideError:
        """What an answer that is no success means, in the API's own words where it has any."""
        status, said, where = answer.status, self._said(plan, answer), place(answer.url)
        if status == _UNAUTHORISED:
            what = f"{where} does not take the credentials of {plan.cluster.called}: expired, revoked or another's"
            return OutsideError(what, whose="account", again=False, code="unauthorised")
        if status == _FORBIDDEN:
            return OutsideError(f"{plan.place}: {said}", whose="sre", again=False, code="target_refused")
        if status == _NOT_FOUND:
            what = f"{plan.place}: {said}, in namespace {plan.namespace}; correct the runbook, or make it"
            return OutsideError(what, whose="sre", again=False, code="target_missing")
        again = status >= _SERVER or status in {_CONFLICT, _TOO_MANY}
        return OutsideError(
            f"{plan.place}: {where} answered {status}: {said}", whose="sre", again=again, code="bad_status"
        )

    # ---- one request

    async def _ask(
        self,
        plan: KubernetesPlan,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        access = self._access(plan.cluster)
        shown = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        try:
            return await self._client(access.tls).send(
                method,
                access.server + path,
                headers={"Accept": "application/json", **shown, **(headers or {})},
                body=body,
                timeout_s=plan.time_limit.total_seconds(),
            )
        except HttpError as error:
            what = mask(f"{plan.place}: {error.what}", self._hidden(plan.cluster))
            raise OutsideError(what, whose="sre", again=error.code != "bad_answer", code=error.code) from None

    def _access(self, cluster: Cluster) -> Access:
        if cluster.kubeconfig is not None:
            return of_context(cluster.kubeconfig, cluster.context or "")
        return in_cluster(self._secret, self._account) if cluster.in_cluster else by_address(cluster, self._secret)

    def _client(self, tls: Tls) -> Http:
        """The connections made with this; each kind is opened once and closed with us."""
        if tls not in self._clients:
            client = Http(largest=LARGEST, follow_redirects=False, verify=verified(tls), server_name=tls.name)
            self._open.push_async_exit(client)
            self._clients[tls] = client
        return self._clients[tls]

    def _hidden(self, cluster: Cluster) -> list[str]:
        return [*self._secrets(), self._access(cluster).token]

    def _accepted(self, plan: KubernetesPlan, answer: Answer) -> Document:
        if not answer.ok:
            raise self.failure(plan, answer)
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            what = f"{place(answer.url)} answers something else than an API server does; correct `cluster`"
            raise OutsideError(what, whose="sre", again=False, code="target_unreadable")
        return document

    def _said(self, plan: KubernetesPlan, answer: Answer) -> str:
        """The message of a Status, else the beginning of what was answered."""
        try:
            message = json.loads(answer.body).get("message")
        except (ValueError, AttributeError, RecursionError):
            message = None
        said = message if isinstance(message, str) and message else answer.text
        return mask(" ".join(said.split())[:_SHOWN], self._hidden(plan.cluster)) or "nothing"


def _path(plan: KubernetesPlan, resource: str, name: str = "") -> str:
    group = _GROUPS[resource]
    root = f"/apis/{group}/v1" if group else "/api/v1"
    return f"{root}/namespaces/{quote(plan.namespace, safe='')}/{resource}{'/' + quote(name, safe='') if name else ''}"
