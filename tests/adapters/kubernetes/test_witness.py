"""The real `kubectl` finds in our API server what it expects of a cluster: objects, patches, rollouts, their ends."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.adapters.kubernetes.rollout import judged
from bot.adapters.kubernetes.workloads import judged_by_kind, would_not_roll
from tests.adapters.kubernetes.certificates import Certificates
from tests.adapters.kubernetes.cluster import Object
from tests.adapters.kubernetes.kubelet import Fate
from tests.adapters.kubernetes.objects import config_map, containers, daemon_set, deployment, stateful_set
from tests.adapters.kubernetes.server import TOKEN, ApiServer, api_server

KUBECTL = Path(sys.executable).with_name("kubectl")


class Now:
    """Time that somebody moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 4, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class Terminal:
    """`kubectl` with a configuration that leads to the cluster and nowhere else."""

    def __init__(self, server: ApiServer, now: Now, folder: Path, authority: Path) -> None:
        self.server, self.now, self._folder = server, now, folder
        cluster = {"name": "c", "cluster": {"server": server.url, "certificate-authority": str(authority)}}
        context = {"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "cruvero"}}
        user = {"name": "u", "user": {"token": TOKEN}}
        document = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "test"}
        (folder / "config").write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **document}))

    async def start(self, *argv: str) -> asyncio.subprocess.Process:
        environment = {"PATH": os.defpath, "HOME": str(self._folder), "KUBECONFIG": str(self._folder / "config")}
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(KUBECTL, *argv, stdout=pipe, stderr=pipe, env=environment)

    async def run(self, *argv: str) -> tuple[int, str, str]:
        process = await self.start(*argv)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def well(self, *argv: str) -> str:
        status, out, err = await self.run(*argv)
        assert status == 0, err
        return out

    async def followed(self, *argv: str) -> tuple[int, str, str]:
        """The same for a command that watches: time goes on second by second once it does."""
        self.server.watching.clear()
        process = await self.start(*argv)
        ended = asyncio.ensure_future(process.communicate())
        begun = asyncio.ensure_future(self.server.watching.wait())
        await asyncio.wait({ended, begun}, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(2000):
            if ended.done():
                break
            self.pass_time(1)
            await asyncio.wait({ended}, timeout=0.01)
        begun.cancel()
        out, err = await ended
        return process.returncode or 0, out.decode(), err.decode()

    def pass_time(self, seconds: float) -> None:
        self.now.at += timedelta(seconds=seconds)
        self.server.controller.catch_up()


@pytest.fixture
async def terminal(tmp_path: Path, certificates: Certificates) -> AsyncIterator[Terminal]:
    now = Now()
    async with api_server(now, tls=certificates.serving()) as server:
        server.put("deployments", deployment(env=[{"name": "A", "value": "1"}, {"name": "M", "value": "old/m"}]))
        server.put("configmaps", config_map("settings", {"M": "old/m"}))
        made = Terminal(server, now, tmp_path, certificates.authority)
        made.pass_time(30)
        yield made


async def test_it_gets_and_lists_what_there_is(terminal: Terminal) -> None:
    path = "jsonpath={.spec.template.spec.containers[0].env[1].value}"
    assert await terminal.well("get", "deployment", "worker", "-o", path) == "old/m"
    assert json.loads(await terminal.well("get", "cm", "settings", "-o", "json"))["data"] == {"M": "old/m"}
    names = await terminal.well("get", "pods", "-l", "app=worker", "-o", "name")
    assert len(names.splitlines()) == 3
    assert await terminal.well("get", "pods", "-l", "app=other", "-o", "name") == ""


async def test_it_hears_what_is_not_there_and_what_it_may_not(terminal: Terminal) -> None:
    status, _, err = await terminal.run("get", "deployment", "nobody")
    assert (status, err) == (1, 'Error from server (NotFound): deployments.apps "nobody" not found\n')
    terminal.server.denied.add(("patch", "deployments"))
    status, _, err = await terminal.run("set", "env", "deployment/worker", "M=new/m")
    assert status == 1
    assert 'cannot patch resource "deployments" in API group "apps" in the namespace "cruvero"' in err


@pytest.mark.parametrize(("verb", "allowed"), [("get", True), ("patch", False)])
async def test_it_asks_what_it_may(terminal: Terminal, tmp_path: Path, verb: str, *, allowed: bool) -> None:
    terminal.server.denied.add(("patch", "deployments"))
    wanted = {"verb": verb, "group": "apps", "resource": "deployments", "namespace": "cruvero"}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    (tmp_path / "review.json").write_text(json.dumps({**review, "spec": {"resourceAttributes": wanted}}))
    argv = ("create", "--validate=false", "-o", "jsonpath={.status.allowed}", "-f", str(tmp_path / "review.json"))
    assert await terminal.well(*argv) == str(allowed).lower()


async def test_it_sets_and_unsets_a_variable(terminal: Terminal) -> None:
    await terminal.well("set", "env", "deployment/worker", "M=new/m", "B=2")
    env = containers(terminal.server.get("deployments", "worker"))[0]["env"]
    assert {entry["name"]: entry.get("value") for entry in env} == {"A": "1", "M": "new/m", "B": "2"}
    assert terminal.server.get("deployments", "worker")["metadata"]["generation"] == 2
    assert "M=new/m" in await terminal.well("set", "env", "deployment/worker", "--list")
    await terminal.well("set", "env", "deployment/worker", "M-", "A-", "B-")
    assert "env" not in containers(terminal.server.get("deployments", "worker"))[0]


async def test_its_patches_are_refused_where_they_do_not_fit(terminal: Terminal) -> None:
    version = terminal.server.get("deployments", "worker")["metadata"]["resourceVersion"]
    tests = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    place = "/spec/template/spec/containers/0/env/1"
    tests += [{"op": "test", "path": f"{place}/value", "value": "old/m"}]
    patch = json.dumps([*tests, {"op": "replace", "path": f"{place}/value", "value": "new/m"}])
    await terminal.well("patch", "deployment", "worker", "--type=json", "-p", patch)
    assert containers(terminal.server.get("deployments", "worker"))[0]["env"][1]["value"] == "new/m"
    status, _, err = await terminal.run("patch", "deployment", "worker", "--type=json", "-p", patch)
    assert (status, err) == (
        1,
        "The request is invalid: the server rejected our request due to an error in our request\n",
    )
    old = json.dumps({"metadata": {"resourceVersion": version}, "spec": {"replicas": 9}})
    status, _, err = await terminal.run("patch", "deployment", "worker", "--type=merge", "-p", old)
    assert status == 1
    assert err.startswith('Error from server (Conflict): Operation cannot be fulfilled on deployments.apps "worker"')


async def test_it_follows_a_rollout_to_its_end(terminal: Terminal) -> None:
    await terminal.well("set", "env", "deployment/worker", "M=new/m")
    status, out, err = await terminal.followed("rollout", "status", "deployment/worker")
    assert status == 0, err
    lines = out.splitlines()
    assert any("out of 3 new replicas have been updated" in line for line in lines)
    assert lines[-1] == 'deployment "worker" successfully rolled out'
    assert terminal.server.kubelet.running("cruvero") == ["new/m"] * 3


@pytest.mark.parametrize("fate", [Fate.CRASHES, Fate.NO_IMAGE, Fate.NO_NODE, Fate.NEVER_READY])
async def test_it_hears_that_a_rollout_has_failed(terminal: Terminal, fate: Fate) -> None:
    terminal.server.kubelet.fates["bad/m"] = fate
    terminal.server.edit("deployments", "worker", lambda one: one["spec"].update(progressDeadlineSeconds=60))
    await terminal.well("set", "env", "deployment/worker", "M=bad/m")
    status, out, err = await terminal.followed("rollout", "status", "deployment/worker")
    assert (status, err) == (1, 'error: deployment "worker" exceeded its progress deadline\n')
    assert "1 out of 3 new replicas have been updated" in out
    assert terminal.server.kubelet.running("cruvero") == ["old/m"] * 3


async def test_it_hears_of_a_quota(terminal: Terminal) -> None:
    terminal.server.controller.quota = 3
    await terminal.well("set", "env", "deployment/worker", "M=new/m")
    terminal.pass_time(5)
    path = 'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].message}'
    assert "exceeded quota" in await terminal.well("get", "deployment", "worker", "-o", path)
    terminal.server.controller.quota = None
    status, out, _ = await terminal.followed("rollout", "status", "deployment/worker")
    assert (status, out.splitlines()[-1]) == (0, 'deployment "worker" successfully rolled out')


async def test_it_restarts_and_pauses(terminal: Terminal) -> None:
    await terminal.well("rollout", "restart", "deployment/worker")
    template = terminal.server.get("deployments", "worker")["spec"]["template"]
    assert "kubectl.kubernetes.io/restartedAt" in template["metadata"]["annotations"]
    status, _, err = await terminal.followed("rollout", "status", "deployment/worker")
    assert status == 0, err
    await terminal.well("rollout", "pause", "deployment/worker")
    status, _, err = await terminal.run("rollout", "restart", "deployment/worker")
    assert status == 1
    assert "can't restart paused deployment (run rollout resume first)" in err
    await terminal.well("set", "env", "deployment/worker", "M=new/m")
    terminal.pass_time(60)
    assert terminal.server.kubelet.running("cruvero") == ["old/m"] * 3
    await terminal.well("rollout", "resume", "deployment/worker")
    status, _, err = await terminal.followed("rollout", "status", "deployment/worker")
    assert status == 0, err
    assert terminal.server.kubelet.running("cruvero") == ["new/m"] * 3


async def test_a_deadline_once_exceeded_stands_until_there_is_progress(terminal: Terminal) -> None:
    terminal.server.kubelet.fates["bad/m"] = Fate.CRASHES
    terminal.server.edit("deployments", "worker", lambda one: one["spec"].update(progressDeadlineSeconds=60))
    await terminal.well("set", "env", "deployment/worker", "M=bad/m")
    terminal.pass_time(120)
    status, _, err = await terminal.run("rollout", "status", "deployment/worker")
    assert (status, err) == (1, 'error: deployment "worker" exceeded its progress deadline\n')
    await terminal.well("set", "env", "deployment/worker", "M=old/m")
    terminal.pass_time(30)
    assert "successfully rolled out" in await terminal.well("rollout", "status", "deployment/worker")


async def test_our_own_judgement_of_a_rollout_is_the_same(terminal: Terminal) -> None:
    """`judged` against `kubectl rollout status`, over statuses a Deployment of two pods can have."""
    terminal.server.controller.asleep = True
    statuses: list[Object] = [
        {
            "observedGeneration": observed,
            "replicas": replicas,
            "updatedReplicas": updated,
            "availableReplicas": available,
        }
        for observed, (replicas, updated, available) in product(
            (0, 1), ((0, 0, 0), (3, 1, 2), (3, 2, 2), (2, 2, 1), (2, 2, 2))
        )
    ]
    deadline = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    statuses += [{**status, "conditions": [deadline]} for status in statuses]
    names = [f"d{number}" for number in range(len(statuses))]
    for name, status in zip(names, statuses, strict=True):
        terminal.server.put("deployments", deployment(name, replicas=2))
        terminal.server.cluster.set_status("deployments", "cruvero", name, status)
    said = [await terminal.run("rollout", "status", f"deployment/{name}", "--watch=false") for name in names]
    theirs = ["failed" if status else "done" if "successfully" in out else "going" for status, out, _ in said]
    rollouts = [judged(terminal.server.get("deployments", name), []) for name in names]
    ours = ["failed" if rollout.failed else "done" if rollout.done else "going" for rollout in rollouts]
    assert ours == theirs
    assert set(ours) == {"failed", "done", "going"}


SETS = {"statefulsets": stateful_set, "daemonsets": daemon_set}


@pytest.mark.parametrize("resource", SETS)
async def test_it_follows_sets_to_their_end(terminal: Terminal, resource: str) -> None:
    terminal.server.put(resource, SETS[resource]("queue", env=[{"name": "M", "value": "old/m"}]))
    terminal.pass_time(30)
    called = f"{resource.removesuffix('s')}/queue"
    await terminal.well("set", "env", called, "M=new/m")
    status, out, err = await terminal.followed("rollout", "status", called)
    assert status == 0, err
    ends = {"statefulsets": "rolling update complete 3 pods at revision", "daemonsets": "successfully rolled out"}
    partitioned = "partitioned roll out complete: 3 new pods have been updated"
    assert ends[resource] in out.splitlines()[-1] or partitioned in out.splitlines()[-1]
    assert terminal.server.kubelet.running("cruvero").count("new/m") == 3
    await terminal.well("rollout", "restart", called)
    assert (await terminal.followed("rollout", "status", called))[0] == 0


@pytest.mark.parametrize("resource", SETS)
async def test_it_does_not_follow_what_nobody_replaces_and_we_refuse_it(terminal: Terminal, resource: str) -> None:
    terminal.server.put(resource, SETS[resource]("queue", updateStrategy={"type": "OnDelete"}))
    terminal.pass_time(30)
    status, _, err = await terminal.run("rollout", "status", f"{resource.removesuffix('s')}/queue", "--watch=false")
    assert (status, err) == (1, "error: rollout status is only available for RollingUpdate strategy type\n")
    assert "OnDelete" in would_not_roll(resource, terminal.server.get(resource, "queue"))


async def test_our_own_judgement_of_sets_is_the_same(terminal: Terminal) -> None:
    """`judged_by_kind` against `kubectl rollout status`, over statuses that sets of two pods can have."""
    terminal.server.controller.asleep = True
    stateful: list[Object] = [
        {"readyReplicas": ready, "updatedReplicas": updated, "currentRevision": "a", "updateRevision": revision}
        for ready, updated, revision in product((0, 1, 2), (0, 1, 2), "ab")
    ]
    daemons: list[Object] = [
        {"desiredNumberScheduled": 2, "updatedNumberScheduled": updated, "numberAvailable": available}
        for updated, available in product((0, 1, 2), repeat=2)
    ]
    cases = [("statefulsets", {**one, "observedGeneration": seen}) for one, seen in product(stateful, (0, 1))]
    cases += [("daemonsets", {**one, "observedGeneration": seen}) for one, seen in product(daemons, (0, 1))]
    theirs, ours = [], []
    for number, (resource, status) in enumerate(cases):
        made = stateful_set(f"s{number}", replicas=2) if resource == "statefulsets" else daemon_set(f"s{number}")
        terminal.server.put(resource, made)
        terminal.server.cluster.set_status(resource, "cruvero", f"s{number}", status)
        called = f"{resource.removesuffix('s')}/s{number}"
        code, out, err = await terminal.run("rollout", "status", called, "--watch=false")
        assert code == 0, err
        theirs.append("complete" in out or "successfully" in out)
        ours.append(judged_by_kind(resource, terminal.server.get(resource, f"s{number}"), []).done)
    assert ours == theirs
    assert set(ours) == {True, False}
