"""StatefulSets and DaemonSets: followed to their end, refused where pods would stay old, told when stuck."""

from collections.abc import Callable

import pytest

from bot.adapters.target_kubernetes import RESTARTED_FOR
from bot.ports import OutsideError
from tests.adapters.kubernetes.cluster import Object
from tests.adapters.kubernetes.kubelet import Fate
from tests.adapters.kubernetes.objects import config_map, daemon_set, stateful_set
from tests.adapters.kubernetes.trial import Trial

OLD, NEW = "old/m", "new/m"
ENV = [{"name": "M", "value": OLD}]


def put(cluster: Trial, resource: str, made: Object) -> None:
    cluster.server.put(resource, made)
    cluster.later(60)


@pytest.mark.parametrize(
    ("line", "resource", "make"),
    [("stateful_set", "statefulsets", stateful_set), ("daemon_set", "daemonsets", daemon_set)],
)
async def test_every_pod_is_a_new_one_at_the_end(
    cluster: Trial, line: str, resource: str, make: Callable[..., Object]
) -> None:
    put(cluster, resource, make(env=ENV))
    plan = cluster.plan(**{line: "worker", "deployment": None})
    assert plan.object == f"{resource.removesuffix('s')}/worker"
    assert await cluster.adapter().write(plan, expected=OLD, value=NEW) is True
    await cluster.adapter().wait(plan, value=NEW)
    assert cluster.server.kubelet.running("cruvero") == [NEW] * 3


REFUSED = [
    ("stateful_set", "statefulsets", stateful_set, {"type": "OnDelete"}, "updateStrategy OnDelete"),
    ("daemon_set", "daemonsets", daemon_set, {"type": "OnDelete"}, "updateStrategy OnDelete"),
    (
        "stateful_set",
        "statefulsets",
        stateful_set,
        {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
        "has a partition of 2: its first 2 pods would stay as they are",
    ),
]


@pytest.mark.parametrize(("line", "resource", "make", "strategy", "said"), REFUSED)
async def test_what_would_keep_old_pods_is_refused_before_anything_is_written(
    cluster: Trial, line: str, resource: str, make: Callable[..., Object], strategy: Object, said: str
) -> None:
    put(cluster, resource, make(env=ENV, updateStrategy=strategy))
    plan = cluster.plan(**{line: "worker", "deployment": None})
    assert said in await cluster.adapter().refusal(plan, NEW)
    assert said in await cluster.adapter().check_writable(plan)
    with pytest.raises(OutsideError) as caught:
        await cluster.adapter().write(plan, expected=OLD, value=NEW)
    assert said in caught.value.what
    assert cluster.server.writes() == []


@pytest.mark.parametrize("resource", ["statefulsets", "daemonsets"])
async def test_a_rollout_that_never_comes_ends_with_why(cluster: Trial, resource: str) -> None:
    make, line = {"statefulsets": (stateful_set, "stateful_set"), "daemonsets": (daemon_set, "daemon_set")}[resource]
    put(cluster, resource, make(env=ENV))
    cluster.server.kubelet.fates[NEW] = Fate.CRASHES
    plan = cluster.plan(**{line: "worker", "deployment": None, "rollout_within": "3m"})
    await cluster.adapter().write(plan, expected=OLD, value=NEW)
    with pytest.raises(OutsideError) as caught:
        await cluster.adapter().wait(plan, value=NEW)
    assert "has not taken effect within 3m" in caught.value.what
    assert "a new pod keeps crashing" in caught.value.what
    assert ("kubectl delete pod" in caught.value.what) == (resource == "statefulsets")


async def test_an_ordered_set_that_is_put_back_waits_for_its_broken_pod_and_says_so(cluster: Trial) -> None:
    put(cluster, "statefulsets", stateful_set(env=ENV))
    cluster.server.kubelet.fates[NEW] = Fate.CRASHES
    plan = cluster.plan(stateful_set="worker", deployment=None, rollout_within="2m")
    await cluster.adapter().write(plan, expected=OLD, value=NEW)
    cluster.later(60)
    assert await cluster.adapter().write(plan, expected=NEW, value=OLD) is True
    with pytest.raises(OutsideError) as caught:
        await cluster.adapter().wait(plan, value=OLD)
    assert "2 of 3 pods are ready" in caught.value.what
    cluster.server.cluster.delete("pods", "cruvero", "worker-2")
    await cluster.adapter().wait(plan, value=OLD)
    assert cluster.server.kubelet.running("cruvero") == [OLD] * 3


async def test_readers_of_a_config_map_may_be_sets(cluster: Trial) -> None:
    reference = [{"name": "M", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "M"}}}]
    cluster.server.put("configmaps", config_map("settings", {"M": OLD}))
    put(cluster, "statefulsets", stateful_set("queue", env=reference))
    put(cluster, "daemonsets", daemon_set("agent", env=reference))
    plan = cluster.plan(config_map="settings", key="M", restart=["statefulset/queue", "daemonset/agent"])
    await cluster.adapter().write(plan, expected=OLD, value=NEW)
    await cluster.adapter().restart(plan)
    await cluster.adapter().wait(plan, value=NEW)
    assert cluster.server.kubelet.running("cruvero") == [NEW] * 6
    for resource, name in plan.rolls:
        template = cluster.server.get(resource, name)["spec"]["template"]
        assert template["metadata"]["annotations"][RESTARTED_FOR].startswith("settings@")


async def test_a_variable_a_set_takes_from_a_config_map_is_refused_with_what_to_write(cluster: Trial) -> None:
    reference = [{"name": "M", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "M"}}}]
    put(cluster, "statefulsets", stateful_set("worker", env=reference))
    with pytest.raises(OutsideError) as caught:
        await cluster.adapter().read(cluster.plan(stateful_set="worker", deployment=None))
    assert "`restart: [statefulset/worker]`" in caught.value.what
