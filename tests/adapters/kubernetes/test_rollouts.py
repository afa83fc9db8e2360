"""A change is followed until every pod is a new one, and a rollout that fails is told with what keeps its pods."""

from datetime import timedelta
from functools import partial

import pytest

from bot.adapters.target_kubernetes import RESTARTED_AT, RESTARTED_FOR
from bot.ports import OutsideError
from tests.adapters.kubernetes.cluster import Object
from tests.adapters.kubernetes.kubelet import Fate
from tests.adapters.kubernetes.objects import config_map, deployment
from tests.adapters.kubernetes.trial import Trial

OLD, NEW = "old/m", "new/m"


def running(cluster: Trial, *, deadline: int = 120, replicas: int = 3) -> None:
    """A Deployment whose pods all hold the old model."""
    cluster.server.put("deployments", deployment(env=[{"name": "M", "value": OLD}], replicas=replicas))
    cluster.server.edit("deployments", "worker", lambda one: one["spec"].update(progressDeadlineSeconds=deadline))
    cluster.later(60)
    assert cluster.server.kubelet.running("cruvero") == [OLD] * replicas


async def failed(cluster: Trial, **lines: object) -> OutsideError:
    with pytest.raises(OutsideError) as caught:
        await cluster.adapter().wait(cluster.plan(**lines), value=NEW)
    return caught.value


async def test_it_ends_when_every_pod_is_a_new_one(cluster: Trial) -> None:
    running(cluster)
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    began = cluster.clock.at
    await cluster.adapter().wait(cluster.plan(), value=NEW)
    assert cluster.server.kubelet.running("cruvero") == [NEW] * 3
    assert len(cluster.server.cluster.every("pods")) == 3
    assert timedelta(seconds=5) < cluster.clock.at - began < timedelta(minutes=2)


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        (Fate.CRASHES, "a new pod keeps crashing (CrashLoopBackOff, exit status 1 (Error))"),
        (
            Fate.NO_IMAGE,
            'a new pod cannot pull its image (ImagePullBackOff): Back-off pulling image "registry.example/',
        ),
        (Fate.BAD_CONFIG, "a new pod cannot be configured (CreateContainerConfigError)"),
        (Fate.NO_NODE, "a new pod finds no node: 0/3 nodes are available: 3 Insufficient cpu."),
        (Fate.NEVER_READY, "a new pod runs and does not get ready"),
    ],
)
async def test_a_rollout_that_fails_is_told_with_why(cluster: Trial, fate: Fate, said: str) -> None:
    running(cluster)
    cluster.server.kubelet.fates[NEW] = fate
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    error = await failed(cluster)
    assert f"deployment worker exceeded its progress deadline (120 s): 1 of 3 pods are new; {said}" in error.what
    assert (error.whose, error.again, error.code) == ("sre", False, "rollout_failed")
    assert cluster.server.kubelet.running("cruvero") == [OLD] * 3


@pytest.mark.parametrize(
    ("fate", "said"),
    [(Fate.CRASHES, "keeps crashing"), (Fate.NO_IMAGE, "cannot pull its image"), (Fate.NO_NODE, "finds no node")],
)
async def test_one_that_takes_too_long_is_told_with_why(cluster: Trial, fate: Fate, said: str) -> None:
    running(cluster, deadline=3600)
    cluster.server.kubelet.fates[NEW] = fate
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    error = await failed(cluster, rollout_within="5m")
    assert (
        f"{NEW} has not taken effect within 5m; deployment worker: 1 of 3 pods are new; a new pod {said}" in error.what
    )
    assert (error.whose, error.again, error.code) == ("sre", True, "not_in_effect")


async def test_a_quota_is_told(cluster: Trial) -> None:
    running(cluster)
    cluster.server.controller.quota = 3
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    error = await failed(cluster)
    assert "0 of 3 pods are new; pods" in error.what
    assert "is forbidden: exceeded quota" in error.what


async def test_going_back_after_a_failed_rollout_is_not_taken_for_one(cluster: Trial) -> None:
    """The condition that the deadline was exceeded stands until there is progress again: it is the other template's."""
    running(cluster, replicas=1)
    cluster.server.kubelet.fates[NEW] = Fate.CRASHES
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    await failed(cluster)
    await cluster.adapter().write(cluster.plan(), expected=NEW, value=OLD)
    cluster.later(1)
    status = cluster.server.get("deployments", "worker")["status"]
    assert status["observedGeneration"] == cluster.server.get("deployments", "worker")["metadata"]["generation"]
    await cluster.adapter().wait(cluster.plan(), value=OLD)
    assert cluster.server.kubelet.running("cruvero") == [OLD]


async def test_a_controller_that_does_not_look_is_waited_for(cluster: Trial) -> None:
    running(cluster)
    cluster.server.controller.asleep = True
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    error = await failed(cluster)
    assert "waiting for the cluster to take up the change" in error.what


async def test_one_that_is_paused_is_refused_and_one_paused_meanwhile_is_told(cluster: Trial) -> None:
    running(cluster)
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    cluster.server.edit("deployments", "worker", lambda one: one["spec"].update(paused=True))
    assert "and it is paused: resume it" in (await failed(cluster)).what
    refusal = await cluster.adapter().refusal(cluster.plan(), OLD)
    assert "deployment/worker is paused, so its pods would stay as they are" in refusal
    with pytest.raises(OutsideError, match="is paused"):
        await cluster.adapter().write(cluster.plan(), expected=NEW, value=OLD)


