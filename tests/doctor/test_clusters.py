"""The doctor on places in Kubernetes: is the cluster reached, is the right there, does nobody else keep them."""

import shutil

import pytest

from bot.doctor.model import Finding, State
from bot.doctor.places import check_places
from tests.adapters.kubernetes.objects import config_map, deployment
from tests.adapters.kubernetes.trial import Trial, trial
from tests.rotation.cast import plan, stage


async def looked(cluster: Trial, **lines: object) -> list[Finding]:
    targets = (cluster.plan(name="EU", **lines),)
    asked = plan(stage("global").model_copy(update={"targets": targets}))
    return await check_places({"kubernetes": cluster.adapter()}, asked, shutil.which)


async def test_one_that_can_be_changed() -> None:
    async with trial() as cluster:
        cluster.server.put("deployments", deployment(env=[{"name": "M", "value": "old/m"}]))
        (found,) = await looked(cluster)
        assert (found.check, found.state) == ("target chat/global", State.OK)
        assert found.what == "EU holds old/m, which can be written"
        cluster.server.put("configmaps", config_map("settings", {"M": "old/m"}))
        restart, held = sorted(await looked(cluster, config_map="settings"), key=lambda one: one.check)
        assert (held.state, restart.state) == (State.OK, State.NOT_CHECKED)
        assert cluster.server.writes() == []


@pytest.mark.parametrize(
    ("trouble", "said", "todo"),
    [
        ("away", "etcdserver: request timed out", "correct the target, or let the bot's account read it"),
        (
            "unread",
            'cannot get resource "deployments"',
            "let the bot's account read it (a role: deploy/kubernetes-role",
        ),
        ("unwritten", "can be read but not written: 127.0.0.1", "let the bot's account change it"),
        ("kept", "is managed by Helm (label app.kubernetes.io/managed-by)", "see the message"),
        ("missing", 'deployments.apps "worker" not found', "correct the runbook, or make it"),
        ("stranger", "does not take the credentials of", "correct the target"),
    ],
)
async def test_what_stands_in_the_way_is_told_with_what_to_do(trouble: str, said: str, todo: str) -> None:
    async with trial() as cluster:
        labels = {"app.kubernetes.io/managed-by": "Helm"} if trouble == "kept" else {}
        if trouble != "missing":
            cluster.server.put("deployments", deployment(env=[{"name": "M", "value": "old/m"}], labels=labels))
        cluster.server.fault = 503 if trouble == "away" else 0
        cluster.server.denied = {("get", "deployments")} if trouble == "unread" else set()
        if trouble == "unwritten":
            cluster.server.denied = {("patch", "deployments")}
        if trouble == "stranger":
            cluster.server.tokens = set()
        (found,) = await looked(cluster)
        assert found.state is State.FAILS
        assert said in found.what
        assert todo in found.todo
