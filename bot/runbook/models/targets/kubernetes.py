"""The kind `kubernetes`: a variable of a workload's container, or a key of a ConfigMap and who is restarted for it.

What is written here says which object holds the setting; asking the cluster is an adapter's work.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.targets.cluster import Cluster
from bot.runbook.models.targets.env_file import VARIABLE
from bot.runbook.models.targets.place import Place
from bot.runbook.models.targets.templates import PREFIX
from bot.runbook.models.targets.workers import Workers, refuse_unfit, workers_of
from bot.runbook.models.written import Written, WrongAtKey

CALLED: Final = {"deployments": "deployment", "statefulsets": "statefulset", "daemonsets": "daemonset"}
"""Resources whose pods are rolled, and what `kubectl` calls one of them."""
_HOLDERS: Final = ("deployment", "stateful_set", "daemon_set", "config_map")
_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


def _label(value: str) -> str:
    if not re.fullmatch(_LABEL, value):
        message = f"{value!r} is no name in Kubernetes: expected small letters, digits and -, such as worker"
        raise ValueError(message)
    return value


def _object(value: str) -> str:
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", value) or len(value) > 253:  # noqa: PLR2004 - as Kubernetes has it
        message = (
            f"{value!r} is no object's name in Kubernetes: expected small letters, digits, - and ., such as worker"
        )
        raise ValueError(message)
    return value


def _workload(value: str) -> str:
    kind, _, name = value.rpartition("/")
    if kind not in {"", *CALLED.values()}:
        known = ", ".join(f"{one}/NAME" for one in CALLED.values())
        message = f"{value!r} is no workload: expected a Deployment's name, or {known}"
        raise ValueError(message)
    _object(name)
    return name if kind == "deployment" else value


def _key(value: str) -> str:
    if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", value):
        message = f"{value!r} is no key of a ConfigMap: expected letters, digits and any of - _ ."
        raise ValueError(message)
    return value


Label = Annotated[str, AfterValidator(_label)]
"""The name of a namespace or container (RFC 1123 label)."""
ObjectName = Annotated[str, AfterValidator(_object)]
"""The name of a workload or ConfigMap (RFC 1123 subdomain)."""
Workload = Annotated[str, AfterValidator(_workload)]
"""A Deployment's name, or `statefulset/NAME` or `daemonset/NAME`."""
MapKey = Annotated[str, AfterValidator(_key)]
"""A key of a ConfigMap."""
_SPOKEN: Final = {
    "deployment": "deployment",
    "stateful_set": "StatefulSet",
    "daemon_set": "DaemonSet",
    "config_map": "ConfigMap",
}
_REQUESTS: Final = 12
"""How many requests a change may take beside following the rollout, edits that come in between counted in."""


def workload_of(entry: str) -> tuple[str, str]:
    """The resource and name of a workload as the runbook names it."""
    kind, _, name = entry.rpartition("/")
    return next((resource for resource, called in CALLED.items() if called == kind), "deployments"), name


class KubernetesPlan(Place):
    """A setting in a cluster: `setting` is a variable of a workload's `container`, or a key of `config_map`.

    The workload is the one of `deployment`, `stateful_set` and `daemon_set` that is not empty. `restart` are those that
    read the ConfigMap when they start. `container` empty: the only one there is.
    """

    NEWER: ClassVar[tuple[str, ...]] = (*Place.NEWER, "stateful_set", "daemon_set")

    kind: Literal["kubernetes"] = "kubernetes"
    name: str
    cluster: Cluster
    namespace: str
    deployment: str = ""
    stateful_set: str = ""
    daemon_set: str = ""
    container: str = ""
    config_map: str = ""
    setting: str
    restart: tuple[str, ...] = ()
    prefix: str = ""
    rollout_within: Duration
    time_limit: Duration

    @property
    def place(self) -> str:
        """Its name."""
        return self.name

    @property
    def key(self) -> str:
        """The same for the same place."""
        return f"kubernetes:{self.cluster.key}:{self.namespace}/{self.object}:{self.container}:{self.setting}"

    @property
    def object(self) -> str:
        """The object that holds the setting, as `kubectl` names it."""
        resource, name = self.holder
        return f"{CALLED.get(resource, 'configmap')}/{name}"

    @property
    def holder(self) -> tuple[str, str]:
        """The resource and name of the object that holds the setting."""
        named = {"deployments": self.deployment, "statefulsets": self.stateful_set, "daemonsets": self.daemon_set}
        return next(((resource, name) for resource, name in named.items() if name), ("configmaps", self.config_map))

    @property
    def rolls(self) -> tuple[tuple[str, str], ...]:
        """Resource and name of the workloads whose pods are replaced by a change."""
        return (self.holder,) if not self.config_map else tuple(workload_of(entry) for entry in self.restart)

    @property
    def restarted(self) -> str:
        """The workload that holds the variable, as `restart` of a ConfigMap would name it."""
        resource, name = self.holder
        return name if resource == "deployments" else f"{CALLED[resource]}/{name}"

    @property
    def shares(self) -> frozenset[str]:
        """What a change of it touches beside the setting."""
        names = {self.object, *(f"{CALLED[resource]}/{name}" for resource, name in self.rolls)}
        return frozenset(f"kubernetes {self.cluster.key} {self.namespace}/{name}" for name in names)

    @property
    def reading(self) -> timedelta:
        """How long one look at it may take: the object, and whether we may change it and restart its readers."""
        return (4 + 3 * len(self.restart)) * self.time_limit

    @property
    def taking(self) -> timedelta:
        """How long changing it may take until it is taken up."""
        return (_REQUESTS + 2 * len(self.restart)) * self.time_limit + self.rollout_within

    @property
    def unnoticed(self) -> str:
        """The ConfigMap, where nobody is restarted for it."""
        return "" if self.rolls else self.object


