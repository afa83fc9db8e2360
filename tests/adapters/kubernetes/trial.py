"""A cluster, a clock and the adapter over them: what tests of the kind `kubernetes` begin with."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.adapters.kubernetes.api import Api
from bot.adapters.target_kubernetes import KubernetesTarget
from bot.runbook.models.targets.kubernetes import Kubernetes, KubernetesPlan
from tests.adapters.kubernetes.server import TOKEN, ApiServer, api_server
from tests.adapters.targets.kinds import ManualClock


@dataclass
class Trial:
    """What a test has in hand."""

    server: ApiServer
    api: Api
    clock: ManualClock

    def plan(self, **lines: Any) -> KubernetesPlan:  # noqa: ANN401 - lines of a runbook
        """A target of the runbook; the Deployment `worker` with the variable M unless told otherwise."""
        holder = {} if "config_map" in lines else {"deployment": "worker"}
        cluster = {"server": self.server.url, "token_env": "CLUSTER_TOKEN"}
        block = {"kind": "kubernetes", "cluster": cluster, "namespace": "cruvero", **holder, **lines}
        return Kubernetes.model_validate(block).plans("global", variable="M", tenants=())[0]

    def adapter(self, at: Callable[[str], None] = lambda _step: None) -> KubernetesTarget:
        return KubernetesTarget(self.api, clock=self.clock, at=at)

    def later(self, seconds: float) -> None:
        """Time passes, in the cluster, too."""
        self.clock.at += timedelta(seconds=seconds)
        self.server.controller.catch_up()


@asynccontextmanager
async def trial() -> AsyncIterator[Trial]:
    clock = ManualClock()
    async with api_server(clock.now) as server, Api(secret={"CLUSTER_TOKEN": TOKEN}.get) as api:
        yield Trial(server, api, clock)
