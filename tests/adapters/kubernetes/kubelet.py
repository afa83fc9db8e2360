"""What becomes of pods: started with the model their environment gives them, ready or in one of the ways they are not.

A pod reads its environment when it starts: a ConfigMap that is changed later changes nothing for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from tests.adapters.kubernetes.cluster import Cluster, Object, Refused

READY_AFTER: Final = timedelta(seconds=5)
TROUBLE_AFTER: Final = timedelta(seconds=2)
BACK_OFF: Final = timedelta(seconds=12)


class Fate(StrEnum):
    """How a pod ends up."""

    READY = "ready"
    CRASHES = "crashes"
    NO_IMAGE = "no image"
    BAD_CONFIG = "bad config"
    NO_NODE = "no node"
    NEVER_READY = "never ready"


class Kubelet:
    """Brings pods along. `fates` says by model what becomes of those that start with it; else they get ready.

    `variable` is what a pod's first container reads its model from; `slow` is how much longer pods take to start.
    """

    def __init__(self, cluster: Cluster, variable: str) -> None:
        self._cluster = cluster
        self.variable = variable
        self.fates: dict[str | None, Fate] = {}
        self.models: dict[str, str | None] = {}
        self.slow = timedelta()

    def turn(self, at: datetime) -> None:
        for pod in self._cluster.every("pods"):
            meta = pod["metadata"]
            model = self.models.setdefault(meta["uid"], self._model(pod))
            age = at - datetime.fromisoformat(meta["creationTimestamp"])
            status = _status(pod, self.fates.get(model, Fate.READY), max(timedelta(), age - self.slow))
            self._cluster.set_status("pods", meta["namespace"], meta["name"], status)

    def running(self, namespace: str) -> list[str | None]:
        """The models that ready pods were started with."""
        pods = [pod for pod in self._cluster.every("pods", namespace) if _is_ready(pod)]
        return sorted((self.models[pod["metadata"]["uid"]] for pod in pods), key=str)

    def _model(self, pod: Object) -> str | None:
        container = pod["spec"]["containers"][0]
        found: str | None = None
        for source in container.get("envFrom", []):
            found = self._data(pod, source.get("configMapRef", {}).get("name")).get(self.variable, found)
        for entry in container.get("env", []):
            if entry["name"] == self.variable:
                reference = entry.get("valueFrom", {}).get("configMapKeyRef")
                held = entry.get("value", "")
                found = self._data(pod, reference["name"]).get(reference["key"]) if reference else held
        return found

    def _data(self, pod: Object, name: str | None) -> dict[str, str]:
        try:
            held = self._cluster.get("configmaps", pod["metadata"]["namespace"], name or "")
        except Refused:
            return {}
        data: dict[str, str] = held.get("data", {})
        return data


def _is_ready(pod: Object) -> bool:
    return any(one["ready"] for one in pod.get("status", {}).get("containerStatuses", []))


def _status(pod: Object, fate: Fate, age: timedelta) -> Object:
    if fate is Fate.NO_NODE:
        what = "0/3 nodes are available: 3 Insufficient cpu."
        unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": what}
        return {"phase": "Pending", "conditions": [unscheduled]}
    statuses = [_container(pod, container, fate, age) for container in pod["spec"]["containers"]]
    started = any("waiting" not in one["state"] or one["restartCount"] for one in statuses)
    ready = all(one["ready"] for one in statuses)
    conditions = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": str(ready)}]
    return {"phase": "Running" if started else "Pending", "conditions": conditions, "containerStatuses": statuses}


_Made = Callable[[Object, Object, timedelta], tuple[dict[str, Any], dict[str, Any]]]


def _container(pod: Object, container: Object, fate: Fate, age: timedelta) -> dict[str, Any]:
    state: dict[str, Any] = _waiting("ContainerCreating", "")
    more: dict[str, Any] = {}
    if fate in {Fate.READY, Fate.NEVER_READY} and age >= READY_AFTER:
        state, more = {"running": {}}, {"ready": fate is Fate.READY}
    elif fate in _TROUBLES and age >= TROUBLE_AFTER:
        state, more = _TROUBLES[fate](pod, container, age)
    name, image = container["name"], container.get("image", "")
    return {"name": name, "image": image, "ready": False, "restartCount": 0, "state": state, **more}


def _waiting(reason: str, message: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def _crashes(pod: Object, container: Object, age: timedelta) -> tuple[dict[str, Any], dict[str, Any]]:
    meta = pod["metadata"]
    restarts = int(age / BACK_OFF)
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    if not restarts:
        return ended, {}
    where = f"container={container['name']} pod={meta['name']}_{meta['namespace']}({meta['uid']})"
    state = _waiting("CrashLoopBackOff", f"back-off {10 * 2 ** min(restarts - 1, 5)}s restarting failed {where}")
    return state, {"restartCount": restarts, "lastState": ended}


def _no_image(_pod: Object, container: Object, age: timedelta) -> tuple[dict[str, Any], dict[str, Any]]:
    image = container.get("image", "")
    if age < BACK_OFF:
        return _waiting("ErrImagePull", f'failed to pull and unpack image "{image}": not found'), {}
    return _waiting("ImagePullBackOff", f'Back-off pulling image "{image}"'), {}


def _bad_config(_pod: Object, _container: Object, _age: timedelta) -> tuple[dict[str, Any], dict[str, Any]]:
    return _waiting("CreateContainerConfigError", 'secret "provider" not found'), {}


_TROUBLES: Final[dict[Fate, _Made]] = {
    Fate.CRASHES: _crashes,
    Fate.NO_IMAGE: _no_image,
    Fate.BAD_CONFIG: _bad_config,
}