class Kubernetes(Written):
    """A container's variable in a `deployment`, `stateful_set` or `daemon_set`, or a `key` of a `config_map`.

    `restart` are the workloads that read the ConfigMap.
    """

    kind: Literal["kubernetes"]
    name: str | None = Field(default=None, min_length=1, max_length=120)
    cluster: Cluster
    namespace: Label
    deployment: ObjectName | None = None
    stateful_set: ObjectName | None = None
    daemon_set: ObjectName | None = None
    container: Label | None = None
    variable: str | None = Field(default=None, pattern=VARIABLE)
    config_map: ObjectName | None = None
    key: MapKey | None = None
    restart: tuple[Workload, ...] = ()
    rollout_within: Duration = timedelta(minutes=15)
    time_limit: Duration = timedelta(seconds=10)
    prefix: str = Field(default="", max_length=60, pattern=PREFIX)
    inherits: bool = False
    workers: Workers | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        named = [line for line in _HOLDERS if getattr(self, line) is not None]
        if len(named) != 1:
            message = (
                "name either `deployment` (its container's variable; or `stateful_set`, `daemon_set`) or `config_map` "
                "(its key), one of them"
            )
            raise ValueError(message)
        (here,) = named
        there = "deployment" if here == "config_map" else "config_map"
        foreign = {"deployment": ("container", "variable"), "config_map": ("key", "restart")}[there]
        for line in foreign:
            if getattr(self, line):
                raise WrongAtKey(line, f"goes with `{there}`, and this is a `{here}`")
        if len(set(self.restart)) != len(self.restart):
            raise WrongAtKey("restart", "names a workload twice")
        for line in ("rollout_within", "time_limit"):
            if getattr(self, line) <= timedelta():
                raise WrongAtKey(line, "must be longer than nothing")
        refuse_unfit(self.workers, by_tenant=False)
        return self

    @property
    def by_tenant(self) -> bool:
        """Whether it stands for one place a tenant."""
        return False

    def within(self, inside: Callable[[str], str]) -> Self:
        """The same with the paths of its cluster made absolute, by `inside`."""
        return self.model_copy(update={"cluster": self.cluster.within(inside)})

    def plans(self, name: str, *, variable: str | None, tenants: tuple[str, ...]) -> tuple[KubernetesPlan, ...]:
        """The one place it names; `variable` is the slot's."""
        del tenants
        setting = self.variable or self.key or variable or ""
        (kept,) = (f"{what} {getattr(self, line)}" for line, what in _SPOKEN.items() if getattr(self, line) is not None)
        where = f"{self.cluster.called}/{self.namespace}"
        return (
            KubernetesPlan(
                id=name,
                name=self.name or f"{setting} of {kept} in {where}",
                cluster=self.cluster,
                namespace=self.namespace,
                deployment=self.deployment or "",
                stateful_set=self.stateful_set or "",
                daemon_set=self.daemon_set or "",
                container=self.container or "",
                config_map=self.config_map or "",
                setting=setting,
                restart=self.restart,
                prefix=self.prefix,
                rollout_within=self.rollout_within,
                time_limit=self.time_limit,
                inherits=self.inherits,
                workers=workers_of(self.workers, ""),
            ),
        )
