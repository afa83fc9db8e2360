"""Where a setting may stand in an object and where not, what a patch changes, and what the cluster refuses."""

import copy
from typing import Any

import pytest

from bot.ports import DriftError, OutsideError
from tests.adapters.kubernetes.objects import config_map, containers, deployment
from tests.adapters.kubernetes.trial import Trial

OLD, NEW = "old/m", "new/m"


def from_map(name: str, key: str) -> dict[str, Any]:
    return {"name": "M", "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}


async def refused(cluster: Trial, **lines: object) -> str:
    """What reading says, which nothing has changed after."""
    plan = cluster.plan(**lines)
    for asked in (cluster.adapter().read(plan), cluster.adapter().write(plan, expected=OLD, value=NEW)):
        with pytest.raises(OutsideError) as caught:
            await asked
        assert (caught.value.whose, caught.value.again) == ("sre", False)
    assert cluster.server.writes() == []
    assert await cluster.adapter().check_writable(plan) == caught.value.what
    return caught.value.what


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            {"configMapKeyRef": {"name": "models", "key": "chat"}},
            "takes M from key chat of ConfigMap models; write `config_map: models`, `key: chat` and `restart: [wo",
        ),
        (
            {"secretKeyRef": {"name": "vault", "key": "chat"}},
            "takes M from key chat of Secret vault, which rotate does not read; a model's name needs no hiding, so s",
        ),
        ({"fieldRef": {"fieldPath": "metadata.name"}}, "takes M from the pod itself (fieldRef)"),
    ],
)
async def test_a_value_that_comes_from_elsewhere_is_told_with_where(
    cluster: Trial, source: dict[str, Any], said: str
) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "valueFrom": source}]))
    assert said in await refused(cluster)


async def test_a_value_from_a_whole_config_map_is_found_there(cluster: Trial) -> None:
    written = deployment(env=[{"name": "A", "value": "1"}])
    containers(written)[0]["envFrom"] = [
        {"secretRef": {"name": "keys"}},
        {"configMapRef": {"name": "gone", "optional": True}},
        {"prefix": "X_", "configMapRef": {"name": "settings"}},
        {"configMapRef": {"name": "settings"}},
    ]
    cluster.server.put("configmaps", config_map("settings", {"OTHER": "x"}))
    cluster.server.put("deployments", written)
    assert await cluster.adapter().read(cluster.plan()) is None
    cluster.server.edit("configmaps", "settings", lambda one: one["data"].update(M=OLD))
    with pytest.raises(OutsideError, match=r"takes M from key M of ConfigMap settings \(envFrom\); write `config_map:"):
        await cluster.adapter().read(cluster.plan())
    cluster.server.denied.add(("get", "configmaps"))
    with pytest.raises(OutsideError, match='cannot get resource "configmaps"'):
        await cluster.adapter().read(cluster.plan())


async def test_one_of_several_containers_is_named(cluster: Trial) -> None:
    written = deployment(env=[{"name": "M", "value": "sidecar/m"}])
    containers(written).append({"name": "app", "env": [{"name": "M", "value": OLD}]})
    cluster.server.put("deployments", written)
    assert "has 2 containers (worker, app); write which one: `container`" in await refused(cluster)
    assert "has no container nobody; there is worker, app" in await refused(cluster, container="nobody")
    plan = cluster.plan(container="app")
    before = copy.deepcopy(cluster.server.get("deployments", "worker")["spec"])
    assert await cluster.adapter().write(plan, expected=OLD, value=NEW)
    containers_now = containers(cluster.server.get("deployments", "worker"))
    assert [one["env"][0]["value"] for one in containers_now] == ["sidecar/m", NEW]
    assert await cluster.adapter().write(plan, expected=NEW, value=OLD)
    assert cluster.server.get("deployments", "worker")["spec"] == before


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ([{"name": "M", "value": OLD}, {"name": "M", "value": OLD}], "sets M 2 times in container worker; leave one"),
        ([{"name": "M", "value": "$(BASE)/m"}], "holds '$(BASE)/m', which is no model's name"),
        ([{"name": "M", "value": "old/m\n"}], "which is no model's name (it holds a line break)"),
    ],
)
async def test_a_value_that_is_not_one_plain_name(cluster: Trial, env: list[dict[str, Any]], said: str) -> None:
    cluster.server.put("deployments", deployment(env=env))
    assert said in await refused(cluster)


