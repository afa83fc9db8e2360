"""How far a Deployment's rollout has come, judged as `kubectl rollout status` does, and what keeps its pods. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]
_REVISION: Final = "deployment.kubernetes.io/revision"
_HASH: Final = "pod-template-hash"
_STARTING: Final = frozenset({"ContainerCreating", "PodInitializing"})
_WORDS: Final = {
    "CrashLoopBackOff": "keeps crashing",
    "ErrImagePull": "cannot pull its image",
    "ImagePullBackOff": "cannot pull its image",
    "InvalidImageName": "cannot pull its image",
    "ErrImageNeverPull": "cannot pull its image",
    "CreateContainerConfigError": "cannot be configured",
    "CreateContainerError": "cannot be started",
    "RunContainerError": "cannot be started",
}
_SHOWN: Final = 160
_MOST: Final = 3


@dataclass(frozen=True)
class Rollout:
    """How it stands: `done`, `failed` for good, or on its way; `what` says it in words."""

    done: bool = False
    failed: bool = False
    what: str = ""


def judged(deployment: Document, sets: Sequence[Document]) -> Rollout:
    """How the rollout of the newest template stands. `sets` are its ReplicaSets, none where they cannot be listed."""
    name, spec, status = deployment["metadata"]["name"], deployment.get("spec", {}), deployment.get("status", {})
    if deployment["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return Rollout(what=f"deployment {name}: waiting for the cluster to take up the change")
    counts = {key: int(status.get(key) or 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    replicas, updated = spec.get("replicas", 1), counts["updatedReplicas"]
    far = ""
    if updated < replicas:
        far = f"{updated} of {replicas} pods are new"
    elif counts["replicas"] > updated:
        far = f"{counts['replicas'] - updated} old pods are still there"
    elif counts["availableReplicas"] < updated:
        far = f"{counts['availableReplicas']} of {updated} new pods are available"
    progress = _condition(status, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded" and not _of_another(progress, sets):
        deadline = f"deployment {name} exceeded its progress deadline ({spec.get('progressDeadlineSeconds', 600)} s)"
        return Rollout(failed=True, what=f"{deadline}: {far or 'no progress'}{_refused(status)}")
    if not far:
        return Rollout(done=True, what=f"deployment {name} is rolled out")
    paused = ", and it is paused: resume it" if spec.get("paused") else ""
    return Rollout(what=f"deployment {name}: {far}{paused}{_refused(status)}")


def _condition(status: Document, kind: str) -> Document:
    return next((one for one in status.get("conditions") or [] if one.get("type") == kind), {})


def _refused(status: Document) -> str:
    """Why no pods are made, such as a quota; empty where they are."""
    failure = _condition(status, "ReplicaFailure")
    return f"; {str(failure.get('message'))[:_SHOWN]}" if failure.get("status") == "True" else ""


def _of_another(progress: Document, sets: Sequence[Document]) -> bool:
    """Whether a deadline was exceeded by an earlier template: the condition stands until there is progress again."""
    named = re.search(r'ReplicaSet "([^"]+)"', str(progress.get("message", "")))
    new = newest(sets)
    return named is not None and new is not None and new["metadata"]["name"] != named[1]


def newest(sets: Sequence[Document]) -> Document | None:
    """The ReplicaSet of the newest template."""
    return max(sets, key=_revision, default=None)


def _revision(one: Document) -> int:
    held = str(one["metadata"].get("annotations", {}).get(_REVISION, "0"))
    return int(held) if held.isdecimal() else 0


def selector_of(deployment: Document) -> str:
    """The label selector of its pods, as a query has it."""
    selector = deployment.get("spec", {}).get("selector", {})
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or []:
        key, values = one.get("key"), ",".join(one.get("values") or [])
        match one.get("operator"):
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(str(key))
            case _:
                parts.append(f"!{key}")
    return ",".join(parts)


def pods_selector(deployment: Document, new: Document) -> str:
    """The label selector of the newest template's pods."""
    hashed = new["metadata"].get("labels", {}).get(_HASH)
    return f"{selector_of(deployment)},{_HASH}={hashed}"


def owned_by(deployment: Document, sets: Sequence[Document]) -> list[Document]:
    """Those ReplicaSets that are the Deployment's own: a selector may choose others, too."""
    uid = deployment["metadata"].get("uid")
    return [one for one in sets if any(r.get("uid") == uid for r in one["metadata"].get("ownerReferences") or [])]


def troubles(pods: Sequence[Document]) -> str:
    """What keeps pods from getting ready, most frequent first; empty where they are only starting, or ready."""
    found = Counter(trouble for pod in pods if (trouble := next(_of_pod(pod), "")))
    return "; ".join(f"{_pods(count)} {trouble}" for trouble, count in found.most_common(_MOST))


def _pods(count: int) -> str:
    return "a new pod" if count == 1 else f"{count} new pods each"


def _of_pod(pod: Document) -> Iterator[str]:
    status = pod.get("status", {})
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield f"finds no node: {str(condition.get('message'))[:_SHOWN]}"
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
        reason = str(waiting.get("reason") or "")
        if reason and reason not in _STARTING:
            yield _waiting(reason, waiting, container)
        elif ended.get("exitCode"):
            yield f"has ended with status {ended['exitCode']} ({ended.get('reason')})"
    ready = [one for one in status.get("conditions") or [] if one.get("type") == "Ready"]
    if status.get("phase") == "Running" and ready and ready[0].get("status") != "True":
        yield "runs and does not get ready"


def _waiting(reason: str, waiting: Document, container: Document) -> str:
    ended = ((container.get("lastState") or {}).get("terminated")) or {}
    if reason == "CrashLoopBackOff":
        status = f", exit status {ended['exitCode']} ({ended.get('reason')})" if "exitCode" in ended else ""
        return f"keeps crashing (CrashLoopBackOff{status})"
    said = str(waiting.get("message") or "")[:_SHOWN]
    return f"{_WORDS.get(reason, 'is waiting')} ({reason}){': ' + said if said else ''}"
