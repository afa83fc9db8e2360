"""Objects that somebody else keeps: recognised by their marks, refused before a write, and read all the same."""

from typing import Any

import pytest

from bot.adapters.kubernetes.managed import manager_of
from bot.ports import OutsideError
from tests.adapters.kubernetes.objects import config_map, deployment
from tests.adapters.kubernetes.trial import Trial

MARKS: list[tuple[dict[str, Any], str]] = [
    ({"annotations": {"argocd.argoproj.io/tracking-id": "chat:apps/Deployment:cruvero/worker"}}, "Argo CD"),
    ({"labels": {"argocd.argoproj.io/instance": "chat"}}, "Argo CD"),
    ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux"),
    ({"labels": {"helm.toolkit.fluxcd.io/name": "chat"}}, "Flux"),
    ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm"),
    ({"annotations": {"meta.helm.sh/release-name": "chat"}}, "Helm"),
    ({"annotations": {"configmanagement.gke.io/managed": "enabled"}}, "Config Sync"),
    ({"annotations": {"objectset.rio.cattle.io/id": "default-chat"}}, "Fleet"),
    ({"labels": {"app.kubernetes.io/managed-by": "chat-operator"}}, "chat-operator"),
    ({"ownerReferences": [{"kind": "Chat", "name": "eu", "uid": "1", "controller": True}]}, "Chat eu (its owner)"),
]


@pytest.mark.parametrize(("metadata", "who"), MARKS)
async def test_it_is_refused_with_whose_it_is(cluster: Trial, metadata: dict[str, Any], who: str) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": "old/m"}], **metadata))
    cluster.server.put("configmaps", config_map("settings", {"M": "old/m"}, metadata=metadata))
    for plan in (cluster.plan(), cluster.plan(config_map="settings")):
        assert await cluster.adapter().read(plan) == "old/m"
        refusal = await cluster.adapter().refusal(plan, "new/m")
        assert f"{plan.object} is managed by {who}" in refusal
        assert "bot/examples/gitops.yml" in refusal
        assert await cluster.adapter().check_writable(plan) == refusal
        with pytest.raises(OutsideError, match="is managed by") as caught:
            await cluster.adapter().write(plan, expected="old/m", value="new/m")
        assert (caught.value.whose, caught.value.again) == ("sre", False)
    assert cluster.server.writes() == []


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"labels": {"app.kubernetes.io/instance": "chat", "app.kubernetes.io/name": "worker", "app": "x"}},
        {"labels": {"app.kubernetes.io/managed-by": "kubectl"}},
        {"annotations": {"deployment.kubernetes.io/revision": "4", "kubectl.kubernetes.io/restartedAt": "now"}},
        {"ownerReferences": [{"kind": "Chat", "name": "eu", "uid": "1"}]},
        {
            "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
            "annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"},
        },
        {"labels": None, "annotations": None},
    ],
)
def test_nobody_keeps_these(metadata: dict[str, Any]) -> None:
    assert manager_of({"metadata": metadata}) == ""


async def test_those_that_only_read_the_setting_may_be_kept_by_somebody(cluster: Trial) -> None:
    cluster.server.put("configmaps", config_map("settings", {"M": "old/m"}))
    cluster.server.put("deployments", deployment(labels={"app.kubernetes.io/managed-by": "Helm"}))
    plan = cluster.plan(config_map="settings", restart=["worker"])
    assert await cluster.adapter().check_writable(plan) == ""
    await cluster.adapter().write(plan, expected="old/m", value="new/m")
    await cluster.adapter().restart(plan)
    annotations = cluster.server.get("deployments", "worker")["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations
