"""One place of every kind, in a world of its own, for the suite that holds every adapter to the same promises."""

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.adapters.http import Http
from bot.adapters.kubernetes.api import Api
from bot.adapters.target_command import CommandTarget
from bot.adapters.target_env_file import EnvFileTarget
from bot.adapters.target_http import HttpTarget
from bot.adapters.target_kubernetes import KubernetesTarget
from bot.ports import Target
from bot.runbook.models.targets.command import Command
from bot.runbook.models.targets.env_file import EnvFile
from bot.runbook.models.targets.http import Http as HttpBlock
from bot.runbook.models.targets.kinds import TargetPlan
from bot.runbook.models.targets.kubernetes import Kubernetes
from tests.adapters.kubernetes.objects import config_map, containers, daemon_set, deployment, stateful_set
from tests.adapters.kubernetes.server import TOKEN as CLUSTER_TOKEN
from tests.adapters.kubernetes.server import ApiServer, api_server
from tests.adapters.targets.platform_api import TOKEN, PlatformApi, platform_api

OLD, NEW, OTHER = "old/m", "new/m", "other/m"
CLI = Path(__file__).with_name("platform_cli.py")


class ManualClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 4, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


Hook = Callable[[str], None]


class Place(ABC):
    """A place that holds `OLD`. `before` and `after`: the steps of a write before and after it takes hold."""

    before: tuple[str, ...] = ("read",)
    after: tuple[str, ...] = ("written",)
    delayed = False
    plan: TargetPlan

    @abstractmethod
    def adapter(self, at: Hook = lambda _step: None) -> Target[Any]: ...

    @abstractmethod
    def held(self) -> str | None: ...

    @abstractmethod
    def put(self, value: str | None) -> None:
        """Somebody else's edit."""

    @abstractmethod
    def raw(self) -> object:
        """Everything there is in this world that a write could change."""

    @abstractmethod
    def writes(self) -> object:
        """Changes at every write, whatever is written."""

    @abstractmethod
    def restarts(self) -> int: ...

    @abstractmethod
    def down(self) -> None:
        """What the place needs is not there for now."""

    @abstractmethod
    def read_only(self) -> None:
        """It can be read, and a write would be refused."""

    @abstractmethod
    def late(self) -> None:
        """The last change takes a while to show, where that can be."""


class EnvFilePlace(Place):
    before, after = ("locked", "read", "written"), ("replaced",)
    also: dict[str, dict[str, str | None]] = {}  # noqa: RUF012 - read only
    text = 'A=1\r\n# the model\r\nexport M="old/m"  # do not touch\r\nB=2\r\n'

    def __init__(self, folder: Path) -> None:
        self.file, self.log = folder / "app.env", folder / "restarts"
        self.file.write_bytes(self.text.encode())
        self.file.chmod(0o640)
        program = f"open({str(self.log)!r}, 'a').write('x')"
        written = EnvFile(
            env_file=str(self.file), variable="M", restart=(sys.executable, "-c", program), also=self.also
        )
        self.plan = written.plans("global", variable=None, tenants=())[0]

    def adapter(self, at: Hook = lambda _step: None) -> Target[Any]:
        return EnvFileTarget(environment={"PATH": os.defpath}, at=at)

    def held(self) -> str | None:
        lines = [line for line in self.file.read_text().splitlines() if line.startswith(("export M=", "M="))]
        return lines[0].split("=")[1].split("#")[0].strip().strip('"') if lines else None

    def put(self, value: str | None) -> None:
        text = self.file.read_bytes().decode()
        held = self.held()
        if value is None or held is None:
            text = self.text.replace('export M="old/m"  # do not touch\r\n', "")
        self.file.write_bytes((text if value is None else text.replace(str(held), value)).encode())

    def raw(self) -> object:
        return self.file.read_bytes(), self.file.stat().st_mode, sorted(p.name for p in self.file.parent.iterdir())

    def writes(self) -> object:
        return self.file.stat().st_ino

    def restarts(self) -> int:
        return len(self.log.read_text()) if self.log.exists() else 0

    def down(self) -> None:
        self.file.rename(self.file.with_name("gone"))

    def read_only(self) -> None:
        os.link(self.file, self.file.with_name("second-name"))

    def late(self) -> None:
        assert self.held() is not None


class BundlePlace(EnvFilePlace):
    also = {"P": {"old/*": "first", "new/*": "second", "other/*": "third"}, "T": {"new/*": "0.2", "*": None}}  # noqa: RUF012
    text = 'A=1\r\nP=first\r\nexport M="old/m"  # do not touch\r\nB=2\r\n'

    def put(self, value: str | None) -> None:
        goes = {"new": "second", "other": "third", "old": "first"}
        super().put(value)
        text = self.file.read_bytes().decode()
        lines = [line for line in text.split("\r\n") if not line.startswith(("P=", "T=", "export P=", "export T="))]
        extra = [] if value is None else [f"P={goes[value.split('/')[0]]}"]
        extra += ["T=0.2"] if value == NEW else []
        self.file.write_bytes("\r\n".join([lines[0], *extra, *lines[1:]]).encode())


class CommandPlace(Place):
    delayed = True
    written: dict[str, Any] = {  # noqa: RUF012 - read only
        "read": ["get", "--id={tenant}", "--json"],
        "pointer": "/model",
        "write": ["update", "--id={tenant}", "--model={value}", "--expect={expected}"],
        "unset": ["update", "--id={tenant}", "--no-model", "--expect={expected}"],
        "check": ["update", "--id={tenant}", "--dry-run"],
        "restart": ["reload", "--id={tenant}"],
        "confirm": ["effective", "--id={tenant}"],
        "allowed_pointer": "/allowed_models",
    }

    def __init__(self, folder: Path) -> None:
        self.file = folder / "tenants.json"
        state = {"broken": "", "read_only": False, "writes": [], "reloads": [], "tenants": {"acme": {"model": OLD}}}
        self.file.write_text(json.dumps(state))
        argvs = {key: [sys.executable, str(CLI), *v] if isinstance(v, list) else v for key, v in self.written.items()}
        block = Command.model_validate({"kind": "command", "tenants": ["acme"], "directory": str(folder), **argvs})
        self.plan = block.plans("pilots", variable=None, tenants=())[0]

    def adapter(self, at: Hook = lambda _step: None) -> Target[Any]:
        return CommandTarget(environment=nothing_more, clock=ManualClock(), at=at)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def change(self, **state: object) -> None:
        self.file.write_text(json.dumps({**self.state(), **state}))

    def held(self) -> str | None:
        found: str | None = self.state()["tenants"]["acme"].get("model")
        return found

    def put(self, value: str | None) -> None:
        self.change(tenants={"acme": {"model": value} if value else {}})

    def raw(self) -> object:
        tenant = {key: value for key, value in self.state()["tenants"]["acme"].items() if key == "model"}
        return tenant, sorted(p.name for p in self.file.parent.iterdir())

    def writes(self) -> object:
        return self.state()["writes"]

    def restarts(self) -> int:
        return len(self.state()["reloads"])

    def down(self) -> None:
        self.change(broken="no connection")

    def read_only(self) -> None:
        self.change(read_only=True)

    def late(self) -> None:
        self.change(tenants={"acme": {"model": self.held(), "was": OLD, "takes": 3}})


class PlainCommandPlace(CommandPlace):
    """The value is all it prints, a status says that nothing is set, and `read` alone shows when it is in effect."""

    delayed = False
    written = {  # noqa: RUF012 - read only
        "read": ["get", "--id", "{tenant}"],
        "unset_status": 4,
        "write": ["update", "--id", "{tenant}", "--model", "{value}", "--expect={expected}"],
        "unset": ["update", "--id", "{tenant}", "--no-model", "--expect={expected}"],
        "check": ["update", "--id", "{tenant}", "--dry-run"],
        "restart": ["reload", "--id", "{tenant}"],
    }


class HttpPlace(Place):
    """Versions by ETag; a PUT of the whole document."""

    delayed = True
    written: dict[str, Any] = {"write": {"method": "PUT"}}  # noqa: RUF012 - read only
    path = "/v1/tenants/a%2Bb%40c/preferences"

    def __init__(self, api: PlatformApi, client: Http) -> None:
        self.api, self.client = api, client
        api.put(self.path, {"model": OLD, "temperature": 0.2})
        api.lists["/v1/tenants/a%2Bb%40c"] = {"allowed_models": None}
        block = HttpBlock.model_validate(
            {
                "kind": "http",
                "tenants": ["a+b@c"],
                "url": f"{api.url}/v1/tenants/{{tenant}}/preferences",
                "pointer": "/model",
                "headers": {"X-Tenant": "{tenant}"},
                "auth": {"env": "PLATFORM_TOKEN"},
                "unset": {"method": "PUT"},
                "restart": {"method": "POST", "url": f"{api.url}/v1/tenants/{{tenant}}/reload"},
                "allowed": {"url": f"{api.url}/v1/tenants/{{tenant}}", "pointer": "/allowed_models"},
                **self.written,
            }
        )
        self.plan = block.plans("pilots", variable=None, tenants=())[0]

    def adapter(self, at: Hook = lambda _step: None) -> Target[Any]:
        return HttpTarget(self.client, secret={"PLATFORM_TOKEN": TOKEN}.get, clock=ManualClock(), at=at)

    def held(self) -> str | None:
        found: str | None = self.api.objects.get(self.path, {}).get("model")
        return found

    def put(self, value: str | None) -> None:
        document = {**self.api.objects.get(self.path, {"temperature": 0.2}), "model": value}
        self.api.put(self.path, document)

    def raw(self) -> object:
        return {path: dict(document) for path, document in self.api.objects.items()}

    def writes(self) -> object:
        return list(self.api.log)

    def restarts(self) -> int:
        return len(self.api.reloads)

    def down(self) -> None:
        self.api.fault = 503

    def read_only(self) -> None:
        self.api.etags = False

    def late(self) -> None:
        self.api.slow_reads = [{"model": OLD, "version": self.api.versions[self.path]}] * 3


class VersionedHttpPlace(HttpPlace):
    """A version in the document; a PATCH that names it, and null for nothing."""

    written = {  # noqa: RUF012 - read only
        "version": "/version",
        "write": {"method": "PATCH", "body": {"model": "{value}", "if_version": "{version}"}},
        "unset": {"method": "PATCH", "body": {"model": None, "if_version": "{version}"}},
    }

    def read_only(self) -> None:
        self.api.slow_reads = [{"model": OLD, "version": None}] * 9


class OwnObjectPlace(HttpPlace):
    """An object of its own, made by the first write and deleted to unset: 404 is unset."""

    written = {  # noqa: RUF012 - read only
        "missing": "unset",
        "write": {"method": "PUT", "body": {"model": "{value}", "temperature": 0.2}},
        "unset": {"method": "DELETE"},
    }

    def put(self, value: str | None) -> None:
        self.api.put(self.path, None if value is None else {"model": value, "temperature": 0.2})


class DeploymentPlace(Place):
    """A variable of a Deployment's container."""

    delayed = True
    resource = "deployments"
    make: Callable[..., dict[str, Any]] = staticmethod(deployment)
    written: dict[str, Any] = {"deployment": "worker", "container": "worker", "variable": "M"}  # noqa: RUF012 - read only

    def __init__(self, server: ApiServer, api: Api, clock: ManualClock) -> None:
        self.server, self.api, self.clock = server, api, clock
        server.put(self.resource, self.make(env=[{"name": "A", "value": "1"}, {"name": "M", "value": OLD}]))
        server.put("configmaps", config_map("settings", {"M": OLD, "other": "x"}))
        self.later(30)
        cluster = {"server": server.url, "token_env": "CLUSTER_TOKEN"}
        block = {"kind": "kubernetes", "cluster": cluster, "namespace": "cruvero", **self.written}
        self.plan = Kubernetes.model_validate(block).plans("global", variable=None, tenants=())[0]

    def later(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        self.server.controller.catch_up()

    def adapter(self, at: Hook = lambda _step: None) -> Target[Any]:
        return KubernetesTarget(self.api, clock=self.clock, at=at)

    def held(self) -> str | None:
        env = containers(self.server.get(self.resource, "worker"))[0].get("env", [])
        return next((entry.get("value", "") for entry in env if entry["name"] == "M"), None)

    def put(self, value: str | None) -> None:
        def change(document: dict[str, Any]) -> None:
            container = containers(document)[0]
            env = [entry for entry in container.get("env", []) if entry["name"] != "M"]
            container["env"] = [*env, *([] if value is None else [{"name": "M", "value": value}])]

        self.server.edit(self.resource, "worker", change)

    def raw(self) -> object:
        spec = self.server.get(self.resource, "worker")["spec"]
        return json.loads(json.dumps([spec, self.server.get("configmaps", "settings")["data"]]))

    def writes(self) -> object:
        return len(self.server.writes())

    def restarts(self) -> int:
        """Every change of the template, which is what replaces the pods."""
        generation: int = self.server.get(self.resource, "worker")["metadata"]["generation"]
        return generation - 1

    def down(self) -> None:
        self.server.fault = 503

    def read_only(self) -> None:
        self.server.denied.add(("patch", self.resource))

    def late(self) -> None:
        self.server.kubelet.slow = timedelta(seconds=60)


class ConfigMapPlace(DeploymentPlace):
    """A key of a ConfigMap, and a Deployment that reads it when its pods start."""

    written = {"config_map": "settings", "key": "M", "restart": ["worker"]}  # noqa: RUF012 - read only

    def held(self) -> str | None:
        found: str | None = self.server.get("configmaps", "settings").get("data", {}).get("M")
        return found

    def put(self, value: str | None) -> None:
        def change(document: dict[str, Any]) -> None:
            data = {key: held for key, held in document.get("data", {}).items() if key != "M"}
            document["data"] = data if value is None else {**data, "M": value}

        self.server.edit("configmaps", "settings", change)

    def read_only(self) -> None:
        self.server.denied.add(("patch", "configmaps"))


class StatefulSetPlace(DeploymentPlace):
    """A variable of a StatefulSet's container."""

    resource = "statefulsets"
    written = {"stateful_set": "worker", "container": "worker", "variable": "M"}  # noqa: RUF012 - read only
    make = staticmethod(stateful_set)


class DaemonSetPlace(DeploymentPlace):
    """A variable of a DaemonSet's container."""

    resource = "daemonsets"
    written = {"daemon_set": "worker", "container": "worker", "variable": "M"}  # noqa: RUF012 - read only
    make = staticmethod(daemon_set)


def nothing_more(names: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The environment of commands in tests: PATH, and no variable that is asked for."""
    return {"PATH": os.defpath}, tuple(names)


Made = Callable[[Path], AbstractAsyncContextManager[Place]]


def _on_disk(kind: Callable[[Path], Place]) -> Made:
    @asynccontextmanager
    async def made(folder: Path) -> AsyncIterator[Place]:
        yield kind(folder)

    return made


def _by_api(kind: Callable[[PlatformApi, Http], Place]) -> Made:
    @asynccontextmanager
    async def made(folder: Path) -> AsyncIterator[Place]:
        del folder
        async with platform_api() as api, Http(follow_redirects=False) as client:
            yield kind(api, client)

    return made


def _in_cluster(kind: Callable[[ApiServer, Api, ManualClock], Place]) -> Made:
    @asynccontextmanager
    async def made(folder: Path) -> AsyncIterator[Place]:
        del folder
        clock = ManualClock()
        async with api_server(clock.now) as server, Api(secret={"CLUSTER_TOKEN": CLUSTER_TOKEN}.get) as api:
            yield kind(server, api, clock)

    return made


KINDS: dict[str, Made] = {
    "env_file": _on_disk(EnvFilePlace),
    "env_file bundle": _on_disk(BundlePlace),
    "command, JSON": _on_disk(CommandPlace),
    "command, plain": _on_disk(PlainCommandPlace),
    "http, ETag": _by_api(HttpPlace),
    "http, version": _by_api(VersionedHttpPlace),
    "http, own object": _by_api(OwnObjectPlace),
    "kubernetes, Deployment": _in_cluster(DeploymentPlace),
    "kubernetes, StatefulSet": _in_cluster(StatefulSetPlace),
    "kubernetes, DaemonSet": _in_cluster(DaemonSetPlace),
    "kubernetes, ConfigMap": _in_cluster(ConfigMapPlace),
}
