"""The controllers of StatefulSets and DaemonSets, one step a second.

Written after the real ones (kubernetes/pkg/controller: statefulset/stateful_set_control.go, daemon/update.go): an
ordered StatefulSet waits for a pod that is not ready before it makes, or replaces, another one, also when its template
is put back; a DaemonSet replaces pods that are not available at once.
"""

import copy
from typing import Final

from tests.adapters.kubernetes.cluster import Cluster, Object, template_hash

NODES: Final = 3
"""Nodes of the cluster: a DaemonSet has a pod on each."""
HASH: Final = "controller-revision-hash"


def turn(cluster: Cluster) -> None:
    """One step of every set."""
    for one in cluster.every("statefulsets"):
        _stateful(cluster, one)
    for one in cluster.every("daemonsets"):
        _daemon(cluster, one)


def settled(cluster: Cluster) -> bool:
    """Whether no set has anything left to do, as far as its status says."""
    sets = [one.get("status", {}) for one in cluster.every("statefulsets")]
    daemons = [one.get("status", {}) for one in cluster.every("daemonsets")]
    return all(one.get("updatedReplicas") == one.get("replicas") == one.get("readyReplicas") for one in sets) and all(
        one.get("updatedNumberScheduled") == one.get("numberAvailable") == NODES for one in daemons
    )


def _pods(cluster: Cluster, owner: Object) -> dict[str, Object]:
    every = cluster.every("pods", owner["metadata"]["namespace"])
    uid = owner["metadata"]["uid"]
    mine = (one for one in every if any(ref["uid"] == uid for ref in one["metadata"].get("ownerReferences", [])))
    return {one["metadata"]["name"]: one for one in mine}


def _revision(owner: Object) -> str:
    return f"{owner['metadata']['name']}-{template_hash(owner['spec']['template'])}"


def _ready(pod: Object) -> bool:
    held = pod.get("status", {}).get("containerStatuses", [])
    return bool(held) and all(one["ready"] for one in held)


def _new(pod: Object, revision: str) -> bool:
    return bool(pod["metadata"]["labels"][HASH] == revision)


def _make(cluster: Cluster, owner: Object, name: str, template: Object, revision: str) -> None:
    meta, pod = owner["metadata"], copy.deepcopy(template)
    reference = {"kind": owner["kind"], "name": meta["name"], "uid": meta["uid"], "controller": True}
    labels = {**pod["metadata"]["labels"], HASH: revision}
    pod["metadata"] = {**pod["metadata"], "name": name, "labels": labels, "ownerReferences": [reference]}
    cluster.create("pods", meta["namespace"], pod)


def _report(cluster: Cluster, resource: str, owner: Object, status: Object) -> None:
    meta = owner["metadata"]
    whole = {**status, "observedGeneration": meta["generation"]}
    cluster.set_status(resource, meta["namespace"], meta["name"], whole)


def _stateful(cluster: Cluster, one: Object) -> None:
    spec, held = one["spec"], one.get("status", {})
    revision, replicas, pods = _revision(one), spec["replicas"], _pods(cluster, one)
    current = held.get("currentRevision", revision)
    _step(cluster, one, revision, pods)
    pods = _pods(cluster, one)
    updated = sum(_new(pod, revision) for pod in pods.values())
    ready = sum(map(_ready, pods.values()))
    if updated == ready == len(pods) == replicas:
        current = revision
    counts = {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": updated}
    counts["currentReplicas"] = sum(_new(pod, current) for pod in pods.values())
    status: Object = {key: value for key, value in counts.items() if value or key == "replicas"}
    _report(cluster, "statefulsets", one, {**status, "currentRevision": current, "updateRevision": revision})


def _step(cluster: Cluster, one: Object, revision: str, pods: dict[str, Object]) -> None:
    meta, spec = one["metadata"], one["spec"]
    names = [f"{meta['name']}-{number}" for number in range(spec["replicas"])]
    ordered = spec["podManagementPolicy"] == "OrderedReady"
    for name in names:
        if name not in pods:
            _make(cluster, one, name, spec["template"], revision)
            if ordered:
                return
        elif ordered and not _ready(pods[name]):
            return
    strategy = spec["updateStrategy"]
    if strategy["type"] != "RollingUpdate" or any(name not in pods for name in names):
        return
    for name in reversed(names[strategy["rollingUpdate"]["partition"] :]):
        if not _new(pods[name], revision):
            cluster.delete("pods", meta["namespace"], name)
            return
        if not _ready(pods[name]):
            return


def _daemon(cluster: Cluster, one: Object) -> None:
    meta, spec, revision = one["metadata"], one["spec"], _revision(one)
    pods = _pods(cluster, one)
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        old = {name: pod for name, pod in pods.items() if not _new(pod, revision)}
        for name in [name for name, pod in old.items() if not _ready(pod)]:
            cluster.delete("pods", meta["namespace"], name)
        missing = NODES - sum(map(_ready, pods.values()))
        spare = spec["updateStrategy"]["rollingUpdate"]["maxUnavailable"] - missing
        for name in [name for name, pod in old.items() if _ready(pod)][: max(0, spare)]:
            cluster.delete("pods", meta["namespace"], name)
    pods = _pods(cluster, one)
    for node in range(NODES):
        if not any(name.startswith(f"{meta['name']}-n{node}-") for name in pods):
            _make(cluster, one, f"{meta['name']}-n{node}-{cluster.version}", spec["template"], revision)
    pods = _pods(cluster, one)
    counts = {
        "desiredNumberScheduled": NODES,
        "currentNumberScheduled": len(pods),
        "updatedNumberScheduled": sum(_new(pod, revision) for pod in pods.values()),
        "numberReady": sum(map(_ready, pods.values())),
        "numberAvailable": sum(map(_ready, pods.values())),
    }
    _report(cluster, "daemonsets", one, counts)
