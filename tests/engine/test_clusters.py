"""A rotation whose places are in Kubernetes: two regions, rollouts, one that fails, one that somebody else keeps."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.kubernetes.api import Api
from bot.adapters.target_kubernetes import KubernetesTarget
from bot.rotation.model.rotation import Phase
from tests.adapters.kubernetes.cluster import Object
from tests.adapters.kubernetes.kubelet import Fate
from tests.adapters.kubernetes.objects import config_map, deployment
from tests.adapters.kubernetes.server import TOKEN, ApiServer, api_server
from tests.adapters.targets.kinds import ManualClock
from tests.engine.world import NEW, OLD, RUNBOOK, SAM, World, world

HEAD = RUNBOOK.split("      staging:")[0]
STAGES = """\
      staging:
        traffic: none
        bake: {{length: 15m, looks: 3}}
        targets: [{{kind: kubernetes, cluster: {eu}, namespace: staging, deployment: worker}}]
      pilots:
        bake: {{length: 1h, looks: 3}}
        targets: [{{kind: kubernetes, cluster: {eu}, namespace: pilots, config_map: settings, restart: [worker]}}]
      global:
        bake: {{length: 3h, looks: 3}}
        targets:
          - {{kind: kubernetes, name: EU, cluster: {eu}, namespace: global, deployment: worker}}
          - {{kind: kubernetes, name: US, cluster: {us}, namespace: global, deployment: worker}}
"""


class Pods(dict[str, str | None]):
    """What each stage's pods run with, as the traffic of the engine's world asks for it: by env file."""

    def __init__(self, *regions: ApiServer) -> None:
        super().__init__({f"/app/{stage}.env": None for stage in ("staging", "pilots", "global")})
        self._regions = regions

    def __getitem__(self, path: str) -> str | None:
        namespace = path.removeprefix("/app/").removesuffix(".env")
        models = {model for region in self._regions for model in region.kubelet.running(namespace)}
        return models.pop() if len(models) == 1 else OLD


@dataclass
class Regions:
    """Two clusters, and the engine's world above them."""

    eu: ApiServer
    us: ApiServer
    w: World

    def state(self) -> list[Object]:
        """Everything that a rotation may have changed and a rollback has to restore, restarts apart."""
        found = [
            copy.deepcopy(one["spec"]) for region in (self.eu, self.us) for one in region.cluster.every("deployments")
        ]
        for spec in found:
            spec["template"]["metadata"].pop("annotations", None)
        return [*found, copy.deepcopy(self.eu.get("configmaps", "settings", "pilots")["data"])]

    def running(self) -> dict[str, set[str | None]]:
        """The models pods run with, by stage; global by region."""
        found = {stage: set(self.eu.kubelet.running(stage)) for stage in ("staging", "pilots")}
        return {**found, "eu": set(self.eu.kubelet.running("global")), "us": set(self.us.kubelet.running("global"))}


@asynccontextmanager
async def regions(folder: Path) -> AsyncIterator[Regions]:
    clock = ManualClock()
    async with (
        api_server(clock.now, variable="MODEL") as eu,
        api_server(clock.now, variable="MODEL") as us,
        Api(secret={"CLUSTER_TOKEN": TOKEN}.get) as api,
    ):
        worker = deployment(env=[{"name": "MODEL", "value": OLD}])
        reference = {"name": "MODEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "MODEL"}}}
        eu.put("configmaps", config_map("settings", {"MODEL": OLD}), "pilots")
        eu.put("deployments", deployment(env=[reference]), "pilots")
        for region, namespace in ((eu, "staging"), (eu, "global"), (us, "global")):
            region.put("deployments", worker, namespace)
        await clock.sleep(60)
        for region in (eu, us):
            region.controller.catch_up()
        ways = {name: f"{{server: '{one.url}', token_env: CLUSTER_TOKEN}}" for name, one in (("eu", eu), ("us", us))}
        kinds = {"kubernetes": KubernetesTarget(api, clock=clock)}
        async with world(folder, runbook=HEAD + STAGES.format(**ways), targets=kinds) as w:
            w.disk.values = Pods(eu, us)
            yield Regions(eu, us, w)


async def to_the_global_question(w: World) -> None:
    await w.to_pilots_bake()
    await w.later(hours=2)
    assert await w.phase() is Phase.AWAITING_APPROVAL


async def test_two_regions_take_the_new_model_and_go_back_exactly(tmp_path: Path) -> None:
    async with regions(tmp_path) as r:
        before = r.state()
        await r.w.to_the_end()
        assert r.running() == {stage: {NEW} for stage in ("staging", "pilots", "eu", "us")}
        assert r.state() != before
        assert await r.w.pages() == []
        assert await r.w.steer("roll_back") == "accepted"
        await r.w.later(minutes=30)
        assert await r.w.phase() is Phase.ROLLED_BACK
        assert r.running() == {stage: {OLD} for stage in ("staging", "pilots", "eu", "us")}
        assert r.state() == before


async def test_a_region_whose_pods_crash_stops_the_rotation_with_why(tmp_path: Path) -> None:
    async with regions(tmp_path) as r:
        before = r.state()
        await to_the_global_question(r.w)
        r.us.kubelet.fates[NEW] = Fate.CRASHES
        assert await r.w.answer("approve") == "accepted"
        await r.w.later(minutes=5)
        rotation = await r.w.rotation()
        assert rotation.phase is Phase.ERRORED
        said = " ".join(target.detail for target in rotation.targets)
        assert "US: deployment worker exceeded its progress deadline" in said
        assert "keeps crashing (CrashLoopBackOff" in said
        assert ("sre", "write_failed") in await r.w.pages()
        assert r.running()["us"] == {OLD}  # the old pods serve on until the new ones are ready
        assert await r.w.steer("roll_back", SAM) == "accepted"
        await r.w.later(minutes=30)
        assert await r.w.phase() is Phase.ROLLED_BACK
        assert r.running() == {stage: {OLD} for stage in ("staging", "pilots", "eu", "us")}
        assert r.state() == before


async def test_a_region_that_somebody_else_keeps_is_refused_before_any_is_changed(tmp_path: Path) -> None:
    async with regions(tmp_path) as r:
        await to_the_global_question(r.w)
        labels = {"kustomize.toolkit.fluxcd.io/name": "apps"}
        r.us.edit("deployments", "worker", lambda one: one["metadata"].update(labels=labels), "global")
        before = r.state()
        await r.w.answer("approve")
        await r.w.later(minutes=5)
        assert await r.w.phase() is Phase.AWAITING_APPROVAL
        assert r.state() == before
        assert r.us.writes() == []
        said = str([said.note.model_dump() for said in r.w.room.said.values()])
        assert "deployment/worker is managed by Flux (label kustomize.toolkit.fluxcd.io/name)" in said
