"""Who else keeps an object as it is: a GitOps controller, a package manager, an operator. Pure.

A change of such an object would be taken back, at the next sync or the next release, without a word.
"""

from collections.abc import Mapping
from typing import Any, Final

_ANNOTATIONS: Final = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/installation-id": "Argo CD",
    "meta.helm.sh/release-name": "Helm",
    "objectset.rio.cattle.io/id": "Fleet",
    "configmanagement.gke.io/managed": "Config Sync",
    "configsync.gke.io/resource-id": "Config Sync",
    "kapp.k14s.io/identity": "kapp",
}
_LABELS: Final = {
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "kapp.k14s.io/app": "kapp",
    "addonmanager.kubernetes.io/mode": "the addon manager",
}
_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
_PEOPLE: Final = frozenset({"", "kubectl", "manual", "rotate"})
"""What is written there of objects nobody but people changes."""
_LET_BE: Final = {
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    "kustomize.toolkit.fluxcd.io/ssa": "Ignore",
}
"""How Flux is told to leave an object alone."""


def manager_of(document: Mapping[str, Any]) -> str:
    """Who manages an object, and by which mark that is known; empty where only people do."""
    meta = _map(document.get("metadata"))
    labels, annotations = _map(meta.get("labels")), _map(meta.get("annotations"))
    left_alone = any(annotations.get(key) == value for key, value in _LET_BE.items())
    for kind, held, known in (("annotation", annotations, _ANNOTATIONS), ("label", labels, _LABELS)):
        for mark, who in known.items():
            if mark in held and not (left_alone and who == "Flux"):
                return f"{who} ({kind} {mark})"
    managed_by = str(labels.get(_MANAGED_BY, ""))
    if managed_by.lower() not in _PEOPLE:
        return f"{managed_by} (label {_MANAGED_BY})"
    owners = meta.get("ownerReferences")
    for owner in owners if isinstance(owners, list) else []:
        if isinstance(owner, dict) and owner.get("controller") is True:
            return f"{owner.get('kind')} {owner.get('name')} (its owner)"
    return ""


def _map(held: object) -> Mapping[str, Any]:
    return held if isinstance(held, dict) else {}