async def test_an_empty_value_is_not_the_same_as_none(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": ""}, {"name": "B", "value": "2"}]))
    before, plan = copy.deepcopy(cluster.server.get("deployments", "worker")["spec"]), cluster.plan()
    assert await cluster.adapter().read(plan) == ""
    with pytest.raises(DriftError):
        await cluster.adapter().write(plan, expected=None, value=NEW)
    assert await cluster.adapter().write(plan, expected="", value=NEW)
    assert await cluster.adapter().write(plan, expected=NEW, value="")
    assert cluster.server.get("deployments", "worker")["spec"] == before


async def test_the_first_variable_of_a_container_comes_and_goes(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment())
    before, plan = copy.deepcopy(cluster.server.get("deployments", "worker")["spec"]), cluster.plan()
    assert await cluster.adapter().write(plan, expected=None, value=NEW)
    assert containers(cluster.server.get("deployments", "worker"))[0]["env"] == [{"name": "M", "value": NEW}]
    assert await cluster.adapter().write(plan, expected=NEW, value=None)
    assert cluster.server.get("deployments", "worker")["spec"] == before


async def test_what_stands_before_the_model_is_put_there_and_taken_off(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": "openrouter/old/m"}]))
    plan = cluster.plan(prefix="openrouter/")
    assert await cluster.adapter().read(plan) == OLD
    assert await cluster.adapter().write(plan, expected=OLD, value=NEW)
    assert containers(cluster.server.get("deployments", "worker"))[0]["env"][0]["value"] == "openrouter/new/m"
    with pytest.raises(OutsideError, match="does not begin with azure/"):
        await cluster.adapter().read(cluster.plan(prefix="azure/"))


async def test_keys_of_a_config_map(cluster: Trial) -> None:
    cluster.server.put("configmaps", config_map("settings", {}, binaryData={"blob": "AAAA"}))
    plan = cluster.plan(config_map="settings", key="chat.model")
    assert await cluster.adapter().read(plan) is None
    assert await cluster.adapter().write(plan, expected=None, value=NEW)
    assert cluster.server.get("configmaps", "settings")["data"] == {"chat.model": NEW}
    assert await cluster.adapter().write(plan, expected=NEW, value=None)
    assert "data" not in cluster.server.get("configmaps", "settings")
    with pytest.raises(OutsideError, match="has blob as binary data"):
        await cluster.adapter().read(cluster.plan(config_map="settings", key="blob"))


async def test_a_config_map_that_may_not_change(cluster: Trial) -> None:
    cluster.server.put("configmaps", config_map("settings", {"M": OLD}, immutable=True))
    plan = cluster.plan(config_map="settings")
    assert await cluster.adapter().read(plan) == OLD
    assert "is immutable" in await cluster.adapter().refusal(plan, NEW)
    with pytest.raises(OutsideError, match="is immutable"):
        await cluster.adapter().write(plan, expected=OLD, value=NEW)
    assert cluster.server.writes() == []


async def test_an_edit_of_something_else_meanwhile_is_kept(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}]))
    edits = [2, 5]

    def scale(step: str) -> None:
        if step == "read" and edits:
            replicas = edits.pop()
            cluster.server.edit("deployments", "worker", lambda one: one["spec"].update(replicas=replicas))

    assert await cluster.adapter(scale).write(cluster.plan(), expected=OLD, value=NEW)
    assert cluster.server.get("deployments", "worker")["spec"]["replicas"] == 2
    assert len(cluster.server.writes()) == 3


async def test_one_that_is_edited_without_end_is_left_alone(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}]))

    def scale(step: str) -> None:
        if step == "read":
            cluster.server.edit(
                "deployments", "worker", lambda one: one["spec"].update(replicas=len(cluster.server.asked))
            )

    with pytest.raises(OutsideError, match="is being edited by somebody else right now") as caught:
        await cluster.adapter(scale).write(cluster.plan(), expected=OLD, value=NEW)
    assert caught.value.again
    assert containers(cluster.server.get("deployments", "worker"))[0]["env"] == [{"name": "M", "value": OLD}]


async def test_the_patch_changes_nothing_but_the_value(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}]))
    cluster.later(30)
    version = cluster.server.get("deployments", "worker")["metadata"]["resourceVersion"]
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    (asked,) = cluster.server.writes()
    assert (asked.query, asked.content_type) == ({"fieldManager": "rotate"}, "application/json-patch+json")
    tests = [one for one in asked.body if one["op"] == "test"]
    assert {"op": "test", "path": "/metadata/resourceVersion", "value": version} in tests
    assert {"op": "test", "path": "/spec/template/spec/containers/0/env/0/value", "value": OLD} in tests
    assert [one for one in asked.body if one not in tests] == [
        {"op": "add", "path": "/spec/template/spec/containers/0/env/0/value", "value": NEW}
    ]


async def test_a_policy_of_the_cluster_refuses_in_its_own_words(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}]))
    cluster.server.admission = lambda _one: "only from CI"
    with pytest.raises(OutsideError, match="denied the request: only from CI") as caught:
        await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    assert (caught.value.whose, caught.value.again) == ("sre", False)


async def test_what_the_cluster_finds_invalid_is_not_tried_again(cluster: Trial) -> None:
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}]))
    cluster.server.invalid = "spec.template.spec.containers[0].env[0].value: Invalid value"
    with pytest.raises(
        OutsideError, match=r"answered 422: Deployment\.apps \"worker\" is invalid: spec.template"
    ) as caught:
        await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    assert not caught.value.again
    assert len(cluster.server.writes()) == 1


async def test_what_is_not_there_and_what_may_not_be_done(cluster: Trial) -> None:
    with pytest.raises(OutsideError, match=r'deployments.apps "worker" not found, in namespace cruvero') as caught:
        await cluster.adapter().read(cluster.plan())
    assert caught.value.code == "target_missing"
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}]))
    for verb in ("patch", "get"):
        cluster.server.denied.add((verb, "deployments"))
        said = await cluster.adapter().check_writable(cluster.plan())
        assert f"does not allow to {verb} deployments/worker in namespace cruvero; bind a role that does" in said
    with pytest.raises(OutsideError, match='cannot get resource "deployments" in API group "apps"'):
        await cluster.adapter().read(cluster.plan())


async def test_the_deployments_that_are_restarted_are_asked_for_too(cluster: Trial) -> None:
    cluster.server.put("configmaps", config_map("settings", {"M": OLD}))
    plan = cluster.plan(config_map="settings", restart=["worker"])
    assert 'deployments.apps "worker" not found' in await cluster.adapter().check_writable(plan)
    cluster.server.put("deployments", deployment(env=[from_map("settings", "M")]))
    assert await cluster.adapter().check_writable(plan) == ""
    cluster.server.edit("deployments", "worker", lambda one: one["spec"].update(paused=True))
    for said in (await cluster.adapter().check_writable(plan), await cluster.adapter().refusal(plan, NEW)):
        assert "deployment/worker is paused" in said
    cluster.server.denied.add(("patch", "deployments"))
    assert "patch deployments/worker" in await cluster.adapter().check_writable(plan)
