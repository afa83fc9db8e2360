"""The Deployment controller: ReplicaSets by template, pods in steps the strategy allows, conditions as time goes by.

Written after the real one (kubernetes/pkg/controller/deployment: sync.go, rolling.go, progress.go): a condition with
the same status and reason is kept as it is, so that a deadline once exceeded stands until there is progress again.
"""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any, Final

from tests.adapters.kubernetes import sets
from tests.adapters.kubernetes.cluster import Cluster, Object, Refused, template_hash
from tests.adapters.kubernetes.kubelet import Kubelet

REVISION: Final = "deployment.kubernetes.io/revision"
TICK: Final = timedelta(seconds=1)
_RESTING: Final = frozenset({"NewReplicaSetAvailable", "ProgressDeadlineExceeded", "DeploymentPaused"})


class Controller:
    """Brings a cluster from where it was to where it is at the clock's time, second by second.

    `quota` is how many pods a namespace may have; None restricts nothing.
    """

    def __init__(self, cluster: Cluster, kubelet: Kubelet) -> None:
        self._cluster = cluster
        self._kubelet = kubelet
        self._at = cluster.now()
        self.quota: int | None = None
        self.asleep = False

    def catch_up(self) -> None:
        """Let happen what happens until now; nothing does while it is `asleep`."""
        now = self._cluster.now()
        while not self.asleep and self._at <= now:
            before = self._cluster.version
            self._cluster.moment = self._at
            self._turn(self._at)
            self._cluster.moment = None
            idle = self._cluster.version == before and self._settled()
            self._at = max(self._at + TICK, now) if idle and self._at < now else self._at + TICK

    def _settled(self) -> bool:
        """Whether no workload is waiting for anything, so that nothing happens by itself."""
        every = [one.get("status", {}).get("conditions", []) for one in self._cluster.every("deployments")]
        resting = all(any(one["reason"] in _RESTING for one in conditions) for conditions in every)
        return resting and sets.settled(self._cluster)

    def _turn(self, at: datetime) -> None:
        """Each controller sees what the others left a moment ago: a scaled ReplicaSet has no pods yet."""
        for deployment in self._cluster.every("deployments"):
            _Rollout(self._cluster, deployment, at, self.quota).turn()
        for deployment in self._cluster.every("deployments"):
            rollout = _Rollout(self._cluster, deployment, at, self.quota)
            rollout.report()
            rollout.fill()
        sets.turn(self._cluster)
        self._kubelet.turn(at)
        for replica_set in self._cluster.every("replicasets"):
            _count(self._cluster, replica_set)


def owned(cluster: Cluster, resource: str, owner: Object) -> list[Object]:
    """What an object controls."""
    uid, namespace = owner["metadata"]["uid"], owner["metadata"]["namespace"]
    every = cluster.every(resource, namespace)
    return [one for one in every if any(ref["uid"] == uid for ref in one["metadata"].get("ownerReferences", []))]


def _count(cluster: Cluster, replica_set: Object) -> None:
    pods = owned(cluster, "pods", replica_set)
    ready = sum(bool(held) and all(one["ready"] for one in held) for held in map(_containers, pods))
    meta, held = replica_set["metadata"], replica_set.get("status", {})
    status = {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready}
    status["observedGeneration"] = meta["generation"]
    if held.get("conditions"):
        status["conditions"] = held["conditions"]
    cluster.set_status("replicasets", meta["namespace"], meta["name"], status)


