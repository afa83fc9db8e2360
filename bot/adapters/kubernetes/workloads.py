"""How far a StatefulSet or DaemonSet has come, judged as `kubectl rollout status` does, and what would not roll. Pure.

The rules are kubectl's own (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go); neither kind has a deadline of
its own, so that a rollout which never comes is ended by the runbook's `rollout_within`.
"""

from collections.abc import Sequence
from typing import Any, Final

from bot.adapters.kubernetes.rollout import Rollout, judged
from bot.runbook.models.targets.kubernetes import CALLED

Document = dict[str, Any]
REVISION_HASH: Final = "controller-revision-hash"


def judged_by_kind(resource: str, document: Document, sets: Sequence[Document]) -> Rollout:
    """How a rollout of any kind stands; `sets` are a Deployment's ReplicaSets."""
    match resource:
        case "statefulsets":
            return _stateful_set(document)
        case "daemonsets":
            return _daemon_set(document)
        case _:
            return judged(document, sets)


def _stateful_set(document: Document) -> Rollout:
    spec, status, name = document.get("spec", {}), document.get("status", {}), _name(document)
    observed = int(status.get("observedGeneration") or 0)
    if not observed or document["metadata"].get("generation", 0) > observed:
        return Rollout(what=f"{name}: waiting for the cluster to take up the change")
    replicas, ready = spec.get("replicas", 1), _count(status, "readyReplicas")
    updated = _count(status, "updatedReplicas")
    if ready < replicas:
        return Rollout(what=f"{name}: {ready} of {replicas} pods are ready")
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate")
    if rolling is not None and updated < replicas - _count(rolling, "partition"):
        return Rollout(what=f"{name}: {updated} of {replicas - _count(rolling, 'partition')} pods are new")
    if rolling is None and status.get("updateRevision") != status.get("currentRevision"):
        return Rollout(what=f"{name}: {updated} pods are new")
    return Rollout(done=True, what=f"{name} is rolled out")


def _daemon_set(document: Document) -> Rollout:
    status, name = document.get("status", {}), _name(document)
    if document["metadata"].get("generation", 0) > _count(status, "observedGeneration"):
        return Rollout(what=f"{name}: waiting for the cluster to take up the change")
    desired, updated = _count(status, "desiredNumberScheduled"), _count(status, "updatedNumberScheduled")
    if updated < desired:
        return Rollout(what=f"{name}: {updated} of {desired} pods are new")
    if _count(status, "numberAvailable") < desired:
        return Rollout(what=f"{name}: {_count(status, 'numberAvailable')} of {desired} new pods are available")
    return Rollout(done=True, what=f"{name} is rolled out")


def would_not_roll(resource: str, document: Document) -> str:
    """Why a change of its template would leave pods as they are, and what to do; empty where it would not."""
    spec, called = document.get("spec", {}), f"{CALLED[resource]}/{_name(document)}"
    if resource == "deployments":
        resume = f"`kubectl rollout resume {called}`"
        return f"{called} is paused, so its pods would stay as they are; {resume}" if spec.get("paused") else ""
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        how = f"its pods are replaced only when somebody deletes them (updateStrategy {strategy['type']})"
        return f"{called}: {how}; write RollingUpdate there"
    kept = _count(strategy.get("rollingUpdate") or {}, "partition")
    if kept:
        return f"{called} has a partition of {kept}: its first {kept} pods would stay as they are; set it to 0"
    return ""


def stuck(resource: str, document: Document, trouble: str) -> str:
    """What has to be known of a pod that does not get ready: an ordered StatefulSet replaces it no more by itself."""
    ordered = document.get("spec", {}).get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    if resource != "statefulsets" or not trouble or not ordered:
        return ""
    return "a StatefulSet waits for such a pod also when its setting is put back: delete it then (kubectl delete pod)"


def new_pods(resource: str, document: Document) -> str:
    """The label by which its new pods are told from old ones, as a selector has it; empty where none is known."""
    revision = document.get("status", {}).get("updateRevision")
    return f",{REVISION_HASH}={revision}" if resource == "statefulsets" and revision else ""


def _name(document: Document) -> str:
    return str(document["metadata"]["name"])


def _count(of: Document, key: str) -> int:
    return int(of.get(key) or 0)
