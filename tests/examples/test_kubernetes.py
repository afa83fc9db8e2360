"""The Kubernetes example and its role: it is enough for every place of the runbook, and nothing in it is too much."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.adapters.kubernetes.api import Api
from bot.adapters.target_kubernetes import KubernetesTarget
from bot.ports import OutsideError
from bot.runbook.load import load
from bot.runbook.models.plan import plan_for
from bot.runbook.models.targets.cluster import Cluster
from bot.runbook.models.targets.kubernetes import KubernetesPlan
from tests.adapters.kubernetes.kubelet import Fate
from tests.adapters.kubernetes.objects import config_map, deployment
from tests.adapters.kubernetes.server import TOKEN, ApiServer, api_server
from tests.adapters.targets.kinds import ManualClock

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"
VERBS = ("get", "list", "watch", "patch", "update", "delete", "create")
RESOURCES = ("deployments", "replicasets", "pods", "configmaps", "namespaces")
Right = tuple[str, str]


def rules() -> list[dict[str, Any]]:
    text = (EXAMPLES / "deploy" / "kubernetes-role.yml").read_text(encoding="utf-8")
    (role,) = [one for one in YAML(typ="safe").load_all(text) if one["kind"] == "Role"]
    found: list[dict[str, Any]] = role["rules"]
    return found


ROLE: list[Right] = [(verb, name) for rule in rules() for name in rule["resources"] for verb in rule["verbs"]]


def plans() -> list[KubernetesPlan]:
    plan = plan_for(load(EXAMPLES / "kubernetes.yml").runbook, "chat")
    return [target for stage in plan.stages for target in stage.targets if isinstance(target, KubernetesPlan)]


def allow(server: ApiServer, rights: list[Right]) -> None:
    server.denied = {(verb, name) for verb in VERBS for name in RESOURCES} - set(rights)


async def carried_out(plan: KubernetesPlan, rights: list[Right]) -> str:
    """Change the place to a model whose pods crash; answers what stood in the way, else what is said of the pods."""
    clock, setting = ManualClock(), plan.setting
    async with (
        api_server(clock.now, variable=setting) as server,
        Api(secret={"CLUSTER_TOKEN": TOKEN}.get) as api,
    ):
        reference = {"configMapKeyRef": {"name": plan.config_map, "key": setting}}
        entry = {"name": setting, **({"valueFrom": reference} if plan.config_map else {"value": "old/m"})}
        for _, name in plan.rolls:
            server.put("deployments", deployment(name, env=[entry]), plan.namespace)
            server.edit("deployments", name, lambda one: one["spec"].update(progressDeadlineSeconds=60), plan.namespace)
        if plan.config_map:
            server.put("configmaps", config_map(plan.config_map, {setting: "old/m"}), plan.namespace)
        await clock.sleep(30)
        server.controller.catch_up()
        server.kubelet.fates["new/m"] = Fate.CRASHES
        allow(server, rights)
        cluster = Cluster(server=server.url, token_env="CLUSTER_TOKEN")
        there = plan.model_copy(update={"cluster": cluster, "container": ""})
        target = KubernetesTarget(api, clock=clock)
        if reason := await target.check_writable(there):
            return reason
        await target.write(there, expected="old/m", value="new/m")
        await target.restart(there)
        with pytest.raises(OutsideError) as caught:
            await target.wait(there, value="new/m")
        return caught.value.what


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: str(plan.id))
async def test_the_role_is_enough_for_every_place(plan: KubernetesPlan) -> None:
    assert "keeps crashing" in await carried_out(plan, ROLE)


@pytest.mark.parametrize("right", ROLE, ids="-".join)
async def test_nothing_in_the_role_is_too_much(right: Right) -> None:
    rights = [one for one in ROLE if one != right]
    said = [await carried_out(plan, rights) for plan in plans()]
    assert any("keeps crashing" not in one for one in said), said


def test_the_role_names_the_objects_of_the_runbook() -> None:
    named = {name: set(rule.get("resourceNames", [])) for rule in rules() for name in rule["resources"]}
    assert named["deployments"] == {name for plan in plans() for _, name in plan.rolls}
    assert named["configmaps"] == {plan.config_map for plan in plans() if plan.config_map}