class _Rollout:
    """One Deployment at one moment."""

    def __init__(self, cluster: Cluster, deployment: Object, at: datetime, quota: int | None) -> None:
        self._cluster, self._at, self._quota = cluster, at, quota
        self._deployment = {**deployment, "status": copy.deepcopy(deployment.get("status", {}))}
        self._meta, self._spec = self._deployment["metadata"], self._deployment["spec"]
        self._namespace: str = self._meta["namespace"]

    # ---- moving

    def turn(self) -> None:
        """One step: the ReplicaSet of the template, and as much of it as the strategy allows now."""
        new = self._new()
        if new is None and not self._spec.get("paused"):
            new = self._create()
        if new is not None and not self._spec.get("paused"):
            self._number(new)
            self._scale(new, [one for one in self._sets() if one["metadata"]["uid"] != new["metadata"]["uid"]])

    def fill(self) -> None:
        """Make and remove pods, as many as each ReplicaSet asks for."""
        for replica_set in self._sets():
            self._fill(replica_set)

    def _sets(self) -> list[Object]:
        return [dict(one) for one in owned(self._cluster, "replicasets", self._deployment)]

    def _new(self) -> Object | None:
        wanted = template_hash(self._spec["template"])
        labelled = (one for one in self._sets() if one["metadata"]["labels"]["pod-template-hash"] == wanted)
        return next(labelled, None)

    def _create(self) -> Object:
        wanted = template_hash(self._spec["template"])
        template = copy.deepcopy(self._spec["template"])
        labels = {**template["metadata"]["labels"], "pod-template-hash": wanted}
        template["metadata"]["labels"] = labels
        owner = {"kind": "Deployment", "name": self._meta["name"], "uid": self._meta["uid"], "controller": True}
        name = f"{self._meta['name']}-{wanted}"
        meta = {"name": name, "labels": labels, "ownerReferences": [owner], "annotations": {REVISION: "0"}}
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
        made = self._cluster.create("replicasets", self._namespace, {"metadata": meta, "spec": spec})
        self._condition("Progressing", "True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
        self._cluster.set_status("deployments", self._namespace, self._meta["name"], self._deployment["status"])
        return made

    def _number(self, new: Object) -> None:
        """The newest template has the highest revision, also where it is an old one taken up again."""
        others = [one for one in self._sets() if one["metadata"]["uid"] != new["metadata"]["uid"]]
        revisions = [int(one["metadata"]["annotations"][REVISION]) for one in others]
        highest = max(revisions, default=0)
        held = int(new["metadata"]["annotations"][REVISION])
        revision = held if held > highest else highest + 1
        self._annotate("replicasets", new, str(revision))
        self._annotate("deployments", self._deployment, str(revision))

    def _annotate(self, resource: str, one: Object, revision: str) -> None:
        held = self._cluster.get(resource, self._namespace, one["metadata"]["name"])
        if held["metadata"].get("annotations", {}).get(REVISION) == revision:
            return
        changed = copy.deepcopy(held)
        changed["metadata"].setdefault("annotations", {})[REVISION] = revision
        self._cluster.update(resource, self._namespace, changed)

    def _scale(self, new: Object, old: list[Object]) -> None:
        replicas: int = self._spec["replicas"]
        strategy = self._spec["strategy"]
        if strategy["type"] == "Recreate":
            for one in old:
                self._resize(one, 0)
            self._resize(new, replicas if not any(self._pods(one) for one in old) else 0)
            return
        rolling = strategy["rollingUpdate"]
        surge = _share(rolling["maxSurge"], replicas, ceil)
        unavailable = _share(rolling["maxUnavailable"], replicas, floor) or (1 if not surge else 0)
        total = sum(one["spec"]["replicas"] for one in [new, *old])
        wanted = min(replicas, new["spec"]["replicas"] + max(0, replicas + surge - total))
        self._resize(new, wanted if new["spec"]["replicas"] <= replicas else replicas)
        minimum = replicas - unavailable
        missing = new["spec"]["replicas"] - _available(new)
        spare = sum(one["spec"]["replicas"] for one in [new, *old]) - minimum - missing
        if spare <= 0:
            return
        for one in old:  # those that are not available go first
            spare -= self._less(one, min(spare, one["spec"]["replicas"] - _available(one)))
        spare = sum(_available(one) for one in [new, *old]) - minimum
        for one in old:
            spare -= self._less(one, min(spare, one["spec"]["replicas"]))

    def _less(self, one: Object, by: int) -> int:
        if by > 0:
            self._resize(one, one["spec"]["replicas"] - by)
        return max(by, 0)

    def _resize(self, one: Object, replicas: int) -> None:
        if one["spec"]["replicas"] == replicas:
            return
        changed = copy.deepcopy(self._cluster.get("replicasets", self._namespace, one["metadata"]["name"]))
        changed["spec"]["replicas"] = replicas
        one["spec"] = self._cluster.update("replicasets", self._namespace, changed)["spec"]

    def _pods(self, replica_set: Object) -> list[Object]:
        return owned(self._cluster, "pods", replica_set)

    def _fill(self, replica_set: Object) -> None:
        """As many pods as the ReplicaSet asks for; those that are not ready go first."""
        pods, wanted = self._pods(replica_set), replica_set["spec"]["replicas"]
        by_ready = sorted(pods, key=lambda pod: any(one["ready"] for one in _containers(pod)))
        for pod in by_ready[: max(0, len(pods) - wanted)]:
            self._cluster.delete("pods", self._namespace, pod["metadata"]["name"])
        failure = ""
        for _ in range(wanted - len(pods)):
            failure = failure or self._pod(replica_set)
        meta = replica_set["metadata"]
        status = dict(self._cluster.get("replicasets", self._namespace, meta["name"]).get("status", {}))
        status.pop("conditions", None)
        if failure:
            condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}
            status["conditions"] = [{**condition, "lastTransitionTime": self._stamp()}]
        self._cluster.set_status("replicasets", self._namespace, meta["name"], status)

    def _pod(self, replica_set: Object) -> str:
        """Make a pod; answers why it may not be."""
        template, meta = replica_set["spec"]["template"], replica_set["metadata"]
        name = f"{meta['name']}-{self._cluster.version:05d}"
        held = len(self._cluster.every("pods", self._namespace))
        if self._quota is not None and held >= self._quota:
            used = f"requested: pods=1, used: pods={held}, limited: pods={self._quota}"
            return f'pods "{name}" is forbidden: exceeded quota: compute, {used}'
        owner = {"kind": "ReplicaSet", "name": meta["name"], "uid": meta["uid"], "controller": True}
        pod = copy.deepcopy(template)
        pod["metadata"] |= {"name": name, "ownerReferences": [owner]}
        try:
            self._cluster.create("pods", self._namespace, pod)
        except Refused as refused:
            return refused.message
        return ""

    # ---- reporting

    def report(self) -> None:
        """The status the controller writes after a step."""
        sets, new = self._sets(), self._new()
        held: Object = self._deployment.get("status", {})
        counts = {
            "replicas": sum(_of(one, "replicas") for one in sets),
            "updatedReplicas": _of(new, "replicas") if new is not None else 0,
            "readyReplicas": sum(_of(one, "readyReplicas") for one in sets),
            "availableReplicas": sum(_available(one) for one in sets),
        }
        status = {key: value for key, value in counts.items() if value}
        status["observedGeneration"] = self._meta["generation"]
        status["conditions"] = copy.deepcopy(held.get("conditions", []))
        self._deployment = {**self._deployment, "status": status}
        replicas = self._spec["replicas"]
        rolling = self._spec["strategy"].get("rollingUpdate", {})
        minimum = replicas - _share(rolling.get("maxUnavailable", 0), replicas, floor)
        if counts["availableReplicas"] >= minimum:
            self._condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        else:
            what = "Deployment does not have minimum availability."
            self._condition("Available", "False", "MinimumReplicasUnavailable", what)
        self._progress(held, counts, new)
        failing = [c for one in sets for c in one.get("status", {}).get("conditions", [])]
        self._drop("ReplicaFailure")
        if failing:
            self._condition("ReplicaFailure", "True", failing[0]["reason"], failing[0]["message"])
        self._cluster.set_status("deployments", self._namespace, self._meta["name"], self._deployment["status"])

    def _progress(self, held: Object, counts: dict[str, int], new: Object | None) -> None:
        now = self._held("Progressing")
        if self._spec.get("paused"):
            self._condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
            return
        if now is not None and now["reason"] == "DeploymentPaused":
            self._condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
        done = now is not None and now["reason"] == "NewReplicaSetAvailable"
        if done and counts["replicas"] == counts["updatedReplicas"]:
            return
        name = f'ReplicaSet "{new["metadata"]["name"]}"' if new is not None else "Deployment"
        replicas = self._spec["replicas"]
        complete = {counts[key] for key in ("updatedReplicas", "replicas", "availableReplicas")} == {replicas}
        if complete:
            self._condition("Progressing", "True", "NewReplicaSetAvailable", f"{name} has successfully progressed.")
        elif _moved(held, counts):
            self._drop("Progressing")
            self._condition("Progressing", "True", "ReplicaSetUpdated", f"{name} is progressing.")
        elif now is not None and not done and self._timed_out(now):
            what = f"{name} has timed out progressing."
            self._condition("Progressing", "False", "ProgressDeadlineExceeded", what)

    def _timed_out(self, condition: Object) -> bool:
        if condition["reason"] == "ProgressDeadlineExceeded":
            return True
        since = datetime.fromisoformat(condition["lastUpdateTime"])
        return since + timedelta(seconds=self._spec["progressDeadlineSeconds"]) < self._at

    def _held(self, kind: str) -> Object | None:
        conditions = self._deployment.get("status", {}).get("conditions", [])
        return next((one for one in conditions if one["type"] == kind), None)

    def _drop(self, kind: str) -> None:
        status = self._deployment.setdefault("status", {})
        status["conditions"] = [one for one in status.get("conditions", []) if one["type"] != kind]

    def _condition(self, kind: str, status: str, reason: str, message: str) -> None:
        held = self._held(kind)
        if held is not None and (held["status"], held["reason"]) == (status, reason):
            return
        self._drop(kind)
        stamp = self._stamp()
        since = held["lastTransitionTime"] if held is not None and held["status"] == status else stamp
        times = {"lastUpdateTime": stamp, "lastTransitionTime": since}
        condition = {"type": kind, "status": status, "reason": reason, "message": message, **times}
        self._deployment["status"]["conditions"].append(condition)

    def _stamp(self) -> str:
        return self._at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moved(held: Object, counts: dict[str, int]) -> bool:
    """Whether more is updated, ready or available than before, or less of the old is left."""
    was = {key: held.get(key, 0) for key in counts}
    older = counts["replicas"] - counts["updatedReplicas"]
    return bool(
        counts["updatedReplicas"] > was["updatedReplicas"]
        or older < was["replicas"] - was["updatedReplicas"]
        or counts["readyReplicas"] > was["readyReplicas"]
        or counts["availableReplicas"] > was["availableReplicas"]
    )


def _share(of: int | str, replicas: int, rounded: Callable[[float], int]) -> int:
    return rounded(replicas * int(of[:-1]) / 100) if isinstance(of, str) else of


def _of(one: Object, count: str) -> int:
    found: int = one.get("status", {}).get(count, 0)
    return found


def _available(one: Object) -> int:
    return _of(one, "availableReplicas")


def _containers(pod: Object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pod.get("status", {}).get("containerStatuses", [])
    return found
