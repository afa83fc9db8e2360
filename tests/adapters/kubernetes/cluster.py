"""What a small cluster holds: objects with versions and generations, what the API defaults and refuses, and events.

Nothing here speaks HTTP (`server` does) or moves pods (`controller` does). Time is the clock's.
"""

import asyncio
import copy
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Resource, namespace, name."""

WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets")
GROUPS: Final = {
    **dict.fromkeys((*WORKLOADS, "replicasets"), "apps"),
    "pods": "",
    "configmaps": "",
    "namespaces": "",
}
KINDS: Final = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "replicasets": "ReplicaSet",
    "pods": "Pod",
    "configmaps": "ConfigMap",
    "namespaces": "Namespace",
}
_OPTIONAL: Final = frozenset(
    {"env", "envFrom", "data", "binaryData", "annotations", "labels", "volumeMounts", "volumes"}
)
"""Lists and maps the API leaves out of an object where they are empty."""


class Refused(Exception):
    """An answer of the API that is no success: its code, reason and message, as `Status` has them."""

    def __init__(self, code: int, reason: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details


def qualified(resource: str) -> str:
    group = GROUPS[resource]
    return f"{resource}.{group}" if group else resource


def api_version(resource: str) -> str:
    return f"{GROUPS[resource]}/v1" if GROUPS[resource] else "v1"


def not_found(resource: str, name: str) -> Refused:
    details = {"name": name, "kind": resource, **({"group": GROUPS[resource]} if GROUPS[resource] else {})}
    return Refused(404, "NotFound", f'{qualified(resource)} "{name}" not found', **details)


def conflict(resource: str, name: str) -> Refused:
    what = "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {qualified(resource)} "{name}": {what}'
    return Refused(409, "Conflict", message, name=name, kind=resource)


def invalid(resource: str, name: str, cause: str) -> Refused:
    group = f".{GROUPS[resource]}" if GROUPS[resource] else ""
    return Refused(422, "Invalid", f'{KINDS[resource]}{group} "{name}" is invalid: {cause}', name=name)


@dataclass(frozen=True)
class Change:
    """One event of a watch."""

    version: int
    type: str
    resource: str
    object: Object


@dataclass
class Cluster:
    """All objects, and every change in order. `now` is the cluster's clock, `moment` the one its controllers are at.

    `arrived` is set, and a new one, at each change.
    """

    now: Callable[[], datetime]
    objects: dict[Key, Object] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    version: int = 1000
    moment: datetime | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def stamp(self) -> str:
        return (self.moment or self.now()).strftime("%Y-%m-%dT%H:%M:%SZ")

    def get(self, resource: str, namespace: str, name: str) -> Object:
        """The object itself. Raises Refused."""
        found = self.objects.get((resource, namespace, name))
        if found is None:
            raise not_found(resource, name)
        return found

    def every(self, resource: str, namespace: str = "") -> list[Object]:
        """Objects of a resource by name, of one namespace or all."""
        found = sorted(self.objects.items())
        return [one for (kind, where, _), one in found if kind == resource and namespace in {"", where}]

    def create(self, resource: str, namespace: str, document: Object) -> Object:
        """Take a new object, defaults filled in. Raises Refused."""
        whole = copy.deepcopy(document)
        meta = whole.setdefault("metadata", {})
        name = meta["name"]
        if (resource, namespace, name) in self.objects:
            raise Refused(409, "AlreadyExists", f'{qualified(resource)} "{name}" already exists')
        whole |= {"apiVersion": api_version(resource), "kind": KINDS[resource]}
        meta |= {"uid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.version}{name}")), "creationTimestamp": self.stamp()}
        if namespace:
            meta["namespace"] = namespace
        if "spec" in whole and resource != "pods":
            meta["generation"] = 1
        self._keep(resource, namespace, _without_empty(_defaulted(resource, whole)), "ADDED")
        return self.get(resource, namespace, name)

    def update(self, resource: str, namespace: str, document: Object, *, dry: bool = False) -> Object:
        """Take a changed object, its status as it was. Raises Refused where version, rules or name forbid it."""
        name = document.get("metadata", {}).get("name", "")
        held = self.get(resource, namespace, name)
        whole: Object = _without_empty(_defaulted(resource, copy.deepcopy(document)))
        meta = whole["metadata"]
        if meta.get("resourceVersion") not in {None, "", held["metadata"]["resourceVersion"]}:
            raise conflict(resource, name)
        meta |= {key: held["metadata"][key] for key in ("uid", "creationTimestamp", "resourceVersion")}
        if "status" in held:
            whole["status"] = held["status"]
        if "generation" in held["metadata"]:
            grown = whole.get("spec") != held.get("spec")
            meta["generation"] = held["metadata"]["generation"] + grown
        _refuse_invalid(resource, held, whole)
        if dry or whole == held:
            return whole
        self._keep(resource, namespace, whole, "MODIFIED")
        return self.get(resource, namespace, name)

    def set_status(self, resource: str, namespace: str, name: str, status: Object) -> None:
        """What controllers write: no new generation, and nothing where nothing changed."""
        held = self.get(resource, namespace, name)
        if held.get("status") != status:
            self._keep(resource, namespace, {**copy.deepcopy(held), "status": status}, "MODIFIED")

    def delete(self, resource: str, namespace: str, name: str) -> None:
        held = self.get(resource, namespace, name)
        del self.objects[resource, namespace, name]
        self._tell(resource, held, "DELETED")

    def since(self, version: int, resource: str) -> Iterator[Change]:
        """What changed after a version."""
        return (change for change in list(self.changes) if change.version > version and change.resource == resource)

    def _keep(self, resource: str, namespace: str, whole: Object, type_: str) -> None:
        self.objects[resource, namespace, whole["metadata"]["name"]] = whole
        self._tell(resource, whole, type_)

    def _tell(self, resource: str, whole: Object, type_: str) -> None:
        self.version += 1
        whole["metadata"]["resourceVersion"] = str(self.version)
        self.changes.append(Change(self.version, type_, resource, copy.deepcopy(whole)))
        self.arrived.set()
        self.arrived = asyncio.Event()


def template_hash(template: Object) -> str:
    """A name for a pod template, as its ReplicaSet carries it."""
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _defaulted(resource: str, whole: Object) -> Object:
    if resource == "deployments":
        spec = whole.setdefault("spec", {})
        spec.setdefault("replicas", 1)
        spec.setdefault("progressDeadlineSeconds", 600)
        spec.setdefault("revisionHistoryLimit", 10)
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
        spec.setdefault("strategy", rolling)
    if resource == "statefulsets":
        spec = whole.setdefault("spec", {})
        spec.setdefault("replicas", 1)
        spec.setdefault("podManagementPolicy", "OrderedReady")
        spec.setdefault("updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    if resource == "daemonsets":
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
        whole.setdefault("spec", {}).setdefault("updateStrategy", strategy)
    if resource in WORKLOADS:
        spec = whole["spec"]
        pod = spec.get("template", {}).setdefault("spec", {})
        pod.setdefault("restartPolicy", "Always")
        pod.setdefault("terminationGracePeriodSeconds", 30)
    return whole


def _without_empty(part: Any) -> Any:  # noqa: ANN401 - any JSON
    """The object as the API stores it: empty optional lists and maps are nothing, and so is an empty `value`."""
    if isinstance(part, list):
        return [_without_empty(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _without_empty(value) for key, value in part.items()}
    kept = {key: value for key, value in kept.items() if value or key not in _OPTIONAL}
    if kept.get("value") == "" and "name" in kept:
        del kept["value"]
    return kept


def _refuse_invalid(resource: str, held: Object, whole: Object) -> None:
    name = held["metadata"]["name"]
    if resource == "configmaps":
        changed = any(held.get(part) != whole.get(part) for part in ("data", "binaryData"))
        if held.get("immutable") and changed:
            raise invalid(resource, name, "data: Forbidden: field is immutable when `immutable` is set")
        for key, value in whole.get("data", {}).items():
            if not isinstance(value, str):
                raise Refused(400, "BadRequest", f"ConfigMap in version v1 cannot be handled: data.{key} is no string")
    if resource in WORKLOADS:
        if held["spec"]["selector"] != whole["spec"].get("selector"):
            raise invalid(resource, name, "spec.selector: Invalid value: field is immutable")
        for number, container in enumerate(whole["spec"]["template"]["spec"].get("containers", [])):
            for place, entry in enumerate(container.get("env", [])):
                where = f"spec.template.spec.containers[{number}].env[{place}]"
                if not entry.get("name"):
                    raise invalid(resource, name, f"{where}.name: Required value")
                if entry.get("value") and entry.get("valueFrom"):
                    cause = "may not be specified when `value` is not empty"
                    raise invalid(resource, name, f'{where}.valueFrom: Invalid value: "": {cause}')
                if not isinstance(entry.get("value", ""), str):
                    raise Refused(
                        400, "BadRequest", f"{KINDS[resource]} in version v1 cannot be handled: {where}.value"
                    )