async def test_an_interruption_of_the_api_is_waited_out(cluster: Trial) -> None:
    running(cluster)
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    cluster.server.fault = 503
    assert "etcdserver: request timed out" in (await failed(cluster, rollout_within="1m")).what
    cluster.server.fault = 0
    await cluster.adapter().wait(cluster.plan(), value=NEW)


async def test_without_the_right_to_look_at_pods_the_rollout_is_still_followed(cluster: Trial) -> None:
    running(cluster)
    cluster.server.denied |= {("list", "pods"), ("list", "replicasets")}
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    await cluster.adapter().wait(cluster.plan(), value=NEW)
    cluster.server.kubelet.fates[OLD] = Fate.CRASHES
    await cluster.adapter().write(cluster.plan(), expected=NEW, value=OLD)
    with pytest.raises(
        OutsideError, match=r"exceeded its progress deadline .* why is not known .*cannot list resource"
    ):
        await cluster.adapter().wait(cluster.plan(), value=OLD)


def set_image(image: str, document: Object) -> None:
    document["spec"]["template"]["spec"]["containers"][0]["image"] = image


async def test_pods_of_another_deployment_are_not_blamed(cluster: Trial) -> None:
    running(cluster)
    cluster.server.kubelet.fates |= {NEW: Fate.NEVER_READY, "other/m": Fate.CRASHES}
    other = deployment("other", env=[{"name": "M", "value": "other/m"}])
    other["spec"]["template"]["metadata"]["labels"]["app"] = "worker"
    other["spec"]["selector"]["matchLabels"]["app"] = "worker"
    cluster.server.put("deployments", other)
    for image in ("worker:8", "worker:9"):  # its revisions are higher than ours
        cluster.server.edit("deployments", "other", partial(set_image, image))
        cluster.later(5)
    await cluster.adapter().write(cluster.plan(), expected=OLD, value=NEW)
    error = await failed(cluster)
    assert "does not get ready" in error.what
    assert "crashing" not in error.what


# ---- restarts


def template(cluster: Trial, name: str = "worker") -> Object:
    found: Object = cluster.server.get("deployments", name)["spec"]["template"]["metadata"].get("annotations", {})
    return found


def reading(cluster: Trial) -> None:
    """A ConfigMap and two Deployments that read it when their pods start."""
    cluster.server.put("configmaps", config_map("settings", {"M": OLD}))
    reference = {"name": "M", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "M"}}}
    for name in ("worker", "scheduler"):
        cluster.server.put("deployments", deployment(name, env=[reference], replicas=2))
    cluster.later(60)


async def test_pods_hold_the_old_model_until_they_are_restarted(cluster: Trial) -> None:
    reading(cluster)
    plan = cluster.plan(config_map="settings", restart=["worker", "scheduler"])
    await cluster.adapter().write(plan, expected=OLD, value=NEW)
    cluster.later(120)
    assert cluster.server.kubelet.running("cruvero") == [OLD] * 4
    await cluster.adapter().restart(plan)
    assert template(cluster)[RESTARTED_AT] == cluster.clock.at.isoformat(timespec="seconds")
    await cluster.adapter().wait(plan, value=NEW)
    assert cluster.server.kubelet.running("cruvero") == [NEW] * 4


async def test_a_restart_that_was_cut_off_is_completed_and_not_repeated(cluster: Trial) -> None:
    reading(cluster)
    plan = cluster.plan(config_map="settings", restart=["worker", "scheduler"])
    await cluster.adapter().write(plan, expected=OLD, value=NEW)
    await cluster.adapter().restart(cluster.plan(config_map="settings", restart=["worker"]))
    first = dict(template(cluster))
    cluster.later(30)
    await cluster.adapter().restart(plan)
    await cluster.adapter().restart(plan)
    assert template(cluster) == first
    assert template(cluster, "scheduler")[RESTARTED_FOR] == first[RESTARTED_FOR]
    assert len([one for one in cluster.server.writes() if "deployments" in one.path]) == 2
    await cluster.adapter().write(plan, expected=NEW, value=OLD)
    await cluster.adapter().restart(plan)
    assert template(cluster)[RESTARTED_FOR] != first[RESTARTED_FOR]
    await cluster.adapter().wait(plan, value=OLD)
    assert cluster.server.kubelet.running("cruvero") == [OLD] * 4


async def test_a_restart_keeps_the_annotations_there_are(cluster: Trial) -> None:
    reading(cluster)

    def annotated(document: Object) -> None:
        document["spec"]["template"]["metadata"]["annotations"] = {"prometheus.io/scrape": "true"}

    cluster.server.edit("deployments", "worker", annotated)
    await cluster.adapter().restart(cluster.plan(config_map="settings", restart=["worker"]))
    assert set(template(cluster)) == {"prometheus.io/scrape", RESTARTED_AT, RESTARTED_FOR}


async def test_without_a_restart_the_change_is_all_there_is(cluster: Trial) -> None:
    reading(cluster)
    plan = cluster.plan(config_map="settings")
    assert plan.unnoticed == "configmap/settings"
    await cluster.adapter().write(plan, expected=OLD, value=NEW)
    await cluster.adapter().restart(plan)
    await cluster.adapter().wait(plan, value=NEW)
    assert cluster.server.kubelet.running("cruvero") == [OLD] * 4
